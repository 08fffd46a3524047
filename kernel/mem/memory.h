// SPDX-License-Identifier: Apache-2.0
// Memory objects: what processes map. Anonymous memory gets its pages, zeroed, when they are first
// touched; paged memory gets them from its pager (trap/pager.h); a contiguous run (DMA), device
// registers and the boot bundle are a base address. Pages belong to the object: mappings only point
// at them, so an object lives while a handle, a mapping or a thread's message page refers to it.
#pragma once

#include "cap/handle.h"
#include "cap/object.h"
#include "mem/pages.h"
#include "sched/chore.h"

#define MEMORY_PAGES_MAX  (512u * 1024u) // anonymous: 2 GiB
#define MEMORY_RUN_MAX    (1u << PAGE_ORDER_MAX)
#define MEMORY_DIRECT_MAX 8u

enum memory_backing {
    MEMORY_ANONYMOUS, // pages on demand
    MEMORY_PAGED,     // pages from an endpoint on demand
    MEMORY_RUN,       // contiguous, owned
    MEMORY_FIXED,     // contiguous RAM of the kernel's (bundle, device tree), never freed
    MEMORY_DEVICE,    // registers
};

struct memory {
    struct object object;
    struct chore chore; // frees the pages in steps
    enum memory_backing backing;
    uint32_t page_count;
    uint32_t cursor; // while destroyed
    paddr_t base;    // all but anonymous and paged
    union {
        uint32_t direct[MEMORY_DIRECT_MAX]; // page numbers, 0: none yet
        uint32_t *leaf;                     // up to 1,024 pages: one page of numbers
        uint32_t **root;                    // more: a page of leaves
    };
    struct handle_entry pager; // paged: who is called; holds the endpoint and the badge
};

static inline struct memory *memory_of(struct object *object)
{
    return (struct memory *)(void *)object;
}

// Whether pages stand by themselves, each there or not.
static inline bool memory_is_sparse(const struct memory *memory)
{
    return memory->backing <= MEMORY_PAGED;
}

// `budget` pays for the object and for each page when it is taken. `pager`: for MEMORY_BY_PAGER the
// handle to call, else ignored. ERR_INVALID (size 0 or unaligned), ERR_TOO_LARGE, ERR_NO_MEMORY.
status_t memory_create(struct budget *budget, uint64_t size_bytes, uint32_t flags,
                       const struct handle_entry *pager, struct memory **out_memory);
// A fixed or device range; NULL when memory is exhausted.
struct memory *memory_create_range(struct budget *budget, enum memory_backing backing, paddr_t base,
                                   uint64_t size_bytes);
// The page at `index`, taken and zeroed if it is not there; PADDR_NONE when memory is exhausted.
// Not of paged memory.
paddr_t memory_page(struct memory *memory, uint32_t index);
// The page at `index` if it is there, else PADDR_NONE.
paddr_t memory_page_present(const struct memory *memory, uint32_t index);
// Fills page `index` of paged memory, if it is not there, with page 0 of `source`: moves it when
// the caller's is the only reference to `source`, so that nobody has it mapped, else copies it.
// ERR_INVALID (registers, or paged and not there), ERR_NO_MEMORY.
status_t memory_supply(struct memory *memory, uint32_t index, struct memory *source);
void memory_destroy(struct object *object);
