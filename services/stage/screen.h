// SPDX-License-Identifier: Apache-2.0
// Boxes to pixels, and only those that changed: what each box looked like in the last frame is
// remembered as a hash and a rectangle; a box that is new, gone or different damages its place.
// Painting a damaged rectangle again from the background gives the same pixels as painting
// everything, which a test checks on every step.
#pragma once

#include "box.h"

#include "paint/damage.h"

struct screen; // opaque

struct screen_options {
    const struct form *form; // borrowed; its size is the target's
    struct text *text;       // borrowed
};

// NULL when memory is exhausted.
struct screen *screen_create(const struct screen_options *options);
void screen_destroy(struct screen *screen);
// Forgets what was shown: the next frame is whole (another size, another framebuffer, another
// theme).
void screen_forget(struct screen *screen);
// Paints what changed into `pixels` (form size, stride in pixels) and says which rectangles; no
// damage: nothing to show.
struct damage screen_paint(struct screen *screen, const struct boxes *boxes, uint32_t *pixels,
                           int32_t stride_px);
// Pixels painted by the last frame, for measurements and tests.
int64_t screen_painted(const struct screen *screen);
