// SPDX-License-Identifier: Apache-2.0
// JSON texts in updates: what is one, and what is not.
#include "../src/json.h"

#include "base/math.h"
#include "base/test.h"

static bool valid(const char *text)
{
    return json_is_valid((struct span){(const uint8_t *)text, strlen(text)});
}

static void json_texts_are_accepted(void)
{
    static const char *good[] = {"null", "true",   "false",         "0",
                                 "-1",   "1.5e-7", "\"\"",          "\"a\\n\\u00e9\\\"\"",
                                 "[]",   "{}",     " [1, \"a\" ] ", "{\"img\":\"x\",\"n\":[{}]}",
                                 "1E+9", "[[[]]]", "-0.25",         "\"\xc3\xa9\""};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        CHECK(valid(good[i]));
        if (!valid(good[i]))
            fprintf(stderr, "%s\n", good[i]);
    }
}

static void other_texts_are_refused(void)
{
    static const char *bad[] = {
        "",           "nul",  "nullx", "undefined", "01",      "1.",         "-",
        "+1",         ".5",   "1e",    "\"",        "\"\\x\"", "\"\\u12\"",  "\"\n\"",
        "[",          "[1,]", "[1 2]", "{",         "{a:1}",   "{\"a\"}",    "{\"a\":}",
        "{\"a\":1,}", "[]]",  "'a'",   "NaN",       "1 1",     "\"\\u12g4\""};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK(!valid(bad[i]));
        if (valid(bad[i]))
            fprintf(stderr, "%s\n", bad[i]);
    }
}

static void nesting_is_bounded(void)
{
    char text[2 * JSON_DEPTH_MAX + 8];
    for (unsigned depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 2; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK_EQ(json_is_valid((struct span){(const uint8_t *)text, 2 * depth}),
                 depth <= JSON_DEPTH_MAX + 1);
    }
}

TEST_MAIN(TEST(json_texts_are_accepted), TEST(other_texts_are_refused), TEST(nesting_is_bounded))
