// SPDX-License-Identifier: Apache-2.0
// Texts: local edits and reading; see doc/doc.h.
#include "branch.h"
#include "content.h"
#include "item.h"
#include "run.h"
#include "utf16.h"

#include "base/math.h"

#include <string.h>

#define OBJECT_REPLACEMENT "\xef\xbf\xbc"

struct doc_text *doc_text(struct doc *doc, const char *name)
{
    size_t size = strlen(name);
    if (size > DOC_NAME_SIZE_MAX)
        return NULL;
    return (struct doc_text *)branch_root(doc, (struct span){(const uint8_t *)name, size});
}

// Reading moves the marker, which is a cache: the text itself stays as it is.
static struct branch *branch_of(const struct doc_text *text)
{
    return (struct branch *)(uintptr_t)text;
}

uint64_t doc_text_length(const struct doc_text *text)
{
    return run_units(branch_of(text));
}

// The JSON value that the format `key` has to the right of `item` (NULL: at the start); "null" when
// unformatted.
static struct span format_before(const struct item *item, struct span key)
{
    for (; item; item = item->left) {
        if (item->kind != WIRE_FORMAT || item_is_deleted(item))
            continue;
        struct span content = content_span(&item->content);
        struct reader reader = reader_of(content.bytes, content.size);
        struct span name = reader_block(&reader);
        if (name.size == key.size && memcmp(name.bytes, key.bytes, key.size) == 0)
            return reader_block(&reader);
    }
    return (struct span){(const uint8_t *)"null", 4};
}

// Whether a format item to the right of `left` says what already holds there.
static bool format_is_idle(const struct item *left, const struct item *format)
{
    struct span content = content_span(&format->content);
    struct reader reader = reader_of(content.bytes, content.size);
    struct span key = reader_block(&reader), value = reader_block(&reader);
    struct span now = format_before(left, key);
    return now.size == value.size && memcmp(now.bytes, value.bytes, value.size) == 0;
}

status_t doc_text_insert(struct doc_text *text, uint64_t index, const char *utf8, size_t size)
{
    struct branch *branch = branch_of(text);
    struct span content = {(const uint8_t *)utf8, size};
    status_t status = branch_editable(branch);
    if (status < 0)
        return status;
    int64_t units = size > DOC_UPDATE_SIZE_MAX / 2 ? -1 : utf16_length(content);
    if (units < 0 || index > run_units(branch))
        return ERR_INVALID;
    if (units == 0)
        return OK;
    struct item *left, *item;
    status = branch_gap(branch, index, &left);
    if (status < 0)
        return status;
    struct item *right = left ? left->right : branch->start;
    while (right && (item_is_deleted(right) ||
                     (right->kind == WIRE_FORMAT && format_is_idle(left, right)))) {
        left = right;
        right = right->right;
    }
    const struct item pattern = {.branch = branch,
                                 .left = left,
                                 .right = right,
                                 .kind = WIRE_STRING,
                                 .length = (uint64_t)units};
    status = item_insert(&pattern, content, &item);
    if (status == OK && !item_is_deleted(item)) {
        branch->marker = item;
        branch->marker_index = index;
    }
    return status;
}

status_t doc_text_delete(struct doc_text *text, uint64_t index, uint64_t length)
{
    status_t status = branch_editable(branch_of(text));
    return status < 0 ? status : branch_delete(branch_of(text), index, length);
}

// Appends units [from, to) of one visible item.
static void read_item(const struct item *item, uint64_t from, uint64_t to, struct buffer *out)
{
    if (item->kind != WIRE_STRING) {
        for (uint64_t i = from; i < to; i++)
            buffer_bytes(out, OBJECT_REPLACEMENT, 3);
        return;
    }
    bool starts_inside, ends_inside;
    struct span content = content_span(&item->content);
    size_t start = utf16_offset(content, item->length, from, &starts_inside);
    size_t end = utf16_offset(content, item->length, to, &ends_inside);
    if (starts_inside) {
        buffer_bytes(out, UTF8_REPLACEMENT, 3);
        start += 4;
    }
    if (end > start)
        buffer_bytes(out, content.bytes + start, end - start);
    if (ends_inside)
        buffer_bytes(out, UTF8_REPLACEMENT, 3);
}

status_t doc_text_read(const struct doc_text *text, uint64_t index, uint64_t length,
                       struct buffer *out_utf8)
{
    struct branch *branch = branch_of(text);
    uint64_t units = run_units(branch);
    if (index > units || length > units - index)
        return ERR_INVALID;
    if (length == 0)
        return OK;
    uint64_t start;
    const struct item *item = branch_seek(branch, index, &start);
    uint64_t from = index - start;
    while (length > 0) {
        uint64_t here = item_units(item);
        if (here > 0) {
            uint64_t to = min_u64(here, from + length);
            read_item(item, from, to, out_utf8);
            length -= to - from;
            from = 0;
        }
        item = item->right;
    }
    return buffer_status(out_utf8);
}

uint64_t doc_text_align(const struct doc_text *text, uint64_t index)
{
    struct branch *branch = branch_of(text);
    if (index > run_units(branch))
        return run_units(branch);
    return branch_inside_pair(branch, index) ? index - 1 : index;
}
