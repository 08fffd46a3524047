// SPDX-License-Identifier: Apache-2.0
// Lines, caret and pointer. A titled text is two layouts; everything here asks the one an offset or
// a point belongs to.
#include "editor_state.h"

#include "base/math.h"
#include "text/unicode.h"

#include <string.h>

// One of the two layouts: where its text and its pixels begin.
struct pane {
    struct text_layout *layout;
    size_t from;
    int32_t y, line_px;
};

static bool has_title(const struct editor *editor)
{
    return editor->options.titled;
}

static struct pane pane_of_title(const struct editor *editor)
{
    return (struct pane){editor->title, 0, 0, editor->look.title_line_px};
}

static struct pane pane_of_body(const struct editor *editor)
{
    int32_t y = has_title(editor) ? text_layout_height(editor->title) + editor->look.gap_px : 0;
    return (struct pane){editor->body, editor->body_from, y, editor->look.line_px};
}

static struct pane pane_at(const struct editor *editor, size_t offset)
{
    bool in_title = has_title(editor) && (!editor->has_body || offset < editor->body_from);
    return in_title ? pane_of_title(editor) : pane_of_body(editor);
}

static status_t lay_out(struct editor *editor)
{
    const char *chars = editor_chars(editor);
    size_t size = editor->text.size;
    const char *feed = has_title(editor) && size > 0 ? memchr(chars, '\n', size) : NULL;
    size_t title_size = !has_title(editor) ? 0 : feed != NULL ? (size_t)(feed - chars) : size;
    editor->has_body = !has_title(editor) || feed != NULL;
    editor->body_from = !has_title(editor) ? 0 : feed != NULL ? title_size + 1 : size;
    int32_t width = editor->options.multiline ? editor->look.width_px : PAINT_EXTENT_MAX;
    struct text_layout_options title = {.bytes = chars,
                                        .size = title_size,
                                        .style = editor->look.title_style,
                                        .width = width,
                                        .line_height = max_i32(editor->look.title_line_px, 1)};
    status_t status = text_layout_set(editor->title, &title);
    struct text_layout_options body = {.bytes = chars + editor->body_from,
                                       .size = size - editor->body_from,
                                       .style = editor->look.style,
                                       .width = width,
                                       .line_height = max_i32(editor->look.line_px, 1)};
    status = status == OK ? text_layout_set(editor->body, &body) : status;
    editor->is_stale = status != OK;
    return status;
}

status_t editor_look_set(struct editor *editor, const struct editor_look *look)
{
    if (!editor->is_stale && memcmp(&editor->look, look, sizeof *look) == 0) {
        return OK;
    }
    editor->look = *look;
    return lay_out(editor);
}

size_t editor_line_count(const struct editor *editor)
{
    size_t title = has_title(editor) ? text_layout_line_count(editor->title) : 0;
    return title + (editor->has_body ? text_layout_line_count(editor->body) : 0);
}

struct editor_line editor_line_at(const struct editor *editor, size_t index)
{
    size_t titles = has_title(editor) ? text_layout_line_count(editor->title) : 0;
    struct pane pane = index < titles ? pane_of_title(editor) : pane_of_body(editor);
    size_t at = index < titles ? index : index - titles;
    struct text_line line = text_layout_line(pane.layout, at);
    return (struct editor_line){
        .rect = {0, pane.y + (int32_t)at * pane.line_px, (line.width_q6 + 63) / 64, pane.line_px},
        .text = {(const uint8_t *)editor_chars(editor) + pane.from + line.begin,
                 line.end - line.begin},
        .is_title = index < titles};
}

int32_t editor_height(const struct editor *editor)
{
    int32_t title = has_title(editor) ? text_layout_height(editor->title) : 0;
    if (!editor->has_body) {
        return title;
    }
    return title + (has_title(editor) ? editor->look.gap_px : 0) + text_layout_height(editor->body);
}

struct paint_rect editor_caret(const struct editor *editor)
{
    struct pane pane = pane_at(editor, editor->caret);
    struct text_caret caret = text_layout_caret(pane.layout, editor->caret - pane.from);
    return (struct paint_rect){caret.x_q6 / 64, pane.y + (int32_t)caret.line * pane.line_px, 0,
                               pane.line_px};
}

bool editor_has_selection(const struct editor *editor)
{
    return editor->caret != editor->anchor;
}

size_t editor_selection(const struct editor *editor, struct paint_rect *out_rects, size_t max)
{
    size_t from = (size_t)min_u64(editor->caret, editor->anchor);
    size_t to = (size_t)max_u64(editor->caret, editor->anchor), count = 0;
    if (has_title(editor) && from < editor->body_from) {
        size_t end = (size_t)min_u64(to, editor->body_from);
        count = text_layout_selection(editor->title, from, end, out_rects, max);
    }
    if (editor->has_body && to > editor->body_from) {
        struct pane pane = pane_of_body(editor);
        size_t start = (size_t)max_u64(from, pane.from) - pane.from;
        size_t more = text_layout_selection(pane.layout, start, to - pane.from, out_rects + count,
                                            max - count);
        for (size_t i = count; i < count + more; i++) {
            out_rects[i].y += pane.y;
        }
        count += more;
    }
    return count;
}

static size_t offset_at(const struct editor *editor, int32_t x, int32_t y)
{
    struct pane body = pane_of_body(editor);
    bool in_title = has_title(editor) && (!editor->has_body || y < body.y);
    struct pane pane = in_title ? pane_of_title(editor) : body;
    return pane.from + text_layout_hit(pane.layout, x * 64, y - pane.y);
}

