// SPDX-License-Identifier: Apache-2.0
// Rectangles, the clip, fills and colours. Every painter starts by intersecting with the clip,
// which is always inside the target: that is the only guard against writing outside, so it is here
// once. Corners are computed in 64 bits, as callers may pass anything.
#include "paint/paint.h"

#include "blend.h"
#include "base/assert.h"
#include "base/math.h"

static int32_t clamp_extent(int64_t value)
{
    return value < -PAINT_EXTENT_MAX  ? -PAINT_EXTENT_MAX
           : value > PAINT_EXTENT_MAX ? PAINT_EXTENT_MAX
                                      : (int32_t)value;
}

static struct paint_rect rect_between(int64_t left, int64_t top, int64_t right, int64_t bottom)
{
    if (right <= left || bottom <= top) {
        return (struct paint_rect){clamp_extent(left), clamp_extent(top), 0, 0};
    }
    int32_t x = clamp_extent(left), y = clamp_extent(top);
    return (struct paint_rect){x, y, clamp_extent(right) - x, clamp_extent(bottom) - y};
}

bool paint_rect_is_empty(struct paint_rect rect)
{
    return rect.width <= 0 || rect.height <= 0;
}

struct paint_rect paint_rect_intersect(struct paint_rect a, struct paint_rect b)
{
    int64_t right_a = (int64_t)a.x + a.width, right_b = (int64_t)b.x + b.width;
    int64_t bottom_a = (int64_t)a.y + a.height, bottom_b = (int64_t)b.y + b.height;
    return rect_between(max_i32(a.x, b.x), max_i32(a.y, b.y), right_a < right_b ? right_a : right_b,
                        bottom_a < bottom_b ? bottom_a : bottom_b);
}

struct paint_rect paint_rect_union(struct paint_rect a, struct paint_rect b)
{
    if (paint_rect_is_empty(a) || paint_rect_is_empty(b)) {
        struct paint_rect one = paint_rect_is_empty(a) ? b : a;
        return rect_between(one.x, one.y, (int64_t)one.x + one.width, (int64_t)one.y + one.height);
    }
    int64_t right_a = (int64_t)a.x + a.width, right_b = (int64_t)b.x + b.width;
    int64_t bottom_a = (int64_t)a.y + a.height, bottom_b = (int64_t)b.y + b.height;
    return rect_between(min_i32(a.x, b.x), min_i32(a.y, b.y), right_a > right_b ? right_a : right_b,
                        bottom_a > bottom_b ? bottom_a : bottom_b);
}

bool paint_rect_contains(struct paint_rect outer, struct paint_rect inner)
{
    return inner.x >= outer.x && inner.y >= outer.y &&
           (int64_t)inner.x + inner.width <= (int64_t)outer.x + outer.width &&
           (int64_t)inner.y + inner.height <= (int64_t)outer.y + outer.height;
}

struct paint_rect paint_rect_inset(struct paint_rect rect, int32_t by)
{
    int64_t right = (int64_t)rect.x + rect.width, bottom = (int64_t)rect.y + rect.height;
    return rect_between((int64_t)rect.x + by, (int64_t)rect.y + by, right - by, bottom - by);
}

struct paint_target paint_target_of(uint32_t *pixels, int32_t width, int32_t height, int32_t stride)
{
    assert(width >= 0 && height >= 0 && width <= stride && stride <= PAINT_EXTENT_MAX);
    return (struct paint_target){.pixels = pixels,
                                 .width = width,
                                 .height = height,
                                 .stride = stride,
                                 .clip = {0, 0, width, height}};
}

struct paint_rect paint_clip_push(struct paint_target *target, struct paint_rect clip)
{
    struct paint_rect present = target->clip;
    target->clip = paint_rect_intersect(present, clip);
    return present;
}

void paint_clip_restore(struct paint_target *target, struct paint_rect clip)
{
    target->clip =
        paint_rect_intersect((struct paint_rect){0, 0, target->width, target->height}, clip);
}

void paint_fill(struct paint_target *target, struct paint_rect rect, uint32_t color)
{
    struct paint_rect part = paint_rect_intersect(rect, target->clip);
    uint32_t *row = target->pixels + (ptrdiff_t)part.y * target->stride + part.x;
    for (int32_t y = 0; y < part.height; y++, row += target->stride) {
        blend_span(row, part.width, color);
    }
}

void paint_hline(struct paint_target *target, int32_t x, int32_t y, int32_t length, uint32_t color)
{
    paint_fill(target, (struct paint_rect){x, y, length, 1}, color);
}

void paint_vline(struct paint_target *target, int32_t x, int32_t y, int32_t length, uint32_t color)
{
    paint_fill(target, (struct paint_rect){x, y, 1, length}, color);
}

uint32_t paint_color_alpha(uint32_t color, uint32_t alpha)
{
    return (color & 0xFFFFFFU) | (alpha > 255 ? 255 : alpha) << 24;
}

uint32_t paint_color_mix(uint32_t a, uint32_t b, uint32_t part)
{
    return PAINT_OPAQUE | blend_pixel(a, blend_spread(b), part > 256 ? 256 : part);
}
