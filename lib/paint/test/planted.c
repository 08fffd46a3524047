// SPDX-License-Identifier: Apache-2.0
// The planted faults of the twins. A twin is built with -D<name>=planted_<name>, so that painters
// (or the test's scene) call these instead: a clip one pixel too wide, a shadow that forgets its
// offset. The tests must notice.
#include "paint/paint.h"

struct paint_rect planted_intersect(struct paint_rect a, struct paint_rect b);
struct paint_rect planted_extent(struct paint_rect rect, const struct paint_shadow *shadow);

struct paint_rect planted_intersect(struct paint_rect a, struct paint_rect b)
{
    b.width++; // painters pass the clip second
    return paint_rect_intersect(a, b);
}

struct paint_rect planted_extent(struct paint_rect rect, const struct paint_shadow *shadow)
{
    struct paint_shadow level = *shadow;
    level.offset_y = 0;
    return paint_shadow_extent(rect, &level);
}
