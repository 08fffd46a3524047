// SPDX-License-Identifier: Apache-2.0
// Filled and outlined rounded rectangles. Each row is: a partly covered left edge, a solid middle,
// a partly covered right edge; the edges come from the corner that the row lies in. The left half
// owns the middle pixel of an odd width, so no pixel is blended twice.
#include "paint/paint.h"

#include "blend.h"
#include "corner.h"
#include "base/math.h"

enum { TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT, BOTTOM_LEFT };

// A shape ready to be walked: clamped, radii in half pixels, corners looked up.
struct outline {
    struct paint_rect rect;
    int32_t radius_half[4];
    const struct corner *corner[4];
};

// What one side of one row needs when its corner is not cached.
struct edge_scratch {
    uint8_t left[PAINT_RADIUS_MAX], right[PAINT_RADIUS_MAX];
};

// Where a row is painted, already clipped vertically.
struct row {
    uint32_t *pixels; // of the target's column 0
    int32_t clip_left, clip_right;
    uint32_t color;
};

static int32_t radius_limit(int32_t radius, struct paint_rect rect)
{
    int32_t limit = min_i32(min_i32(rect.width, rect.height), 2 * PAINT_RADIUS_MAX);
    return radius <= 0 ? 0 : radius > limit / 2 ? limit : 2 * radius;
}

static struct outline outline_of(struct paint_cache *cache, const struct paint_shape *shape)
{
    struct outline outline = {.rect = paint_rect_inset(shape->rect, 0)};
    for (int i = 0; i < 4; i++) {
        outline.radius_half[i] = radius_limit(shape->radius[i], outline.rect);
        outline.corner[i] = corner_find(cache, outline.radius_half[i]);
    }
    return outline;
}

// The shape inside an outline of `thickness`: radii shrink with it.
static struct outline outline_inset(struct paint_cache *cache, const struct outline *outer,
                                    int32_t thickness)
{
    struct outline inner = {.rect = paint_rect_inset(outer->rect, thickness)};
    for (int i = 0; i < 4; i++) {
        inner.radius_half[i] = max_i32(0, outer->radius_half[i] - 2 * thickness);
        inner.corner[i] = corner_find(cache, inner.radius_half[i]);
    }
    return inner;
}

// The edge of row `y` (from the shape's top) on the side with these two corners.
static struct corner_row edge_of(const struct outline *outline, int32_t y, int top, int bottom,
                                 uint8_t *scratch)
{
    int32_t from_bottom = outline->rect.height - 1 - y;
    if (y < (outline->radius_half[top] + 1) / 2) {
        return corner_row_of(outline->corner[top], outline->radius_half[top], y, scratch);
    }
    if (from_bottom < (outline->radius_half[bottom] + 1) / 2) {
        return corner_row_of(outline->corner[bottom], outline->radius_half[bottom], from_bottom,
                             scratch);
    }
    return (struct corner_row){.coverage = scratch};
}

// Blends an edge's pixels [from, to), counted from the left (direction 1) or right (-1) end at `x`.
static void edge_blend(const struct row *row, int32_t x, int32_t from, int32_t to,
                       const uint8_t *coverage)
{
    int32_t left = max_i32(x + from, row->clip_left), right = min_i32(x + to, row->clip_right);
    if (left < right) {
        blend_coverage(row->pixels + left, right - left, coverage + (left - x), 1, row->color);
    }
}

static void edge_blend_mirrored(const struct row *row, int32_t end, int32_t from, int32_t to,
                                const uint8_t *coverage)
{
    int32_t left = max_i32(end - to, row->clip_left), right = min_i32(end - from, row->clip_right);
    if (left < right) {
        blend_coverage(row->pixels + left, right - left, coverage + (end - 1 - left), -1,
                       row->color);
    }
}

static void middle_fill(const struct row *row, int32_t left, int32_t right)
{
    left = max_i32(left, row->clip_left);
    right = min_i32(right, row->clip_right);
    if (left < right) {
        blend_span(row->pixels + left, right - left, row->color);
    }
}

static void row_fill(const struct row *row, struct paint_rect rect, struct corner_row left,
                     struct corner_row right)
{
    int32_t end = rect.x + rect.width, half = (rect.width + 1) / 2;
    int32_t left_to = min_i32(left.solid, half), right_to = min_i32(right.solid, rect.width - half);
    edge_blend(row, rect.x, min_i32(left.start, left_to), left_to, left.coverage);
    middle_fill(row, rect.x + left_to, end - right_to);
    edge_blend_mirrored(row, end, min_i32(right.start, right_to), right_to, right.coverage);
}

static struct row row_at(const struct paint_target *target, int32_t y, uint32_t color)
{
    return (struct row){.pixels = target->pixels + (ptrdiff_t)y * target->stride,
                        .clip_left = target->clip.x,
                        .clip_right = target->clip.x + target->clip.width,
                        .color = color};
}

// Rows that a pair of corners takes.
static int32_t corner_height(const struct outline *outline, int left, int right)
{
    return (max_i32(outline->radius_half[left], outline->radius_half[right]) + 1) / 2;
}

