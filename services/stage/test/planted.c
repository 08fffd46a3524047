// SPDX-License-Identifier: Apache-2.0
// The planted twin of box_extent: it forgets how far a ring and a shadow reach, so what they
// painted outside their box stays on the screen. screen_test must catch it.
#include "box.h"

struct paint_rect planted_extent(const struct box *box, const struct form *form);

struct paint_rect planted_extent(const struct box *box, const struct form *form)
{
    return paint_rect_intersect(box->rect, box->clip);
}
