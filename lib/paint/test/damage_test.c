// SPDX-License-Identifier: Apache-2.0
// A scene changes at random; painting only the damage must give the same pixels as painting
// everything. A twin whose shadows claim less than they touch (planted.c) must fail here.
#include "paint/damage.h"

#include "base/test.h"

#define SIDE  160
#define CARDS 12

static uint32_t seed = 3;

static int32_t random_below(int32_t limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (int32_t)((seed >> 8) % (uint32_t)limit);
}

struct card {
    struct paint_rect rect;
    struct paint_shadow shadow;
    uint32_t color;
};

static struct card card_random(void)
{
    struct card card = {
        .rect = {random_below(SIDE) - 20, random_below(SIDE) - 20, 4 + random_below(50),
                 4 + random_below(50)},
        .shadow = {random_below(20), random_below(24), random_below(9) - 2, 0x50102030},
        .color = 0xC0000000U + (uint32_t)random_below(1 << 24)};
    return card;
}

static void scene_paint(struct paint_target *target, const struct card *cards)
{
    paint_fill(target, (struct paint_rect){0, 0, SIDE, SIDE}, 0xFFF6F7F9);
    for (int i = 0; i < CARDS; i++) {
        paint_shadow(target, cards[i].rect, &cards[i].shadow);
        paint_round_rect(target, cards[i].rect, cards[i].shadow.radius, cards[i].color);
    }
}

static void card_damage(struct damage *damage, const struct card *card)
{
    struct paint_rect bounds = {0, 0, SIDE, SIDE};
    damage_add(damage, card->rect, bounds);
    damage_add(damage, paint_shadow_extent(card->rect, &card->shadow), bounds);
}

static void painting_the_damage_equals_painting_everything(void)
{
    static uint32_t partly[SIDE * SIDE], wholly[SIDE * SIDE];
    struct card cards[CARDS];
    for (int i = 0; i < CARDS; i++) {
        cards[i] = card_random();
    }
    struct paint_target part = paint_target_of(partly, SIDE, SIDE, SIDE);
    struct paint_target whole = paint_target_of(wholly, SIDE, SIDE, SIDE);
    scene_paint(&part, cards);
    for (int frame = 0; frame < 400; frame++) {
        struct damage damage = {0};
        for (int changes = 1 + random_below(4); changes > 0; changes--) {
            struct card *card = &cards[random_below(CARDS)];
            card_damage(&damage, card);
            *card = card_random();
            card_damage(&damage, card);
        }
        CHECK(damage.count <= DAMAGE_RECTS_MAX);
        for (int32_t i = 0; i < damage.count; i++) {
            struct paint_rect before = paint_clip_push(&part, damage.rects[i]);
            scene_paint(&part, cards);
            paint_clip_restore(&part, before);
        }
        scene_paint(&whole, cards);
        CHECK_BYTES(partly, wholly, sizeof partly);
    }
}

static void damage_covers_what_was_added_within_bounds(void)
{
    struct paint_rect bounds = {10, 10, 100, 100};
    for (int round = 0; round < 2000; round++) {
        struct damage damage = {0};
        static uint8_t added[SIDE][SIDE];
        memset(added, 0, sizeof added);
        for (int count = random_below(9); count > 0; count--) {
            struct paint_rect rect = {random_below(140) - 10, random_below(140) - 10,
                                      random_below(40), random_below(40)};
            damage_add(&damage, rect, bounds);
            struct paint_rect seen = paint_rect_intersect(rect, bounds);
            for (int32_t y = seen.y; y < seen.y + seen.height; y++) {
                memset(&added[y][seen.x], 1, (size_t)seen.width);
            }
        }
        int missed = 0;
        for (int32_t at = 0; at < SIDE * SIDE; at++) {
            struct paint_rect one = {at % SIDE, at / SIDE, 1, 1};
            missed += added[at / SIDE][at % SIDE] && !damage_touches(&damage, one);
        }
        CHECK_EQ(missed, 0);
        CHECK(damage_is_empty(&damage) || paint_rect_contains(bounds, damage_extent(&damage)));
    }
}

static void near_rectangles_merge_and_far_ones_stay(void)
{
    struct paint_rect bounds = {0, 0, 1600, 900};
    struct damage damage = {0};
    damage_add(&damage, (struct paint_rect){0, 0, 10, 20}, bounds);
    damage_add(&damage, (struct paint_rect){10, 0, 10, 20}, bounds);
    damage_add(&damage, (struct paint_rect){2, 2, 4, 4}, bounds);
    CHECK_EQ(damage.count, 1);
    CHECK_EQ(damage_area(&damage), 400);
    damage_add(&damage, (struct paint_rect){1500, 800, 10, 20}, bounds);
    CHECK_EQ(damage.count, 2);
    CHECK_EQ(damage_area(&damage), 600);
    damage_add(&damage, (struct paint_rect){2000, 0, 10, 10}, bounds);
    damage_add(&damage, (struct paint_rect){5, 5, -3, 10}, bounds);
    CHECK_EQ(damage.count, 2);
    damage_add(&damage, (struct paint_rect){1500, 0, 10, 20}, bounds);
    damage_add(&damage, (struct paint_rect){0, 800, 10, 20}, bounds);
    damage_add(&damage, (struct paint_rect){700, 400, 10, 20}, bounds);
    CHECK_EQ(damage.count, 4);
    damage_clear(&damage);
    CHECK(damage_is_empty(&damage));
}

TEST_MAIN(TEST(painting_the_damage_equals_painting_everything),
          TEST(damage_covers_what_was_added_within_bounds),
          TEST(near_rectangles_merge_and_far_ones_stay))