void editor_press(struct editor *editor, int32_t x, int32_t y, bool extend)
{
    editor->caret = offset_at(editor, x, y);
    editor->anchor = extend ? editor->anchor : editor->caret;
    editor->goal_x_q6 = -1;
}

void editor_select_word(struct editor *editor)
{
    const char *chars = editor_chars(editor);
    size_t size = editor->text.size;
    size_t end = unicode_word_next(chars, size, editor->caret);
    editor->anchor = unicode_word_previous(chars, size, end);
    editor->caret = end;
    editor->goal_x_q6 = -1;
}

void editor_select_all(struct editor *editor)
{
    editor->anchor = 0;
    editor->caret = editor->text.size;
    editor->goal_x_q6 = -1;
}

void editor_caret_to_end(struct editor *editor)
{
    editor->caret = editor->anchor = editor->text.size;
    editor->goal_x_q6 = -1;
}

// Moves within one layout, and over the border between heading and body.
static size_t offset_move(struct editor *editor, enum text_move move)
{
    struct pane pane = pane_at(editor, editor->caret);
    size_t local = editor->caret - pane.from;
    bool up = move == TEXT_MOVE_UP, down = move == TEXT_MOVE_DOWN;
    if (up || down) {
        struct text_caret caret = text_layout_caret(pane.layout, local);
        bool in_body = pane.layout == editor->body;
        editor->goal_x_q6 = editor->goal_x_q6 < 0 ? caret.x_q6 : editor->goal_x_q6;
        if (up && has_title(editor) && in_body && caret.line == 0) {
            int32_t last = text_layout_height(editor->title) - 1;
            return text_layout_hit(editor->title, editor->goal_x_q6, last);
        }
        bool is_last = caret.line + 1 == text_layout_line_count(pane.layout);
        if (down && has_title(editor) && !in_body && is_last && editor->has_body) {
            return editor->body_from + text_layout_hit(editor->body, editor->goal_x_q6, 0);
        }
    } else {
        editor->goal_x_q6 = -1;
    }
    return pane.from + text_layout_move(pane.layout, local, move, &editor->goal_x_q6);
}

// Moves that need no lines: graphemes, words and the ends of the whole text.
static bool text_moves(const struct editor *editor, enum text_move move, size_t *out_offset)
{
    const char *chars = editor_chars(editor);
    size_t size = editor->text.size, at = editor->caret;
    switch (move) {
    case TEXT_MOVE_LEFT:
        *out_offset = unicode_grapheme_previous(chars, size, at);
        return true;
    case TEXT_MOVE_RIGHT:
        *out_offset = unicode_grapheme_next(chars, size, at);
        return true;
    case TEXT_MOVE_WORD_LEFT:
        *out_offset = unicode_word_previous(chars, size, at);
        return true;
    case TEXT_MOVE_WORD_RIGHT:
        *out_offset = unicode_word_next(chars, size, at);
        return true;
    case TEXT_MOVE_START:
        *out_offset = 0;
        return true;
    case TEXT_MOVE_END:
        *out_offset = size;
        return true;
    default:
        return false;
    }
}

static bool move_of(const struct stroke *stroke, enum text_move *out_move)
{
    static const struct {
        uint16_t code;
        enum text_move plain, control;
    } moves[] = {
        {KEY_CODE_LEFT, TEXT_MOVE_LEFT, TEXT_MOVE_WORD_LEFT},
        {KEY_CODE_RIGHT, TEXT_MOVE_RIGHT, TEXT_MOVE_WORD_RIGHT},
        {KEY_CODE_UP, TEXT_MOVE_UP, TEXT_MOVE_UP},
        {KEY_CODE_DOWN, TEXT_MOVE_DOWN, TEXT_MOVE_DOWN},
        {KEY_CODE_HOME, TEXT_MOVE_LINE_START, TEXT_MOVE_START},
        {KEY_CODE_END, TEXT_MOVE_LINE_END, TEXT_MOVE_END},
        {KEY_CODE_PAGE_UP, TEXT_MOVE_START, TEXT_MOVE_START},
        {KEY_CODE_PAGE_DOWN, TEXT_MOVE_END, TEXT_MOVE_END},
    };
    for (size_t i = 0; i < ARRAY_COUNT(moves); i++) {
        if (moves[i].code == stroke->code) {
            *out_move = stroke->modifiers & KEY_CTRL ? moves[i].control : moves[i].plain;
            return true;
        }
    }
    return false;
}

enum editor_result editor_move(struct editor *editor, const struct stroke *stroke)
{
    enum text_move move;
    if (!move_of(stroke, &move)) {
        return EDITOR_IGNORED;
    }
    bool vertical = move == TEXT_MOVE_UP || move == TEXT_MOVE_DOWN;
    if (vertical && !editor->options.multiline) {
        return EDITOR_IGNORED;
    }
    if (editor->is_stale && lay_out(editor) < 0) {
        return EDITOR_IGNORED;
    }
    bool extend = stroke->modifiers & KEY_SHIFT;
    bool sideways = move == TEXT_MOVE_LEFT || move == TEXT_MOVE_RIGHT;
    size_t at = editor->caret;
    if (sideways && !extend && editor_has_selection(editor)) {
        // A selection collapses to the end that lies in the direction.
        at = (size_t)(move == TEXT_MOVE_LEFT ? min_u64(editor->caret, editor->anchor)
                                             : max_u64(editor->caret, editor->anchor));
    } else if (!text_moves(editor, move, &at)) {
        at = offset_move(editor, move);
    }
    editor->goal_x_q6 = vertical ? editor->goal_x_q6 : -1;
    editor->caret = at;
    editor->anchor = extend ? editor->anchor : at;
    return EDITOR_MOVED;
}
