// SPDX-License-Identifier: Apache-2.0
// Layouts: lines cover the text and keep to the width, carets and points agree, and a text changed
// a hundred times is laid out as if it were new. A twin that breaks lines anywhere (planted.c) must
// fail here.
#include "fonts.h"

#include "text/layout.h"
#include "text/unicode.h"

#include "base/test.h"

#define WORDS                                                                                      \
    "Milk, rye bread, apples, coffee beans. Ask Ana about the market\non Saturday.\n\nThe list "   \
    "is "                                                                                          \
    "shared, so tick off what you took: étude e\xCC\x81 東京都東京都東京都 "             \
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 end"

static struct text_options fonts;
static struct text *text;
static struct text_layout *layout;
static uint32_t seed = 17;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % limit;
}

static struct text_layout_options options_of(const char *words, size_t size, int32_t width)
{
    return (struct text_layout_options){.bytes = words,
                                        .size = size,
                                        .style = {TEXT_REGULAR, 16 * 64},
                                        .width = width,
                                        .line_height = 24};
}

static void set_up(const char *words, int32_t width)
{
    struct text_layout_options options = options_of(words, strlen(words), width);
    if (text == NULL) {
        fonts.font = font_read(FONT_INTER_FILE);
        text = text_create(&fonts);
        layout = text_layout_create(text);
    }
    CHECK_EQ(text_layout_set(layout, &options), OK);
}

static void lines_cover_the_text_and_keep_to_the_width(void)
{
    for (int32_t width = 1; width < 600; width += 13) {
        set_up(WORDS, width);
        size_t at = 0, count = text_layout_line_count(layout);
        for (size_t i = 0; i < count; i++) {
            struct text_line line = text_layout_line(layout, i);
            at += i > 0 && at < line.begin && WORDS[at] == '\n';
            CHECK_EQ(line.begin, at);
            size_t ink = line.end; // without the spaces that hang over the edge
            while (ink > line.begin && WORDS[ink - 1] == ' ') {
                ink--;
            }
            bool single = unicode_grapheme_next(WORDS, ink, line.begin) >= ink;
            CHECK(line.width_q6 <= width * 64 || single);
            at = line.end;
        }
        CHECK_EQ(at, strlen(WORDS));
        CHECK_EQ(text_layout_height(layout), (int32_t)count * 24);
    }
}

static void lines_end_at_spaces_when_words_fit(void)
{
    set_up("the quick brown fox jumps over the lazy dog and-then goes home", 120);
    for (size_t i = 0; i + 1 < text_layout_line_count(layout); i++) {
        size_t end = text_layout_line(layout, i).end;
        char before = "the quick brown fox jumps over the lazy dog and-then goes home"[end - 1];
        CHECK(before == ' ' || before == '-');
    }
    CHECK(text_layout_line_count(layout) >= 4);
    set_up("Donaudampfschifffahrtsgesellschaft", 60);
    CHECK(text_layout_line_count(layout) >= 4);
    set_up("", 60);
    CHECK_EQ(text_layout_line_count(layout), 1);
    set_up("\n\n", 60);
    CHECK_EQ(text_layout_line_count(layout), 3);
}

static void carets_and_points_agree(void)
{
    for (int32_t width = 60; width < 500; width += 55) {
        set_up(WORDS, width);
        for (size_t at = 0; at <= strlen(WORDS);) {
            struct text_caret caret = text_layout_caret(layout, at);
            struct text_line line = text_layout_line(layout, caret.line);
            CHECK(line.begin <= at && at <= line.end);
            CHECK(caret.x_q6 <= width * 64);
            size_t hit = text_layout_hit(layout, caret.x_q6, (int32_t)caret.line * 24 + 12);
            struct text_caret again = text_layout_caret(layout, hit);
            CHECK_EQ(again.line, caret.line);
            CHECK(again.x_q6 == caret.x_q6 || hit == at || at == line.end - 1 || at == line.end);
            if (at == strlen(WORDS)) {
                break;
            }
            at = unicode_grapheme_next(WORDS, strlen(WORDS), at);
        }
        CHECK_EQ(text_layout_hit(layout, -500, -500), 0);
        CHECK_EQ(text_layout_hit(layout, 1 << 20, 1 << 20), strlen(WORDS));
    }
    size_t inside = strlen("Milk, rye bread, apples, coffee beans. Ask Ana about the market\non "
                           "Saturday.\n\nThe list is "
                           "shared, so tick off what you took: étude e") +
                    1;
    CHECK_EQ(text_layout_caret(layout, inside).x_q6, text_layout_caret(layout, inside - 2).x_q6);
}

static void keys_move_by_graphemes_words_and_lines(void)
{
    int32_t goal = -1;
    set_up("one two\nthree four five\nsix", 400);
    CHECK_EQ(text_layout_move(layout, 4, TEXT_MOVE_WORD_RIGHT, &goal), 7);
    CHECK_EQ(text_layout_move(layout, 4, TEXT_MOVE_LINE_START, &goal), 0);
    CHECK_EQ(text_layout_move(layout, 10, TEXT_MOVE_LINE_END, &goal), 23);
    CHECK_EQ(text_layout_move(layout, 10, TEXT_MOVE_START, &goal), 0);
    CHECK_EQ(text_layout_move(layout, 10, TEXT_MOVE_END, &goal), 27);
    CHECK_EQ(text_layout_move(layout, 0, TEXT_MOVE_LEFT, &goal), 0);
    CHECK_EQ(text_layout_move(layout, 27, TEXT_MOVE_RIGHT, &goal), 27);
    size_t up = text_layout_move(layout, 23, TEXT_MOVE_UP, &goal);
    CHECK_EQ(up, 7); // the shorter line's end
    CHECK_EQ(text_layout_move(layout, up, TEXT_MOVE_DOWN, &goal), 23);
    goal = -1;
    CHECK_EQ(text_layout_move(layout, 3, TEXT_MOVE_UP, &goal), 0);
    goal = -1;
    CHECK_EQ(text_layout_move(layout, 25, TEXT_MOVE_DOWN, &goal), 27);
    set_up(WORDS, 90);
    goal = -1;
    size_t at = 0, steps = 0;
    while (at < strlen(WORDS) && steps++ < 100) {
        at = text_layout_move(layout, at, TEXT_MOVE_DOWN, &goal);
    }
    CHECK(steps <= text_layout_line_count(layout));
}

