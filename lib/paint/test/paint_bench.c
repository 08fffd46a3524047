// SPDX-License-Identifier: Apache-2.0
// How fast painting is: the four measures by which rasterisers were compared (docs/decisions/0013),
// and shadows. Run the optimised build; each figure is the best of several rounds of processor
// time.
#include "paint/paint.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WIDTH  1280
#define HEIGHT 800
#define ROUNDS 7

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    printf("%s:%d: %s\n", file, line, expression);
    abort();
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fill_opaque(struct paint_target *target, int count)
{
    for (int i = 0; i < count; i++) {
        paint_fill(target, (struct paint_rect){1, 0, 1000, 500}, PAINT_OPAQUE | (uint32_t)i);
    }
}

static void fill_blended(struct paint_target *target, int count)
{
    for (int i = 0; i < count; i++) {
        paint_fill(target, (struct paint_rect){1, 0, 1000, 500}, 0x80000000U | (uint32_t)i);
    }
}

static void round_rects(struct paint_target *target, int count)
{
    for (int i = 0; i < count; i++) {
        paint_round_rect(target, (struct paint_rect){i % 900, i % 700, 320, 64}, 16, 0xFF2F5FD0);
    }
}

static void glyphs(struct paint_target *target, int count)
{
    static uint8_t
        coverage[10 * 13]; // a ring, about what a letter is: a third empty, a third solid
    for (int i = 0; i < 10 * 13; i++) {
        int x = i % 10 - 5, y = (i / 10 - 6) * 3 / 4, distance = abs(x * x + y * y - 14);
        coverage[i] = (uint8_t)(distance > 10 ? 0 : distance < 6 ? 255 : 120);
    }
    const struct paint_mask mask = {coverage, 10, 13, 10};
    for (int i = 0; i < count; i++) {
        paint_glyph(target, i % 1200, i % 780, &mask, 0xFF1A1C1F);
    }
}

static void shadows(struct paint_target *target, int count)
{
    const struct paint_shadow shadow = {16, 24, 4, 0x30000000};
    for (int i = 0; i < count; i++) {
        paint_shadow(target, (struct paint_rect){i % 900, i % 700, 320, 64}, &shadow);
    }
}

// Things a second, in thousands; a thing is `each` units.
static void measure(struct paint_target *target, const char *what,
                    void (*run)(struct paint_target *, int), int count, double each)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        run(target, count);
        double taken = seconds_now() - start;
        best = taken < best ? taken : best;
    }
    printf("%-28s %ld\n", what, (long)(count * each / best / 1e3));
}

int main(void)
{
    uint32_t *pixels = calloc(WIDTH * HEIGHT, sizeof *pixels);
    if (pixels == NULL) {
        return 1;
    }
    struct paint_target target = paint_target_of(pixels, WIDTH, HEIGHT, WIDTH);
    target.cache = paint_cache_create();
    measure(&target, "fill, kpx/s", fill_opaque, 200, 500000);
    measure(&target, "blend, kpx/s", fill_blended, 20, 500000);
    measure(&target, "rounded rectangles, k/s", round_rects, 5000, 1);
    measure(&target, "glyphs, k/s", glyphs, 200000, 1);
    measure(&target, "shadows, k/s", shadows, 2000, 1);
    paint_cache_destroy(target.cache);
    free(pixels);
    return 0;
}
