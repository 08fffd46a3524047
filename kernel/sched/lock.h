// SPDX-License-Identifier: Apache-2.0
// The one lock round the kernel. Paths are short and bounded, so harts pass it on quickly. Whoever
// comes first gets it: an order of tickets would let a hart that does not run (one of an
// emulator's, on a busy host) stop all others.
#pragma once

#include "arch/inline.h"

#include <stdint.h>

#define LOCK_RELAX 64u

extern uint32_t kernel_lock_word;

static inline void kernel_lock(void)
{
    // Pairs with the release in kernel_unlock.
    while (__atomic_exchange_n(&kernel_lock_word, 1, __ATOMIC_ACQUIRE) != 0) {
        while (__atomic_load_n(&kernel_lock_word, __ATOMIC_RELAXED) != 0)
            hart_pause();
    }
}

static inline void kernel_unlock(void)
{
    __atomic_store_n(&kernel_lock_word, 0, __ATOMIC_RELEASE);
}

// Lets other harts in, in the middle of work that waits for one of them.
static inline void kernel_lock_relax(void)
{
    kernel_unlock();
    for (uint32_t i = 0; i < LOCK_RELAX; i++)
        hart_pause();
    kernel_lock();
}