static void selections_have_a_rectangle_a_line(void)
{
    struct paint_rect rects[64];
    set_up(WORDS, 150);
    CHECK_EQ(text_layout_selection(layout, 5, 5, rects, 64), 0);
    CHECK_EQ(text_layout_selection(layout, 9, 5, rects, 64), 0);
    CHECK_EQ(text_layout_selection(layout, 0, 1, rects, 64), 1);
    size_t count = text_layout_selection(layout, 0, 1U << 30, rects, 64);
    CHECK_EQ(count, text_layout_line_count(layout));
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(rects[i].y, (int32_t)i * 24);
        CHECK(rects[i].x == 0 && rects[i].width > 0 && rects[i].width <= 150 + 6);
    }
    CHECK_EQ(text_layout_selection(layout, 0, 1U << 30, rects, 3), 3);
}

static void an_edit_lays_out_its_paragraph_only_and_equals_a_fresh_layout(void)
{
    static char words[4000];
    size_t size = 0;
    struct text_layout *fresh = NULL;
    set_up("x", 200);
    fresh = text_layout_create(text);
    for (int round = 0; round < 1500; round++) {
        static const char *const pieces[] = {"a", " ",   "word ", "\n", "e\xCC\x81", "\xE6\x9D\xB1",
                                             "-", "\xFF"};
        size_t at = random_below((uint32_t)size + 1);
        const char *piece = pieces[random_below(8)];
        if (random_below(4) == 0 || size > 3000) {
            size_t cut = random_below((uint32_t)(size - at) / 8 + 1);
            memmove(words + at, words + at + cut, size - at - cut);
            size -= cut;
        } else {
            memmove(words + at + strlen(piece), words + at, size - at);
            memcpy(words + at, piece, strlen(piece));
            size += strlen(piece);
        }
        struct text_layout_options options = options_of(words, size, 200);
        CHECK_EQ(text_layout_set(layout, &options), OK);
        CHECK(round < 2 || text_layout_work(layout) <= 2);
        options.width = 201;
        CHECK_EQ(text_layout_set(fresh, &options), OK);
        options.width = 200;
        CHECK_EQ(text_layout_set(fresh, &options), OK);
        CHECK_EQ(text_layout_line_count(fresh), text_layout_line_count(layout));
        for (size_t i = 0; i < text_layout_line_count(fresh); i++) {
            struct text_line a = text_layout_line(fresh, i), b = text_layout_line(layout, i);
            CHECK(a.begin == b.begin && a.end == b.end && a.width_q6 == b.width_q6);
        }
    }
    text_layout_destroy(fresh);
}

static void truncation_keeps_the_lines_and_refusals_change_nothing(void)
{
    set_up(WORDS, 100);
    size_t all = text_layout_line_count(layout);
    struct text_layout_options options = options_of(WORDS, strlen(WORDS), 100);
    options.size = TEXT_LAYOUT_BYTES_MAX + 1;
    CHECK_EQ(text_layout_set(layout, &options), ERR_TOO_LARGE);
    CHECK_EQ(text_layout_line_count(layout), all);
    options.size = strlen(WORDS);
    options.lines_max = 2;
    CHECK_EQ(text_layout_set(layout, &options), OK);
    CHECK_EQ(text_layout_line_count(layout), 2);
    static uint32_t pixels[200 * 100];
    struct paint_target target = paint_target_of(pixels, 200, 100, 200);
    text_layout_draw(layout, &target, 10, 10, 0xFFFFFFFF);
    text_layout_draw(layout, &target, INT32_MIN, INT32_MAX, 0xFFFFFFFF);
    text_layout_draw(layout, &target, INT32_MAX, INT32_MIN, 0xFFFFFFFF);
    int inked = 0, outside = 0;
    for (int i = 0; i < 200 * 100; i++) {
        bool right = i % 200 > 10 + 100 + 1 || i / 200 > 10 + 48;
        inked += (pixels[i] & 0xFF) > 128;
        outside += right && (pixels[i] & 0xFFFFFF) != 0;
    }
    CHECK(inked > 100);
    CHECK_EQ(outside, 0);
    text_layout_destroy(layout);
    text_layout_destroy(NULL);
    text_destroy(text);
    font_free(fonts.font);
}

TEST_MAIN(TEST(lines_cover_the_text_and_keep_to_the_width),
          TEST(lines_end_at_spaces_when_words_fit), TEST(carets_and_points_agree),
          TEST(keys_move_by_graphemes_words_and_lines), TEST(selections_have_a_rectangle_a_line),
          TEST(an_edit_lays_out_its_paragraph_only_and_equals_a_fresh_layout),
          TEST(truncation_keeps_the_lines_and_refusals_change_nothing))
