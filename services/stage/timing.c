// SPDX-License-Identifier: Apache-2.0
// The log gets a line for sixteen frames, not for each: it would be the dearest part of a key
// press.
#include "timing.h"

#include "base/math.h"

#include <inttypes.h>
#include <stdio.h>

void timing_input(struct timing *timing, instant_ns_t event_ns)
{
    if (timing->input_ns == 0) {
        timing->input_ns = event_ns;
    }
}

void timing_nothing(struct timing *timing)
{
    timing->input_ns = 0;
}

void timing_sent(struct timing *timing, bool shows_app)
{
    timing->answers_ns = timing->input_ns;
    timing->input_ns = 0;
    timing->shows_app = shows_app;
}

// Adds what a person waited; true when there are enough of them for a line.
static bool wait_add(struct timing *timing, uint64_t wait_ns)
{
    timing->sum_ns += wait_ns;
    timing->most_ns = max_u64(timing->most_ns, wait_ns);
    return ++timing->count == TIMING_FRAMES;
}

bool timing_is_first(const struct timing *timing)
{
    return timing->shows_app && !timing->is_usable;
}

bool timing_taken(struct timing *timing, instant_ns_t now_ns, uint64_t waited_ns,
                  char out_line[TIMING_LINE_MAX])
{
    instant_ns_t answers_ns = timing->answers_ns;
    timing->answers_ns = 0;
    if (timing_is_first(timing)) {
        timing->is_usable = true;
        snprintf(out_line, TIMING_LINE_MAX,
                 "usable after %" PRIu64 " us, %" PRIu64 " of them waiting", now_ns / 1000,
                 waited_ns / 1000);
        return true;
    }
    if (answers_ns == 0 || now_ns < answers_ns || !wait_add(timing, now_ns - answers_ns)) {
        return false;
    }
    snprintf(out_line, TIMING_LINE_MAX,
             "input to frame: mean %" PRIu64 " us, most %" PRIu64 " us, of %d",
             timing->sum_ns / TIMING_FRAMES / 1000, timing->most_ns / 1000, TIMING_FRAMES);
    timing->sum_ns = timing->most_ns = timing->count = 0;
    return true;
}
