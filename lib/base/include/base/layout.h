// SPDX-License-Identifier: Apache-2.0
// Where the parts of a program stand in its address space: chosen anew for each process, so that
// who learns of a mistake in a program does not know where anything is. Used by who starts a
// program (the kernel for init, init for the rest) and, for its own areas, by the program itself.
// docs/decisions/0045-layout.md.
//
//     0x00_00100000  the program, moved by `slide`         + up to 32 GiB
//     0x10_00000000  memories it maps                       + up to 16 GiB
//     0x20_00000000  its heap                               + up to 16 GiB
//     0x30_00000000  [hole] stack [hole] message page       + up to 32 GiB
#pragma once

#include "abi/types.h"

#define LAYOUT_SEED_BYTES 32u

#define LAYOUT_MAPS       0x1000000000ull
#define LAYOUT_HEAP       0x2000000000ull
#define LAYOUT_STACK      0x3000000000ull
#define LAYOUT_BLOCK      0x200000ull // what one page table spans: parts stay within few of them

struct layout {
    uint64_t slide;        // added to every address of the program
    uint64_t stack_bottom; // the page below is never mapped, nor is the one above the stack
    uint64_t message_page;
};

// A number whose bits all depend on all of `number`'s (the finaliser of SplitMix64).
static inline uint64_t layout_mix(uint64_t number)
{
    number += 0x9e3779b97f4a7c15ull;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ number >> 27) * 0x94d049bb133111ebull;
    return number ^ number >> 31;
}

// The first eight bytes of a seed.
static inline uint64_t layout_number(const uint8_t seed[LAYOUT_SEED_BYTES])
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < 8; i++)
        number |= (uint64_t)seed[i] << 8 * i;
    return number;
}

// From a number that nobody guesses. 23 bits of it are in the slide, 14 and up to 9 in the place of
// the stack.
static inline struct layout layout_choose(uint64_t number, uint64_t stack_bytes)
{
    uint64_t taken = stack_bytes / PAGE_SIZE + 4, block = LAYOUT_BLOCK / PAGE_SIZE;
    uint64_t lead = taken < block ? (number >> 40) % (block - taken) : 0;
#ifdef PLANTED_LAYOUT
    number = 0;
#endif
    struct layout layout = {.slide = (number & 0x7fffff) * PAGE_SIZE};
    layout.stack_bottom =
        LAYOUT_STACK + (number >> 23 & 0x3fff) * LAYOUT_BLOCK + (lead + 1) * PAGE_SIZE;
    layout.message_page = layout.stack_bottom + stack_bytes + PAGE_SIZE;
    return layout;
}

// Where an area (LAYOUT_MAPS, LAYOUT_HEAP) begins, from a number of its own: 13 bits of it choose
// the block, 8 the page.
static inline uint64_t layout_area(uint64_t area, uint64_t number)
{
    return area + (number & 0x1fff) * LAYOUT_BLOCK + (number >> 13 & 0xff) * PAGE_SIZE;
}
