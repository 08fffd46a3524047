// SPDX-License-Identifier: Apache-2.0
// What of a target changed since the last frame: at most four rectangles that together cover every
// rectangle added. Adding merges when one rectangle costs less than two (area plus a fixed price
// per rectangle, as each is a transfer and a walk over the scene). Rectangles may overlap; painting
// each from its opaque background gives the same pixels.
#pragma once

#include "paint/paint.h"

#define DAMAGE_RECTS_MAX 4

// All zero is no damage.
struct damage {
    struct paint_rect rects[DAMAGE_RECTS_MAX];
    int32_t count;
};

// Adds the part of `rect` inside `bounds` (the target, or a scrolled view).
void damage_add(struct damage *damage, struct paint_rect rect, struct paint_rect bounds);
void damage_clear(struct damage *damage);
bool damage_is_empty(const struct damage *damage);
// Whether anything inside `rect` is damaged: what a painter asks before drawing a node.
bool damage_touches(const struct damage *damage, struct paint_rect rect);
// The smallest rectangle covering all of it; empty when there is none.
struct paint_rect damage_extent(const struct damage *damage);
// Pixels in all rectangles, those in two counted twice.
int64_t damage_area(const struct damage *damage);
