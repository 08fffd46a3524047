// SPDX-License-Identifier: Apache-2.0
// Opens fonts through FreeType and rasterises glyphs. Outlines are hinted vertically only
// (FreeType's light mode): stems keep their place to a quarter pixel, while baseline and x-height
// are sharp. Advances are never hinted, so the width of a text does not depend on how it is drawn.
//
// Inter has an axis for optical size. Following it exactly would need an instance a size; two are
// kept: text, and titles from OPTICAL_TITLE_DP on. An instance costs about 90 KiB.
#include "engine.h"

#include "base/math.h"

#include FT_ADVANCES_H
#include FT_MULTIPLE_MASTERS_H
#include FT_OUTLINE_H
#include FT_TRUETYPE_TABLES_H
#include <stdlib.h>
#include <string.h>

#define OPTICAL_TITLE_DP 20
#define AXES_MAX         8
#define AXIS_WEIGHT      FT_MAKE_TAG('w', 'g', 'h', 't')
#define AXIS_OPTICAL     FT_MAKE_TAG('o', 'p', 's', 'z')
#define CACHE_BYTES_MIN  (64 * 1024)

static const int32_t optical_sizes[OPTICAL_BUCKETS] = {14, 26};
static const int32_t weights[] = {[TEXT_REGULAR] = 400, [TEXT_SEMIBOLD] = 600};

struct text *text_create(const struct text_options *options)
{
    struct text *text = calloc(1, sizeof *text);
    if (text == NULL) {
        return NULL;
    }
    text->fonts[FONT_MAIN] = options->font;
    text->fonts[FONT_SEMIBOLD] = options->semibold;
    text->fonts[FONT_ICONS] = options->icons;
    for (size_t i = 0; i < TEXT_FALLBACK_MAX; i++) {
        text->fonts[FONT_FALLBACK + i] = options->fallback[i];
    }
    size_t bytes = options->cache_bytes == 0 ? TEXT_CACHE_BYTES_DEFAULT : options->cache_bytes;
    glyph_cache_init(&text->glyphs, bytes < CACHE_BYTES_MIN ? CACHE_BYTES_MIN : bytes);
    text_scale_set(text, options->scale_q6);
    return text;
}

static void face_finish(struct face *face)
{
    kern_finish(&face->kern);
    free(face->advances);
    FT_Done_Face(face->handle);
}

void text_destroy(struct text *text)
{
    if (text == NULL) {
        return;
    }
    for (size_t i = 0; i < text->face_count; i++) {
        face_finish(&text->faces[i]);
    }
    if (text->library != NULL) {
        FT_Done_FreeType(text->library);
    }
    glyph_cache_finish(&text->glyphs);
    free(text);
}

void text_scale_set(struct text *text, int32_t scale_q6)
{
    text->scale_q6 = scale_q6 <= 0 ? 64 : scale_q6;
    memset(text->codes, 0xFF, sizeof text->codes);
}

struct text_style style_limit(struct text_style style)
{
    style.size_q6 = max_i32(TEXT_SIZE_MIN * 64, min_i32(style.size_q6, TEXT_SIZE_MAX * 64));
    return style;
}

static uint8_t optical_of(const struct text *text, struct text_style style)
{
    return style.size_q6 / text->scale_q6 >= OPTICAL_TITLE_DP ? 1 : 0;
}

// Moves a variable font to a weight and an optical size; others stay as they are.
static void face_vary(FT_Library library, FT_Face handle, uint8_t weight, uint8_t optical)
{
    FT_MM_Var *axes = NULL;
    if (!FT_HAS_MULTIPLE_MASTERS(handle) || FT_Get_MM_Var(handle, &axes) != 0) {
        return;
    }
    FT_Fixed position[AXES_MAX];
    FT_UInt count = axes->num_axis < AXES_MAX ? axes->num_axis : AXES_MAX;
    for (FT_UInt i = 0; i < count; i++) {
        const FT_Var_Axis *axis = &axes->axis[i];
        position[i] = axis->tag == AXIS_WEIGHT    ? weights[weight] * 65536
                      : axis->tag == AXIS_OPTICAL ? optical_sizes[optical] * 65536
                                                  : axis->def;
    }
    FT_Set_Var_Design_Coordinates(handle, count, position);
    FT_Done_MM_Var(library, axes);
}