static void outline_fill(struct paint_target *target, const struct outline *outline, uint32_t color)
{
    struct paint_rect part = paint_rect_intersect(outline->rect, target->clip);
    struct edge_scratch scratch;
    int32_t top = corner_height(outline, TOP_LEFT, TOP_RIGHT);
    int32_t bottom = outline->rect.height - corner_height(outline, BOTTOM_LEFT, BOTTOM_RIGHT);
    for (int32_t y = part.y; y < part.y + part.height; y++) {
        int32_t line = y - outline->rect.y;
        struct row row = row_at(target, y, color);
        if (line >= top && line < bottom) {
            blend_span(row.pixels + part.x, part.width, color);
            continue;
        }
        row_fill(&row, outline->rect, edge_of(outline, line, TOP_LEFT, BOTTOM_LEFT, scratch.left),
                 edge_of(outline, line, TOP_RIGHT, BOTTOM_RIGHT, scratch.right));
    }
}

struct paint_shape paint_shape_of(struct paint_rect rect, int32_t radius)
{
    return (struct paint_shape){rect, {radius, radius, radius, radius}};
}

void paint_shape_fill(struct paint_target *target, const struct paint_shape *shape, uint32_t color)
{
    struct outline outline = outline_of(target->cache, shape);
    outline_fill(target, &outline, color);
}

void paint_round_rect(struct paint_target *target, struct paint_rect rect, int32_t radius,
                      uint32_t color)
{
    struct paint_shape shape = paint_shape_of(rect, radius);
    paint_shape_fill(target, &shape, color);
}

void paint_circle(struct paint_target *target, int32_t x, int32_t y, int32_t diameter,
                  uint32_t color)
{
    paint_round_rect(target, (struct paint_rect){x, y, diameter, diameter}, PAINT_PILL, color);
}

// Coverage of a row's pixel `at` from its end; negative is outside.
static uint32_t coverage_at(struct corner_row row, int32_t at)
{
    return at < row.start || at < 0 ? 0 : at >= row.solid ? 255 : row.coverage[at];
}

// Coverage of an outline's side between the outer and the inner edge, into `out`; returns the
// number of pixels.
static int32_t ring_side(struct corner_row outer, struct corner_row inner, int32_t thickness,
                         int32_t limit, uint8_t *out)
{
    int32_t count = min_i32(max_i32(outer.solid, thickness + inner.solid), limit);
    for (int32_t i = 0; i < count; i++) {
        uint32_t whole = coverage_at(outer, i), hole = coverage_at(inner, i - thickness);
        out[i] = (uint8_t)(whole > hole ? whole - hole : 0);
    }
    return count;
}

// The rows of a ring that have a hole. A side is at most a radius and as much thickness wide before
// it meets the middle; what is thicker is a solid band.
static void ring_row(const struct row *row, const struct outline *outer,
                     const struct outline *inner, int32_t line)
{
    struct edge_scratch scratch_outer, scratch_inner;
    uint8_t side[2 * PAINT_RADIUS_MAX];
    struct paint_rect rect = outer->rect;
    int32_t thickness = inner->rect.x - rect.x, end = rect.x + rect.width;
    int32_t half = (rect.width + 1) / 2;
    struct corner_row edge = edge_of(outer, line, TOP_LEFT, BOTTOM_LEFT, scratch_outer.left);
    struct corner_row hole =
        edge_of(inner, line - thickness, TOP_LEFT, BOTTOM_LEFT, scratch_inner.left);
    int32_t count = ring_side(edge, hole, thickness, half, side);
    edge_blend(row, rect.x, min_i32(edge.start, count), count, side);
    edge = edge_of(outer, line, TOP_RIGHT, BOTTOM_RIGHT, scratch_outer.right);
    hole = edge_of(inner, line - thickness, TOP_RIGHT, BOTTOM_RIGHT, scratch_inner.right);
    count = ring_side(edge, hole, thickness, rect.width - half, side);
    edge_blend_mirrored(row, end, min_i32(edge.start, count), count, side);
}

void paint_shape_ring(struct paint_target *target, const struct paint_shape *shape,
                      int32_t thickness, uint32_t color)
{
    if (thickness <= 0) {
        return;
    }
    struct outline outer = outline_of(target->cache, shape);
    thickness = min_i32(thickness, PAINT_RADIUS_MAX);
    if (2 * thickness >= min_i32(outer.rect.width, outer.rect.height)) {
        outline_fill(target, &outer, color);
        return;
    }
    struct outline inner = outline_inset(target->cache, &outer, thickness);
    struct paint_rect part = paint_rect_intersect(outer.rect, target->clip);
    struct edge_scratch scratch;
    for (int32_t y = part.y; y < part.y + part.height; y++) {
        int32_t line = y - outer.rect.y;
        struct row row = row_at(target, y, color);
        if (line >= thickness && line < outer.rect.height - thickness) {
            ring_row(&row, &outer, &inner, line);
            continue;
        }
        row_fill(&row, outer.rect, edge_of(&outer, line, TOP_LEFT, BOTTOM_LEFT, scratch.left),
                 edge_of(&outer, line, TOP_RIGHT, BOTTOM_RIGHT, scratch.right));
    }
}
