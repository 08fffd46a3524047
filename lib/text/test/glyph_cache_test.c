// SPDX-License-Identifier: Apache-2.0
// The cache against a model: what it finds must be what was put in, in bounded memory, and what is
// used must stay.
#include "glyph_cache.h"

#include "base/test.h"

static struct glyph_key key_of(uint32_t number)
{
    return (struct glyph_key){
        .face = number % 3, .phase = number % 4, .glyph = (uint16_t)number, .size_q6 = 1024};
}

// A mask whose every byte tells which glyph it belongs to; `bytes` has 256 of them.
static struct glyph glyph_numbered(uint32_t number, uint8_t *bytes)
{
    memset(bytes, (int)(number * 7 & 0xFF), 256);
    return (struct glyph){
        .left = (int16_t)number, .top = -3, .width = 1 + number % 15, .height = 16, .bytes = bytes};
}

static bool glyph_is(const struct glyph *glyph, uint32_t number)
{
    bool same =
        glyph->left == (int16_t)number && glyph->top == -3 && glyph->width == 1 + number % 15;
    for (uint32_t i = 0; i < (uint32_t)glyph->width * glyph->height; i++) {
        same = same && glyph->bytes[i] == (number * 7 & 0xFF);
    }
    return same;
}

static void finds_what_was_put_in_within_bounded_memory(void)
{
    struct glyph_cache cache;
    uint8_t bytes[256];
    uint32_t seed = 1, found = 0;
    glyph_cache_init(&cache, 64 * 1024);
    CHECK_EQ(glyph_cache_size(&cache), 0);
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525U + 1013904223U;
        uint32_t number = (seed >> 8) % 2000;
        struct glyph glyph, rendered = glyph_numbered(number, bytes);
        if (glyph_cache_find(&cache, key_of(number), &glyph)) {
            CHECK(glyph_is(&glyph, number));
            found++;
        } else {
            CHECK(glyph_cache_insert(&cache, key_of(number), &rendered, rendered.width, &glyph));
            CHECK(glyph_is(&glyph, number));
        }
        CHECK(glyph_cache_size(&cache) <= 64 * 1024);
    }
    CHECK(found > 10000 && cache.generations > 100);
    glyph_cache_finish(&cache);
}

static void a_glyph_in_use_survives_the_generations(void)
{
    struct glyph_cache cache;
    uint8_t bytes[256];
    struct glyph glyph, rendered = glyph_numbered(1, bytes);
    glyph_cache_init(&cache, 64 * 1024);
    glyph_cache_insert(&cache, key_of(1), &rendered, rendered.width, &glyph);
    for (uint32_t number = 100; number < 20000; number++) {
        rendered = glyph_numbered(number, bytes);
        glyph_cache_insert(&cache, key_of(number), &rendered, rendered.width, &glyph);
        if (number % 50 == 0) {
            CHECK(glyph_cache_find(&cache, key_of(1), &glyph) && glyph_is(&glyph, 1));
        }
    }
    CHECK(cache.generations > 3);
    CHECK(!glyph_cache_find(&cache, key_of(100), &glyph));
    glyph_cache_finish(&cache);
}

static void refuses_a_glyph_that_would_push_out_all_others(void)
{
    struct glyph_cache cache;
    static uint8_t bytes[200 * 200];
    struct glyph glyph, large = {.width = 200, .height = 200, .bytes = bytes};
    glyph_cache_init(&cache, 64 * 1024);
    CHECK(!glyph_cache_insert(&cache, key_of(1), &large, 200, &glyph));
    CHECK_EQ(glyph_cache_size(&cache), 0);
    glyph_cache_finish(&cache);
    glyph_cache_finish(&cache);
}

TEST_MAIN(TEST(finds_what_was_put_in_within_bounded_memory),
          TEST(a_glyph_in_use_survives_the_generations),
          TEST(refuses_a_glyph_that_would_push_out_all_others))
