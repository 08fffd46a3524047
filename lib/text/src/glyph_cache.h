// SPDX-License-Identifier: Apache-2.0
// Rasterised glyphs in bounded memory: two generations, each a byte arena and an open-addressed
// table. New glyphs go to the young one, and glyphs found in the old one are copied there; when the
// young is full, the old is emptied and the two change places. So what is in use survives, the rest
// goes at once, and nothing fragments. A processor paints from bytes in a row as well as from a
// two-dimensional atlas, so rows are stored tightly.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_PHASES 4

struct glyph_key {
    uint8_t face;
    uint8_t phase;
    uint16_t glyph;
    uint32_t size_q6;
};

// Top left of the mask relative to the pen, y upwards as fonts have it. `bytes` is borrowed from
// the cache.
struct glyph {
    int16_t left, top;
    uint16_t width, height;
    const uint8_t *bytes;
};

struct glyph_slot {
    uint64_t key; // 0: unused
    uint32_t offset;
    int16_t left, top;
    uint16_t width, height;
};

struct glyph_generation {
    struct glyph_slot *slots;
    uint8_t *arena;
    size_t used;
    uint32_t count;
};

// All zero but for the limits is empty; memory comes with the first glyph.
struct glyph_cache {
    size_t arena_bytes;  // of one generation
    uint32_t slot_count; // of one generation, power of two
    struct glyph_generation young, old;
    size_t hits, misses, generations;
};

void glyph_cache_init(struct glyph_cache *cache, size_t bytes);
void glyph_cache_finish(struct glyph_cache *cache);
// Bytes allocated now.
size_t glyph_cache_size(const struct glyph_cache *cache);
// Valid until the next find or insert.
bool glyph_cache_find(struct glyph_cache *cache, struct glyph_key key, struct glyph *out);
// Copies a mask (rows `stride` bytes apart) in. False when it is too large to be kept or memory is
// exhausted.
bool glyph_cache_insert(struct glyph_cache *cache, struct glyph_key key, const struct glyph *glyph,
                        int stride, struct glyph *out);
