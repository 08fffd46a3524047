// SPDX-License-Identifier: Apache-2.0
// Values inside maps and arrays: what JavaScript calls plain data, in the tagged encoding Yjs uses
// for it ("Any"). Reading borrows the bytes it was given; nested objects and arrays are handed out
// as encoded bytes to walk further.
#pragma once

#include "base/buffer.h"

// How deep objects and arrays may nest on the wire.
#define DOC_VALUE_DEPTH_MAX 32u

enum doc_value_kind {
    DOC_UNDEFINED = 0,
    DOC_NULL,
    DOC_BOOL,
    DOC_NUMBER,   // a double, as all numbers of JavaScript
    DOC_BIGINT,   // 64-bit integer in `integer`
    DOC_STRING,   // UTF-8 in `bytes`
    DOC_BYTES,    // binary in `bytes`
    DOC_OBJECT,   // encoded: uvarint count, then key block and value, each
    DOC_LIST,     // encoded: uvarint count, then the values
    DOC_JSON,     // JSON text in `bytes` (an old element kind, or an embedded object)
    DOC_TEXT_REF, // a nested text, map or array of the same document, in `nested`
    DOC_MAP_REF,
    DOC_ARRAY_REF,
    DOC_OTHER_REF, // XML, a subdocument: kept and synchronised, not opened here
};

struct doc_value {
    uint32_t kind; // enum doc_value_kind
    bool boolean;
    double number;
    int64_t integer;
    struct span bytes;
    void *nested; // struct doc_text *, doc_map * or doc_array * by kind
};

// Reads one encoded value; fails the reader on an unknown tag, malformed UTF-8 or nesting deeper
// than DOC_VALUE_DEPTH_MAX. Nested kinds (DOC_JSON and up) never come from here.
struct doc_value doc_value_read(struct reader *reader);
// Passes over one encoded value with the same checks.
void doc_value_skip(struct reader *reader);
// Appends the encoding of a value, in the shortest number form Yjs would choose. ERR_INVALID: a
// kind from DOC_JSON up, malformed UTF-8, or bytes of an object or list that do not decode.
// ERR_NO_MEMORY.
status_t doc_value_write(struct buffer *out, const struct doc_value *value);
