// SPDX-License-Identifier: Apache-2.0
#include "pointer.h"

#include "base/math.h"

enum { SLOP_DP = 8, WHEEL_DP = 56, DOUBLE_MS = 400, STILL_MS = 80 };
// Momentum halves about every 0.23 s and ends below 30 px a second.
enum { DECAY_PER_MS_Q16 = 197, FLING_LEAST_PX_S = 30, FLING_MOST_PX_S = 8000 };

static const int64_t ms = 1000000;

static int32_t distance(int32_t a, int32_t b)
{
    return a > b ? a - b : b - a;
}

static struct gesture gesture_of(enum gesture_kind kind, const struct pointer_event *event)
{
    return (struct gesture){.kind = kind, .x = event->x, .y = event->y};
}

static struct gesture press(struct pointer *pointer, const struct pointer_event *event)
{
    pointer->down = true;
    pointer->touch = event->touch;
    pointer->scrolling = pointer->dragging = false;
    pointer->start_x = event->x;
    pointer->start_y = event->y;
    pointer->velocity_px_s = 0;
    pointer->moved_ns = event->now_ns;
    return gesture_of(GESTURE_PRESS, event);
}

static struct gesture scroll(struct pointer *pointer, const struct pointer_event *event, int32_t dy)
{
    int64_t passed = event->now_ns - pointer->moved_ns;
    if (passed > 0) {
        int64_t now = (int64_t)dy * 1000 * ms / passed;
        pointer->velocity_px_s = (pointer->velocity_px_s + 3 * now) / 4;
        pointer->moved_ns = event->now_ns;
    }
    struct gesture gesture = {GESTURE_SCROLL, pointer->start_x, pointer->start_y, dy};
    return gesture;
}

static struct gesture move(struct pointer *pointer, const struct form *form,
                           const struct pointer_event *event, int32_t dy)
{
    if (!pointer->down) {
        return gesture_of(event->touch ? GESTURE_NONE : GESTURE_HOVER, event);
    }
    if (pointer->scrolling) {
        return scroll(pointer, event, dy);
    }
    int32_t slop = form_px(form, SLOP_DP);
    bool far =
        distance(event->x, pointer->start_x) > slop || distance(event->y, pointer->start_y) > slop;
    if (!pointer->touch) {
        pointer->dragging = pointer->dragging || far;
        return gesture_of(GESTURE_DRAG, event);
    }
    if (far) {
        pointer->scrolling = true;
        pointer->moved_ns = event->now_ns;
        return gesture_of(GESTURE_CANCEL, event);
    }
    return (struct gesture){.kind = GESTURE_NONE};
}

static struct gesture release(struct pointer *pointer, const struct form *form,
                              const struct pointer_event *event)
{
    pointer->down = false;
    if (pointer->scrolling || pointer->dragging) {
        bool still = event->now_ns - pointer->moved_ns > STILL_MS * ms;
        pointer->velocity_px_s = still || !pointer->scrolling ? 0 : pointer->velocity_px_s;
        pointer->scrolling = false;
        pointer->moved_ns = event->now_ns;
        return gesture_of(GESTURE_RELEASE, event);
    }
    int32_t slop = form_px(form, SLOP_DP);
    bool twice = pointer->tapped_ns != 0 && event->now_ns - pointer->tapped_ns < DOUBLE_MS * ms &&
                 distance(event->x, pointer->tap_x) <= slop &&
                 distance(event->y, pointer->tap_y) <= slop;
    pointer->tapped_ns = twice ? 0 : event->now_ns;
    pointer->tap_x = event->x;
    pointer->tap_y = event->y;
    return gesture_of(twice ? GESTURE_DOUBLE : GESTURE_TAP, event);
}

struct gesture pointer_feed(struct pointer *pointer, const struct form *form,
                            const struct pointer_event *event)
{
    int32_t dy = pointer->y - event->y;
    pointer->x = event->x;
    pointer->y = event->y;
    if (event->wheel != 0) {
        return (struct gesture){GESTURE_SCROLL, event->x, event->y,
                                -event->wheel * form_px(form, WHEEL_DP)};
    }
    if (event->down && !pointer->down) {
        return press(pointer, event);
    }
    if (!event->down && pointer->down) {
        return release(pointer, form, event);
    }
    return move(pointer, form, event, dy);
}

bool pointer_is_moving(const struct pointer *pointer)
{
    int64_t speed = pointer->velocity_px_s < 0 ? -pointer->velocity_px_s : pointer->velocity_px_s;
    return !pointer->down && speed >= FLING_LEAST_PX_S;
}

struct gesture pointer_tick(struct pointer *pointer, const struct form *form, int64_t now_ns)
{
    if (!pointer_is_moving(pointer)) {
        pointer->velocity_px_s = 0;
        return (struct gesture){.kind = GESTURE_NONE};
    }
    int64_t most = (int64_t)FLING_MOST_PX_S * form->scale_percent / 100;
    int64_t passed_ms = (int64_t)min_u64((uint64_t)((now_ns - pointer->moved_ns) / ms), 64);
    pointer->velocity_px_s = pointer->velocity_px_s > most    ? most
                             : pointer->velocity_px_s < -most ? -most
                                                              : pointer->velocity_px_s;
    pointer->fling_left_px_q8 += pointer->velocity_px_s * passed_ms * 256 / 1000;
    int32_t dy = (int32_t)(pointer->fling_left_px_q8 / 256);
    pointer->fling_left_px_q8 -= (int64_t)dy * 256;
    pointer->moved_ns += passed_ms * ms;
    pointer->velocity_px_s -= pointer->velocity_px_s * DECAY_PER_MS_Q16 * passed_ms / 65536;
    return (struct gesture){GESTURE_SCROLL, pointer->start_x, pointer->start_y, dy};
}
