// SPDX-License-Identifier: Apache-2.0
// Blending one pixel, in one 64-bit multiplication: blue, red and green stand in lanes 16 bits
// apart (bits 0, 16, 32), so a product with a weight of at most 256 never carries from one lane
// into the next. Weights are 0 to 256, both ends exact: weight 0 leaves the target, 256 is the
// source.
#pragma once

#include "paint/paint.h"

#define BLEND_LANES 0x000000FF00FF00FFULL
#define BLEND_HALF  0x0000008000800080ULL

static inline uint64_t blend_spread(uint32_t pixel)
{
    return (pixel & 0xFF00FFU) | (uint64_t)(pixel & 0xFF00U) << 24;
}

static inline uint32_t blend_gather(uint64_t lanes)
{
    return (uint32_t)(lanes & 0xFF00FFU) | (uint32_t)(lanes >> 24 & 0xFF00U);
}

// Alpha or coverage 0 to 255 to a weight 0 to 256.
static inline uint32_t blend_weight(uint32_t alpha)
{
    return alpha + (alpha >> 7);
}

// `source` is spread. Differences of lanes may borrow from each other; modulo 2^64 the sum is right
// again.
static inline uint32_t blend_pixel(uint32_t target, uint64_t source, uint32_t weight)
{
    uint64_t lanes = blend_spread(target);
    return blend_gather(((lanes << 8) + (source - lanes) * weight + BLEND_HALF) >> 8);
}

// Fills `count` pixels with a colour, blending when it is not opaque. The caller has clipped.
void blend_span(uint32_t *pixels, int32_t count, uint32_t color);
// Blends a colour through `count` coverage bytes, which lie `step` (1 or -1) apart.
void blend_coverage(uint32_t *pixels, int32_t count, const uint8_t *coverage, int32_t step,
                    uint32_t color);
