// SPDX-License-Identifier: Apache-2.0
// Exact coverage in x, sixteen samples in y: each sample row's circle edge is found by an integer
// square root in 1/256 pixel, which is finer than the 256 steps of coverage need. A row is built
// from differences: a sample adds what its edge pixel keeps, and the rest from the next pixel on;
// the running sum is the coverage.
#include "corner.h"

#include "base/math.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES 16

uint32_t corner_square_root(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = 1ULL << 40; bit != 0; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root;
}

// Where the circle begins in a sample row, 1/256 px from the left; `size` px when it does not reach
// this row.
static int32_t sample_edge(int32_t radius_half, int32_t row, int32_t sample)
{
    int64_t radius = (int64_t)radius_half * SAMPLES; // 1/32 px
    int64_t dy = radius - (row * 2 * SAMPLES + 2 * sample + 1);
    if (dy <= 0) {
        return 0;
    }
    uint64_t square = (uint64_t)(radius * radius - dy * dy) << 6;
    return (int32_t)(radius * 8 - corner_square_root(square));
}

struct corner_row corner_row_compute(int32_t radius_half, int32_t row, uint8_t *scratch)
{
    int32_t size = (radius_half + 1) / 2;
    uint16_t steps[PAINT_RADIUS_MAX + 2];
    memset(steps, 0, sizeof steps[0] * (size_t)(size + 2));
    for (int32_t sample = 0; sample < SAMPLES; sample++) {
        int32_t edge = sample_edge(radius_half, row, sample);
        steps[edge >> 8] += 256 - (edge & 255);
        steps[(edge >> 8) + 1] += edge & 255;
    }
    struct corner_row result = {.coverage = scratch, .start = size, .solid = size};
    uint32_t sum = 0;
    for (int32_t i = 0; i < size; i++) {
        sum += steps[i];
        scratch[i] = (uint8_t)((sum * 255 + SAMPLES * 128) / (SAMPLES * 256));
        result.start = scratch[i] > 0 ? min_i32(result.start, i) : result.start;
        result.solid = scratch[i] == 255 ? min_i32(result.solid, i) : result.solid;
    }
    return result;
}

// The unused or least recently used entry.
static struct corner *corner_victim(struct paint_cache *cache)
{
    struct corner *victim = &cache->corners[0];
    for (size_t i = 1; i < CORNER_CACHED_MAX; i++) {
        if (cache->corners[i].used < victim->used) {
            victim = &cache->corners[i];
        }
    }
    return victim;
}

static bool corner_build(struct paint_cache *cache, struct corner *corner, int32_t radius_half)
{
    int32_t size = (radius_half + 1) / 2;
    uint8_t *coverage = malloc((size_t)size * (size_t)size);
    if (coverage == NULL) {
        return false;
    }
    cache->bytes -= (size_t)corner->size * (size_t)corner->size;
    free(corner->coverage);
    *corner = (struct corner){.radius_half = radius_half, .size = size, .coverage = coverage};
    cache->bytes += (size_t)size * (size_t)size;
    uint8_t scratch[PAINT_RADIUS_MAX];
    for (int32_t row = 0; row < size; row++) {
        struct corner_row computed = corner_row_compute(radius_half, row, scratch);
        memcpy(coverage + (size_t)row * (size_t)size, scratch, (size_t)size);
        corner->start[row] = (uint8_t)computed.start;
        corner->solid[row] = (uint8_t)computed.solid;
    }
    return true;
}

const struct corner *corner_find(struct paint_cache *cache, int32_t radius_half)
{
    if (cache == NULL || radius_half <= 0 || radius_half > 2 * CORNER_CACHED_SIZE_MAX) {
        return NULL;
    }
    struct corner *corner = NULL;
    for (size_t i = 0; i < CORNER_CACHED_MAX && corner == NULL; i++) {
        corner = cache->corners[i].radius_half == radius_half ? &cache->corners[i] : NULL;
    }
    if (corner == NULL) {
        corner = corner_victim(cache);
        if (!corner_build(cache, corner, radius_half)) {
            return NULL;
        }
    }
    corner->used = ++cache->clock;
    return corner;
}

struct corner_row corner_row_of(const struct corner *corner, int32_t radius_half, int32_t row,
                                uint8_t *scratch)
{
    if (corner == NULL) {
        return corner_row_compute(radius_half, row, scratch);
    }
    return (struct corner_row){.coverage = corner->coverage + (size_t)row * (size_t)corner->size,
                               .start = corner->start[row],
                               .solid = corner->solid[row]};
}

struct paint_cache *paint_cache_create(void)
{
    struct paint_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL) {
        cache->bytes = sizeof *cache;
    }
    return cache;
}

void paint_cache_destroy(struct paint_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < CORNER_CACHED_MAX; i++) {
        free(cache->corners[i].coverage);
    }
    for (size_t i = 0; i < SHADOW_CACHED_MAX; i++) {
        free(cache->shadows[i].coverage);
    }
    free(cache);
}

size_t paint_cache_size(const struct paint_cache *cache)
{
    return cache->bytes;
}
