// SPDX-License-Identifier: Apache-2.0
// One struct of the update format, decoded: checked in itself, with every payload borrowed from the
// bytes it came from. The same record is what the encoder writes, so a document, a waiting update
// and a merge share one format.
#pragma once

#include "base/buffer.h"

enum wire_kind {
    WIRE_GC = 0,
    WIRE_DELETED = 1,
    WIRE_JSON = 2,
    WIRE_BINARY = 3,
    WIRE_STRING = 4,
    WIRE_EMBED = 5,
    WIRE_FORMAT = 6,
    WIRE_TYPE = 7,
    WIRE_ANY = 8,
    WIRE_SUBDOC = 9,
    WIRE_SKIP = 10,
};

enum wire_type {
    TYPE_ARRAY = 0,
    TYPE_MAP = 1,
    TYPE_TEXT = 2,
    TYPE_XML_ELEMENT = 3,
    TYPE_XML_FRAGMENT = 4,
    TYPE_XML_HOOK = 5,
    TYPE_XML_TEXT = 6,
};

struct wire_id {
    uint64_t client, clock;
};

enum wire_parent { PARENT_NONE, PARENT_ROOT, PARENT_ITEM };

struct wire_item {
    struct wire_id id, origin, right_origin, parent_id;
    uint64_t length;
    uint32_t kind; // enum wire_kind
    uint32_t parent;
    bool has_origin, has_right_origin, has_key, key_flag;
    struct span root, key;
    // String: its UTF-8. JSON and any: the elements one after the other. Others: the bytes after
    // the info byte's fields.
    struct span content;
};

// Reads one struct that begins at `id`; fails the reader on anything malformed, of no length,
// beyond DOC_CLOCK_MAX, or referring to its own future.
struct wire_item wire_item_read(struct reader *reader, struct wire_id id);
// Appends it without its first `offset` units (less than its length).
void wire_item_write(const struct wire_item *item, uint64_t offset, struct buffer *out);
// A uvarint within DOC_CLOCK_MAX; fails the reader beyond.
uint64_t wire_number(struct reader *reader);
// A block that is well-formed UTF-8; yields its length in UTF-16 units if out_units is not NULL.
struct span wire_string(struct reader *reader, uint64_t *out_units);
// Byte offset of element `count` in concatenated JSON or any elements.
size_t wire_elements_offset(uint32_t kind, struct span elements, uint64_t count);
