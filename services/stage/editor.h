// SPDX-License-Identifier: Apache-2.0
// Editing a text: caret, selection, keys, pointer, clipboard, and what others write meanwhile. The
// editor holds the text as UTF-8 and its lines; what a person changes goes to a source (a document,
// or nothing for a search field) in UTF-16 units, as the documents count. Offsets are bytes and
// always stand between graphemes.
//
// A titled text shows its first line as a heading: two layouts, one above the other, one run of
// offsets.
#pragma once

#include "keys.h"
#include "theme.h"

#include "base/buffer.h"
#include "text/layout.h"

enum { EDITOR_BYTES_MAX = 1024 * 1024 };

struct editor;

// Where edits go. The first two are called before the editor's own text changes; an error leaves it
// unchanged. NULL functions: the text is the editor's alone.
struct editor_source {
    status_t (*insert)(void *context, uint32_t at_utf16, const char *text, size_t size);
    status_t (*remove)(void *context, uint32_t at_utf16, uint32_t count_utf16);
    void *context;
    // How much a replica (0: this one, whose number goes to *out_replica) has ever inserted, in
    // UTF-16 units.
    uint64_t (*typed)(void *context, uint64_t replica, uint64_t *out_replica);
};

// Shared by all editors of a stage; all zero is empty.
struct clipboard {
    struct buffer text;
};

struct editor_options {
    struct text *text;           // borrowed
    struct clipboard *clipboard; // borrowed
    struct editor_source source;
    bool multiline, titled, read_only;
};

// How it is shown; set before asking for lines.
struct editor_look {
    struct text_style style, title_style;
    int32_t line_px, title_line_px;
    int32_t gap_px;   // between the heading and the rest
    int32_t width_px; // to wrap at; a single line never wraps
};

// One visible line, px from the editor's top left.
struct editor_line {
    struct paint_rect rect;
    struct span text;
    bool is_title;
};

enum editor_result { EDITOR_IGNORED, EDITOR_MOVED, EDITOR_CHANGED, EDITOR_ENTERED };

// NULL when memory is exhausted.
struct editor *editor_create(const struct editor_options *options);
void editor_destroy(struct editor *editor);
// Where edits go from now on; the text stays.
void editor_source_set(struct editor *editor, const struct editor_source *source);
// Replaces the whole text without telling the source (it came from there). The caret stays as far
// as it can.
status_t editor_set(struct editor *editor, struct span text);
struct span editor_text(const struct editor *editor);
bool editor_is_read_only(const struct editor *editor);
// Somebody else replaced `removed` UTF-16 units at `at` by `text`: caret and selection stay on
// their characters.
status_t editor_splice(struct editor *editor, uint32_t at_utf16, uint32_t removed_utf16,
                       struct span text);

// ---- how it looks ----

status_t editor_look_set(struct editor *editor, const struct editor_look *look);
size_t editor_line_count(const struct editor *editor);
struct editor_line editor_line_at(const struct editor *editor, size_t index);
int32_t editor_height(const struct editor *editor);
// The caret, two scaled pixels wide is the painter's matter: width is 0.
struct paint_rect editor_caret(const struct editor *editor);
bool editor_has_selection(const struct editor *editor);
// Rectangles of the selection, at most `max`; returns how many.
size_t editor_selection(const struct editor *editor, struct paint_rect *out_rects, size_t max);

// ---- what a person does ----

enum editor_result editor_key(struct editor *editor, const struct stroke *stroke);
// Puts text over the selection, as typing does. EDITOR_IGNORED when the source or a bound refuses.
enum editor_result editor_insert(struct editor *editor, struct span text);
// Replaces the bytes [from, to) as a person's edit; both stand between characters. EDITOR_IGNORED
// as above.
enum editor_result editor_replace(struct editor *editor, size_t from, size_t to, struct span text);
// Places the caret at a point (px from the top left); `extend` keeps the other end of the
// selection.
void editor_press(struct editor *editor, int32_t x, int32_t y, bool extend);
void editor_select_word(struct editor *editor);
void editor_select_all(struct editor *editor);
// The caret as a byte offset, and putting it there (moved back to a character's start).
size_t editor_offset(const struct editor *editor);
void editor_offset_set(struct editor *editor, size_t offset);
// What the caret needs to be found by a later editor of the same text: who types here and how much
// that was; and putting the caret behind all that this one has typed since, beginning at `offset`.
uint64_t editor_typed(const struct editor *editor, uint64_t *out_replica);
void editor_resume(struct editor *editor, size_t offset, uint64_t replica, uint64_t typed);
void editor_caret_to_end(struct editor *editor);
