// SPDX-License-Identifier: Apache-2.0
// The two loops everything ends in. Under emulation and on small in-order cores the number of
// memory operations decides: an opaque span is stored eight bytes at a time, eight stores a turn.
#include "blend.h"

#include <string.h>

// Two pixels; the target is an array of uint32_t, hence may_alias.
typedef uint64_t __attribute__((may_alias)) pixel_pair_t;

static void span_store(uint32_t *pixels, int32_t count, uint32_t color)
{
    if (count > 0 && ((uintptr_t)pixels & 7) != 0) {
        *pixels++ = color;
        count--;
    }
    pixel_pair_t pair = (uint64_t)color << 32 | color;
    pixel_pair_t *at = (pixel_pair_t *)(void *)pixels;
    for (; count >= 16; count -= 16, at += 8) {
        at[0] = pair;
        at[1] = pair;
        at[2] = pair;
        at[3] = pair;
        at[4] = pair;
        at[5] = pair;
        at[6] = pair;
        at[7] = pair;
    }
    for (; count >= 2; count -= 2) {
        *at++ = pair;
    }
    if (count == 1) {
        *(uint32_t *)(void *)at = color;
    }
}

void blend_span(uint32_t *pixels, int32_t count, uint32_t color)
{
    uint32_t weight = blend_weight(color >> 24);
    if (weight == 256) {
        span_store(pixels, count, color);
        return;
    }
    if (weight == 0) {
        return;
    }
    uint64_t source = blend_spread(color) * weight + BLEND_HALF;
    uint32_t rest = 256 - weight;
    for (int32_t i = 0; i < count; i++) {
        pixels[i] = blend_gather((blend_spread(pixels[i]) * rest + source) >> 8);
    }
}

void blend_coverage(uint32_t *pixels, int32_t count, const uint8_t *coverage, int32_t step,
                    uint32_t color)
{
    uint64_t source = blend_spread(color);
    uint32_t weight = blend_weight(color >> 24);
    for (int32_t i = 0; i < count; i++, coverage += step) {
        uint32_t part = blend_weight(*coverage) * weight >> 8;
        if (part == 256) {
            pixels[i] = color;
        } else if (part > 0) {
            pixels[i] = blend_pixel(pixels[i], source, part);
        }
    }
}
