// SPDX-License-Identifier: Apache-2.0
// Renders a sheet to look at: type scale, icons, buttons, fields, cards with shadows, a paragraph;
// light and dark; at phone (1.5) and desktop (1.0) scale. Judge spacing, weight and sharpness by
// eye.
//
//     build/host/lib/text/specimen sheet.ppm
#include "fonts.h"

#include "paint/paint.h"
#include "text/layout.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

#define PANEL_DP_WIDTH  368
#define PANEL_DP_HEIGHT 784

struct palette {
    uint32_t bg, surface, surface2, on, muted, accent, on_accent, selected, on_selected, focus,
        danger, shadow;
};

static const struct palette palettes[2] = {
    {0xFFF6F7F9, 0xFFFFFFFF, 0xFFECEEF2, 0xFF1A1C1F, 0xFF54585F, 0xFF2F5FD0, 0xFFFFFFFF, 0xFFDCE5FB,
     0xFF0F2B6B, 0xFF1747B8, 0xFFB3261E, 0x30101828},
    {0xFF111316, 0xFF1A1C20, 0xFF24272C, 0xFFE6E8EB, 0xFFA9AEB6, 0xFFA9C2FF, 0xFF0B2459, 0xFF2A3A63,
     0xFFD9E3FF, 0xFFC4D4FF, 0xFFFFB4AB, 0x80000000}};

// One panel: where and how it is drawn. Positions inside it are dp.
struct sheet {
    struct text *text;
    struct paint_target *target;
    const struct palette *palette;
    int32_t scale_q6, x, y; // px
};

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, expression);
    abort();
}

static int32_t px(const struct sheet *sheet, int32_t dp)
{
    return (dp * sheet->scale_q6 + 32) / 64;
}

static struct paint_rect place(const struct sheet *sheet, struct paint_rect dp)
{
    int32_t left = sheet->x + px(sheet, dp.x), top = sheet->y + px(sheet, dp.y);
    return (struct paint_rect){left, top, sheet->x + px(sheet, dp.x + dp.width) - left,
                               sheet->y + px(sheet, dp.y + dp.height) - top};
}

static struct text_style style_of(const struct sheet *sheet, int32_t dp, enum text_weight weight)
{
    return (struct text_style){weight, dp * sheet->scale_q6};
}

// A string from x in the line box [y, y + height) dp; returns its width in dp.
static int32_t say(const struct sheet *sheet, struct paint_rect box, struct text_run run)
{
    run.size = strlen(run.bytes);
    struct paint_rect rect = place(sheet, box);
    int32_t baseline = text_baseline_centred(sheet->text, run.style, rect.y, rect.height);
    return text_draw(sheet->text, sheet->target, &run, rect.x * 64, baseline) / sheet->scale_q6;
}

static void type_scale(const struct sheet *sheet)
{
    static const struct {
        const char *words;
        int32_t size, line;
        enum text_weight weight;
    } rows[] = {{"Display 36", 36, 44, TEXT_SEMIBOLD},
                {"Headline 28 Avatar", 28, 36, TEXT_SEMIBOLD},
                {"Title 22 To You, Wave", 22, 28, TEXT_SEMIBOLD},
                {"Body 16: Milk, rye bread, apples, coffee", 16, 24, TEXT_REGULAR},
                {"Label 14 semibold: New note", 14, 20, TEXT_SEMIBOLD},
                {"Caption 12: Trains, temples, two rain days 10:30", 12, 16, TEXT_REGULAR}};
    int32_t y = 16;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct text_run run = {.bytes = rows[i].words,
                               .style = style_of(sheet, rows[i].size, rows[i].weight),
                               .color = i == 5 ? sheet->palette->muted : sheet->palette->on};
        say(sheet, (struct paint_rect){16, y, 0, rows[i].line}, run);
        y += rows[i].line + 4;
    }
}

static void icon(const struct sheet *sheet, const char *name, struct paint_rect at, uint32_t color)
{
    struct paint_rect rect = place(sheet, at);
    struct text_icon drawn = {text_icon_code(name), rect.width, color};
    text_icon_draw(sheet->text, sheet->target, &drawn, rect.x, rect.y);
}

