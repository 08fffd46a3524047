// SPDX-License-Identifier: Apache-2.0
// The one lock round the kernel. Paths are short and bounded, so harts pass it on quickly; tickets
// keep them in order.
#pragma once

#include <stdint.h>

extern uint32_t kernel_lock_next, kernel_lock_serving;

static inline void kernel_lock(void)
{
    uint32_t ticket = __atomic_fetch_add(&kernel_lock_next, 1, __ATOMIC_RELAXED);
    // Pairs with the release in kernel_unlock.
    while (__atomic_load_n(&kernel_lock_serving, __ATOMIC_ACQUIRE) != ticket) {
    }
}

static inline void kernel_unlock(void)
{
    __atomic_store_n(&kernel_lock_serving, kernel_lock_serving + 1, __ATOMIC_RELEASE);
}
