// SPDX-License-Identifier: Apache-2.0
// Greedy merging: a new rectangle joins one it would waste little with; a fifth forces the cheapest
// pair together.
#include "paint/damage.h"

// What one more rectangle costs, in pixels: a transfer, a flush and a walk over the scene.
#define RECT_PRICE 2048

static int64_t area_of(struct paint_rect rect)
{
    return (int64_t)rect.width * rect.height;
}

// Pixels painted in vain when the two become one.
static int64_t waste_of(struct paint_rect a, struct paint_rect b)
{
    return area_of(paint_rect_union(a, b)) - area_of(a) - area_of(b) +
           area_of(paint_rect_intersect(a, b));
}

static void remove_at(struct damage *damage, int32_t index)
{
    damage->rects[index] = damage->rects[--damage->count];
}

// Takes out of the damage every rectangle that `rect` had better join, growing it.
static struct paint_rect absorb(struct damage *damage, struct paint_rect rect)
{
    for (int32_t i = 0; i < damage->count;) {
        if (waste_of(damage->rects[i], rect) <= RECT_PRICE) {
            rect = paint_rect_union(damage->rects[i], rect);
            remove_at(damage, i);
            i = 0;
        } else {
            i++;
        }
    }
    return rect;
}

// With the table full: joins the cheapest pair among the table and `rect`; returns what is left to
// add.
static struct paint_rect squeeze(struct damage *damage, struct paint_rect rect)
{
    int32_t best_a = 0, best_b = -1; // b -1 is `rect`
    int64_t best = INT64_MAX;
    for (int32_t a = 0; a < damage->count; a++) {
        for (int32_t b = -1; b < a; b++) {
            int64_t waste = waste_of(damage->rects[a], b < 0 ? rect : damage->rects[b]);
            if (waste < best) {
                best = waste;
                best_a = a;
                best_b = b;
            }
        }
    }
    struct paint_rect joined = damage->rects[best_a];
    if (best_b < 0) {
        remove_at(damage, best_a);
        return paint_rect_union(joined, rect);
    }
    damage->rects[best_b] = paint_rect_union(joined, damage->rects[best_b]);
    remove_at(damage, best_a);
    return rect;
}

void damage_add(struct damage *damage, struct paint_rect rect, struct paint_rect bounds)
{
    rect = paint_rect_intersect(rect, bounds);
    if (paint_rect_is_empty(rect)) {
        return;
    }
    rect = absorb(damage, rect);
    if (damage->count == DAMAGE_RECTS_MAX) {
        rect = absorb(damage, squeeze(damage, rect));
    }
    damage->rects[damage->count++] = rect;
}

void damage_clear(struct damage *damage)
{
    damage->count = 0;
}

bool damage_is_empty(const struct damage *damage)
{
    return damage->count == 0;
}

bool damage_touches(const struct damage *damage, struct paint_rect rect)
{
    for (int32_t i = 0; i < damage->count; i++) {
        if (!paint_rect_is_empty(paint_rect_intersect(damage->rects[i], rect))) {
            return true;
        }
    }
    return false;
}

struct paint_rect damage_extent(const struct damage *damage)
{
    struct paint_rect extent = {0};
    for (int32_t i = 0; i < damage->count; i++) {
        extent = paint_rect_union(extent, damage->rects[i]);
    }
    return extent;
}

int64_t damage_area(const struct damage *damage)
{
    int64_t area = 0;
    for (int32_t i = 0; i < damage->count; i++) {
        area += area_of(damage->rects[i]);
    }
    return area;
}
