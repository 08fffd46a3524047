// SPDX-License-Identifier: Apache-2.0
// An address space: a sorted table of mappings and the page table filled from it when pages are
// touched. Nothing is mapped eagerly, so mapping any size costs the same; unmapping goes in steps
// of 512 pages.
#pragma once

#include "cap/derive.h"
#include "mem/memory.h"

#define MAPPINGS_MAX 512u
#define UNMAP_STEP   512u // pages

struct mapping {
    uint64_t address, size_bytes, offset;
    struct memory *memory; // counted
    uint32_t protect;
    uint32_t reserved;
    struct tether *tether; // NULL: made with a handle that cannot be revoked
};

struct space {
    uint64_t *root;
    struct budget *budget; // pays for tables and mappings; not counted
    uint64_t satp;         // the architecture's word for it, once it ran; 0: to switch takes more
    uint64_t harts;        // bit i: hart i may hold translations
    uint32_t asid;         // 0: none, flush on every switch
    uint32_t mapping_count;
    uint32_t recent;           // mapping_index's last answer
    struct mapping **mappings; // one page of pointers, by address
};

// ERR_NO_MEMORY.
status_t space_init(struct space *space, struct budget *budget);
// Removes mappings and tables, a bounded part a call; true when nothing is left. Runs on no hart.
bool space_finish_step(struct space *space);
// ERR_INVALID, ERR_EXISTS (overlap), ERR_FULL, ERR_NO_MEMORY. The caller checked rights. `origin`:
// the handle it is made with; NULL: the kernel itself makes it.
status_t space_map(struct space *space, struct memory *memory, struct handle_entry *origin,
                   const struct mapping *wanted);
// Unmaps what lies in the range; holes are fine. ERR_AGAIN: a step is done, call again with the
// same range. ERR_INVALID, ERR_FULL, ERR_NO_MEMORY (splitting a mapping).
status_t space_unmap(struct space *space, uint64_t address, uint64_t size_bytes);
// Makes a touched page present. ERR_FAULT: nothing there allows it; ERR_AGAIN: its pager has to be
// asked; ERR_NO_MEMORY.
status_t space_fault(struct space *space, uint64_t address, uint32_t protect);
// Whether a mapping at `address` allows all of `protect`.
bool space_allows(struct space *space, uint64_t address, uint32_t protect);
// Reads an aligned word of an anonymous page that is there already; false: it is not. Takes no page
// and touches no device, whatever the address.
bool space_peek(struct space *space, uint64_t address, uint64_t *out_word);
// What is mapped at `address`, and which of its pages; NULL: nothing.
struct memory *space_memory(struct space *space, uint64_t address, uint32_t *out_index);
// Finds the writable anonymous page (not revocable) at `address` and makes it present. ERR_INVALID,
// ERR_NO_MEMORY.
status_t space_pin(struct space *space, uint64_t address, struct memory **out_memory,
                   void **out_page);
