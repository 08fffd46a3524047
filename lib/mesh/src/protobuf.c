// SPDX-License-Identifier: Apache-2.0
// protobuf fields; see protobuf.h.
#include "protobuf.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

bool protobuf_next(struct reader *reader, struct protobuf_field *out_field)
{
    while (reader_left(reader) > 0) {
        uint64_t tag = reader_uvarint(reader);
        struct protobuf_field field = {.number = tag >> 3};
        switch (tag & 7) {
        case WIRE_VARINT:
            field.value = reader_uvarint(reader);
            break;
        case WIRE_BYTES:
            field.bytes = reader_block(reader);
            field.is_bytes = true;
            break;
        case WIRE_FIXED64:
            reader_take(reader, 8);
            continue;
        case WIRE_FIXED32:
            reader_take(reader, 4);
            continue;
        default:
            reader_fail(reader);
            break;
        }
        if (!reader_ok(reader) || field.number == 0) {
            reader_fail(reader);
            return false;
        }
        *out_field = field;
        return true;
    }
    return false;
}

void protobuf_bytes(struct writer *writer, uint32_t number, const void *bytes, size_t size)
{
    writer_uvarint(writer, (uint64_t)number << 3 | WIRE_BYTES);
    writer_block(writer, bytes, size);
}

void protobuf_varint(struct writer *writer, uint32_t number, uint64_t value)
{
    writer_uvarint(writer, (uint64_t)number << 3 | WIRE_VARINT);
    writer_uvarint(writer, value);
}
