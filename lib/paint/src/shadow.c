// SPDX-License-Identifier: Apache-2.0
// Soft shadows as nine slices of one corner. Coverage is a smooth step of the distance to the
// rounded rectangle's edge:
//
//     outside ½ blur │ inside ½ blur        corner: size × size bytes, kept in the cache
//     0 …        128 │ …         255        edges: the corner's last column and row, stretched
//
// The distance is taken to an outline whose radius is at least half the blur, which is how a
// blurred square corner looks. What the surface itself will hide is left out: most of the shadow's
// area.
#include "paint/paint.h"

#include "blend.h"
#include "corner.h"
#include "base/math.h"

#include <stdlib.h>
#include <string.h>

#define SHADOW_SIZE_MAX (PAINT_RADIUS_MAX + 2 * PAINT_BLUR_MAX)

// A shadow's place and form, ready to be walked.
struct shadow_walk {
    struct paint_rect outer;   // all of it
    struct paint_rect surface; // what hides it
    int32_t radius;            // of the surface
    int32_t blur, size;        // size of the corner, px
    uint32_t color;
};

static int32_t shadow_reach(int32_t blur)
{
    return (blur + 1) / 2;
}

// Radius of the outline the distance is taken to.
static int32_t shadow_radius(int32_t radius, int32_t blur)
{
    return max_i32(radius, shadow_reach(blur));
}

// Coverage at a distance inside the edge (negative: outside), in 1/8 px. t³(10 − 15t + 6t²), near
// the integral of a Gaussian of a sixth of the blur.
static uint8_t shadow_coverage(int32_t distance, int32_t blur)
{
    int64_t t = (int64_t)(distance + blur * 4) * 1024 / (blur * 8); // 1024 = 1
    if (t <= 0) {
        return 0;
    }
    if (t >= 1024) {
        return 255;
    }
    int64_t curve = 10 * 1024 * 1024 - 15 * 1024 * t + 6 * t * t; // 2^20 = 1
    return (uint8_t)((t * t * t / 1024 * curve / (1 << 20) * 255 / 1024 + 512) / 1024);
}

// Row `row` of the corner (from the shadow's top), `size` bytes.
static void shadow_row_compute(int32_t radius, int32_t blur, int32_t row, uint8_t *out)
{
    int32_t outline = shadow_radius(radius, blur), centre = 8 * (outline + shadow_reach(blur));
    int32_t size = outline + shadow_reach(blur);
    int32_t dy = centre - 8 * row - 4;
    for (int32_t x = 0; x < size; x++) {
        int32_t dx = centre - 8 * x - 4;
        int32_t distance = outline * 8 - (int32_t)corner_square_root((uint64_t)(dx * dx + dy * dy));
        out[x] = shadow_coverage(distance, blur);
    }
}

static bool shadow_build(struct paint_cache *cache, struct shadow_corner *corner,
                         const struct shadow_walk *walk)
{
    size_t bytes = (size_t)walk->size * (size_t)walk->size;
    uint8_t *coverage = malloc(bytes);
    if (coverage == NULL) {
        return false;
    }
    cache->bytes -= (size_t)corner->size * (size_t)corner->size;
    free(corner->coverage);
    *corner = (struct shadow_corner){
        .radius = walk->radius, .blur = walk->blur, .size = walk->size, .coverage = coverage};
    cache->bytes += bytes;
    for (int32_t row = 0; row < walk->size; row++) {
        shadow_row_compute(walk->radius, walk->blur, row,
                           coverage + (size_t)row * (size_t)walk->size);
    }
    return true;
}

static const struct shadow_corner *shadow_find(struct paint_cache *cache,
                                               const struct shadow_walk *walk)
{
    if (cache == NULL || walk->size > SHADOW_CACHED_SIZE_MAX) {
        return NULL;
    }
    struct shadow_corner *victim = &cache->shadows[0];
    for (size_t i = 0; i < SHADOW_CACHED_MAX; i++) {
        struct shadow_corner *corner = &cache->shadows[i];
        if (corner->blur == walk->blur && corner->radius == walk->radius) {
            corner->used = ++cache->clock;
            return corner;
        }
        victim = corner->used < victim->used ? corner : victim;
    }
    if (!shadow_build(cache, victim, walk)) {
        return NULL;
    }
    victim->used = ++cache->clock;
    return victim;
}

