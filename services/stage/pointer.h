// SPDX-License-Identifier: Apache-2.0
// From positions and buttons to what a person means: hover, press, tap, drag, scroll with momentum.
// A finger that moves further than the slop scrolls; a mouse drags (text is selected) and scrolls
// by its wheel. Time comes with each call.
#pragma once

#include "form.h"

enum gesture_kind {
    GESTURE_NONE,
    GESTURE_HOVER,  // moved without a button
    GESTURE_PRESS,  // went down
    GESTURE_DRAG,   // moved while down: a mouse, or a finger that started on a text with the focus
    GESTURE_SCROLL, // by dy px (positive: content moves up)
    GESTURE_CANCEL, // what was pressed is not meant: it became a scroll
    GESTURE_TAP,    // went up where it went down
    GESTURE_DOUBLE, // the second tap of two
    GESTURE_RELEASE // went up elsewhere, or after a drag
};

struct gesture {
    enum gesture_kind kind;
    int32_t x, y; // px, where it is now (scroll: where it began)
    int32_t dy;   // px, scroll
};

// All zero at the start.
struct pointer {
    bool down, scrolling, dragging, touch;
    int32_t x, y, start_x, start_y;
    int64_t moved_ns, tapped_ns;
    int32_t tap_x, tap_y;
    int64_t velocity_px_s; // while scrolling and afterwards
    int64_t fling_left_px_q8;
};

struct pointer_event {
    int64_t now_ns;
    int32_t x, y;
    bool down;
    bool touch;    // a finger, not a mouse
    int32_t wheel; // notches, positive away from the person
};

// Takes one event; returns what it means. A finger that turns into a scroll gives GESTURE_CANCEL
// once, then scrolls.
struct gesture pointer_feed(struct pointer *pointer, const struct form *form,
                            const struct pointer_event *event);
// Momentum after a finger let go: the scroll of this moment, GESTURE_NONE when it has come to rest.
struct gesture pointer_tick(struct pointer *pointer, const struct form *form, int64_t now_ns);
// True while pointer_tick should be called (each 16 ms).
bool pointer_is_moving(const struct pointer *pointer);
