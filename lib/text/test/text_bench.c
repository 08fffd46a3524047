// SPDX-License-Identifier: Apache-2.0
// How fast text is: glyphs drawn from the cache, characters measured, glyphs rasterised, characters
// wrapped, and one keystroke in a long text. Run the optimised build; best of several rounds of
// processor time.
#include "fonts.h"

#include "text/layout.h"

#include "base/assert.h"

#include <string.h>
#include <time.h>

#define WIDTH     800
#define HEIGHT    100
#define ROUNDS    5
#define LONG_TEXT 100000

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

struct bench {
    struct text *text;
    struct text_layout *layout;
    struct paint_target target;
    struct text_run run;
    char *words; // LONG_TEXT bytes in paragraphs of about 500
    int32_t counter;
};

static void draw_cached(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++) {
        text_draw(bench->text, &bench->target, &bench->run, 64 * 8, 40 + i % 20);
    }
}

static void measure_only(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++) {
        text_measure(bench->text, &bench->run);
    }
}

static void draw_uncached(struct bench *bench, int count)
{
    struct text_run run = bench->run;
    for (int i = 0; i < count; i++) {
        run.style.size_q6 = 14 * 64 + bench->counter++ % 1000; // a size never seen
        text_draw(bench->text, &bench->target, &run, 64 * 8, 40);
    }
}

static void wrap_all(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++) {
        struct text_layout_options options = {
            bench->words, LONG_TEXT, bench->run.style, 300 + bench->counter++ % 7, 24, 0};
        text_layout_set(bench->layout, &options);
    }
}

static void wrap_keystroke(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++) {
        bench->words[50000] = (char)('a' + bench->counter++ % 26);
        struct text_layout_options options = {bench->words, LONG_TEXT, bench->run.style,
                                              300,          24,        0};
        text_layout_set(bench->layout, &options);
    }
}

// `each` units in one turn.
static void measure(struct bench *bench, const char *what, void (*run)(struct bench *, int),
                    int count, double each)
{
    double best = 1e9;
    run(bench, 1);
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        run(bench, count);
        double taken = seconds_now() - start;
        best = taken < best ? taken : best;
    }
    printf("%-36s %ld a second, %ld ns each\n", what, (long)(count * each / best),
           (long)(best * 1e9 / count / each));
}

static char *words_new(void)
{
    static const char sentence[] =
        "Milk, rye bread, apples, coffee beans; ask Ana about the market on Saturday. ";
    char *words = malloc(LONG_TEXT);
    for (size_t i = 0; words != NULL && i < LONG_TEXT; i++) {
        words[i] = i % 500 == 499 ? '\n' : sentence[i % (sizeof sentence - 1)];
    }
    return words;
}

int main(void)
{
    static uint32_t pixels[WIDTH * HEIGHT];
    struct text_options options = {.font = font_read(FONT_INTER_FILE)};
    struct text_run run = {.bytes = "Milk, rye bread, apples, coffee beans.",
                           .size = 38,
                           .style = {TEXT_REGULAR, 16 * 64},
                           .color = 0xFF1A1C1F};
    struct bench bench = {.text = text_create(&options), .run = run, .words = words_new()};
    bench.target = paint_target_of(pixels, WIDTH, HEIGHT, WIDTH);
    bench.layout = bench.text == NULL ? NULL : text_layout_create(bench.text);
    if (bench.layout == NULL || bench.words == NULL || text_check(bench.text) != OK) {
        printf("no font or memory\n");
        return 1;
    }
    measure(&bench, "glyphs drawn from the cache", draw_cached, 5000, 33);
    measure(&bench, "characters measured", measure_only, 5000, 38);
    measure(&bench, "glyphs rasterised", draw_uncached, 40, 18);
    measure(&bench, "characters wrapped", wrap_all, 5, LONG_TEXT);
    measure(&bench, "keystrokes in 100 kB, 200 paragraphs", wrap_keystroke, 50, 1);
    text_layout_destroy(bench.layout);
    text_destroy(bench.text);
    free(bench.words);
    font_free(options.font);
    return 0;
}
