// SPDX-License-Identifier: Apache-2.0
// The inline parts of arch/arch.h for RISC-V: this hart is in tp while the kernel runs, and all RAM
// is mapped, writable and never executable, from PHYSICAL_BASE up (link.ld has the picture).
#pragma once

#include <stdint.h>

#define PHYSICAL_BASE 0xffffffc000000000ull
#define PHYSICAL_SIZE (128ull << 30) // RAM above this physical address is not used
#define DEVICE_BASE   0xffffffe000000000ull
#define STACKS_BASE   0xfffffff000000000ull
#define IMAGE_BASE    0xffffffff80000000ull

struct hart;

static inline struct hart *hart_this(void)
{
    struct hart *hart;
    __asm__("mv %0, tp" : "=r"(hart));
    return hart;
}

// A hint that this hart only waits (Zihintpause; a no-op where it is unknown).
static inline void hart_pause(void)
{
    __asm__ volatile(".word 0x0100000f" ::: "memory");
}

static inline void *physical_pointer(uint64_t address)
{
    return (void *)(address + PHYSICAL_BASE); // NOLINT: the direct map
}

static inline uint64_t physical_of(const void *pointer)
{
    return (uint64_t)pointer - PHYSICAL_BASE;
}
