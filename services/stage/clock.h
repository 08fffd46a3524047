// SPDX-License-Identifier: Apache-2.0
// Points in time as a person says them. Pure arithmetic on the Gregorian calendar, UTC.
#pragma once

#include <stdint.h>

enum { CLOCK_TEXT_MAX = 16 };

// "09:41" today, "Yesterday", "Mon" within a week, "12 Nov" within a year, else "Nov 2024".
// `now_ms` 0: always a date. Milliseconds since 1970 UTC.
void clock_say(uint64_t now_ms, uint64_t then_ms, char out_text[CLOCK_TEXT_MAX]);
// "09:41".
void clock_time(uint64_t now_ms, char out_text[8]);