static bool face_open(struct text *text, struct face *face)
{
    struct span font = text->fonts[face->source];
    if (font.size == 0 || font.size > INT32_MAX ||
        (text->library == NULL && FT_Init_FreeType(&text->library) != 0) ||
        FT_New_Memory_Face(text->library, font.bytes, (FT_Long)font.size, 0, &face->handle) != 0) {
        return false;
    }
    face->glyph_count = (uint32_t)face->handle->num_glyphs;
    face->units = face->handle->units_per_EM;
    face->advances = calloc(face->glyph_count + 1, sizeof *face->advances);
    if (face->units == 0 || face->advances == NULL) {
        free(face->advances);
        FT_Done_Face(face->handle);
        return false;
    }
    face_vary(text->library, face->handle, face->weight, face->optical);
    const TT_OS2 *os2 = FT_Get_Sfnt_Table(face->handle, FT_SFNT_OS2);
    face->cap_height = os2 != NULL && os2->sCapHeight > 0 ? os2->sCapHeight : face->units * 7 / 10;
    face->x_height = os2 != NULL && os2->sxHeight > 0 ? os2->sxHeight : face->units / 2;
    kern_init(&face->kern, font);
    return true;
}

struct face *engine_face_of(struct text *text, enum font_source source, struct text_style style)
{
    uint8_t weight = source == FONT_ICONS ? 0 : style.weight == TEXT_SEMIBOLD;
    uint8_t optical = source == FONT_MAIN ? optical_of(text, style) : 0;
    for (size_t i = 0; i < text->face_count; i++) {
        struct face *face = &text->faces[i];
        if (face->source == source && face->weight == weight && face->optical == optical) {
            return face;
        }
    }
    if (text->source_failed[source] || text->face_count == FACES_MAX) {
        return NULL;
    }
    struct face *face = &text->faces[text->face_count];
    *face = (struct face){.source = (uint8_t)source,
                          .weight = weight,
                          .optical = optical,
                          .index = (uint8_t)text->face_count};
    if (!face_open(text, face)) {
        text->source_failed[source] = 1;
        return NULL;
    }
    text->face_count++;
    return face;
}

struct face *engine_face(struct text *text, struct text_style style)
{
    bool semibold = style.weight == TEXT_SEMIBOLD && text->fonts[FONT_SEMIBOLD].size > 0;
    return engine_face_of(text, semibold ? FONT_SEMIBOLD : FONT_MAIN, style);
}

status_t text_check(struct text *text)
{
    struct text_style style = {TEXT_REGULAR, 16 * 64};
    return engine_face(text, style) != NULL ? OK : ERR_CORRUPT;
}

static struct code_entry code_find(struct text *text, const struct face *first,
                                   struct text_style style, uint32_t code)
{
    struct code_entry found = {.code = code, .face = first->index, .found = first->index};
    found.glyph = (uint16_t)FT_Get_Char_Index(first->handle, code);
    for (int i = 0; i < TEXT_FALLBACK_MAX && found.glyph == 0; i++) {
        struct face *fallback = engine_face_of(text, (enum font_source)(FONT_FALLBACK + i), style);
        if (fallback != NULL) {
            found.glyph = (uint16_t)FT_Get_Char_Index(fallback->handle, code);
            found.found = found.glyph != 0 ? fallback->index : found.found;
        }
    }
    return found;
}

bool engine_glyph_of(struct text *text, const struct face *first, struct text_style style,
                     uint32_t code, struct placed *out)
{
    struct code_entry *entry =
        &text->codes[(code ^ (uint32_t)first->index << 7) & (CODES_CACHED - 1)];
    if (entry->code != code || entry->face != first->index) {
        *entry = code_find(text, first, style, code);
    }
    out->face = &text->faces[entry->found];
    out->glyph = entry->glyph;
    return entry->glyph != 0;
}

