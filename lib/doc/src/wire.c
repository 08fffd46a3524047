// SPDX-License-Identifier: Apache-2.0
// One struct of the update format, read and written; see wire.h and docs/protocols/yjs-update.md.
#include "wire.h"

#include "doc/doc.h"
#include "json.h"
#include "utf16.h"

#include <string.h>

enum info_bits {
    INFO_KIND = 0x1f,
    INFO_KEY = 0x20,
    INFO_RIGHT_ORIGIN = 0x40,
    INFO_ORIGIN = 0x80,
};

uint64_t wire_number(struct reader *reader)
{
    uint64_t number = reader_uvarint(reader);
    if (number > DOC_CLOCK_MAX) {
        reader_fail(reader);
        return 0;
    }
    return number;
}

struct span wire_string(struct reader *reader, uint64_t *out_units)
{
    struct span string = reader_block(reader);
    int64_t units = utf16_length(string);
    if (units < 0) {
        reader_fail(reader);
        return (struct span){0};
    }
    if (out_units)
        *out_units = (uint64_t)units;
    return string;
}

// An id that must be older than `self` if it is by the same author.
static struct wire_id earlier_id(struct reader *reader, struct wire_id self)
{
    struct wire_id id = {.client = wire_number(reader)};
    id.clock = wire_number(reader);
    if (id.client == self.client && id.clock >= self.clock)
        reader_fail(reader);
    return id;
}

// A string that is a JSON text.
static void json_skip(struct reader *reader)
{
    struct span text = wire_string(reader, NULL);
    if (reader_ok(reader) && !json_is_valid(text))
        reader_fail(reader);
}

// An old array element: JSON, or the word for what JSON cannot say.
static void old_element_skip(struct reader *reader)
{
    struct reader ahead = *reader;
    struct span text = wire_string(&ahead, NULL);
    if (text.size == 9 && memcmp(text.bytes, "undefined", 9) == 0)
        *reader = ahead;
    else
        json_skip(reader);
}

static void element_skip(struct reader *reader, uint32_t kind)
{
    if (kind == WIRE_ANY)
        doc_value_skip(reader);
    else
        old_element_skip(reader);
}

// The elements of JSON and any content; every one takes at least a byte, which bounds the count.
static void elements_read(struct reader *reader, struct wire_item *item)
{
    item->length = wire_number(reader);
    if (item->length > reader_left(reader))
        reader_fail(reader);
    const uint8_t *start = reader->at;
    for (uint64_t i = 0; i < item->length && reader_ok(reader); i++)
        element_skip(reader, item->kind);
    item->content = (struct span){start, (size_t)(reader->at - start)};
}

static void type_read(struct reader *reader)
{
    uint64_t type = wire_number(reader);
    if (type > TYPE_XML_TEXT)
        reader_fail(reader);
    else if (type == TYPE_XML_ELEMENT || type == TYPE_XML_HOOK)
        wire_string(reader, NULL);
}

// Content of one unit, kept as it is on the wire.
static void opaque_read(struct reader *reader, struct wire_item *item)
{
    const uint8_t *start = reader->at;
    item->length = 1;
    switch (item->kind) {
    case WIRE_BINARY:
        reader_block(reader);
        break;
    case WIRE_EMBED:
        json_skip(reader);
        break;
    case WIRE_FORMAT:
        wire_string(reader, NULL);
        json_skip(reader);
        break;
    case WIRE_TYPE:
        type_read(reader);
        break;
    case WIRE_SUBDOC:
        wire_string(reader, NULL);
        doc_value_skip(reader);
        break;
    default:
        reader_fail(reader);
    }
    item->content = (struct span){start, (size_t)(reader->at - start)};
}

static void content_read(struct reader *reader, struct wire_item *item)
{
    if (item->kind == WIRE_GC || item->kind == WIRE_SKIP || item->kind == WIRE_DELETED)
        item->length = wire_number(reader);
    else if (item->kind == WIRE_STRING)
        item->content = wire_string(reader, &item->length);
    else if (item->kind == WIRE_JSON || item->kind == WIRE_ANY)
        elements_read(reader, item);
    else
        opaque_read(reader, item);
}

