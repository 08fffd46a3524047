// SPDX-License-Identifier: Apache-2.0
// Coverage of a quarter circle (the top left corner of a rounded shape), row by row, and the cache
// of those.
//
// Radii are in half pixels, so that a pill of odd height is round. A corner of radius r covers ⌈r⌉
// × ⌈r⌉ pixels. In a row, pixels before `start` are outside, from `solid` on inside, and between
// them partly covered. The other corners are its mirror images.
#pragma once

#include "paint/paint.h"

#define CORNER_CACHED_MAX      24
#define CORNER_CACHED_SIZE_MAX 64 // pixels
#define SHADOW_CACHED_MAX      8
#define SHADOW_CACHED_SIZE_MAX 96 // pixels

struct corner_row {
    const uint8_t *coverage;
    int32_t start, solid;
};

// A computed corner: `size` rows of `size` coverage bytes. Owned by the cache.
struct corner {
    int32_t radius_half; // key; 0: unused
    int32_t size;
    uint64_t used; // cache.clock at last use
    uint8_t start[CORNER_CACHED_SIZE_MAX], solid[CORNER_CACHED_SIZE_MAX];
    uint8_t *coverage;
};

// The corner of a shadow: `size` × `size` bytes. Owned by the cache.
struct shadow_corner {
    int32_t radius, blur; // key; blur 0: unused
    int32_t size;
    uint64_t used;
    uint8_t *coverage;
};

struct paint_cache {
    uint64_t clock;
    size_t bytes;
    struct corner corners[CORNER_CACHED_MAX];
    struct shadow_corner shadows[SHADOW_CACHED_MAX];
};

// Rounded down; `value` < 2^42.
uint32_t corner_square_root(uint64_t value);
// Computes one row into `scratch` (PAINT_RADIUS_MAX bytes), which the result borrows.
struct corner_row corner_row_compute(int32_t radius_half, int32_t row, uint8_t *scratch);
// From the cache, computing it if needed; NULL when there is no cache, no memory, or it is too
// large to be kept.
const struct corner *corner_find(struct paint_cache *cache, int32_t radius_half);
// From the corner when not NULL, else computed.
struct corner_row corner_row_of(const struct corner *corner, int32_t radius_half, int32_t row,
                                uint8_t *scratch);
