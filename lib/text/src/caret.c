// SPDX-License-Identifier: Apache-2.0
// From offsets to places and back, on lines that are walked again when asked: a caret needs one
// line, a selection those it starts and ends on. Nothing about single characters is kept.
#include "lines.h"

#include "engine.h"
#include "base/math.h"
#include "text/unicode.h"

uint32_t lines_find(const struct text_layout *layout, size_t offset)
{
    const struct layout_content *content = &layout->content;
    uint32_t low = 0, high = content->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (content->lines[middle].begin <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

bool lines_is_wrapped(const struct text_layout *layout, uint32_t index)
{
    uint32_t end = layout->content.lines[index].end;
    return end < layout->content.size && layout->content.bytes[end] != '\n';
}

// The last offset at which the caret stands on this line: before the space it was wrapped at.
static size_t line_last(const struct text_layout *layout, uint32_t index)
{
    const struct line *line = &layout->content.lines[index];
    if (!lines_is_wrapped(layout, index)) {
        return line->end;
    }
    size_t last = unicode_grapheme_previous(layout->content.bytes, line->end, line->end);
    return last > line->begin ? last : line->begin;
}

static struct pen line_pen(const struct text_layout *layout, uint32_t index)
{
    const struct line *line = &layout->content.lines[index];
    struct pen pen = pen_of(layout->text, layout->style, layout->content.bytes, line->end);
    pen.at = line->begin;
    return pen;
}

// Where `offset` is on its line. Hanging spaces stay at the edge.
static int32_t line_x(const struct text_layout *layout, uint32_t index, size_t offset)
{
    struct pen pen = line_pen(layout, index);
    size_t end = offset < pen.size ? offset : pen.size;
    for (;;) {
        size_t next = unicode_grapheme_next(pen.bytes, pen.size, pen.at);
        if (pen.at >= end || next > end) {
            return min_i32(pen.x_q6,
                           max_i32(layout->width * 64, layout->content.lines[index].width_q6));
        }
        pen_advance(&pen, next);
    }
}

struct text_caret text_layout_caret(struct text_layout *layout, size_t offset)
{
    offset = offset > layout->content.size ? layout->content.size : offset;
    uint32_t index = lines_find(layout, offset);
    return (struct text_caret){index, line_x(layout, index, offset)};
}

// The offset on a line nearest to x.
static size_t line_hit(const struct text_layout *layout, uint32_t index, int32_t x_q6)
{
    struct pen pen = line_pen(layout, index);
    size_t last = line_last(layout, index);
    while (pen.at < last) {
        size_t at = pen.at;
        int32_t left = pen.x_q6;
        pen_advance(&pen, unicode_grapheme_next(pen.bytes, pen.size, at));
        if (x_q6 < left + (pen.x_q6 - left) / 2) {
            return at;
        }
    }
    return last;
}

size_t text_layout_hit(struct text_layout *layout, int32_t x_q6, int32_t y)
{
    int32_t line = y < 0 ? 0 : y / layout->line_height;
    uint32_t last = layout->content.line_count - 1;
    return line_hit(layout, (uint32_t)line > last ? last : (uint32_t)line, x_q6);
}

static int32_t line_top(const struct text_layout *layout, uint32_t index)
{
    int64_t top = (int64_t)index * layout->line_height;
    return top > INT32_MAX ? INT32_MAX : (int32_t)top;
}

size_t text_layout_selection(struct text_layout *layout, size_t from, size_t to,
                             struct paint_rect *out_rects, size_t max)
{
    size_t count = 0;
    to = to > layout->content.size ? layout->content.size : to;
    if (from >= to) {
        return 0;
    }
    for (uint32_t i = lines_find(layout, from); i < layout->content.line_count && count < max;
         i++) {
        const struct line *line = &layout->content.lines[i];
        if (line->begin >= to) {
            break;
        }
        int32_t left = from <= line->begin ? 0 : line_x(layout, i, from);
        int32_t right = line_x(layout, i, to);
        bool tail = to > line->end && !lines_is_wrapped(layout, i);
        right += tail ? layout->line_height * 64 / 4 : 0;
        struct paint_rect rect = {left / 64, line_top(layout, i), (right + 63) / 64 - left / 64,
                                  layout->line_height};
        if (right > left) {
            out_rects[count++] = rect;
        }
    }
    return count;
}

static size_t move_vertically(struct text_layout *layout, size_t offset, int step,
                              int32_t *goal_x_q6)
{
    struct text_caret caret = text_layout_caret(layout, offset);
    if (*goal_x_q6 < 0) {
        *goal_x_q6 = caret.x_q6;
    }
    if (step < 0 && caret.line == 0) {
        return 0;
    }
    if (step > 0 && caret.line + 1 == layout->content.line_count) {
        return layout->content.size;
    }
    return line_hit(layout, (uint32_t)caret.line + (step > 0 ? 1U : -1U), *goal_x_q6);
}

size_t text_layout_move(struct text_layout *layout, size_t offset, enum text_move move,
                        int32_t *goal_x_q6)
{
    const char *bytes = layout->content.bytes;
    size_t size = layout->content.size;
    offset = offset > size ? size : offset;
    switch (move) {
    case TEXT_MOVE_LEFT:
        return unicode_grapheme_previous(bytes, size, offset);
    case TEXT_MOVE_RIGHT:
        return unicode_grapheme_next(bytes, size, offset);
    case TEXT_MOVE_WORD_LEFT:
        return unicode_word_previous(bytes, size, offset);
    case TEXT_MOVE_WORD_RIGHT:
        return unicode_word_next(bytes, size, offset);
    case TEXT_MOVE_UP:
        return move_vertically(layout, offset, -1, goal_x_q6);
    case TEXT_MOVE_DOWN:
        return move_vertically(layout, offset, 1, goal_x_q6);
    case TEXT_MOVE_LINE_START:
        return layout->content.lines[lines_find(layout, offset)].begin;
    case TEXT_MOVE_LINE_END:
        return line_last(layout, lines_find(layout, offset));
    case TEXT_MOVE_START:
        return 0;
    case TEXT_MOVE_END:
        break;
    }
    return size;
}

// The last line of a truncated layout: as much as fits, and an ellipsis even if all of it would.
static void draw_last(struct text_layout *layout, struct paint_target *target, struct text_run run,
                      int32_t x_q6, int32_t baseline)
{
    struct text_run dots = run;
    dots.bytes = "\xE2\x80\xA6";
    dots.size = 3;
    int32_t width, room = max_i32(0, layout->width * 64 - text_measure(layout->text, &dots));
    run.size = text_fit(layout->text, &run, room, NULL);
    while (run.size > 0 && run.bytes[run.size - 1] == ' ') {
        run.size--;
    }
    width = text_draw(layout->text, target, &run, x_q6, baseline);
    text_draw(layout->text, target, &dots, x_q6 + width, baseline);
}

void text_layout_draw(struct text_layout *layout, struct paint_target *target, int32_t x, int32_t y,
                      uint32_t color)
{
    int32_t height = layout->line_height, count = (int32_t)layout->content.line_count;
    x = max_i32(-PAINT_EXTENT_MAX, min_i32(x, PAINT_EXTENT_MAX));
    int64_t top = (int64_t)target->clip.y - y; // of the clip, in the layout
    int64_t first = top / height > 1 ? top / height - 1 : 0;
    int64_t end = (top + target->clip.height) / height + 2;
    for (int64_t i = first; i < count && i < end; i++) {
        const struct line *line = &layout->content.lines[i];
        struct text_run run = {.bytes = layout->content.bytes + line->begin,
                               .size = line->end - line->begin,
                               .style = layout->style,
                               .color = color};
        int32_t baseline =
            text_baseline_centred(layout->text, layout->style, (int32_t)(y + i * height), height);
        if (layout->content.truncated && i == count - 1) {
            draw_last(layout, target, run, x * 64, baseline);
        } else {
            text_draw(layout->text, target, &run, x * 64, baseline);
        }
    }
}
