// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "timing.h"

static void usable_is_said_once_and_only_of_an_app(void)
{
    struct timing timing = {0};
    char line[TIMING_LINE_MAX];
    timing_sent(&timing, false);
    CHECK(!timing_taken(&timing, 1000000, 45678, line));
    timing_sent(&timing, true);
    CHECK(timing_taken(&timing, 2345678, 45678, line));
    CHECK(strcmp(line, "usable after 2345 us, 45 of them waiting") == 0);
    timing_sent(&timing, true);
    CHECK(!timing_taken(&timing, 3000000, 45678, line));
}

static void the_oldest_event_counts_until_its_frame_is_taken(void)
{
    struct timing timing = {.is_usable = true};
    char line[TIMING_LINE_MAX];
    for (uint64_t i = 1; i <= TIMING_FRAMES; i++) {
        uint64_t at_ns = i * 1000000;
        timing_input(&timing, at_ns);
        timing_input(&timing, at_ns + 500);
        timing_sent(&timing, true);
        timing_input(&timing, at_ns + 1000); // meanwhile: of the next frame
        bool last = i == TIMING_FRAMES;
        CHECK(timing_taken(&timing, at_ns + (last ? 50000 : 2000), 45678, line) == last);
        timing_nothing(&timing);
    }
    CHECK(strcmp(line, "input to frame: mean 5 us, most 50 us, of 16") == 0);
    CHECK(timing.count == 0 && timing.most_ns == 0);
}

static void frames_without_an_event_and_clocks_that_run_back_do_not_count(void)
{
    struct timing timing = {.is_usable = true};
    char line[TIMING_LINE_MAX];
    timing_sent(&timing, true);
    CHECK(!timing_taken(&timing, 1000, 45678, line));
    timing_input(&timing, 5000);
    timing_sent(&timing, true);
    CHECK(!timing_taken(&timing, 4000, 45678, line));
    CHECK(timing.count == 0);
}

TEST_MAIN(TEST(usable_is_said_once_and_only_of_an_app),
          TEST(the_oldest_event_counts_until_its_frame_is_taken),
          TEST(frames_without_an_event_and_clocks_that_run_back_do_not_count))
