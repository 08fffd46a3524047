// SPDX-License-Identifier: Apache-2.0
// The editor's text and changes; moving and pointing is editor_move.c. `caret` is where typing
// goes, `anchor` the other end of the selection; equal: no selection.
#include "editor.h"
#include "editor_state.h"

#include "base/math.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

struct editor *editor_create(const struct editor_options *options)
{
    struct editor *editor = calloc(1, sizeof *editor);
    if (editor == NULL) {
        return NULL;
    }
    editor->options = *options;
    editor->goal_x_q6 = -1;
    editor->body = text_layout_create(options->text);
    editor->title = text_layout_create(options->text);
    if (editor->body == NULL || editor->title == NULL) {
        editor_destroy(editor);
        return NULL;
    }
    return editor;
}

void editor_destroy(struct editor *editor)
{
    if (editor != NULL) {
        text_layout_destroy(editor->body);
        text_layout_destroy(editor->title);
        buffer_finish(&editor->text);
        free(editor);
    }
}

void editor_source_set(struct editor *editor, const struct editor_source *source)
{
    editor->options.source = *source;
}

struct span editor_text(const struct editor *editor)
{
    return buffer_span(&editor->text);
}

bool editor_is_read_only(const struct editor *editor)
{
    return editor->options.read_only;
}

const char *editor_chars(const struct editor *editor)
{
    return editor->text.bytes != NULL ? (const char *)editor->text.bytes : "";
}

// Moves an offset back to the start of its grapheme.
static size_t offset_settle(const struct editor *editor, size_t offset)
{
    size_t size = editor->text.size;
    if (offset >= size) {
        return size;
    }
    size_t next = unicode_grapheme_next(editor_chars(editor), size, offset);
    size_t start = unicode_grapheme_previous(editor_chars(editor), size, next);
    return start < offset ? start : offset;
}

size_t editor_offset(const struct editor *editor)
{
    return editor->caret;
}

void editor_offset_set(struct editor *editor, size_t offset)
{
    editor->caret = editor->anchor = offset_settle(editor, offset);
    editor->goal_x_q6 = -1;
}

uint64_t editor_typed(const struct editor *editor, uint64_t *out_replica)
{
    *out_replica = 0;
    return editor->options.source.typed != NULL
               ? editor->options.source.typed(editor->options.source.context, 0, out_replica)
               : 0;
}

void editor_resume(struct editor *editor, size_t offset, uint64_t replica, uint64_t typed)
{
    editor_offset_set(editor, offset);
    uint64_t now = 0;
    if (editor->options.source.typed != NULL && replica != 0) {
        now = editor->options.source.typed(editor->options.source.context, replica, &replica);
    }
    uint64_t since = now > typed ? min_u64(now - typed, EDITOR_BYTES_MAX) : 0;
    size_t units = unicode_utf16_of(editor_chars(editor), editor->text.size, editor->caret) + since;
    editor_offset_set(editor, unicode_byte_of(editor_chars(editor), editor->text.size, units));
}

// Replaces bytes [from, to) in the editor's own text.
static status_t text_replace(struct editor *editor, size_t from, size_t to, struct span text)
{
    struct buffer *held = &editor->text;
    if (held->size - (to - from) + text.size > EDITOR_BYTES_MAX) {
        return ERR_TOO_LARGE;
    }
    size_t tail = held->size - to;
    if (text.size > to - from && buffer_extend(held, text.size - (to - from)) == NULL) {
        held->failed = false;
        return ERR_NO_MEMORY;
    }
    if (tail > 0) {
        memmove(held->bytes + from + text.size, held->bytes + to, tail);
    }
    if (text.size > 0) {
        memcpy(held->bytes + from, text.bytes, text.size);
    }
    held->size = from + text.size + tail;
    editor->is_stale = true;
    return OK;
}

status_t editor_set(struct editor *editor, struct span text)
{
    status_t status = text_replace(editor, 0, editor->text.size, text);
    if (status == OK) {
        editor->caret = offset_settle(editor, editor->caret);
        editor->anchor = offset_settle(editor, editor->anchor);
    }
    return status;
}

// Where an offset goes when [from, to) becomes `size` bytes: before stays, after moves along,
// inside goes to the start.
static size_t offset_shift(size_t offset, size_t from, size_t to, size_t size)
{
    if (offset <= from) {
        return offset;
    }
    return offset >= to ? offset - (to - from) + size : from;
}

status_t editor_splice(struct editor *editor, uint32_t at_utf16, uint32_t removed_utf16,
                       struct span text)
{
    const char *chars = editor_chars(editor);
    size_t from = unicode_byte_of(chars, editor->text.size, at_utf16);
    size_t to = unicode_byte_of(chars, editor->text.size, (size_t)at_utf16 + removed_utf16);
    status_t status = text_replace(editor, from, to, text);
    if (status == OK) {
        editor->caret = offset_settle(editor, offset_shift(editor->caret, from, to, text.size));
        editor->anchor = offset_settle(editor, offset_shift(editor->anchor, from, to, text.size));
        editor->goal_x_q6 = -1;
    }
    return status;
}

