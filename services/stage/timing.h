// SPDX-License-Identifier: Apache-2.0
// How long a person waits: from power to the first frame with an app in it, and from an input event
// to the frame that shows what it did. Two log lines tell it:
//
//     usable after 1234567 us, 34567 of them waiting           once a start
//     input to frame: mean 1234 us, most 2345 us, of 16        every TIMING_FRAMES such frames
//
// Times are those of os_clock, which starts with the kernel. Under an emulator that counts (docs/
// performance.md) what is not waiting is executed instructions, a thousand to the microsecond.
#pragma once

#include "abi/types.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIMING_FRAMES = 16, TIMING_LINE_MAX = 96 };

struct timing {
    bool is_usable;          // said already
    bool shows_app;          // the frame on its way does
    instant_ns_t input_ns;   // of the first event that no frame was sent for; 0: none
    instant_ns_t answers_ns; // of the event that the frame on its way answers; 0: none
    uint64_t sum_ns, most_ns;
    uint32_t count;
};

// An event came. Its time, and no later one, counts until a frame is sent or nothing had to be.
void timing_input(struct timing *timing, instant_ns_t event_ns);
// Nothing changed: what came does not wait for a frame.
void timing_nothing(struct timing *timing);
// A frame was sent; whether an app's interface is in it.
void timing_sent(struct timing *timing, bool shows_app);
// Whether the frame on its way is the first with an app in it.
bool timing_is_first(const struct timing *timing);
// The frame is there. `waited_ns` is what harts waited since the kernel's start, asked for the
// first frame only. True if `out_line` has something for the log.
bool timing_taken(struct timing *timing, instant_ns_t now_ns, uint64_t waited_ns,
                  char out_line[TIMING_LINE_MAX]);
