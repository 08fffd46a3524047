// SPDX-License-Identifier: Apache-2.0
// Finding bits: the base instruction set has no instruction for it and the kernel links no library.
#pragma once

#include <stdint.h>

// The index of the highest set bit; `word` is not 0. All bits below it are set, too; the product
// with a de Bruijn sequence then has a different number for each index in its upper five bits.
static inline uint32_t bit_highest(uint32_t word)
{
    static const uint8_t indices[32] = {0,  9,  1,  10, 13, 21, 2,  29, 11, 14, 16,
                                        18, 22, 25, 3,  30, 8,  12, 20, 28, 15, 17,
                                        24, 7,  19, 27, 23, 6,  26, 5,  4,  31};
    word |= word >> 1;
    word |= word >> 2;
    word |= word >> 4;
    word |= word >> 8;
    word |= word >> 16;
    return indices[(uint32_t)(word * 0x07c4acddu) >> 27];
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
