// SPDX-License-Identifier: Apache-2.0
// Strings on one line: placing characters one after another (advances, kerning, marks), measuring,
// fitting, drawing.
#include "engine.h"

#include "base/math.h"
#include "text/unicode.h"

#define ELLIPSIS       "\xE2\x80\xA6"
#define ELLIPSIS_BYTES 3
#define ZWJ            0x200DU
#define TAB_SPACES     4
// A missing glyph's box: advance and height in sixteenths of the em.
#define BOX_ADVANCE 10
#define BOX_HEIGHT  11

struct pen pen_of(struct text *text, struct text_style style, const char *bytes, size_t size)
{
    style = style_limit(style);
    return (struct pen){.text = text,
                        .first = engine_face(text, style),
                        .style = style,
                        .bytes = bytes,
                        .size = size};
}

static int32_t space_advance(struct pen *pen, int32_t count)
{
    struct placed space = {0};
    if (!engine_glyph_of(pen->text, pen->first, pen->style, ' ', &space)) {
        return count * pen->style.size_q6 / 4;
    }
    return count *
           face_scale(space.face, pen->style.size_q6, face_advance(space.face, space.glyph));
}

// Decides kind and advance of a character.
static struct placed place(struct pen *pen, uint32_t code)
{
    struct placed placed = {.kind = PLACED_BLANK, .code = code};
    if (code == '\t') {
        placed.advance_q6 = space_advance(pen, TAB_SPACES);
        return placed;
    }
    if (code == ' ' || code == 0xA0) {
        placed.advance_q6 = space_advance(pen, 1);
        return placed;
    }
    if (unicode_is_invisible(code)) {
        return placed;
    }
    bool extending = code >= 0x300 && unicode_is_extending(code);
    if (engine_glyph_of(pen->text, pen->first, pen->style, code, &placed)) {
        int32_t advance =
            face_scale(placed.face, pen->style.size_q6, face_advance(placed.face, placed.glyph));
        placed.kind = extending && advance == 0 ? PLACED_MARK : PLACED_GLYPH;
        placed.advance_q6 = advance;
    } else if (!extending && pen->last.code != ZWJ) {
        placed.kind = PLACED_BOX;
        placed.advance_q6 = pen->style.size_q6 * BOX_ADVANCE / 16;
    }
    return placed;
}

static int32_t kerning(struct pen *pen, const struct placed *placed)
{
    if (placed->kind != PLACED_GLYPH || pen->last.kind != PLACED_GLYPH ||
        pen->last.face != placed->face) {
        return 0;
    }
    int32_t units =
        kern_of(&placed->face->kern, (uint16_t)pen->last.glyph, (uint16_t)placed->glyph);
    return units == 0 ? 0 : face_scale(placed->face, pen->style.size_q6, units);
}

struct placed pen_next(struct pen *pen)
{
    uint32_t code = unicode_next(pen->bytes, pen->size, &pen->at);
    if (pen->first == NULL) {
        return (struct placed){.kind = PLACED_BLANK, .code = code};
    }
    struct placed placed = place(pen, code);
    if (placed.kind == PLACED_MARK) {
        placed.x_q6 = pen->x_q6;
        placed.base_x_q6 = pen->last.x_q6;
        placed.base_advance_q6 = pen->last.advance_q6;
        return placed; // the base stays `last`: more marks may follow
    }
    pen->x_q6 += kerning(pen, &placed);
    placed.x_q6 = pen->x_q6;
    pen->x_q6 = min_i32(pen->x_q6 + placed.advance_q6, PAINT_EXTENT_MAX * 64);
    pen->last = placed;
    return placed;
}

void pen_advance(struct pen *pen, size_t end)
{
    while (pen->at < end) {
        pen_next(pen);
    }
}

static void box_draw(struct paint_target *target, const struct placed *placed,
                     const struct placed_ink *ink)
{
    int32_t em = ink->size_q6 / 64, height = max_i32(em * BOX_HEIGHT / 16, 3);
    int32_t width = max_i32(placed->advance_q6 / 64 - max_i32(em / 8, 1), 3);
    struct paint_rect rect = {(ink->x_q6 + placed->x_q6) / 64 + max_i32(em / 16, 1),
                              ink->baseline - height, width, height};
    struct paint_shape shape = paint_shape_of(rect, em / 12);
    paint_shape_ring(target, &shape, max_i32(1, em / 16), ink->color);
}