static void links_read(struct reader *reader, uint8_t info, struct wire_item *item)
{
    item->has_origin = info & INFO_ORIGIN;
    item->has_right_origin = info & INFO_RIGHT_ORIGIN;
    item->key_flag = info & INFO_KEY;
    if (item->has_origin)
        item->origin = earlier_id(reader, item->id);
    if (item->has_right_origin)
        item->right_origin = earlier_id(reader, item->id);
    if (item->has_origin || item->has_right_origin)
        return;
    uint64_t is_root = wire_number(reader);
    item->parent = is_root ? PARENT_ROOT : PARENT_ITEM;
    if (is_root > 1)
        reader_fail(reader);
    else if (is_root)
        item->root = wire_string(reader, NULL);
    else
        item->parent_id = earlier_id(reader, item->id);
    item->has_key = item->key_flag;
    if (item->has_key)
        item->key = wire_string(reader, NULL);
}

struct wire_item wire_item_read(struct reader *reader, struct wire_id id)
{
    struct wire_item item = {.id = id};
    uint8_t info = reader_u8(reader);
    item.kind = info & INFO_KIND;
    if (item.kind != WIRE_GC && item.kind != WIRE_SKIP)
        links_read(reader, info, &item);
    content_read(reader, &item);
    if (item.length == 0 && item.kind != WIRE_SKIP)
        reader_fail(reader);
    if (item.length > DOC_CLOCK_MAX - id.clock)
        reader_fail(reader);
    return item;
}

size_t wire_elements_offset(uint32_t kind, struct span elements, uint64_t count)
{
    struct reader reader = reader_of(elements.bytes, elements.size);
    for (uint64_t i = 0; i < count; i++)
        element_skip(&reader, kind);
    return elements.size - reader_left(&reader);
}

static void string_write(const struct wire_item *item, uint64_t offset, struct buffer *out)
{
    bool inside;
    size_t start = utf16_offset(item->content, item->length, offset, &inside);
    const uint8_t *rest = item->content.bytes + start;
    size_t size = item->content.size - start;
    if (!inside) {
        buffer_block(out, rest, size);
        return;
    }
    // The low half of a pair alone is written as U+FFFD; it replaces the four bytes of the pair.
    buffer_uvarint(out, size - 1);
    buffer_bytes(out, UTF8_REPLACEMENT, 3);
    buffer_bytes(out, rest + 4, size - 4);
}

static void content_write(const struct wire_item *item, uint64_t offset, struct buffer *out)
{
    if (item->kind == WIRE_GC || item->kind == WIRE_SKIP || item->kind == WIRE_DELETED) {
        buffer_uvarint(out, item->length - offset);
    } else if (item->kind == WIRE_STRING) {
        string_write(item, offset, out);
    } else if (item->kind == WIRE_JSON || item->kind == WIRE_ANY) {
        size_t start = wire_elements_offset(item->kind, item->content, offset);
        buffer_uvarint(out, item->length - offset);
        buffer_bytes(out, item->content.bytes + start, item->content.size - start);
    } else {
        buffer_bytes(out, item->content.bytes, item->content.size);
    }
}

static void id_write(struct buffer *out, struct wire_id id)
{
    buffer_uvarint(out, id.client);
    buffer_uvarint(out, id.clock);
}

static void links_write(const struct wire_item *item, uint64_t offset, struct buffer *out)
{
    bool has_origin = item->has_origin || offset > 0;
    buffer_u8(out, (uint8_t)(item->kind | (has_origin ? INFO_ORIGIN : 0) |
                             (item->has_right_origin ? INFO_RIGHT_ORIGIN : 0) |
                             (item->key_flag ? INFO_KEY : 0)));
    if (offset > 0)
        id_write(out, (struct wire_id){item->id.client, item->id.clock + offset - 1});
    else if (has_origin)
        id_write(out, item->origin);
    if (item->has_right_origin)
        id_write(out, item->right_origin);
    if (has_origin || item->has_right_origin)
        return;
    buffer_uvarint(out, item->parent == PARENT_ROOT);
    if (item->parent == PARENT_ROOT)
        buffer_block(out, item->root.bytes, item->root.size);
    else
        id_write(out, item->parent_id);
    if (item->has_key)
        buffer_block(out, item->key.bytes, item->key.size);
}

void wire_item_write(const struct wire_item *item, uint64_t offset, struct buffer *out)
{
    if (item->kind == WIRE_GC || item->kind == WIRE_SKIP)
        buffer_u8(out, (uint8_t)item->kind);
    else
        links_write(item, offset, out);
    content_write(item, offset, out);
}
