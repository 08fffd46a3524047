// SPDX-License-Identifier: Apache-2.0
// Unicode facts against examples from its annexes and the WHATWG decoder, and laws that must hold
// for any bytes.
#include "text/unicode.h"

#include "base/math.h"
#include "base/test.h"

static uint32_t seed = 5;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % limit;
}

static size_t codes_of(const char *bytes, size_t size, uint32_t *out)
{
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        out[count++] = unicode_next(bytes, size, &at);
    }
    return count;
}

static void malformed_bytes_become_replacements_per_maximal_prefix(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t codes[4];
        size_t count;
    } cases[] = {
        {"A\xC3\xA9", 3, {'A', 0xE9}, 2},
        {"\xE2\x82\xAC", 3, {0x20AC}, 1},
        {"\xF0\x9F\x98\x80", 4, {0x1F600}, 1},
        {"\x80", 1, {0xFFFD}, 1},
        {"\xC0\xAF", 2, {0xFFFD, 0xFFFD}, 2},             // overlong
        {"\xE0\x80\xAF", 3, {0xFFFD, 0xFFFD, 0xFFFD}, 3}, // overlong
        {"\xED\xA0\x80", 3, {0xFFFD, 0xFFFD, 0xFFFD}, 3}, // surrogate
        {"\xF4\x90\x80\x80", 4, {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}, 4},
        {"\xE2\x82", 2, {0xFFFD}, 1}, // cut short: one for the valid prefix
        {"\xF0\x9F\x98q", 4, {0xFFFD, 'q'}, 2},
        {"\xFF\xC3", 2, {0xFFFD, 0xFFFD}, 2},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint32_t codes[8];
        CHECK_EQ(codes_of(cases[i].bytes, cases[i].size, codes), cases[i].count);
        CHECK_BYTES(codes, cases[i].codes, cases[i].count * sizeof codes[0]);
    }
}

// Each string is one grapheme.
static const char *const graphemes[] = {
    "a",
    "e\xCC\x81",                                    // e + acute
    "a\xCC\x81\xCC\xA7",                            // two marks
    "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",             // flag: D E
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", // woman ZWJ girl
    "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",             // thumb, skin tone
    "\xE2\x9D\xA4\xEF\xB8\x8F",                     // heart, variation selector
    "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8",         // Hangul L V T
    "\xEA\xB0\x80\xE1\x86\xA8",                     // Hangul LV + T
    "\r\n",
    "\xE0\xA4\x95\xE0\xA4\xBF",                                         // Devanagari ka + i
    "\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7\xF3\xA0\x81\xA2\xF3\xA0\x81\xBF", // flag with tags
    "\xE6\x9D\xB1",
    "-",
};

static void graphemes_are_single_steps_both_ways(void)
{
    for (int round = 0; round < 3000; round++) {
        char bytes[400];
        size_t ends[24], size = 0, count = 1 + random_below(20);
        for (size_t i = 0; i < count; i++) {
            const char *grapheme = graphemes[random_below(ARRAY_COUNT(graphemes))];
            memcpy(bytes + size, grapheme, strlen(grapheme));
            size += strlen(grapheme);
            ends[i] = size;
            bytes[size++] = '.'; // keeps flags apart
        }
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
            CHECK_EQ(unicode_grapheme_next(bytes, size, at), ends[i]);
            CHECK_EQ(unicode_grapheme_previous(bytes, size, ends[i]), at);
            at = ends[i] + 1;
        }
    }
}

static void flags_pair_up_and_controls_join_nothing(void)
{
    const char flags[] =
        "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7"; // DE FR
    CHECK_EQ(unicode_grapheme_next(flags, 16, 0), 8);
    CHECK_EQ(unicode_grapheme_next(flags, 16, 8), 16);
    CHECK_EQ(unicode_grapheme_previous(flags, 16, 16), 8);
    CHECK_EQ(unicode_grapheme_next("\n\xCC\x81", 3, 0), 1);
    CHECK_EQ(unicode_grapheme_next("a\xE2\x80\x8D\x62", 5, 0), 4); // ZWJ does not join letters
    CHECK_EQ(unicode_grapheme_next("", 0, 0), 0);
    CHECK_EQ(unicode_grapheme_previous("abc", 3, 0), 0);
    CHECK_EQ(unicode_grapheme_previous("abc", 3, 99), 2);
}

