// SPDX-License-Identifier: Apache-2.0
// Plain values in the tagged encoding of lib0 ("Any"); see doc/value.h and
// docs/protocols/yjs-update.md.
#include "doc/value.h"

#include "utf16.h"
#include "wire.h"

#include <float.h>
#include <string.h>

enum tag {
    TAG_BYTES = 116,
    TAG_LIST = 117,
    TAG_OBJECT = 118,
    TAG_STRING = 119,
    TAG_TRUE = 120,
    TAG_FALSE = 121,
    TAG_BIGINT = 122,
    TAG_DOUBLE = 123,
    TAG_FLOAT = 124,
    TAG_INTEGER = 125,
    TAG_NULL = 126,
    TAG_UNDEFINED = 127,
};

#define INTEGER_MAX 2147483647.0

// Sign in bit 6 of the first byte, then 6 bits, then 7 each; -0 is a value of its own.
static double integer_read(struct reader *reader)
{
    uint8_t byte = reader_u8(reader);
    bool negative = byte & 0x40;
    uint64_t magnitude = byte & 0x3f;
    unsigned shift = 6;
    while ((byte & 0x80) && reader_ok(reader)) {
        byte = reader_u8(reader);
        if (shift > 48)
            reader_fail(reader);
        else
            magnitude |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    }
    return negative ? -(double)magnitude : (double)magnitude;
}

static void integer_write(struct buffer *out, uint64_t magnitude, bool negative)
{
    uint64_t rest = magnitude >> 6;
    buffer_u8(out, (uint8_t)((rest ? 0x80 : 0) | (negative ? 0x40 : 0) | (magnitude & 0x3f)));
    while (rest) {
        buffer_u8(out, (uint8_t)((rest >> 7 ? 0x80 : 0) | (rest & 0x7f)));
        rest >>= 7;
    }
}

static double float_read(struct reader *reader)
{
    uint32_t bits = reader_be32(reader);
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static double double_read(struct reader *reader)
{
    uint64_t bits = reader_be64(reader);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void skip(struct reader *reader, unsigned depth);

// The members of an object or list, as one borrowed span.
static struct span members(struct reader *reader, bool keyed, unsigned depth)
{
    const uint8_t *start = reader->at;
    uint64_t count = wire_number(reader);
    if (depth >= DOC_VALUE_DEPTH_MAX || count > reader_left(reader))
        reader_fail(reader);
    for (uint64_t i = 0; i < count && reader_ok(reader); i++) {
        if (keyed)
            wire_string(reader, NULL);
        skip(reader, depth + 1);
    }
    if (!reader_ok(reader))
        return (struct span){0};
    return (struct span){start, (size_t)(reader->at - start)};
}

static struct doc_value value_read(struct reader *reader, unsigned depth)
{
    switch (reader_u8(reader)) {
    case TAG_UNDEFINED:
        return (struct doc_value){.kind = DOC_UNDEFINED};
    case TAG_NULL:
        return (struct doc_value){.kind = DOC_NULL};
    case TAG_INTEGER:
        return (struct doc_value){.kind = DOC_NUMBER, .number = integer_read(reader)};
    case TAG_FLOAT:
        return (struct doc_value){.kind = DOC_NUMBER, .number = float_read(reader)};
    case TAG_DOUBLE:
        return (struct doc_value){.kind = DOC_NUMBER, .number = double_read(reader)};
    case TAG_BIGINT:
        return (struct doc_value){.kind = DOC_BIGINT, .integer = (int64_t)reader_be64(reader)};
    case TAG_FALSE:
        return (struct doc_value){.kind = DOC_BOOL, .boolean = false};
    case TAG_TRUE:
        return (struct doc_value){.kind = DOC_BOOL, .boolean = true};
    case TAG_STRING:
        return (struct doc_value){.kind = DOC_STRING, .bytes = wire_string(reader, NULL)};
    case TAG_BYTES:
        return (struct doc_value){.kind = DOC_BYTES, .bytes = reader_block(reader)};
    case TAG_OBJECT:
        return (struct doc_value){.kind = DOC_OBJECT, .bytes = members(reader, true, depth)};
    case TAG_LIST:
        return (struct doc_value){.kind = DOC_LIST, .bytes = members(reader, false, depth)};
    default:
        reader_fail(reader);
        return (struct doc_value){0};
    }
}

static void skip(struct reader *reader, unsigned depth)
{
    (void)value_read(reader, depth);
}

struct doc_value doc_value_read(struct reader *reader)
{
    return value_read(reader, 0);
}

void doc_value_skip(struct reader *reader)
{
    skip(reader, 0);
}

static void number_write(struct buffer *out, double number)
{
    bool whole =
        number >= -INTEGER_MAX && number <= INTEGER_MAX && number == (double)(int64_t)number;
    float narrow = number >= -FLT_MAX && number <= FLT_MAX ? (float)number : 0;
    bool infinite = number - number != 0 && number == number;
    if (infinite)
        narrow = (float)number;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (whole) {
        buffer_u8(out, TAG_INTEGER);
        integer_write(out, (uint64_t)(number < 0 ? -number : number), bits >> 63);
    } else if ((double)narrow == number) {
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
        buffer_u8(out, TAG_FLOAT);
        for (int shift = 24; shift >= 0; shift -= 8)
            buffer_u8(out, (uint8_t)(narrow_bits >> shift));
    } else {
        buffer_u8(out, TAG_DOUBLE);
        if (number != number)
            bits = UINT64_C(0x7ff8000000000000);
        for (int shift = 56; shift >= 0; shift -= 8)
            buffer_u8(out, (uint8_t)(bits >> shift));
    }
}

static status_t members_write(struct buffer *out, uint8_t tag, struct span encoded)
{
    struct reader reader = reader_of(encoded.bytes, encoded.size);
    (void)members(&reader, tag == TAG_OBJECT, 0);
    if (!reader_done(&reader))
        return ERR_INVALID;
    buffer_u8(out, tag);
    buffer_bytes(out, encoded.bytes, encoded.size);
    return buffer_status(out);
}

static status_t string_write(struct buffer *out, struct span string)
{
    if (utf16_length(string) < 0)
        return ERR_INVALID;
    buffer_u8(out, TAG_STRING);
    buffer_block(out, string.bytes, string.size);
    return buffer_status(out);
}

status_t doc_value_write(struct buffer *out, const struct doc_value *value)
{
    switch (value->kind) {
    case DOC_UNDEFINED:
        buffer_u8(out, TAG_UNDEFINED);
        break;
    case DOC_NULL:
        buffer_u8(out, TAG_NULL);
        break;
    case DOC_BOOL:
        buffer_u8(out, value->boolean ? TAG_TRUE : TAG_FALSE);
        break;
    case DOC_NUMBER:
        number_write(out, value->number);
        break;
    case DOC_BIGINT:
        buffer_u8(out, TAG_BIGINT);
        for (int shift = 56; shift >= 0; shift -= 8)
            buffer_u8(out, (uint8_t)((uint64_t)value->integer >> shift));
        break;
    case DOC_STRING:
        return string_write(out, value->bytes);
    case DOC_BYTES:
        buffer_u8(out, TAG_BYTES);
        buffer_block(out, value->bytes.bytes, value->bytes.size);
        break;
    case DOC_OBJECT:
        return members_write(out, TAG_OBJECT, value->bytes);
    case DOC_LIST:
        return members_write(out, TAG_LIST, value->bytes);
    default:
        return ERR_INVALID;
    }
    return buffer_status(out);
}
