// SPDX-License-Identifier: Apache-2.0
// Wrapping. A line is filled grapheme by grapheme; when it is too wide it ends at the last place
// where a break is allowed, or, in a word longer than the line, before the grapheme that did not
// fit. What was walked after the break is walked again for the next line, so the work is at most
// twice the text.
#include "lines.h"

#include "engine.h"
#include "base/assert.h"
#include "base/math.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

static void content_finish(struct layout_content *content)
{
    free(content->bytes);
    free(content->paragraphs);
    free(content->lines);
    *content = (struct layout_content){0};
}

struct text_layout *text_layout_create(struct text *text)
{
    struct text_layout *layout = calloc(1, sizeof *layout);
    if (layout == NULL) {
        return NULL;
    }
    layout->text = text;
    struct text_layout_options empty = {
        .style = {TEXT_REGULAR, 16 * 64}, .width = 1, .line_height = 1};
    if (text_layout_set(layout, &empty) != OK) {
        free(layout);
        return NULL;
    }
    return layout;
}

void text_layout_destroy(struct text_layout *layout)
{
    if (layout != NULL) {
        content_finish(&layout->content);
        free(layout);
    }
}

// Makes room for one more element of `size` bytes; returns the array, or NULL (the old one stays).
static void *array_reserve(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    uint32_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(array, wanted * size);
    *capacity = grown != NULL ? wanted : *capacity;
    return grown;
}

static status_t content_add_line(struct layout_content *content, struct line line)
{
    struct line *lines =
        array_reserve(content->lines, content->line_count, &content->line_capacity, sizeof line);
    if (lines == NULL) {
        return ERR_NO_MEMORY;
    }
    content->lines = lines;
    lines[content->line_count++] = line;
    return OK;
}

static status_t content_add_paragraph(struct layout_content *content, uint32_t begin, uint32_t end)
{
    struct paragraph *paragraphs = array_reserve(content->paragraphs, content->paragraph_count,
                                                 &content->paragraph_capacity, sizeof *paragraphs);
    if (paragraphs == NULL) {
        return ERR_NO_MEMORY;
    }
    content->paragraphs = paragraphs;
    paragraphs[content->paragraph_count++] = (struct paragraph){.begin = begin, .end = end};
    return OK;
}

static status_t content_split(struct layout_content *content)
{
    uint32_t begin = 0;
    for (;;) {
        const char *newline = memchr(content->bytes + begin, '\n', content->size - begin);
        uint32_t end = newline != NULL ? (uint32_t)(newline - content->bytes) : content->size;
        status_t status = content_add_paragraph(content, begin, end);
        if (status != OK || newline == NULL) {
            return status;
        }
        begin = end + 1;
    }
}

// Finds one line's end, from `begin`, in bytes [0, end).
static struct line line_fill(const struct text_layout *layout, const struct layout_content *content,
                             uint32_t begin, uint32_t end)
{
    struct pen pen = pen_of(layout->text, layout->style, content->bytes, end);
    struct line whole = {begin, end, 0}, broken = {begin, begin, 0};
    int32_t limit = layout->width * 64;
    uint32_t before = 0; // the character before this grapheme
    pen.at = begin;
    for (uint32_t at = begin; at < end;) {
        uint32_t next = (uint32_t)unicode_grapheme_next(content->bytes, end, at);
        size_t peek = at;
        uint32_t code = unicode_next(content->bytes, end, &peek);
        if (at > begin && unicode_may_break(before, code)) {
            broken.end = at;
            broken.width_q6 = whole.width_q6;
        }
        pen_advance(&pen, next);
        bool space = code == ' ' || code == '\t' || code == 0x3000;
        if (!space && pen.x_q6 > limit && at > begin) {
            bool allowed = broken.end > begin;
            whole.end = at;
            return allowed ? broken : whole;
        }
        whole.width_q6 = space ? whole.width_q6 : pen.x_q6;
        before = code;
        at = next;
    }
    return whole;
}

static status_t paragraph_wrap(const struct text_layout *layout, struct layout_content *content,
                               uint32_t index)
{
    uint32_t at = content->paragraphs[index].begin, end = content->paragraphs[index].end;
    content->paragraphs[index].first_line = content->line_count;
    do {
        if (layout->lines_max > 0 && content->line_count == (uint32_t)layout->lines_max) {
            content->truncated = true;
            break;
        }
        struct line line = line_fill(layout, content, at, end);
        status_t status = content_add_line(content, line);
        if (status != OK) {
            return status;
        }
        at = line.end;
    } while (at < end);
    content->paragraphs[index].line_count =
        content->line_count - content->paragraphs[index].first_line;
    return OK;
}

