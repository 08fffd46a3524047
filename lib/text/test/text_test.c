// SPDX-License-Identifier: Apache-2.0
// Runs with the real fonts: measuring agrees with drawing, limits hold, kerning is there, hostile
// strings and damaged kerning tables do no harm.
#include "fonts.h"
#include "kern.h"

#include "text/text.h"
#include "text/unicode.h"

#include "base/math.h"
#include "base/test.h"

#define WIDTH  400
#define HEIGHT 80

static struct text_options options;
static uint32_t pixels[WIDTH * HEIGHT];
static struct paint_target target;
static uint32_t seed = 11;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % limit;
}

static struct text *text_new(void)
{
    if (options.font.size == 0) {
        options.font = font_read(FONT_INTER_FILE);
        options.icons = font_read(FONT_ICONS_FILE);
    }
    target = paint_target_of(pixels, WIDTH, HEIGHT, WIDTH);
    paint_fill(&target, target.clip, 0xFFFFFFFF);
    return text_create(&options);
}

static struct text_run run_of(const char *words, int32_t size)
{
    return (struct text_run){words, strlen(words), {TEXT_REGULAR, size * 64}, 0xFF000000, 0};
}

static int32_t measure(struct text *text, const char *words, int32_t size)
{
    struct text_run run = run_of(words, size);
    return text_measure(text, &run);
}

// Columns with ink, from the first to the last; false when there is none.
static bool ink_extent(int32_t *out_left, int32_t *out_right)
{
    int32_t left = WIDTH, right = -1;
    for (int32_t i = 0; i < WIDTH * HEIGHT; i++) {
        if ((pixels[i] & 0xFFFFFF) != 0xFFFFFF) {
            left = min_i32(left, i % WIDTH);
            right = max_i32(right, i % WIDTH);
        }
    }
    *out_left = left;
    *out_right = right;
    return right >= 0;
}

static void costs_nothing_until_a_glyph_is_needed(void)
{
    struct text *text = text_new();
    struct text_stats stats = text_stats_of(text);
    CHECK_EQ(stats.fonts_open, 0);
    CHECK_EQ(stats.cache_bytes, 0);
    CHECK_EQ(text_check(text), OK);
    text_destroy(text);
    text_destroy(NULL);
}

static void drawing_covers_the_width_it_measures(void)
{
    struct text *text = text_new();
    for (int32_t size = 9; size < 40; size++) {
        struct text_run run = run_of("Handy", size);
        int32_t left, right, width = text_measure(text, &run);
        paint_fill(&target, target.clip, 0xFFFFFFFF);
        CHECK_EQ(text_draw(text, &target, &run, 20 * 64, 60), width);
        CHECK(ink_extent(&left, &right));
        CHECK(left >= 20 && left <= 20 + size / 4);
        CHECK(right <= 20 + width / 64 + 1 && right >= 20 + width / 64 - size / 4 - 1);
    }
    text_destroy(text);
}

static void weights_sizes_and_kerning_change_widths(void)
{
    struct text *text = text_new();
    struct text_run run = run_of("Groceries", 16);
    int32_t regular = text_measure(text, &run);
    run.style.weight = TEXT_SEMIBOLD;
    CHECK(text_measure(text, &run) > regular);
    CHECK(abs(measure(text, "Groceries", 32) - 2 * regular) < 2 * regular / 10);
    CHECK(measure(text, "AV", 64) < measure(text, "A", 64) + measure(text, "V", 64) - 64);
    CHECK(measure(text, "To", 64) < measure(text, "T", 64) + measure(text, "o", 64) - 64);
    CHECK_EQ(measure(text, "HH", 16), 2 * measure(text, "H", 16));
    CHECK_EQ(measure(text, "", 16), 0);
    text_destroy(text);
}

static void marks_and_invisible_characters_take_no_width(void)
{
    struct text *text = text_new();
    CHECK_EQ(measure(text, "e\xCC\x81", 16), measure(text, "e", 16));
    CHECK_EQ(measure(text, "a\xE2\x80\x8B\xEF\xBB\xBF\x01", 16), measure(text, "a", 16));
    CHECK_EQ(measure(text, "\t", 16), 4 * measure(text, " ", 16));
    text_destroy(text);
}

static void a_missing_glyph_is_a_visible_box(void)
{
    struct text *text = text_new();
    int32_t left, right;
    struct text_run run = run_of("\xE6\x9D\xB1", 24);
    CHECK(text_draw(text, &target, &run, 64 * 10, 50) > 10 * 64);
    CHECK(ink_extent(&left, &right) && right - left > 8);
    text_destroy(text);
}

static void a_limit_ends_in_an_ellipsis_and_is_kept(void)
{
    struct text *text = text_new();
    struct text_run run = run_of("Compositor damage, e\xCC\x81tude and more", 16);
    int32_t whole = text_measure(text, &run);
    for (int32_t limit = 1; limit < whole + 200; limit += 37) {
        run.width_max_q6 = limit;
        int32_t width = text_measure(text, &run);
        CHECK(width <= limit);
        CHECK(limit < whole ? width < whole : width == whole);
        CHECK_EQ(text_draw(text, &target, &run, 0, 40), width);
    }
    run.width_max_q6 = 0;
    for (int32_t limit = 0; limit < whole + 100; limit += 29) {
        int32_t width;
        size_t fits = text_fit(text, &run, limit, &width);
        CHECK(width <= limit && fits <= run.size);
        CHECK(fits != 20 && fits != 21); // not between e and its accent
        CHECK(limit < whole || fits == run.size);
    }
    text_destroy(text);
}

