// SPDX-License-Identifier: Apache-2.0
// A failed allocation of the young generation leaves the old one usable: text is then drawn
// uncached.
#include "glyph_cache.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_SHARE 8 // an eighth of the memory is table
#define KEY_USED   (1ULL << 63)

static uint64_t key_pack(struct glyph_key key)
{
    return KEY_USED | (uint64_t)key.size_q6 << 32 | (uint64_t)key.face << 24 |
           (uint64_t)key.phase << 16 | key.glyph;
}

static uint32_t key_hash(uint64_t key)
{
    return (uint32_t)(key * 0x9E3779B97F4A7C15ULL >> 40);
}

void glyph_cache_init(struct glyph_cache *cache, size_t bytes)
{
    uint32_t slots = 64;
    while (slots * 2 * sizeof(struct glyph_slot) <= bytes / 2 / SLOT_SHARE) {
        slots *= 2;
    }
    *cache = (struct glyph_cache){.slot_count = slots,
                                  .arena_bytes = bytes / 2 - slots * sizeof(struct glyph_slot)};
}

static void generation_finish(struct glyph_generation *generation)
{
    free(generation->slots);
    free(generation->arena);
    *generation = (struct glyph_generation){0};
}

void glyph_cache_finish(struct glyph_cache *cache)
{
    generation_finish(&cache->young);
    generation_finish(&cache->old);
}

size_t glyph_cache_size(const struct glyph_cache *cache)
{
    size_t one = cache->arena_bytes + cache->slot_count * sizeof(struct glyph_slot);
    return (cache->young.slots != NULL ? one : 0) + (cache->old.slots != NULL ? one : 0);
}

// Makes sure the generation has memory.
static bool generation_ready(const struct glyph_cache *cache, struct glyph_generation *generation)
{
    if (generation->slots != NULL) {
        return true;
    }
    generation->slots = calloc(cache->slot_count, sizeof *generation->slots);
    generation->arena = malloc(cache->arena_bytes);
    if (generation->slots == NULL || generation->arena == NULL) {
        generation_finish(generation);
        return false;
    }
    return true;
}

// The slot holding `key`, or the unused one where it would go. The table is never full.
static struct glyph_slot *slot_of(const struct glyph_cache *cache,
                                  const struct glyph_generation *generation, uint64_t key)
{
    uint32_t at = key_hash(key) & (cache->slot_count - 1);
    while (generation->slots[at].key != 0 && generation->slots[at].key != key) {
        at = (at + 1) & (cache->slot_count - 1);
    }
    return &generation->slots[at];
}

static bool generation_has_room(const struct glyph_cache *cache, size_t bytes)
{
    return cache->young.used + bytes <= cache->arena_bytes &&
           cache->young.count < cache->slot_count / 4 * 3;
}

static struct glyph glyph_in(const struct glyph_generation *generation,
                             const struct glyph_slot *slot)
{
    return (struct glyph){.left = slot->left,
                          .top = slot->top,
                          .width = slot->width,
                          .height = slot->height,
                          .bytes = generation->arena + slot->offset};
}

// Copies a glyph into the young generation, which has room.
static struct glyph generation_add(struct glyph_cache *cache, uint64_t key,
                                   const struct glyph *glyph, int stride)
{
    struct glyph_slot *slot = slot_of(cache, &cache->young, key);
    cache->young.count += slot->key == 0;
    *slot = (struct glyph_slot){.key = key,
                                .offset = (uint32_t)cache->young.used,
                                .left = glyph->left,
                                .top = glyph->top,
                                .width = glyph->width,
                                .height = glyph->height};
    uint8_t *to = cache->young.arena + cache->young.used;
    for (uint32_t row = 0; row < glyph->height; row++) {
        memcpy(to + (size_t)row * glyph->width, glyph->bytes + (ptrdiff_t)row * stride,
               glyph->width);
    }
    cache->young.used += (size_t)glyph->width * glyph->height;
    return glyph_in(&cache->young, slot);
}

bool glyph_cache_find(struct glyph_cache *cache, struct glyph_key key, struct glyph *out)
{
    uint64_t packed = key_pack(key);
    if (cache->young.slots == NULL) {
        return false;
    }
    struct glyph_slot *slot = slot_of(cache, &cache->young, packed);
    if (slot->key != 0) {
        *out = glyph_in(&cache->young, slot);
        cache->hits++;
        return true;
    }
    if (cache->old.slots == NULL) {
        return false;
    }
    slot = slot_of(cache, &cache->old, packed);
    if (slot->key == 0) {
        return false;
    }
    *out = glyph_in(&cache->old, slot);
    cache->hits++;
    if (generation_has_room(cache, (size_t)out->width * out->height)) {
        *out = generation_add(cache, packed, out, out->width);
    }
    return true;
}

static void generations_swap(struct glyph_cache *cache)
{
    struct glyph_generation emptied = cache->old;
    cache->old = cache->young;
    cache->young = emptied;
    cache->young.used = 0;
    cache->young.count = 0;
    if (cache->young.slots != NULL) {
        memset(cache->young.slots, 0, cache->slot_count * sizeof *cache->young.slots);
    }
    cache->generations++;
}

bool glyph_cache_insert(struct glyph_cache *cache, struct glyph_key key, const struct glyph *glyph,
                        int stride, struct glyph *out)
{
    size_t bytes = (size_t)glyph->width * glyph->height;
    cache->misses++;
    if (bytes > cache->arena_bytes / 4) {
        return false;
    }
    if (cache->young.slots != NULL && !generation_has_room(cache, bytes)) {
        generations_swap(cache);
    }
    if (!generation_ready(cache, &cache->young)) {
        return false;
    }
    *out = generation_add(cache, key_pack(key), glyph, stride);
    return true;
}