static void icons(const struct sheet *sheet)
{
    static const char *const names[] = {
        "add",       "search",     "delete",   "share",  "edit",      "close",
        "back",      "devices",    "notes",    "check",  "more_vert", "settings",
        "phone",     "computer",   "sensors",  "link",   "link_off",  "wifi",
        "sync",      "lock",       "warning",  "error",  "info",      "home",
        "dark_mode", "light_mode", "keyboard", "people", "volume_up", "checklist"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        int32_t x = 16 + (int32_t)(i % 10) * 32, y = 224 + (int32_t)(i / 10) * 32;
        icon(sheet, names[i], (struct paint_rect){x, y, 24, 24}, sheet->palette->on);
    }
}

// A pill button with an icon; returns the x after it.
static int32_t button(const struct sheet *sheet, int32_t x, const char *icon_name,
                      struct text_run run)
{
    const struct palette *palette = sheet->palette;
    uint32_t ground = run.color == palette->on_accent ? palette->accent : palette->surface2;
    run.style = style_of(sheet, 14, TEXT_SEMIBOLD);
    run.size = strlen(run.bytes);
    int32_t words = (text_measure(sheet->text, &run) + sheet->scale_q6 - 1) / sheet->scale_q6;
    struct paint_rect box = {x, 332, 14 + 20 + 8 + words + 18, 40};
    paint_round_rect(sheet->target, place(sheet, box), PAINT_PILL, ground);
    icon(sheet, icon_name, (struct paint_rect){x + 14, 342, 20, 20}, run.color);
    say(sheet, (struct paint_rect){x + 42, 332, 0, 40}, run);
    return x + box.width + 8;
}

static void buttons(const struct sheet *sheet)
{
    const struct palette *palette = sheet->palette;
    int32_t x = button(sheet, 16, "add",
                       (struct text_run){.bytes = "New note", .color = palette->on_accent});
    x = button(sheet, x, "share", (struct text_run){.bytes = "Share", .color = palette->on});
    button(sheet, x, "delete", (struct text_run){.bytes = "Delete", .color = palette->danger});
}

static void field(const struct sheet *sheet)
{
    const struct palette *palette = sheet->palette;
    struct text_run run = {
        .bytes = "Search", .style = style_of(sheet, 16, 0), .color = palette->muted};
    paint_round_rect(sheet->target, place(sheet, (struct paint_rect){16, 388, 160, 48}), PAINT_PILL,
                     palette->surface2);
    icon(sheet, "search", (struct paint_rect){30, 402, 20, 20}, palette->muted);
    say(sheet, (struct paint_rect){58, 388, 0, 48}, run);
    struct paint_shape shape =
        paint_shape_of(place(sheet, (struct paint_rect){192, 388, 160, 48}), px(sheet, 8));
    paint_shape_fill(sheet->target, &shape, palette->surface);
    paint_shape_ring(sheet->target, &shape, px(sheet, 2), palette->focus);
    run.bytes = "Kyoto trip";
    run.color = palette->on;
    int32_t width = say(sheet, (struct paint_rect){204, 388, 0, 48}, run);
    paint_fill(sheet->target, place(sheet, (struct paint_rect){205 + width, 401, 2, 22}),
               palette->accent);
}

static void card(const struct sheet *sheet, int32_t y, bool selected, const char *const words[2])
{
    const struct palette *palette = sheet->palette;
    struct paint_rect rect = place(sheet, (struct paint_rect){16, y, 336, 64});
    struct paint_shadow shadow = {px(sheet, 16), px(sheet, 16), px(sheet, 2), palette->shadow};
    paint_shadow(sheet->target, rect, &shadow);
    paint_round_rect(sheet->target, rect, px(sheet, 16),
                     selected ? palette->selected : palette->surface);
    struct text_run run = {.bytes = words[0],
                           .style = style_of(sheet, 16, TEXT_SEMIBOLD),
                           .color = selected ? palette->on_selected : palette->on,
                           .width_max_q6 = 304 * sheet->scale_q6};
    say(sheet, (struct paint_rect){32, y + 10, 0, 24}, run);
    run.bytes = words[1];
    run.style = style_of(sheet, 14, TEXT_REGULAR);
    run.color = selected ? run.color : palette->muted;
    say(sheet, (struct paint_rect){32, y + 34, 0, 20}, run);
}