static bool paragraph_equal(const struct layout_content *a, uint32_t i,
                            const struct layout_content *b, uint32_t j)
{
    uint32_t size = a->paragraphs[i].end - a->paragraphs[i].begin;
    return size == b->paragraphs[j].end - b->paragraphs[j].begin &&
           memcmp(a->bytes + a->paragraphs[i].begin, b->bytes + b->paragraphs[j].begin, size) == 0;
}

// Copies the lines of an equal old paragraph, moved to where the new one is.
static status_t paragraph_reuse(struct layout_content *content, uint32_t index,
                                const struct layout_content *old, uint32_t old_index)
{
    struct paragraph *paragraph = &content->paragraphs[index];
    const struct paragraph *from = &old->paragraphs[old_index];
    paragraph->first_line = content->line_count;
    paragraph->line_count = from->line_count;
    uint32_t shift = paragraph->begin - from->begin; // modulo 2^32
    for (uint32_t i = 0; i < from->line_count; i++) {
        struct line line = old->lines[from->first_line + i];
        line.begin += shift;
        line.end += shift;
        status_t status = content_add_line(content, line);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

// How many paragraphs at the start, and at the end, are as they were.
struct common {
    uint32_t head, tail;
};

static struct common content_compare(const struct layout_content *content,
                                     const struct layout_content *old)
{
    struct common common = {0, 0};
    uint32_t most = content->paragraph_count < old->paragraph_count ? content->paragraph_count
                                                                    : old->paragraph_count;
    while (common.head < most && paragraph_equal(content, common.head, old, common.head)) {
        common.head++;
    }
    while (common.head + common.tail < most &&
           paragraph_equal(content, content->paragraph_count - 1 - common.tail, old,
                           old->paragraph_count - 1 - common.tail)) {
        common.tail++;
    }
    return common;
}

static status_t content_wrap(struct text_layout *layout, struct layout_content *content, bool reuse)
{
    const struct layout_content *old = &layout->content;
    struct common common = reuse ? content_compare(content, old) : (struct common){0, 0};
    uint32_t count = content->paragraph_count;
    layout->work = 0;
    for (uint32_t i = 0; i < count && !content->truncated; i++) {
        status_t status;
        if (i < common.head) {
            status = paragraph_reuse(content, i, old, i);
        } else if (i >= count - common.tail) {
            status = paragraph_reuse(content, i, old, old->paragraph_count - (count - i));
        } else {
            status = paragraph_wrap(layout, content, i);
            layout->work++;
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static status_t content_init(struct layout_content *content,
                             const struct text_layout_options *options)
{
    content->bytes = malloc(options->size + 1);
    if (content->bytes == NULL) {
        return ERR_NO_MEMORY;
    }
    if (options->size > 0) {
        memcpy(content->bytes, options->bytes, options->size);
    }
    content->size = (uint32_t)options->size;
    return content_split(content);
}

status_t text_layout_set(struct text_layout *layout, const struct text_layout_options *options)
{
    if (options->size > TEXT_LAYOUT_BYTES_MAX) {
        return ERR_TOO_LARGE;
    }
    struct text_layout next = *layout;
    next.style = style_limit(options->style);
    next.width = max_i32(1, min_i32(options->width, PAINT_EXTENT_MAX));
    next.line_height = max_i32(1, options->line_height);
    next.lines_max = max_i32(0, options->lines_max);
    bool reuse = next.lines_max == 0 && layout->lines_max == 0 && next.width == layout->width &&
                 next.style.size_q6 == layout->style.size_q6 &&
                 next.style.weight == layout->style.weight;
    struct layout_content content = {0};
    status_t status = content_init(&content, options);
    if (status == OK) {
        status = content_wrap(&next, &content, reuse);
    }
    if (status != OK) {
        content_finish(&content);
        return status;
    }
    content_finish(&layout->content);
    *layout = next;
    layout->content = content;
    return OK;
}

size_t text_layout_line_count(const struct text_layout *layout)
{
    return layout->content.line_count;
}

struct text_line text_layout_line(const struct text_layout *layout, size_t index)
{
    assert(index < layout->content.line_count);
    const struct line *line = &layout->content.lines[index];
    return (struct text_line){line->begin, line->end, line->width_q6};
}

int32_t text_layout_height(const struct text_layout *layout)
{
    int64_t height = (int64_t)layout->content.line_count * layout->line_height;
    return height > INT32_MAX ? INT32_MAX : (int32_t)height;
}

int32_t text_layout_width(const struct text_layout *layout)
{
    int32_t widest = 0;
    for (uint32_t i = 0; i < layout->content.line_count; i++) {
        widest = max_i32(widest, layout->content.lines[i].width_q6);
    }
    return (widest + 63) / 64;
}

size_t text_layout_work(const struct text_layout *layout)
{
    return layout->work;
}
