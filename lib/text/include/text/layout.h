// SPDX-License-Identifier: Apache-2.0
// Text over several lines: wrapping to a width, and the way between byte offsets and places that an
// editor needs.
//
// A layout keeps per line only where it begins and how wide it is; it keeps its own copy of the
// text. The text is split at '\n' into paragraphs; setting a changed text lays out only the
// paragraphs that changed. A line's bytes include the spaces it was broken at, which hang over its
// edge; not the '\n'. An offset where one line wraps into the next belongs to the next. Left to
// right only, so far.
#pragma once

#include "text/text.h"

struct text_layout; // opaque

#define TEXT_LAYOUT_BYTES_MAX (4U * 1024 * 1024)

struct text_layout_options {
    const char *bytes; // UTF-8, copied
    size_t size;       // ≤ TEXT_LAYOUT_BYTES_MAX
    struct text_style style;
    int32_t width;       // px; at least one grapheme stands on each line however narrow
    int32_t line_height; // px, ≥ 1
    int32_t lines_max;   // 0: all; else the last one ends in an ellipsis when there is more
};

struct text_line {
    size_t begin, end; // bytes
    int32_t width_q6;  // without hanging spaces
};

// A place between graphemes.
struct text_caret {
    size_t line;
    int32_t x_q6; // from the layout's left edge
};

enum text_move {
    TEXT_MOVE_LEFT,
    TEXT_MOVE_RIGHT,
    TEXT_MOVE_WORD_LEFT,
    TEXT_MOVE_WORD_RIGHT,
    TEXT_MOVE_UP,
    TEXT_MOVE_DOWN,
    TEXT_MOVE_LINE_START,
    TEXT_MOVE_LINE_END,
    TEXT_MOVE_START,
    TEXT_MOVE_END,
};

// NULL when memory is exhausted. `text` is borrowed and must outlive it.
struct text_layout *text_layout_create(struct text *text);
// Accepts NULL.
void text_layout_destroy(struct text_layout *layout);
// Lays out. ERR_TOO_LARGE, ERR_NO_MEMORY (the layout then is as before). Cheap when little changed.
status_t text_layout_set(struct text_layout *layout, const struct text_layout_options *options);

// At least 1, also for empty text.
size_t text_layout_line_count(const struct text_layout *layout);
// `index` < line count.
struct text_line text_layout_line(const struct text_layout *layout, size_t index);
// Lines times line height, px; and the widest line, px rounded up.
int32_t text_layout_height(const struct text_layout *layout);
int32_t text_layout_width(const struct text_layout *layout);
// Paragraphs laid out (not reused) by the last text_layout_set, for tests and measurements.
size_t text_layout_work(const struct text_layout *layout);

// Draws with its top left at x, y; lines outside the clip cost nothing.
void text_layout_draw(struct text_layout *layout, struct paint_target *target, int32_t x, int32_t y,
                      uint32_t color);
// Where the caret at `offset` stands (limited to the text, moved back to a grapheme's start).
struct text_caret text_layout_caret(struct text_layout *layout, size_t offset);
// The offset nearest to a point (px, relative to the layout); outside points go to the nearest
// line.
size_t text_layout_hit(struct text_layout *layout, int32_t x_q6, int32_t y);
// Rectangles (px, relative to the layout) of the bytes [from, to), one a line, at most `max`;
// returns how many. A selected line end shows as a small tail.
size_t text_layout_selection(struct text_layout *layout, size_t from, size_t to,
                             struct paint_rect *out_rects, size_t max);
// Where a key takes the caret. `goal_x_q6` keeps the column over several ups and downs: start with
// -1, and set it to -1 again after every other move or edit.
size_t text_layout_move(struct text_layout *layout, size_t offset, enum text_move move,
                        int32_t *goal_x_q6);
