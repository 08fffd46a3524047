// SPDX-License-Identifier: Apache-2.0
// Painting checked against facts found another way: areas of circles, symmetry, the blend formula a
// channel at a time, canaries around the target. The twins (planted.c) must fail here.
#include "paint/paint.h"

#include "base/math.h"
#include "base/test.h"

#include <math.h>

#define SIDE   96
#define MARGIN 8 // canaries on every side
#define WHOLE  (SIDE + 2 * MARGIN)
#define CANARY 0xA5C3965AU

static uint32_t seed;

static uint32_t random_next(void)
{
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

static int32_t random_between(int32_t low, int32_t high)
{
    return low + (int32_t)(random_next() % (uint32_t)(high - low + 1));
}

// A target of SIDE × SIDE inside a field of canaries.
struct field {
    uint32_t pixels[WHOLE * WHOLE];
    struct paint_target target;
};

static void field_init(struct field *field, uint32_t color)
{
    for (int i = 0; i < WHOLE * WHOLE; i++) {
        field->pixels[i] = CANARY;
    }
    field->target = paint_target_of(field->pixels + MARGIN * WHOLE + MARGIN, SIDE, SIDE, WHOLE);
    paint_fill(&field->target, (struct paint_rect){0, 0, SIDE, SIDE}, PAINT_OPAQUE | color);
}

static uint32_t pixel_at(const struct field *field, int32_t x, int32_t y)
{
    return field->target.pixels[y * WHOLE + x] & 0xFFFFFF;
}

// White on black: covered area in pixels.
static double area_of(const struct field *field)
{
    double sum = 0;
    for (int32_t y = 0; y < SIDE; y++) {
        for (int32_t x = 0; x < SIDE; x++) {
            sum += (pixel_at(field, x, y) & 0xFF) / 255.0;
        }
    }
    return sum;
}

static void blending_matches_the_formula_in_each_channel(void)
{
    seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint32_t under = random_next() & 0xFFFFFF, over = random_next() << 8 ^ random_next();
        uint32_t pixel = under;
        struct paint_target target = paint_target_of(&pixel, 1, 1, 1);
        paint_fill(&target, target.clip, over);
        uint32_t alpha = over >> 24, weight = alpha + alpha / 128;
        for (int shift = 0; shift < 24; shift += 8) {
            uint32_t a = under >> shift & 0xFF, b = over >> shift & 0xFF;
            CHECK_EQ(pixel >> shift & 0xFF, (a * (256 - weight) + b * weight + 128) / 256);
        }
    }
}

static void circle_has_the_area_of_a_circle(void)
{
    static struct field field;
    for (int32_t diameter = 2; diameter <= SIDE; diameter++) {
        field_init(&field, 0);
        paint_circle(&field.target, 0, 0, diameter, 0xFFFFFFFF);
        double expected = acos(-1) * diameter * diameter / 4.0;
        CHECK(fabs(area_of(&field) - expected) < 0.05 + 0.004 * expected);
    }
}

static void ring_has_the_area_between_two_circles(void)
{
    static struct field field;
    for (int32_t thickness = 1; thickness <= 12; thickness++) {
        field_init(&field, 0);
        struct paint_shape shape = paint_shape_of((struct paint_rect){3, 5, 80, 80}, PAINT_PILL);
        paint_shape_ring(&field.target, &shape, thickness, 0xFFFFFFFF);
        double inner = 40.0 - thickness, expected = acos(-1) * (1600 - inner * inner);
        CHECK(fabs(area_of(&field) - expected) < 0.006 * expected);
        CHECK_EQ(pixel_at(&field, 43, 45), 0);
    }
}

