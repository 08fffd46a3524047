// SPDX-License-Identifier: Apache-2.0
// The inside of a layout: the text, its paragraphs, and one flat array of lines. A changed text is
// compared with the old one; lines of the paragraphs at both ends that are the same are carried
// over.
#pragma once

#include "text/layout.h"

struct paragraph {
    uint32_t begin, end; // bytes, without the '\n'
    uint32_t first_line, line_count;
};

struct line {
    uint32_t begin, end; // bytes
    int32_t width_q6;    // without hanging spaces
};

// What a text was made into. Owned by the layout.
struct layout_content {
    char *bytes;
    uint32_t size;
    struct paragraph *paragraphs;
    uint32_t paragraph_count, paragraph_capacity;
    struct line *lines;
    uint32_t line_count, line_capacity;
    bool truncated; // by lines_max
};

struct text_layout {
    struct text *text;
    struct text_style style;
    int32_t width, line_height, lines_max;
    struct layout_content content;
    size_t work;
};

// The line that the caret at `offset` is on.
uint32_t lines_find(const struct text_layout *layout, size_t offset);
// Whether the line ends because it is full (not at a '\n' or the end of the text).
bool lines_is_wrapped(const struct text_layout *layout, uint32_t index);
