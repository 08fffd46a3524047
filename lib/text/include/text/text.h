// SPDX-License-Identifier: Apache-2.0
// Text in pixels: fonts, measuring, drawing, icons. One `struct text` per screen; single-threaded.
//
// Fonts are borrowed bytes that must outlive the engine and are never copied; a font is opened when
// a glyph of it is first needed, so an engine that draws nothing costs 11 KiB. Lengths
// ending in _q6 are 1/64 px; all others are whole device pixels (dp times scale is the caller's
// business). Strings are UTF-8 with a length; a malformed sequence shows as U+FFFD, a character
// that no font has as a box. Bytes come from anybody: nothing in them can do more than look odd.
// Control characters have no width; a tab is four spaces.
#pragma once

#include "base/codec.h"
#include "paint/paint.h"

struct text; // opaque

enum text_weight { TEXT_REGULAR = 0, TEXT_SEMIBOLD = 1 };

#define TEXT_FALLBACK_MAX 4
// Sizes are limited to this range, px.
#define TEXT_SIZE_MIN            4
#define TEXT_SIZE_MAX            512
#define TEXT_CACHE_BYTES_DEFAULT (768 * 1024)

struct text_options {
    struct span font;     // variable (axes wght, opsz are used when present) or static
    struct span semibold; // a static semibold; leave empty when `font` is variable
    struct span icons;    // Material Icons; may be empty
    struct span
        fallback[TEXT_FALLBACK_MAX]; // asked in this order for what `font` lacks; may be empty
    size_t cache_bytes; // bound for rasterised glyphs; 0: TEXT_CACHE_BYTES_DEFAULT, at least 64 KiB
    int32_t scale_q6;   // device pixels per dp, 64 = 1.0 (chooses the optical size); 0: 64
};

struct text_style {
    enum text_weight weight;
    int32_t size_q6; // of the em: body is 16 dp, so 16 * 64 * scale
};

// A string on one line. Borrowed.
struct text_run {
    const char *bytes;
    size_t size;
    struct text_style style;
    uint32_t color;       // 0xAARRGGBB
    int32_t width_max_q6; // 0: no limit; else what is longer ends in an ellipsis
};

// Of a style, px; ascent and descent are positive.
struct text_metrics {
    int32_t ascent, descent;
    int32_t cap_height, x_height;
};

struct text_stats {
    size_t glyphs_rasterised, glyph_hits; // since creation
    size_t cache_bytes;                   // allocated for glyphs now
    size_t generations;                   // times the cache was full and its older half dropped
    size_t fonts_open;                    // font instances alive
};

// NULL when memory is exhausted. Opens no font yet.
struct text *text_create(const struct text_options *options);
// Accepts NULL. Layouts made with it must be gone.
void text_destroy(struct text *text);
// OK, or ERR_CORRUPT when the main font cannot be opened (everything then measures 0 and draws
// nothing).
status_t text_check(struct text *text);
// For a display whose scale changed. 0: 64.
void text_scale_set(struct text *text, int32_t scale_q6);
struct text_metrics text_metrics_of(struct text *text, struct text_style style);
struct text_stats text_stats_of(const struct text *text);

// Width in 1/64 px; with a limit, of what text_draw would draw.
int32_t text_measure(struct text *text, const struct text_run *run);
// Draws from x_q6 (positions are kept to a quarter pixel) on `baseline`; returns the width as
// text_measure does.
int32_t text_draw(struct text *text, struct paint_target *target, const struct text_run *run,
                  int32_t x_q6, int32_t baseline);
// The baseline that centres capital letters in a row of `height` px starting at y: what labels and
// buttons want.
int32_t text_baseline_centred(struct text *text, struct text_style style, int32_t y,
                              int32_t height);
// How many bytes of the run, ending between graphemes, fit into width_q6; the width of those in out
// (may be NULL).
size_t text_fit(struct text *text, const struct text_run *run, int32_t width_q6,
                int32_t *out_width_q6);

// ---- icons ----

struct text_icon {
    uint32_t code;  // from text_icon_code
    int32_t size;   // side of the square, px
    uint32_t color; // 0xAARRGGBB
};

// The code of a name such as "arrow_back" or "notes"; 0 when unknown. Names are those of Material
// Icons, and a few plain words beside them ("back", "devices", "unlink").
uint32_t text_icon_code(const char *name);
// Draws into the square whose top left is x, y. Code 0 draws nothing.
void text_icon_draw(struct text *text, struct paint_target *target, const struct text_icon *icon,
                    int32_t x, int32_t y);