static void every_icon_name_draws_centred_in_its_square(void)
{
    static const char *const names[] = {
        "add",  "search",   "delete",  "share",     "edit",       "close",
        "back", "devices",  "notes",   "check",     "settings",   "phone",
        "wifi", "computer", "sensors", "link",      "link_off",   "sync",
        "lock", "warning",  "error",   "info",      "home",       "more_vert",
        "menu", "keyboard", "people",  "dark_mode", "light_mode", "watch"};
    struct text *text = text_new();
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        int32_t left, right;
        struct text_icon icon = {text_icon_code(names[i]), 24, 0xFF000000};
        CHECK(icon.code != 0);
        paint_fill(&target, target.clip, 0xFFFFFFFF);
        text_icon_draw(text, &target, &icon, 30, 10);
        CHECK(ink_extent(&left, &right) && left >= 30 && right < 54);
        CHECK(abs(left + right - 83) <= 6);
    }
    CHECK_EQ(text_icon_code("no such icon"), 0);
    CHECK_EQ(text_icon_code(""), 0);
    CHECK_EQ(text_icon_code(NULL), 0);
    text_destroy(text);
}

static void hostile_strings_only_look_odd(void)
{
    struct text *text = text_new();
    paint_clip_push(&target, (struct paint_rect){10, 10, 200, 50});
    for (int round = 0; round < 3000; round++) {
        char bytes[40];
        struct text_run run = {
            bytes, random_below(sizeof bytes), {random_below(2), 0}, random_below(~0U), 0};
        for (size_t i = 0; i < run.size; i++) {
            bytes[i] = (char)random_below(256);
        }
        run.style.size_q6 = (int32_t)random_below(60 * 64) - 64;
        run.width_max_q6 = random_below(2) ? 0 : (int32_t)random_below(300 * 64);
        int32_t width = text_measure(text, &run);
        CHECK(width >= 0 && (run.width_max_q6 == 0 || width <= run.width_max_q6));
        CHECK_EQ(text_draw(text, &target, &run, (int32_t)random_below(500 * 64) - 6400,
                           (int32_t)random_below(90)),
                 width);
    }
    CHECK(text_stats_of(text).cache_bytes <= TEXT_CACHE_BYTES_DEFAULT);
    text_destroy(text);
}

static void a_font_that_is_none_draws_nothing(void)
{
    const uint8_t junk[64] = "not a font";
    struct text_options broken = {.font = {junk, sizeof junk}};
    struct text *text = text_create(&broken);
    struct text_run run = run_of("Words", 16);
    CHECK_EQ(text_check(text), ERR_CORRUPT);
    CHECK_EQ(text_draw(text, &target, &run, 0, 20), 0);
    CHECK_EQ(text_metrics_of(text, run.style).ascent, 0);
    text_destroy(text);
}

static void damaged_kerning_tables_are_read_within_bounds(void)
{
    struct text *text = text_new();
    uint8_t *copy = malloc(options.font.size);
    memcpy(copy, options.font.bytes, options.font.size);
    struct kern kern;
    kern_init(&kern, options.font);
    CHECK(kern.subtable_count > 0);
    size_t table = (size_t)(kern.table.bytes - options.font.bytes), size = kern.table.size;
    kern_finish(&kern);
    for (int round = 0; round < 400; round++) {
        size_t at = table + random_below(round % 2 ? 2000 : (uint32_t)size);
        uint8_t kept = copy[at];
        copy[at] = (uint8_t)random_below(256);
        size_t cut = round % 3 == 0 ? table + random_below((uint32_t)size) : options.font.size;
        kern_init(&kern, (struct span){copy, cut});
        for (int pair = 0; pair < 50; pair++) {
            kern_of(&kern, (uint16_t)random_below(3000), (uint16_t)random_below(3000));
        }
        kern_finish(&kern);
        copy[at] = round % 5 ? kept : copy[at];
    }
    free(copy);
    text_destroy(text);
    font_free(options.font);
    font_free(options.icons);
    options = (struct text_options){0};
}

TEST_MAIN(TEST(costs_nothing_until_a_glyph_is_needed), TEST(drawing_covers_the_width_it_measures),
          TEST(weights_sizes_and_kerning_change_widths),
          TEST(marks_and_invisible_characters_take_no_width),
          TEST(a_missing_glyph_is_a_visible_box), TEST(a_limit_ends_in_an_ellipsis_and_is_kept),
          TEST(every_icon_name_draws_centred_in_its_square), TEST(hostile_strings_only_look_odd),
          TEST(a_font_that_is_none_draws_nothing),
          TEST(damaged_kerning_tables_are_read_within_bounds))