static void square_ring_and_radius_zero_have_no_soft_pixels(void)
{
    static struct field field;
    field_init(&field, 0);
    struct paint_shape shape = paint_shape_of((struct paint_rect){10, 10, 30, 20}, 0);
    paint_shape_ring(&field.target, &shape, 2, 0xFFFFFFFF);
    CHECK_EQ(area_of(&field), 30 * 20 - 26 * 16);
    field_init(&field, 0);
    paint_shape_fill(&field.target, &shape, 0xFFFFFFFF);
    CHECK_EQ(area_of(&field), 30 * 20);
    field_init(&field, 0);
    paint_shape_ring(&field.target, &shape, 10, 0xFFFFFFFF);
    CHECK_EQ(area_of(&field), 30 * 20);
}

static void rounded_rectangles_are_symmetric(void)
{
    static struct field field;
    for (int32_t radius = 0; radius <= 40; radius++) {
        int32_t width = 60 + radius % 3, height = 50 + radius % 2;
        field_init(&field, 0);
        paint_round_rect(&field.target, (struct paint_rect){0, 0, width, height}, radius,
                         0xC0FFFFFF);
        for (int32_t y = 0; y < height; y++) {
            for (int32_t x = 0; x < width; x++) {
                CHECK_EQ(pixel_at(&field, x, y), pixel_at(&field, width - 1 - x, y));
                CHECK_EQ(pixel_at(&field, x, y), pixel_at(&field, x, height - 1 - y));
            }
        }
    }
}

static void each_corner_has_its_own_radius(void)
{
    static struct field field;
    field_init(&field, 0);
    struct paint_shape shape = {.rect = {0, 0, 80, 80}, .radius = {0, 10, 20, 30}};
    paint_shape_fill(&field.target, &shape, 0xFFFFFFFF);
    double lost = (1 - acos(-1) / 4) * (100 + 400 + 900);
    CHECK(fabs(area_of(&field) - (6400 - lost)) < 1.0);
    CHECK_EQ(pixel_at(&field, 0, 0), 0xFFFFFF);
    CHECK_EQ(pixel_at(&field, 79, 0), 0);
    CHECK_EQ(pixel_at(&field, 0, 79), 0);
}

static void translucent_shapes_blend_no_pixel_twice(void)
{
    static struct field field;
    for (int32_t size = 1; size < 40; size++) {
        field_init(&field, 0);
        paint_circle(&field.target, 1, 1, size, 0x80FFFFFF);
        struct paint_shape shape =
            paint_shape_of((struct paint_rect){45, 45, size, 2 * size % 37 + 1}, 9);
        paint_shape_ring(&field.target, &shape, 3, 0x80FFFFFF);
        for (int32_t i = 0; i < SIDE * SIDE; i++) {
            CHECK((pixel_at(&field, i % SIDE, i / SIDE) & 0xFF) <= 129);
        }
    }
}

static void shadow_fades_outwards_and_stays_in_its_extent(void)
{
    static struct field field;
    field_init(&field, 0xFFFFFF);
    struct paint_rect surface = {24, 24, 48, 40};
    struct paint_shadow shadow = {.radius = 12, .blur = 24, .offset_y = 4, .color = 0x60000000};
    paint_shadow(&field.target, surface, &shadow);
    struct paint_rect extent = paint_shadow_extent(surface, &shadow);
    for (int32_t y = 0; y < SIDE; y++) {
        for (int32_t x = 0; x < SIDE; x++) {
            bool inside = paint_rect_contains(extent, (struct paint_rect){x, y, 1, 1});
            CHECK(inside || pixel_at(&field, x, y) == 0xFFFFFF);
            CHECK_EQ(pixel_at(&field, x, y), pixel_at(&field, SIDE - 1 - x, y));
        }
    }
    for (int32_t y = 64; y + 1 < SIDE; y++) {
        CHECK(pixel_at(&field, 48, y) <= pixel_at(&field, 48, y + 1));
    }
    CHECK(pixel_at(&field, 48, 64) < 0xD0D0D0);
    CHECK_EQ(pixel_at(&field, 48, 40), 0xFFFFFF); // the surface hides it
}

