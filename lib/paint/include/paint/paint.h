// SPDX-License-Identifier: Apache-2.0
// Painting into 32-bit pixels: spans, rounded shapes, rings, A8 masks, images, soft shadows.
//
// Units are device pixels, the origin is top left, a rectangle covers [x, x + width) × [y, y +
// height); one with no area covers nothing. Pixels are 0xXXRRGGBB; the top byte of a painted pixel
// is unspecified. Colours are 0xAARRGGBB with straight alpha, so PAINT_OPAQUE | 0x2F5FD0 is a token
// from the table. The target is opaque and is blended in its own (sRGB) space. Nothing is ever
// written outside the target or its clip, whatever the arguments.
//
// Masks of corners and shadows are kept in a `struct paint_cache` that the target points at;
// without one they are computed anew each time: same pixels, slower. One thread at a time per
// target and cache.
#pragma once

#include "abi/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAINT_OPAQUE 0xFF000000U
// A radius that rounds the shorter side fully: a pill, or a circle in a square.
#define PAINT_PILL INT32_MAX
// Bounds: coordinates and sizes beyond ± this are clamped, so arithmetic never overflows.
#define PAINT_EXTENT_MAX (1 << 20)
// Rounder corners than this are drawn with this radius; wider blurs with this blur.
#define PAINT_RADIUS_MAX 1024
#define PAINT_BLUR_MAX   64

struct paint_rect {
    int32_t x, y, width, height;
};

struct paint_cache; // opaque

// Owned by the caller, pixels borrowed. Make one with paint_target_of; change the clip with
// paint_clip_push.
struct paint_target {
    uint32_t *pixels;
    int32_t width, height;     // pixels
    int32_t stride;            // pixels from one row to the next, ≥ width
    struct paint_rect clip;    // always inside the target
    struct paint_cache *cache; // borrowed, or NULL
};

// A rectangle with rounded corners, clockwise from top left. A radius is limited to half the
// shorter side.
struct paint_shape {
    struct paint_rect rect;
    int32_t radius[4];
};

// Straight-alpha 0xAARRGGBB pixels, borrowed.
struct paint_image {
    const uint32_t *pixels;
    int32_t width, height, stride; // stride in pixels
    bool has_alpha;                // false: the top byte is ignored
};

// Coverage, 0 to 255 a byte, borrowed.
struct paint_mask {
    const uint8_t *bytes;
    int32_t width, height, stride; // stride in bytes
};

// The shadow of a surface with equal corners.
struct paint_shadow {
    int32_t radius; // of the surface's corners
    int32_t
        blur; // pixels over which the edge fades, half of it outside the surface; 0 paints nothing
    int32_t offset_y; // downwards
    uint32_t color;   // its alpha is the shadow's strength
};

// ---- rectangles ----

bool paint_rect_is_empty(struct paint_rect rect);
// The common part; empty (width or height 0) when there is none.
struct paint_rect paint_rect_intersect(struct paint_rect a, struct paint_rect b);
// The smallest rectangle covering both; an empty one adds nothing.
struct paint_rect paint_rect_union(struct paint_rect a, struct paint_rect b);
bool paint_rect_contains(struct paint_rect outer, struct paint_rect inner);
// Moved inwards by `by` on all sides (outwards when negative); never less than empty.
struct paint_rect paint_rect_inset(struct paint_rect rect, int32_t by);

// ---- target ----

// `size` (width, height) of pixels with `stride`; clipped to the whole, no cache.
struct paint_target paint_target_of(uint32_t *pixels, int32_t width, int32_t height,
                                    int32_t stride);
// Limits painting to the part of `clip` inside the present clip; returns the present one, to be put
// back with paint_clip_restore. So clips nest.
struct paint_rect paint_clip_push(struct paint_target *target, struct paint_rect clip);
// Puts a clip back; it is limited to the target.
void paint_clip_restore(struct paint_target *target, struct paint_rect clip);

// Masks of at most 24 corner radii (≤ 64 px) and 8 shadows: at most 180 KiB. NULL when memory is
// exhausted (works without).
struct paint_cache *paint_cache_create(void);
// Accepts NULL.
void paint_cache_destroy(struct paint_cache *cache);
// Bytes it holds now.
size_t paint_cache_size(const struct paint_cache *cache);

// ---- shapes ----

void paint_fill(struct paint_target *target, struct paint_rect rect, uint32_t color);
// One pixel thick.
void paint_hline(struct paint_target *target, int32_t x, int32_t y, int32_t length, uint32_t color);
void paint_vline(struct paint_target *target, int32_t x, int32_t y, int32_t length, uint32_t color);
// All four corners with `radius`.
struct paint_shape paint_shape_of(struct paint_rect rect, int32_t radius);
void paint_shape_fill(struct paint_target *target, const struct paint_shape *shape, uint32_t color);
// An outline `thickness` pixels thick, inside the shape's edge.
void paint_shape_ring(struct paint_target *target, const struct paint_shape *shape,
                      int32_t thickness, uint32_t color);
// Fills a shape with equal corners.
void paint_round_rect(struct paint_target *target, struct paint_rect rect, int32_t radius,
                      uint32_t color);
// The circle in the square of side `diameter` whose top left is x, y.
void paint_circle(struct paint_target *target, int32_t x, int32_t y, int32_t diameter,
                  uint32_t color);
// The shadow of the opaque surface `rect`, to be painted before it. The part that the surface hides
// anyway is not painted.
void paint_shadow(struct paint_target *target, struct paint_rect rect,
                  const struct paint_shadow *shadow);
// What paint_shadow may touch, for damage.
struct paint_rect paint_shadow_extent(struct paint_rect rect, const struct paint_shadow *shadow);

// ---- masks and images ----

// Paints `color` through the mask's coverage, its top left at x, y.
void paint_mask(struct paint_target *target, int32_t x, int32_t y, const struct paint_mask *mask,
                uint32_t color);
// The same for text: coverage is corrected for the colour's lightness, so that light text on dark
// looks as heavy as dark text on light.
void paint_glyph(struct paint_target *target, int32_t x, int32_t y, const struct paint_mask *mask,
                 uint32_t color);
void paint_image(struct paint_target *target, int32_t x, int32_t y,
                 const struct paint_image *image);

// The colour with its alpha replaced (0 to 255).
uint32_t paint_color_alpha(uint32_t color, uint32_t alpha);
// `part`/256 of b over a, opaque: for pressed and hovered tones.
uint32_t paint_color_mix(uint32_t a, uint32_t b, uint32_t part);