static void paragraph(const struct sheet *sheet)
{
    static const char words[] =
        "Milk, rye bread, apples. Ask Ana about the market on Saturday: the list is shared — tick "
        "off "
        "what you took. Déjà vu, Łódź, ½ kg, e\xCC\x81tude, 東京都 \xF0\x9F\x9B\x92 \xFF.";
    struct text_layout *layout = text_layout_create(sheet->text);
    struct text_layout_options options = {.bytes = words,
                                          .size = sizeof words - 1,
                                          .style = style_of(sheet, 16, 0),
                                          .width = px(sheet, 336),
                                          .line_height = px(sheet, 24)};
    struct paint_rect rects[8], at = place(sheet, (struct paint_rect){16, 608, 0, 0});
    if (layout == NULL || text_layout_set(layout, &options) != OK) {
        return;
    }
    size_t count = text_layout_selection(layout, 6, 36, rects, ARRAY_COUNT(rects));
    for (size_t i = 0; i < count; i++) {
        rects[i].x += at.x;
        rects[i].y += at.y;
        paint_fill(sheet->target, rects[i], sheet->palette->selected);
    }
    text_layout_draw(layout, sheet->target, at.x, at.y, sheet->palette->on);
    text_layout_destroy(layout);
}

static void fab(const struct sheet *sheet)
{
    struct paint_rect rect = place(sheet, (struct paint_rect){296, 716, 56, 56});
    struct paint_shadow shadow = {px(sheet, 16), px(sheet, 24), px(sheet, 6),
                                  sheet->palette->shadow};
    paint_shadow(sheet->target, rect, &shadow);
    paint_round_rect(sheet->target, rect, px(sheet, 16), sheet->palette->accent);
    icon(sheet, "add", (struct paint_rect){312, 732, 24, 24}, sheet->palette->on_accent);
}

static void panel(const struct sheet *sheet)
{
    static const char *const words[2][2] = {
        {"Groceries", "Milk, rye bread, apples, coffee"},
        {"Sprint plan", "Compositor damage, IME, a11y, and all the rest that does not fit"}};
    paint_fill(sheet->target,
               place(sheet, (struct paint_rect){0, 0, PANEL_DP_WIDTH, PANEL_DP_HEIGHT}),
               sheet->palette->bg);
    type_scale(sheet);
    icons(sheet);
    buttons(sheet);
    field(sheet);
    card(sheet, 452, true, words[0]);
    card(sheet, 526, false, words[1]);
    paragraph(sheet);
    fab(sheet);
}

static int sheet_write(const char *path, const struct paint_target *target)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return 1;
    }
    fprintf(file, "P6\n%d %d\n255\n", target->width, target->height);
    for (int32_t i = 0; i < target->width * target->height; i++) {
        const uint8_t rgb[3] = {(uint8_t)(target->pixels[i] >> 16),
                                (uint8_t)(target->pixels[i] >> 8), (uint8_t)target->pixels[i]};
        fwrite(rgb, 1, 3, file);
    }
    return fclose(file) != 0;
}

// Four panels: light and dark at 1.5, light and dark at 1.
static void sheet_paint(struct text *text, struct paint_target *target)
{
    int32_t x = 0;
    for (int i = 0; i < 4; i++) {
        struct sheet sheet = {text, target, &palettes[i % 2], i < 2 ? 96 : 64, x, 0};
        text_scale_set(text, sheet.scale_q6);
        panel(&sheet);
        x += px(&sheet, PANEL_DP_WIDTH);
    }
    struct text_stats stats = text_stats_of(text);
    printf("%zu glyphs rasterised, %zu found, %zu bytes of glyphs, %zu of masks, %zu instances\n",
           stats.glyphs_rasterised, stats.glyph_hits, stats.cache_bytes,
           paint_cache_size(target->cache), stats.fonts_open);
}

int main(int count, char **arguments)
{
    int32_t width = PANEL_DP_WIDTH * 5, height = PANEL_DP_HEIGHT * 3 / 2;
    struct text_options options = {.font = font_read(FONT_INTER_FILE),
                                   .icons = font_read(FONT_ICONS_FILE)};
    uint32_t *pixels = calloc((size_t)width * (size_t)height, sizeof *pixels);
    struct text *text = text_create(&options);
    if (count < 2 || pixels == NULL || text == NULL || text_check(text) != OK) {
        fprintf(stderr, "usage: specimen sheet.ppm\n");
        return 1;
    }
    struct paint_target target = paint_target_of(pixels, width, height, width);
    target.cache = paint_cache_create();
    sheet_paint(text, &target);
    int failed = sheet_write(arguments[1], &target);
    paint_cache_destroy(target.cache);
    text_destroy(text);
    free(pixels);
    font_free(options.font);
    font_free(options.icons);
    return failed;
}