// A person's change: the source first, then the own text, then the caret after what was put.
static enum editor_result change(struct editor *editor, size_t from, size_t to, struct span text)
{
    const struct editor_source *source = &editor->options.source;
    const char *chars = editor_chars(editor);
    size_t size = editor->text.size;
    if (editor->options.read_only || size - (to - from) + text.size > EDITOR_BYTES_MAX) {
        return EDITOR_IGNORED;
    }
    uint32_t at = (uint32_t)unicode_utf16_of(chars, size, from);
    uint32_t count = (uint32_t)unicode_utf16_of(chars, size, to) - at;
    if (count > 0 && source->remove != NULL && source->remove(source->context, at, count) < 0) {
        return EDITOR_IGNORED;
    }
    if (text_replace(editor, from, to, (struct span){NULL, 0}) < 0) {
        return EDITOR_IGNORED;
    }
    editor->caret = editor->anchor = from;
    editor->goal_x_q6 = -1;
    if (text.size == 0) {
        return EDITOR_CHANGED;
    }
    if (source->insert != NULL &&
        source->insert(source->context, at, (const char *)text.bytes, text.size) < 0) {
        return count > 0 ? EDITOR_CHANGED : EDITOR_IGNORED;
    }
    if (text_replace(editor, from, from, text) == OK) {
        editor->caret = editor->anchor = from + text.size;
    }
    return EDITOR_CHANGED;
}

static size_t selection_from(const struct editor *editor)
{
    return editor->caret < editor->anchor ? editor->caret : editor->anchor;
}

static size_t selection_to(const struct editor *editor)
{
    return editor->caret < editor->anchor ? editor->anchor : editor->caret;
}

enum editor_result editor_insert(struct editor *editor, struct span text)
{
    return change(editor, selection_from(editor), selection_to(editor), text);
}

enum editor_result editor_replace(struct editor *editor, size_t from, size_t to, struct span text)
{
    return from <= to && to <= editor->text.size ? change(editor, from, to, text) : EDITOR_IGNORED;
}

// Pasted or injected text in a single line: line feeds become spaces.
static enum editor_result paste(struct editor *editor)
{
    struct span text = buffer_span(&editor->options.clipboard->text);
    if (editor->options.multiline || text.size == 0) {
        return text.size > 0 ? editor_insert(editor, text) : EDITOR_IGNORED;
    }
    struct buffer flat = {0};
    for (size_t i = 0; i < text.size; i++) {
        buffer_u8(&flat, text.bytes[i] == '\n' ? ' ' : text.bytes[i]);
    }
    enum editor_result result =
        buffer_ok(&flat) ? editor_insert(editor, buffer_span(&flat)) : EDITOR_IGNORED;
    buffer_finish(&flat);
    return result;
}

static enum editor_result copy(struct editor *editor, bool cut)
{
    if (!editor_has_selection(editor)) {
        return EDITOR_IGNORED;
    }
    struct buffer *board = &editor->options.clipboard->text;
    buffer_clear(board);
    size_t from = selection_from(editor), to = selection_to(editor);
    buffer_bytes(board, editor->text.bytes + from, to - from);
    return cut ? change(editor, from, to, (struct span){NULL, 0}) : EDITOR_MOVED;
}

// Backspace and Delete: the selection, else a grapheme, with Ctrl a word, in that direction.
static enum editor_result erase(struct editor *editor, bool forward, bool word)
{
    size_t from = selection_from(editor), to = selection_to(editor), size = editor->text.size;
    const char *chars = editor_chars(editor);
    if (from == to && forward) {
        to = word ? unicode_word_next(chars, size, to) : unicode_grapheme_next(chars, size, to);
    } else if (from == to) {
        from = word ? unicode_word_previous(chars, size, from)
                    : unicode_grapheme_previous(chars, size, from);
    }
    return from == to ? EDITOR_IGNORED : change(editor, from, to, (struct span){NULL, 0});
}

static enum editor_result control_key(struct editor *editor, const struct stroke *stroke)
{
    if (stroke->code == KEY_CODE_C) {
        return copy(editor, false);
    }
    if (stroke->code == KEY_CODE_X) {
        return editor->options.read_only ? EDITOR_IGNORED : copy(editor, true);
    }
    if (stroke->code == KEY_CODE_V) {
        return paste(editor);
    }
    if (stroke->code == KEY_CODE_A) {
        editor_select_all(editor);
        return EDITOR_MOVED;
    }
    return EDITOR_IGNORED;
}

enum editor_result editor_key(struct editor *editor, const struct stroke *stroke)
{
    bool control = stroke->modifiers & KEY_CTRL;
    if (stroke->modifiers & (KEY_ALT | KEY_META)) {
        return EDITOR_IGNORED;
    }
    switch (stroke->code) {
    case KEY_CODE_BACKSPACE:
        return erase(editor, false, control);
    case KEY_CODE_DELETE:
        return erase(editor, true, control);
    case KEY_CODE_ENTER:
        return control ? EDITOR_IGNORED
               : editor->options.multiline
                   ? editor_insert(editor, (struct span){(const uint8_t *)"\n", 1})
                   : EDITOR_ENTERED;
    default:
        break;
    }
    if (stroke->text != 0) {
        return editor_insert(editor, (struct span){(const uint8_t *)&stroke->text, 1});
    }
    enum editor_result moved = editor_move(editor, stroke);
    return moved != EDITOR_IGNORED || !control ? moved : control_key(editor, stroke);
}