int32_t face_advance(struct face *face, uint32_t glyph)
{
    if (glyph >= face->glyph_count) {
        return 0;
    }
    if (face->advances[glyph] == 0) {
        FT_Fixed advance = 0;
        FT_Error failed = FT_Get_Advance(face->handle, glyph, FT_LOAD_NO_SCALE, &advance);
        bool sane = failed == 0 && advance >= 0 && advance < UINT16_MAX;
        face->advances[glyph] = (uint16_t)(sane ? advance + 1 : 1);
    }
    return face->advances[glyph] - 1;
}

int32_t face_scale(const struct face *face, int32_t size_q6, int32_t units)
{
    int64_t twice = 2 * (int64_t)units * size_q6 + face->units;
    int64_t both = 2 * (int64_t)face->units;
    return (int32_t)(twice >= 0 ? twice / both : -((-twice + both - 1) / both));
}

struct text_metrics text_metrics_of(struct text *text, struct text_style style)
{
    style = style_limit(style);
    struct face *face = engine_face(text, style);
    if (face == NULL) {
        return (struct text_metrics){0};
    }
    return (struct text_metrics){
        .ascent = (face_scale(face, style.size_q6, face->handle->ascender) + 63) / 64,
        .descent = (face_scale(face, style.size_q6, -face->handle->descender) + 63) / 64,
        .cap_height = (face_scale(face, style.size_q6, face->cap_height) + 32) / 64,
        .x_height = (face_scale(face, style.size_q6, face->x_height) + 32) / 64};
}

struct text_stats text_stats_of(const struct text *text)
{
    return (struct text_stats){.glyphs_rasterised = text->glyphs.misses,
                               .glyph_hits = text->glyphs.hits,
                               .cache_bytes = glyph_cache_size(&text->glyphs),
                               .generations = text->glyphs.generations,
                               .fonts_open = text->face_count};
}

// Loads the outline at the wanted size and phase and renders it into the face's slot.
static bool face_render(struct face *face, struct glyph_key key)
{
    if (face->size_q6 != (int32_t)key.size_q6) {
        if (FT_Set_Char_Size(face->handle, 0, (FT_F26Dot6)key.size_q6, 72, 72) != 0) {
            return false;
        }
        face->size_q6 = (int32_t)key.size_q6;
    }
    FT_Int32 flags = face->source == FONT_ICONS ? FT_LOAD_NO_HINTING
                                                : FT_LOAD_TARGET_LIGHT | FT_LOAD_FORCE_AUTOHINT;
    if (FT_Load_Glyph(face->handle, key.glyph, flags | FT_LOAD_NO_BITMAP) != 0) {
        return false;
    }
    FT_GlyphSlot slot = face->handle->glyph;
    if (slot->format == FT_GLYPH_FORMAT_OUTLINE) {
        FT_Outline_Translate(&slot->outline, key.phase * (64 / GLYPH_PHASES), 0);
    }
    return FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) == 0;
}

static bool slot_fits(FT_GlyphSlot slot)
{
    return slot->bitmap.width <= INT16_MAX && slot->bitmap.rows <= INT16_MAX &&
           slot->bitmap.pitch >= 0 && abs(slot->bitmap_left) <= INT16_MAX &&
           abs(slot->bitmap_top) <= INT16_MAX;
}

bool engine_raster(struct text *text, struct face *face, struct glyph_key key, struct glyph *out,
                   int32_t *out_stride)
{
    if (!glyph_cache_find(&text->glyphs, key, out)) {
        if (!face_render(face, key) || !slot_fits(face->handle->glyph)) {
            return false;
        }
        FT_GlyphSlot slot = face->handle->glyph;
        struct glyph rendered = {.left = (int16_t)slot->bitmap_left,
                                 .top = (int16_t)slot->bitmap_top,
                                 .width = (uint16_t)slot->bitmap.width,
                                 .height = (uint16_t)slot->bitmap.rows,
                                 .bytes = slot->bitmap.buffer};
        if (!glyph_cache_insert(&text->glyphs, key, &rendered, slot->bitmap.pitch, out)) {
            *out = rendered; // too large to keep: drawn from FreeType's own bitmap
            *out_stride = slot->bitmap.pitch;
            return out->width > 0;
        }
    }
    *out_stride = out->width;
    return out->width > 0;
}
