// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "clock.h"

static void check(uint64_t now_s, uint64_t then_s, const char *expected)
{
    char text[CLOCK_TEXT_MAX];
    clock_say(now_s * 1000, then_s * 1000, text);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s is not %s\n", text, expected);
    }
    CHECK(strcmp(text, expected) == 0);
}

static void times_are_said_as_a_person_says_them(void)
{
    const uint64_t now = 1764063680; // 2025-11-25 09:41:20, a Tuesday
    check(now, now, "09:41");
    check(now, now - 9 * 3600, "00:41");
    check(now, now - 10 * 3600, "Yesterday");
    check(now, now - 3 * 86400, "Sat");
    check(now, now - 7 * 86400, "18 Nov");
    check(now, now - 400 * 86400, "Oct 2024");
    check(0, now, "Nov 2025");
    check(now, now + 86400, "26 Nov");
}

static void leap_days_and_far_years_hold(void)
{
    check(0, 951782400, "Feb 2000"); // 2000-02-29
    check(951868800, 951782400, "Yesterday");
    check(0, 4107542400, "Mar 2100"); // 2100 has no 29th of February
    char text[CLOCK_TEXT_MAX];
    clock_say(1, UINT64_MAX, text); // absurd, but bounded
    CHECK(strlen(text) < CLOCK_TEXT_MAX);
}

TEST_MAIN(TEST(times_are_said_as_a_person_says_them), TEST(leap_days_and_far_years_hold))
