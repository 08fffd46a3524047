// SPDX-License-Identifier: Apache-2.0
// The kernel's locks, one a hart. The kernel proper takes all of them, so it runs on one hart at a
// time; fast.S takes its own hart's alone, and touches only what no other hart's fast.S touches
// (docs/decisions/0042). Paths are short and bounded, so harts pass them on quickly. Whoever comes
// first gets them: an order of tickets would let a hart that does not run (one of an emulator's, on
// a busy host) stop all others.
#pragma once

#include "arch/inline.h"
#include "sched/hart.h"

#include <stdint.h>

#define LOCK_RELAX 64u

// All harts' locks, upwards, so that nobody waits in a circle: who has the first keeps out all but
// fast.S.
void kernel_lock_all(void);
void kernel_unlock_all(void);

static inline void kernel_lock(void)
{
    if (hart_this()->has_others)
        kernel_lock_all();
}

static inline void kernel_unlock(void)
{
    if (hart_this()->has_others)
        kernel_unlock_all();
}

// Lets other harts in, in the middle of work that waits for one of them.
static inline void kernel_lock_relax(void)
{
    kernel_unlock();
    for (uint32_t i = 0; i < LOCK_RELAX; i++)
        hart_pause();
    kernel_lock();
}
