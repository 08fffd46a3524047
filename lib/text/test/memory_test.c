// SPDX-License-Identifier: Apache-2.0
// Every allocation fails once, at every place: creation, fonts, glyphs, layouts, masks. Nothing may
// crash or leak, a layout that could not be changed must be as before, and what is drawn without a
// cache must be what is drawn with one. The linker sends malloc, calloc and realloc here (--wrap).
#include "fonts.h"

#include "text/layout.h"

#include "base/test.h"

#define WIDTH  240
#define HEIGHT 120
#define WORDS  "Milk, rye bread,\napples, coffee beans. Ask Ana about the market on Saturday."

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static long allocations_left = -1; // -1: all succeed; at 0 every one fails

static bool allocation_fails(void)
{
    if (allocations_left > 0) {
        allocations_left--;
    }
    return allocations_left == 0;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(memory, size);
}

static struct text_options fonts;

static struct text_layout_options options_of(int32_t width)
{
    return (struct text_layout_options){.bytes = WORDS,
                                        .size = sizeof WORDS - 1,
                                        .style = {TEXT_REGULAR, 16 * 64},
                                        .width = width,
                                        .line_height = 24};
}

// Everything a screen does with text. Whether all of it succeeded.
static bool session(struct paint_target *target)
{
    struct text *text = text_create(&fonts);
    struct text_layout *layout = text == NULL ? NULL : text_layout_create(text);
    bool complete = layout != NULL && text_check(text) == OK;
    target->cache = paint_cache_create();
    if (layout != NULL) {
        struct text_layout_options options = options_of(200);
        complete = text_layout_set(layout, &options) == OK && complete;
        struct text_icon icon = {text_icon_code("add"), 24, 0xFF000000};
        const struct paint_shadow shadow = {16, 24, 4, 0x40000000};
        paint_fill(target, target->clip, 0xFFFFFFFF);
        paint_shadow(target, (struct paint_rect){20, 20, 200, 80}, &shadow);
        paint_round_rect(target, (struct paint_rect){20, 20, 200, 80}, 16, 0xFFDCE5FB);
        text_layout_draw(layout, target, 30, 24, 0xFF000000);
        text_icon_draw(text, target, &icon, 200, 90);
    }
    paint_cache_destroy(target->cache);
    text_layout_destroy(layout);
    text_destroy(text);
    return complete;
}

static void every_allocation_may_fail(void)
{
    static uint32_t pixels[WIDTH * HEIGHT];
    struct paint_target target = paint_target_of(pixels, WIDTH, HEIGHT, WIDTH);
    fonts = (struct text_options){.font = font_read(FONT_INTER_FILE),
                                  .icons = font_read(FONT_ICONS_FILE)};
    int incomplete = 0;
    for (long allowed = 1; allowed < 3000; allowed += allowed < 60 ? 1 : 37) {
        allocations_left = allowed;
        incomplete += !session(&target);
    }
    allocations_left = -1;
    CHECK(incomplete > 10);
    CHECK(session(&target));
}

static void a_layout_that_cannot_change_stays(void)
{
    struct text *text = text_create(&fonts);
    struct text_layout *layout = text_layout_create(text);
    struct text_layout_options options = options_of(300);
    CHECK_EQ(text_layout_set(layout, &options), OK);
    size_t lines = text_layout_line_count(layout);
    options = options_of(20);
    status_t status = ERR_NO_MEMORY;
    int refused = 0;
    for (long allowed = 1; status != OK && allowed < 100; allowed++) {
        allocations_left = allowed;
        status = text_layout_set(layout, &options);
        allocations_left = -1;
        if (status != OK) {
            CHECK_EQ(status, ERR_NO_MEMORY);
            CHECK_EQ(text_layout_line_count(layout), lines);
            CHECK_EQ(text_layout_line(layout, lines - 1).end, sizeof WORDS - 1);
            refused++;
        }
    }
    CHECK(refused >= 3);
    CHECK(text_layout_line_count(layout) > lines);
    text_layout_destroy(layout);
    text_destroy(text);
}

static void painting_without_memory_is_the_same(void)
{
    static uint32_t kept[WIDTH * HEIGHT], plain[WIDTH * HEIGHT];
    struct paint_target targets[2] = {paint_target_of(kept, WIDTH, HEIGHT, WIDTH),
                                      paint_target_of(plain, WIDTH, HEIGHT, WIDTH)};
    for (int i = 0; i < 2; i++) {
        struct paint_cache *cache = paint_cache_create();
        const struct paint_shadow shadow = {12, 20, 3, 0x50000000};
        targets[i].cache = cache;
        allocations_left = i == 1 ? 1 : -1;
        paint_shadow(&targets[i], (struct paint_rect){20, 20, 100, 60}, &shadow);
        paint_round_rect(&targets[i], (struct paint_rect){20, 20, 100, 60}, 12, 0xFF2F5FD0);
        allocations_left = -1;
        paint_cache_destroy(cache);
    }
    CHECK_BYTES(kept, plain, sizeof kept);
    font_free(fonts.font);
    font_free(fonts.icons);
}

TEST_MAIN(TEST(every_allocation_may_fail), TEST(a_layout_that_cannot_change_stays),
          TEST(painting_without_memory_is_the_same))