// Paints the columns [left, right) of a row whose corner coverage is `row`.
static void shadow_span(uint32_t *pixels, const struct shadow_walk *walk, const uint8_t *row,
                        int32_t left, int32_t right)
{
    int32_t start = walk->outer.x, end = start + walk->outer.width;
    int32_t side = min_i32(walk->size, walk->outer.width / 2);
    int32_t to = min_i32(right, start + side);
    if (left < to) {
        blend_coverage(pixels + left, to - left, row + (left - start), 1, walk->color);
        left = to;
    }
    to = min_i32(right, end - side);
    if (left < to) {
        uint32_t alpha =
            (walk->color >> 24) * blend_weight(row[min_i32(side, walk->size - 1)]) >> 8;
        blend_span(pixels + left, to - left, paint_color_alpha(walk->color, alpha));
        left = to;
    }
    if (left < right) {
        blend_coverage(pixels + left, right - left, row + (end - 1 - left), -1, walk->color);
    }
}

// Splits a row of the visible part around what the surface hides: all its width between the
// corners, and without the corners above and below.
static void shadow_row(uint32_t *pixels, const struct shadow_walk *walk, const uint8_t *row,
                       int32_t y, struct paint_rect part)
{
    int32_t left = part.x, right = part.x + part.width;
    int32_t line = y - walk->surface.y, inset = 0;
    if (line >= 0 && line < walk->surface.height) {
        bool in_corner = line < walk->radius || line >= walk->surface.height - walk->radius;
        inset = in_corner ? walk->radius : 0;
        int32_t hidden_left = max_i32(walk->surface.x + inset, left);
        int32_t hidden_right = min_i32(walk->surface.x + walk->surface.width - inset, right);
        if (hidden_left < hidden_right) {
            shadow_span(pixels, walk, row, left, hidden_left);
            left = hidden_right;
        }
    }
    shadow_span(pixels, walk, row, left, right);
}

static struct shadow_walk shadow_walk_of(struct paint_rect rect, const struct paint_shadow *shadow)
{
    struct paint_rect surface = paint_rect_inset(rect, 0);
    int32_t limit = min_i32(min_i32(surface.width, surface.height) / 2, PAINT_RADIUS_MAX);
    struct shadow_walk walk = {.surface = surface,
                               .radius = max_i32(0, min_i32(shadow->radius, limit)),
                               .blur = max_i32(0, min_i32(shadow->blur, PAINT_BLUR_MAX)),
                               .color = shadow->color};
    walk.size = shadow_radius(walk.radius, walk.blur) + shadow_reach(walk.blur);
    walk.outer = paint_shadow_extent(rect, shadow);
    return walk;
}

struct paint_rect paint_shadow_extent(struct paint_rect rect, const struct paint_shadow *shadow)
{
    int32_t blur = max_i32(0, min_i32(shadow->blur, PAINT_BLUR_MAX));
    struct paint_rect outer = paint_rect_inset(rect, -shadow_reach(blur));
    int32_t limit = PAINT_EXTENT_MAX;
    outer.y += max_i32(-limit, min_i32(shadow->offset_y, limit));
    return outer;
}

void paint_shadow(struct paint_target *target, struct paint_rect rect,
                  const struct paint_shadow *shadow)
{
    struct shadow_walk walk = shadow_walk_of(rect, shadow);
    struct paint_rect part = paint_rect_intersect(walk.outer, target->clip);
    if (walk.blur == 0 || paint_rect_is_empty(part) || paint_rect_is_empty(walk.surface)) {
        return;
    }
    const struct shadow_corner *corner = shadow_find(target->cache, &walk);
    uint8_t scratch[SHADOW_SIZE_MAX];
    int32_t computed = -1; // the row in `scratch`
    for (int32_t y = part.y; y < part.y + part.height; y++) {
        int32_t from_top = y - walk.outer.y, from_bottom = walk.outer.height - 1 - from_top;
        int32_t line = min_i32(min_i32(from_top, from_bottom), walk.size - 1);
        const uint8_t *row = scratch;
        if (corner != NULL) {
            row = corner->coverage + (size_t)line * (size_t)walk.size;
        } else if (line != computed) {
            shadow_row_compute(walk.radius, walk.blur, line, scratch);
            computed = line;
        }
        shadow_row(target->pixels + (ptrdiff_t)y * target->stride, &walk, row, y, part);
    }
}
