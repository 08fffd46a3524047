// SPDX-License-Identifier: Apache-2.0
// Finding bits by halving: the base instruction set has no instruction for it and the kernel links
// no library.
#pragma once

#include <stdint.h>

// The index of the highest set bit; `word` is not 0.
static inline uint32_t bit_highest(uint32_t word)
{
    uint32_t index = 0;
    for (uint32_t half = 16; half > 0; half /= 2) {
        if (word >> half != 0) {
            word >>= half;
            index += half;
        }
    }
    return index;
}

// The index of the lowest clear bit; not all are set.
static inline uint32_t bit_lowest_clear(uint64_t word)
{
    uint32_t index = 0;
    for (uint32_t half = 32; half > 0; half /= 2) {
        uint64_t low = (1ull << half) - 1;
        if ((word & low) == low) {
            word >>= half;
            index += half;
        }
    }
    return index;
}
