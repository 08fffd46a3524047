// SPDX-License-Identifier: Apache-2.0
// Physical pages: a buddy allocator over every usable byte of RAM, in two zones (below 4 GiB, which
// DMA engines reach, and above, used first). Free blocks are linked through their own first bytes;
// one byte per page says whether a free block starts there and of which order. Blocks are powers of
// two up to 8 MiB.
#pragma once

#include "abi/types.h"

#include <stdbool.h>
#include <stddef.h>

typedef uint64_t paddr_t;

#define PAGE_ORDER_MAX 11u // 8 MiB
#define PADDR_NONE     UINT64_MAX

struct pages_counts {
    uint64_t total, free;
};

// Describes RAM [start, end); `map` has one zeroed byte per page of it. Called once, before
// pages_add.
void pages_init(paddr_t start, paddr_t end, uint8_t *map);
// How many bytes of map pages_init needs for a range.
size_t pages_map_size(paddr_t start, paddr_t end);
// Gives [start, end) to the allocator; page aligned, inside the described range.
void pages_add(paddr_t start, paddr_t end);
struct pages_counts pages_count(void);

// 2^order pages, not zeroed; PADDR_NONE when there are none. `low`: below 4 GiB.
paddr_t pages_allocate(uint32_t order, bool low);
void pages_free(paddr_t address, uint32_t order);
// `count` contiguous pages below 4 GiB (at most 2^PAGE_ORDER_MAX), not zeroed; PADDR_NONE.
paddr_t pages_allocate_run(uint32_t count);

// One page, not zeroed, from a small stock of single pages; PADDR_NONE.
paddr_t page_allocate(void);
void page_free(paddr_t address);
// One zeroed page for the kernel's own use, by its address in the direct map; NULL when there is
// none.
void *page_allocate_pointer(void);
void page_free_pointer(void *pointer);
// Whole pages. Not inlined: each is a few hundred bytes.
void __attribute__((noinline)) page_clear(void *page);
void __attribute__((noinline)) page_copy(void *to, const void *from);
