// SPDX-License-Identifier: Apache-2.0
#include "focus.h"

// Index of the first box that may have the focus: behind a scrim nothing does.
static uint32_t start_of(const struct boxes *boxes)
{
    for (uint32_t i = boxes->count; i > 0; i--) {
        if (boxes->items[i - 1].id.part == PART_SCRIM) {
            return i;
        }
    }
    return 0;
}

static bool is_reachable(const struct box *box)
{
    bool seen = !paint_rect_is_empty(paint_rect_intersect(box->rect, box->clip));
    return box->takes_focus && (seen || box->role != ROLE_LISTITEM);
}

const struct box *focus_step(const struct boxes *boxes, struct box_id from, int step)
{
    const struct box *first = NULL, *last = NULL, *before = NULL;
    bool passed = false;
    for (uint32_t i = start_of(boxes); i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        if (!is_reachable(box)) {
            continue;
        }
        if (passed && step > 0) {
            return box;
        }
        if (box_id_equal(box->id, from)) {
            passed = true;
            before = last;
        }
        first = first == NULL ? box : first;
        last = box;
    }
    if (step > 0) {
        return first;
    }
    return passed && before != NULL ? before : last;
}

const struct box *focus_vertical(const struct boxes *boxes, struct box_id from, bool down)
{
    const struct box *at = boxes_find(boxes, from), *best = NULL;
    if (at == NULL) {
        return NULL;
    }
    for (uint32_t i = start_of(boxes); i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        bool beyond = down ? box->rect.y > at->rect.y : box->rect.y < at->rect.y;
        if (!box->takes_focus || box->role != at->role || !beyond) {
            continue;
        }
        bool nearer =
            best == NULL || (down ? box->rect.y < best->rect.y : box->rect.y > best->rect.y);
        best = nearer ? box : best;
    }
    return best;
}

const struct box *focus_first(const struct boxes *boxes, uint8_t role)
{
    for (uint32_t i = start_of(boxes); i < boxes->count; i++) {
        if (boxes->items[i].takes_focus && boxes->items[i].role == role) {
            return &boxes->items[i];
        }
    }
    return NULL;
}

bool focus_holds(const struct boxes *boxes, struct box_id id)
{
    for (uint32_t i = start_of(boxes); i < boxes->count; i++) {
        if (boxes->items[i].takes_focus && box_id_equal(boxes->items[i].id, id)) {
            return true;
        }
    }
    return false;
}
