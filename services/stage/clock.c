// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <stdio.h>

#define DAY_MS 86400000ull

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
    unsigned year, month, day; // month 0 to 11
};

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 1 ? leap : 0);
}

// Whole 400-year spans are equal, so what is left is at most 400 years of months.
static struct date date_of(uint64_t days)
{
    struct date date = {.year = 1970 + 400 * (unsigned)(days / 146097 % 1000)};
    unsigned left = (unsigned)(days % 146097);
    while (left >= month_days(date.year, date.month)) {
        left -= month_days(date.year, date.month);
        date.year += date.month == 11;
        date.month = (date.month + 1) % 12;
    }
    date.day = left + 1;
    return date;
}

void clock_time(uint64_t now_ms, char out_text[8])
{
    unsigned minutes = (unsigned)(now_ms % DAY_MS / 60000);
    snprintf(out_text, 8, "%02u:%02u", minutes / 60 % 24, minutes % 60);
}

void clock_say(uint64_t now_ms, uint64_t then_ms, char out_text[CLOCK_TEXT_MAX])
{
    static const char *const weekdays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    uint64_t today = now_ms / DAY_MS, day = then_ms / DAY_MS;
    struct date date = date_of(day);
    if (now_ms != 0 && day == today) {
        clock_time(then_ms, out_text);
    } else if (now_ms != 0 && day + 1 == today) {
        snprintf(out_text, CLOCK_TEXT_MAX, "Yesterday");
    } else if (now_ms != 0 && day < today && today - day < 7) {
        snprintf(out_text, CLOCK_TEXT_MAX, "%s", weekdays[day % 7]);
    } else if (now_ms != 0 && date_of(today).year == date.year) {
        snprintf(out_text, CLOCK_TEXT_MAX, "%u %s", date.day, months[date.month]);
    } else {
        snprintf(out_text, CLOCK_TEXT_MAX, "%s %u", months[date.month], date.year);
    }
}
