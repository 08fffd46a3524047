// SPDX-License-Identifier: Apache-2.0
// The inline parts of arch/arch.h for host tests: one hart at a time, and an arena that plays
// physical memory. Its addresses straddle 4 GiB, so both zones are met.
#pragma once

#include "sched/hart.h"

#include <stdint.h>

#define FAKE_HARTS         2u
#define FAKE_PHYSICAL_BASE ((1ull << 32) - (32ull << 20))
#define FAKE_MEMORY_BYTES  (64ull << 20)

extern struct hart *fake_hart; // whose turn it is
extern uint8_t *fake_memory;   // FAKE_MEMORY_BYTES, aligned to 8 MiB

// A hart lets others go first.
void fake_pause(void);

static inline struct hart *hart_this(void)
{
    return fake_hart;
}

static inline void hart_pause(void)
{
    fake_pause();
}

static inline void *physical_pointer(uint64_t address)
{
    return fake_memory + (address - FAKE_PHYSICAL_BASE);
}

static inline uint64_t physical_of(const void *pointer)
{
    return (uint64_t)((const uint8_t *)pointer - fake_memory) + FAKE_PHYSICAL_BASE;
}
