// SPDX-License-Identifier: Apache-2.0
// The inside of `struct text`: faces (opened font instances), what is known about glyphs, and the
// glyph cache.
//
//     font bytes ── face (font × weight × optical size, at most FACES_MAX) ── glyph cache (face ×
//     size × glyph × phase)
//
// Everything is made when first needed and freed only with the engine, except glyphs, of which the
// older half goes when the cache is full.
#pragma once

#include "glyph_cache.h"
#include "kern.h"
#include "text/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H

enum font_source { FONT_MAIN, FONT_SEMIBOLD, FONT_ICONS, FONT_FALLBACK };

// A mark is drawn centred over its base; a box stands for a missing glyph; a blank has at most an
// advance.
enum placed_kind { PLACED_GLYPH, PLACED_MARK, PLACED_BOX, PLACED_BLANK };

#define FONT_SOURCES_MAX (FONT_FALLBACK + TEXT_FALLBACK_MAX)
// Two weights × two optical sizes of the main font, the semibold, icons, and two weights of each
// fallback.
#define FACES_MAX       (6 + 2 * TEXT_FALLBACK_MAX)
#define CODES_CACHED    512 // power of two
#define OPTICAL_BUCKETS 2

// One opened instance of a font.
struct face {
    FT_Face handle;
    uint8_t source, weight, optical; // key
    uint8_t index;                   // in text.faces
    int32_t size_q6;                 // what handle is set to
    int32_t units;                   // per em
    int32_t cap_height;              // font units
    int32_t x_height;
    uint32_t glyph_count;
    uint16_t *advances; // by glyph, font units + 1; 0: not asked yet
    struct kern kern;
};

// What a character is drawn with. The cache of these is direct-mapped by code.
struct code_entry {
    uint32_t code;  // 0xFFFFFFFF: unused
    uint8_t face;   // asked first; index in text.faces
    uint8_t found;  // the one that has it
    uint16_t glyph; // 0: no font has it
};

// A character on its line.
struct placed {
    enum placed_kind kind;
    struct face *face;
    uint32_t glyph, code;
    int32_t x_q6, advance_q6;           // from the line's start
    int32_t base_x_q6, base_advance_q6; // marks: of the character they belong to
};

struct text {
    struct span fonts[FONT_SOURCES_MAX];
    int32_t scale_q6;
    FT_Library library;
    size_t face_count;
    struct face faces[FACES_MAX];
    uint8_t source_failed[FONT_SOURCES_MAX];
    struct code_entry codes[CODES_CACHED];
    struct glyph_cache glyphs;
};

// The face a style is drawn with first; NULL when it cannot be opened.
struct face *engine_face(struct text *text, struct text_style style);
// Any font's face for a style.
struct face *engine_face_of(struct text *text, enum font_source source, struct text_style style);
// The face and glyph for a character, asking `first` (of that style), then the fallbacks. False
// when none has it.
bool engine_glyph_of(struct text *text, const struct face *first, struct text_style style,
                     uint32_t code, struct placed *out);
// Advance in font units, unhinted.
int32_t face_advance(struct face *face, uint32_t glyph);
// Font units at a size, 1/64 px, rounded.
int32_t face_scale(const struct face *face, int32_t size_q6, int32_t units);
// A rasterised glyph and the bytes from one of its rows to the next; valid until the next call.
// False: nothing to draw.
bool engine_raster(struct text *text, struct face *face, struct glyph_key key, struct glyph *out,
                   int32_t *out_stride);
// The style with its size within bounds.
struct text_style style_limit(struct text_style style);

// Walks a string, placing character after character. Begin with pen_of; x_q6 is where the next one
// goes.
struct pen {
    struct text *text;
    struct face *first; // NULL: no font
    struct text_style style;
    const char *bytes;
    size_t size, at;
    int32_t x_q6;
    struct placed last; // glyph before, for kerning and marks
};

// Where and how a line is drawn.
struct placed_ink {
    int32_t size_q6, x_q6, baseline;
    uint32_t color;
};

struct pen pen_of(struct text *text, struct text_style style, const char *bytes, size_t size);
// Places the character at pen->at (< size).
struct placed pen_next(struct pen *pen);
// Places characters up to `end`.
void pen_advance(struct pen *pen, size_t end);
// Draws what pen_next placed.
void placed_draw(struct text *text, struct paint_target *target, const struct placed *placed,
                 const struct placed_ink *ink);