static void glyphs_keep_the_ends_and_the_order_of_coverage(void)
{
    uint8_t ramp[256];
    for (int i = 0; i < 256; i++) {
        ramp[i] = (uint8_t)i;
    }
    const struct paint_mask mask = {ramp, 256, 1, 256};
    for (int light = 0; light < 2; light++) {
        uint32_t pixels[256];
        memset(pixels, light ? 0 : 0xFF, sizeof pixels);
        struct paint_target target = paint_target_of(pixels, 256, 1, 256);
        paint_glyph(&target, 0, 0, &mask, light ? 0xFFFFFFFF : 0xFF000000);
        CHECK_EQ(pixels[0] & 0xFFFFFF, light ? 0 : 0xFFFFFF);
        CHECK_EQ(pixels[255] & 0xFFFFFF, light ? 0xFFFFFF : 0);
        for (int i = 1; i < 256; i++) {
            CHECK(light ? (pixels[i] & 0xFF) >= (pixels[i - 1] & 0xFF)
                        : (pixels[i] & 0xFF) <= (pixels[i - 1] & 0xFF));
        }
        uint32_t middle = light ? pixels[128] & 0xFF : 255 - (pixels[128] & 0xFF);
        CHECK(light ? middle > 140 && middle < 170 : middle >= 128 && middle < 140);
    }
}

static void images_copy_and_blend_by_their_alpha(void)
{
    static struct field field;
    field_init(&field, 0x204060);
    const uint32_t source[4] = {0x00FFFFFF, 0xFF102030, 0x80FF0000, 0x01000000};
    struct paint_image image = {source, 2, 2, 2, true};
    paint_image(&field.target, 10, 10, &image);
    CHECK_EQ(pixel_at(&field, 10, 10), 0x204060);
    CHECK_EQ(pixel_at(&field, 11, 10), 0x102030);
    CHECK_EQ(pixel_at(&field, 10, 11) >> 16, (0x20 * 127 + 255 * 129 + 128) / 256);
    image.has_alpha = false;
    paint_image(&field.target, 10, 10, &image);
    CHECK_EQ(pixel_at(&field, 10, 10), 0xFFFFFF);
    CHECK_EQ(pixel_at(&field, 10, 11), 0xFF0000);
}

static int32_t random_coordinate(void)
{
    static const int32_t wild[] = {INT32_MIN, INT32_MIN + 1,    -PAINT_EXTENT_MAX, -1,       0,
                                   1,         PAINT_EXTENT_MAX, INT32_MAX - 1,     INT32_MAX};
    if (random_next() % 8 == 0) {
        return wild[random_next() % ARRAY_COUNT(wild)];
    }
    return random_between(-40, SIDE + 40);
}

static struct paint_rect random_rect(void)
{
    return (struct paint_rect){random_coordinate(), random_coordinate(), random_coordinate(),
                               random_coordinate()};
}

// One random painter with random arguments, plain or wild.
static void paint_random(struct paint_target *target)
{
    static uint8_t bytes[64 * 64];
    static uint32_t texels[32 * 32];
    uint32_t color = random_next() << 8 ^ random_next();
    struct paint_rect rect = random_rect();
    struct paint_shape shape = {rect,
                                {random_coordinate(), random_coordinate(), random_coordinate(), 9}};
    struct paint_mask mask = {bytes, random_between(0, 64), random_between(0, 64), 64};
    struct paint_image image = {texels, random_between(0, 32), random_between(0, 32), 32,
                                color & 1};
    struct paint_shadow shadow = {random_coordinate(), random_coordinate(), random_coordinate(),
                                  color};
    memset(bytes, (int)(random_next() & 0xFF), sizeof bytes);
    switch (random_next() % 8) {
    case 0:
        paint_fill(target, rect, color);
        break;
    case 1:
        paint_shape_fill(target, &shape, color);
        break;
    case 2:
        paint_shape_ring(target, &shape, random_coordinate(), color);
        break;
    case 3:
        paint_mask(target, rect.x, rect.y, &mask, color);
        break;
    case 4:
        paint_glyph(target, rect.x, rect.y, &mask, color);
        break;
    case 5:
        paint_image(target, rect.x, rect.y, &image);
        break;
    case 6:
        paint_shadow(target, rect, &shadow);
        break;
    default:
        paint_hline(target, rect.x, rect.y, rect.width, color);
        paint_vline(target, rect.x, rect.y, rect.width, color);
    }
}

