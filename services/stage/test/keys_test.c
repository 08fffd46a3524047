// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "keys.h"

static struct span text(const char *chars)
{
    return (struct span){(const uint8_t *)chars, strlen(chars)};
}

static void letters_follow_shift_and_caps(void)
{
    struct keys keys = {0};
    struct stroke stroke;
    CHECK(keys_feed(&keys, 30, 1, &stroke));
    CHECK_EQ(stroke.text, 'a');
    CHECK(!keys_feed(&keys, 30, 0, &stroke));
    CHECK(!keys_feed(&keys, KEY_CODE_LEFT_SHIFT, 1, &stroke));
    CHECK(keys_feed(&keys, 30, 2, &stroke));
    CHECK_EQ(stroke.text, 'A');
    CHECK(stroke.repeat);
    CHECK(!keys_feed(&keys, KEY_CODE_CAPS_LOCK, 1, &stroke));
    keys_feed(&keys, 30, 1, &stroke);
    CHECK_EQ(stroke.text, 'a');
    keys_feed(&keys, 2, 1, &stroke);
    CHECK_EQ(stroke.text, '!');
    keys_feed(&keys, KEY_CODE_LEFT_SHIFT, 0, &stroke);
    keys_feed(&keys, 2, 1, &stroke);
    CHECK_EQ(stroke.text, '1');
}

static void one_of_two_shifts_let_go_still_shifts(void)
{
    struct keys keys = {0};
    struct stroke stroke;
    keys_feed(&keys, KEY_CODE_LEFT_SHIFT, 1, &stroke);
    keys_feed(&keys, KEY_CODE_RIGHT_SHIFT, 1, &stroke);
    keys_feed(&keys, KEY_CODE_LEFT_SHIFT, 0, &stroke);
    keys_feed(&keys, 30, 1, &stroke);
    CHECK_EQ(stroke.text, 'A');
}

static void control_types_nothing_and_matches_shortcuts(void)
{
    struct keys keys = {0};
    struct stroke stroke;
    keys_feed(&keys, KEY_CODE_LEFT_CTRL, 1, &stroke);
    CHECK(keys_feed(&keys, 49, 1, &stroke));
    CHECK_EQ(stroke.text, 0);
    CHECK(keys_match(&stroke, text("Ctrl+N")));
    CHECK(!keys_match(&stroke, text("N")));
    CHECK(!keys_match(&stroke, text("Ctrl+Shift+N")));
    CHECK(!keys_match(&stroke, text("")));
    CHECK(!keys_match(&stroke, text("Ctrl+")));
    CHECK(!keys_match(&stroke, text("Nonsense")));
    stroke = (struct stroke){.code = KEY_CODE_DELETE};
    CHECK(keys_match(&stroke, text("Del")));
}

static void unknown_codes_and_values_are_ignored(void)
{
    struct keys keys = {0};
    struct stroke stroke;
    CHECK(!keys_feed(&keys, 4000, 1, &stroke));
    CHECK(!keys_feed(&keys, 30, 7, &stroke));
    CHECK(!keys_feed(&keys, 30, -1, &stroke));
    CHECK(keys_feed(&keys, 240, 1, &stroke)); // a key without text
    CHECK_EQ(stroke.text, 0);
}

static void every_printable_character_has_a_stroke(void)
{
    for (char c = ' '; c < 127; c++) {
        struct stroke stroke;
        CHECK(keys_stroke_for(c, &stroke));
        CHECK_EQ(stroke.text, c);
    }
    struct stroke stroke;
    CHECK(!keys_stroke_for('\x01', &stroke));
}

TEST_MAIN(TEST(letters_follow_shift_and_caps), TEST(one_of_two_shifts_let_go_still_shifts),
          TEST(control_types_nothing_and_matches_shortcuts),
          TEST(unknown_codes_and_values_are_ignored), TEST(every_printable_character_has_a_stroke))
