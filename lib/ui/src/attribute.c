// SPDX-License-Identifier: Apache-2.0
// Attributes to bytes and back. The encoder mends what an app may get wrong (its own strings), the
// decoder refuses it.
#include "ui/attribute.h"

#include "base/math.h"

#include <string.h>

enum { TAG_STRING = 64, TAG_MAX = 127 };

// Length of the UTF-8 character at `text`, 0 when it is none. `*out_point` is its code point.
static size_t character_read(const uint8_t *text, size_t left, uint32_t *out_point)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text[0];
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    uint32_t point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (text[i] & 0x3f);
    }
    if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *out_point = point;
    return size;
}

static bool is_control(uint32_t point, bool multiline)
{
    if (multiline && (point == '\n' || point == '\t')) {
        return false;
    }
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

bool ui_text_is_valid(struct span text, bool multiline)
{
    for (size_t at = 0; at < text.size;) {
        uint32_t point = 0;
        size_t size = character_read(text.bytes + at, text.size - at, &point);
        if (size == 0 || is_control(point, multiline)) {
            return false;
        }
        at += size;
    }
    return true;
}

// Copies `text` into `out` mended, at most UI_STRING_MAX bytes; returns the size written.
static size_t string_mend(struct span text, bool multiline, uint8_t out[UI_STRING_MAX])
{
    static const uint8_t replacement[3] = {0xef, 0xbf, 0xbd};
    size_t written = 0;
    for (size_t at = 0; at < text.size;) {
        uint32_t point = 0;
        size_t size = character_read(text.bytes + at, text.size - at, &point);
        const uint8_t *from = size == 0                      ? replacement
                              : is_control(point, multiline) ? (const uint8_t *)" "
                                                             : text.bytes + at;
        size_t from_size = size == 0 ? 3 : is_control(point, multiline) ? 1 : size;
        if (written + from_size > UI_STRING_MAX) {
            break;
        }
        memcpy(out + written, from, from_size);
        written += from_size;
        at += size == 0 ? 1 : size;
    }
    return written;
}

void ui_attributes_encode(const struct ui_attributes *attributes, struct buffer *out)
{
    size_t start = out->size;
    for (uint8_t tag = 1; tag < UI_NUMBER_COUNT; tag++) {
        if (attributes->number[tag] != 0) {
            buffer_u8(out, tag);
            buffer_uvarint(out, attributes->number[tag]);
        }
    }
    for (uint8_t which = 0; which < UI_STRING_COUNT; which++) {
        uint8_t mended[UI_STRING_MAX];
        size_t size = string_mend(attributes->string[which], which == UI_VALUE, mended);
        if (size > 0 && out->size - start + size + 4 <= UI_NODE_BYTES_MAX) {
            buffer_u8(out, TAG_STRING + which);
            buffer_block(out, mended, size);
        }
    }
}

static bool numbers_are_sane(const struct ui_node *node)
{
    return node->number[UI_FLAGS] <= UI_FLAG_ALL && node->number[UI_VERB_ID] <= UINT32_MAX &&
           node->number[UI_OPEN] <= UINT32_MAX && node->number[UI_SEARCH] <= UINT32_MAX &&
           node->number[UI_BACK] <= UINT32_MAX && node->number[UI_ROLE] <= UI_NAVIGATION &&
           node->number[UI_TYPE] <= UI_FIELD_SECRET && node->number[UI_COUNT] <= INT32_MAX &&
           node->number[UI_FIRST] <= INT32_MAX;
}

// One string attribute; false when it breaks a rule.
static bool string_decode(struct reader *reader, const uint8_t *start, uint8_t tag,
                          struct ui_node *node)
{
    struct span text = reader_block(reader);
    if (!reader_ok(reader) || text.size == 0 || text.size > UI_STRING_MAX) {
        return false;
    }
    uint8_t which = tag - TAG_STRING;
    if (which >= UI_STRING_COUNT) {
        return true;
    }
    node->offset[which] = (uint16_t)(text.bytes - start);
    node->length[which] = (uint16_t)text.size;
    return ui_text_is_valid(text, which == UI_VALUE);
}

status_t ui_attributes_decode(const uint8_t *bytes, size_t size, struct ui_node *node)
{
    if (size > UI_NODE_BYTES_MAX) {
        return ERR_BAD_MESSAGE;
    }
    memset(node, 0, sizeof *node);
    struct reader reader = reader_of(bytes, size);
    uint8_t before = 0;
    while (reader_left(&reader) > 0) {
        uint8_t tag = reader_u8(&reader);
        if (tag <= before || tag > TAG_MAX) {
            return ERR_BAD_MESSAGE;
        }
        before = tag;
        if (tag >= TAG_STRING) {
            if (!string_decode(&reader, bytes, tag, node)) {
                return ERR_BAD_MESSAGE;
            }
            continue;
        }
        uint64_t value = reader_uvarint_minimal(&reader);
        if (!reader_ok(&reader) || value == 0) {
            return ERR_BAD_MESSAGE;
        }
        if (tag < UI_NUMBER_COUNT) {
            node->number[tag] = value;
        }
    }
    return reader_ok(&reader) && numbers_are_sane(node) ? OK : ERR_BAD_MESSAGE;
}