static void any_bytes_step_forwards_and_back_within_bounds(void)
{
    for (int round = 0; round < 4000; round++) {
        char bytes[64];
        size_t size = random_below(sizeof bytes);
        for (size_t i = 0; i < size; i++) {
            static const uint8_t likely[] = {0xF0, 0x9F, 0x87, 0xA9, 0xE2, 0x80,
                                             0x8D, 0xCC, 0x81, 'a',  ' ',  0xFF};
            bytes[i] =
                (char)(random_below(3) ? likely[random_below(sizeof likely)] : random_below(256));
        }
        size_t at = 0;
        while (at < size) {
            size_t next = unicode_grapheme_next(bytes, size, at);
            CHECK(next > at && next <= size);
            CHECK_EQ(unicode_grapheme_previous(bytes, size, next), at);
            size_t utf16 = unicode_utf16_of(bytes, size, next);
            CHECK_EQ(unicode_byte_of(bytes, size, utf16), next);
            at = next;
        }
        CHECK(unicode_word_next(bytes, size, 0) <= size);
        CHECK(unicode_word_previous(bytes, size, size) <= size);
    }
}

static void utf16_counts_surrogates_and_stops_before_their_middle(void)
{
    const char words[] = "a\xC3\xA9\xF0\x9F\x98\x80z"; // a é 😀 z
    CHECK_EQ(unicode_utf16_of(words, 8, 8), 5);
    CHECK_EQ(unicode_utf16_of(words, 8, 3), 2);
    CHECK_EQ(unicode_utf16_of(words, 8, 5), 2); // inside the emoji
    CHECK_EQ(unicode_byte_of(words, 8, 3), 3);
    CHECK_EQ(unicode_byte_of(words, 8, 4), 7);
    CHECK_EQ(unicode_byte_of(words, 8, 99), 8);
}

static void words_end_where_ctrl_arrow_stops(void)
{
    const char words[] = "Ask Ana, now";
    CHECK_EQ(unicode_word_next(words, 12, 0), 3);
    CHECK_EQ(unicode_word_next(words, 12, 3), 7);
    CHECK_EQ(unicode_word_next(words, 12, 7), 12);
    CHECK_EQ(unicode_word_previous(words, 12, 12), 9);
    CHECK_EQ(unicode_word_previous(words, 12, 9), 4);
    CHECK_EQ(unicode_word_previous(words, 12, 4), 0);
}

static void lines_break_after_spaces_and_hyphens_and_between_ideographs(void)
{
    CHECK(unicode_may_break(' ', 'a'));
    CHECK(!unicode_may_break('a', ' '));
    CHECK(!unicode_may_break('a', 'b'));
    CHECK(!unicode_may_break(0xA0, 'b'));
    CHECK(unicode_may_break('-', 'b'));
    CHECK(!unicode_may_break('-', '5'));
    CHECK(unicode_may_break(0x6771, 0x4EAC));
    CHECK(!unicode_may_break(0x6771, 0x3002)); // not before a full stop
    CHECK(!unicode_may_break(0x300C, 0x6771)); // not after an opening bracket
    CHECK(!unicode_may_break('(', 'a') && !unicode_may_break('a', ')'));
    CHECK(!unicode_may_break('a', 0x301));
}

TEST_MAIN(TEST(malformed_bytes_become_replacements_per_maximal_prefix),
          TEST(graphemes_are_single_steps_both_ways), TEST(flags_pair_up_and_controls_join_nothing),
          TEST(any_bytes_step_forwards_and_back_within_bounds),
          TEST(utf16_counts_surrogates_and_stops_before_their_middle),
          TEST(words_end_where_ctrl_arrow_stops),
          TEST(lines_break_after_spaces_and_hyphens_and_between_ideographs))
