// SPDX-License-Identifier: Apache-2.0
// The editor's fields, shared by editor.c (text) and editor_move.c (lines, caret, pointer).
#pragma once

#include "editor.h"

struct editor {
    struct editor_options options;
    struct buffer text;
    size_t caret, anchor;
    int32_t goal_x_q6;
    struct editor_look look;
    struct text_layout *title, *body; // `title` holds the first line of a titled text, else nothing
    size_t body_from;                 // offset where `body` begins
    bool has_body;                    // a titled text of one line has none
    bool is_stale;                    // lines are older than the text
};

// The text as characters, never NULL.
const char *editor_chars(const struct editor *editor);
// Arrows, Home, End and pages; EDITOR_IGNORED for other keys.
enum editor_result editor_move(struct editor *editor, const struct stroke *stroke);