void placed_draw(struct text *text, struct paint_target *target, const struct placed *placed,
                 const struct placed_ink *ink)
{
    if (placed->kind == PLACED_BLANK) {
        return;
    }
    if (placed->kind == PLACED_BOX) {
        box_draw(target, placed, ink);
        return;
    }
    int32_t quarters = (ink->x_q6 + placed->x_q6 + 8) >> 4;
    struct glyph_key key = {.face = placed->face->index,
                            .phase =
                                placed->kind == PLACED_MARK ? 0 : quarters & (GLYPH_PHASES - 1),
                            .glyph = (uint16_t)placed->glyph,
                            .size_q6 = (uint32_t)ink->size_q6};
    struct glyph glyph;
    int32_t stride;
    if (!engine_raster(text, placed->face, key, &glyph, &stride)) {
        return;
    }
    int32_t left = (quarters >> 2) + glyph.left;
    if (placed->kind == PLACED_MARK) {
        int32_t centre = ink->x_q6 + placed->base_x_q6 + placed->base_advance_q6 / 2;
        left = (centre - glyph.width * 32 + 32) >> 6;
    }
    struct paint_mask mask = {glyph.bytes, glyph.width, glyph.height, stride};
    paint_glyph(target, left, ink->baseline - glyph.top, &mask, ink->color);
}

// Draws bytes of a run; returns the width. Outside the clip nothing is rasterised.
static int32_t draw_bytes(struct text *text, struct paint_target *target,
                          const struct text_run *run, const struct placed_ink *ink)
{
    struct pen pen = pen_of(text, run->style, run->bytes, run->size);
    int32_t em = ink->size_q6, left = target->clip.x * 64 - 2 * em;
    int32_t right = (target->clip.x + target->clip.width) * 64 + em;
    bool visible = ink->baseline + 2 * em / 64 >= target->clip.y &&
                   ink->baseline - 2 * em / 64 <= target->clip.y + target->clip.height;
    while (pen.at < pen.size) {
        struct placed placed = pen_next(&pen);
        int64_t x = (int64_t)ink->x_q6 + placed.x_q6;
        if (visible && x >= left && x <= right) {
            placed_draw(text, target, &placed, ink);
        }
    }
    return pen.x_q6;
}

// Width of a run, given up as soon as it exceeds `limit` (0: none).
static int32_t measure_bytes(struct text *text, const struct text_run *run, int32_t limit_q6)
{
    struct pen pen = pen_of(text, run->style, run->bytes, run->size);
    while (pen.at < pen.size && (limit_q6 == 0 || pen.x_q6 <= limit_q6)) {
        pen_next(&pen);
    }
    return pen.x_q6;
}

size_t text_fit(struct text *text, const struct text_run *run, int32_t width_q6,
                int32_t *out_width_q6)
{
    struct pen pen = pen_of(text, run->style, run->bytes, run->size);
    size_t fits = 0;
    int32_t width = 0;
    while (fits < run->size) {
        size_t end = unicode_grapheme_next(run->bytes, run->size, fits);
        pen_advance(&pen, end);
        if (pen.x_q6 > width_q6) {
            break;
        }
        fits = end;
        width = pen.x_q6;
    }
    if (out_width_q6 != NULL) {
        *out_width_q6 = width;
    }
    return fits;
}

// A run cut to its limit: what is shown of it, and the ellipsis after it.
struct cut {
    struct text_run shown, ellipsis;
    int32_t shown_q6, ellipsis_q6;
};

static struct cut run_cut(struct text *text, const struct text_run *run)
{
    struct cut cut = {.shown = *run, .ellipsis = *run};
    cut.ellipsis.bytes = ELLIPSIS;
    cut.ellipsis.size = ELLIPSIS_BYTES;
    cut.ellipsis_q6 = measure_bytes(text, &cut.ellipsis, 0);
    if (cut.ellipsis_q6 > run->width_max_q6) {
        cut.shown.size = cut.ellipsis.size = 0;
        cut.ellipsis_q6 = 0;
        return cut;
    }
    cut.shown.size = text_fit(text, run, run->width_max_q6 - cut.ellipsis_q6, NULL);
    while (cut.shown.size > 0 && cut.shown.bytes[cut.shown.size - 1] == ' ') {
        cut.shown.size--;
    }
    cut.shown_q6 = measure_bytes(text, &cut.shown, 0);
    return cut;
}

static bool is_too_wide(struct text *text, const struct text_run *run)
{
    return run->width_max_q6 > 0 && measure_bytes(text, run, run->width_max_q6) > run->width_max_q6;
}

int32_t text_measure(struct text *text, const struct text_run *run)
{
    if (!is_too_wide(text, run)) {
        return measure_bytes(text, run, 0);
    }
    struct cut cut = run_cut(text, run);
    return cut.shown_q6 + cut.ellipsis_q6;
}

int32_t text_draw(struct text *text, struct paint_target *target, const struct text_run *run,
                  int32_t x_q6, int32_t baseline)
{
    struct placed_ink ink = {style_limit(run->style).size_q6, x_q6, baseline, run->color};
    if (!is_too_wide(text, run)) {
        return draw_bytes(text, target, run, &ink);
    }
    struct cut cut = run_cut(text, run);
    draw_bytes(text, target, &cut.shown, &ink);
    ink.x_q6 += cut.shown_q6;
    draw_bytes(text, target, &cut.ellipsis, &ink);
    return cut.shown_q6 + cut.ellipsis_q6;
}

int32_t text_baseline_centred(struct text *text, struct text_style style, int32_t y, int32_t height)
{
    return y + (height + text_metrics_of(text, style).cap_height) / 2;
}