static void nothing_is_written_outside_the_clip(void)
{
    static struct field field;
    struct paint_cache *cache = paint_cache_create();
    seed = 7;
    for (int i = 0; i < 30000; i++) {
        if (i % 50 == 0) {
            field_init(&field, 0x123456);
            for (int32_t at = 0; at < SIDE * SIDE; at++) {
                field.target.pixels[at / SIDE * WHOLE + at % SIDE] = CANARY;
            }
            field.target.cache = i % 100 == 0 ? cache : NULL;
            field.target.clip = (struct paint_rect){0, 0, SIDE, SIDE};
            paint_clip_push(&field.target,
                            (struct paint_rect){random_between(-9, 60), random_between(-9, 60),
                                                random_between(0, 80), random_between(0, 80)});
        }
        paint_random(&field.target);
        if (i % 50 == 49) {
            int32_t written = 0;
            for (int32_t at = 0; at < WHOLE * WHOLE; at++) {
                struct paint_rect one = {at % WHOLE - MARGIN, at / WHOLE - MARGIN, 1, 1};
                written +=
                    field.pixels[at] != CANARY && !paint_rect_contains(field.target.clip, one);
            }
            CHECK_EQ(written, 0);
        }
    }
    CHECK(paint_cache_size(cache) <= 180 * 1024);
    paint_cache_destroy(cache);
}

static void the_cache_changes_no_pixel(void)
{
    static struct field kept, plain;
    struct paint_cache *cache = paint_cache_create();
    CHECK(cache != NULL);
    field_init(&kept, 0x808080);
    field_init(&plain, 0x808080);
    kept.target.cache = cache;
    for (uint32_t i = 0; i < 4000; i++) {
        seed = i;
        paint_random(&kept.target);
        seed = i;
        paint_random(&plain.target);
    }
    CHECK_BYTES(kept.pixels, plain.pixels, sizeof kept.pixels);
    paint_cache_destroy(cache);
    paint_cache_destroy(NULL);
}

static void clipping_in_parts_paints_the_same_as_at_once(void)
{
    static struct field parts, once;
    field_init(&parts, 0x808080);
    field_init(&once, 0x808080);
    for (uint32_t i = 0; i < 2000; i++) {
        seed = i;
        paint_random(&once.target);
        seed = i + 77;
        int32_t x = random_between(0, SIDE), y = random_between(0, SIDE);
        const struct paint_rect quarters[4] = {
            {0, 0, x, y}, {x, 0, SIDE - x, y}, {0, y, x, SIDE - y}, {x, y, SIDE - x, SIDE - y}};
        for (int part = 0; part < 4; part++) {
            struct paint_rect before = paint_clip_push(&parts.target, quarters[part]);
            seed = i;
            paint_random(&parts.target);
            paint_clip_restore(&parts.target, before);
        }
    }
    CHECK_BYTES(parts.pixels, once.pixels, sizeof once.pixels);
}

TEST_MAIN(TEST(blending_matches_the_formula_in_each_channel), TEST(circle_has_the_area_of_a_circle),
          TEST(ring_has_the_area_between_two_circles),
          TEST(square_ring_and_radius_zero_have_no_soft_pixels),
          TEST(rounded_rectangles_are_symmetric), TEST(each_corner_has_its_own_radius),
          TEST(translucent_shapes_blend_no_pixel_twice),
          TEST(shadow_fades_outwards_and_stays_in_its_extent),
          TEST(glyphs_keep_the_ends_and_the_order_of_coverage),
          TEST(images_copy_and_blend_by_their_alpha), TEST(nothing_is_written_outside_the_clip),
          TEST(the_cache_changes_no_pixel), TEST(clipping_in_parts_paints_the_same_as_at_once))
