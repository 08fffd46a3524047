// SPDX-License-Identifier: Apache-2.0
// Cursors for wire and disk formats; see base/codec.h.
#include "base/codec.h"

#include <string.h>

enum { UVARINT_BYTES_MAX = 9 };

struct reader reader_of(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    return (struct reader){.at = at, .end = size ? at + size : at};
}

bool reader_ok(const struct reader *reader)
{
    return !reader->failed;
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

size_t reader_left(const struct reader *reader)
{
    return reader->failed ? 0 : (size_t)(reader->end - reader->at);
}

void reader_fail(struct reader *reader)
{
    reader->failed = true;
}

struct span reader_take(struct reader *reader, uint64_t size)
{
    if (size > reader_left(reader)) {
        reader->failed = true;
    }
    if (reader->failed || size == 0) {
        return (struct span){0};
    }
    struct span span = {reader->at, (size_t)size};
    reader->at += size;
    return span;
}

// Reads `count` (1 to 8) bytes, most significant first.
static uint64_t read_be(struct reader *reader, size_t count)
{
    struct span span = reader_take(reader, count);
    uint64_t value = 0;
    for (size_t i = 0; i < span.size; i++) {
        value = value << 8 | span.bytes[i];
    }
    return value;
}

static uint64_t read_le(struct reader *reader, size_t count)
{
    struct span span = reader_take(reader, count);
    uint64_t value = 0;
    for (size_t i = span.size; i > 0; i--) {
        value = value << 8 | span.bytes[i - 1];
    }
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)read_be(reader, 1);
}

uint16_t reader_be16(struct reader *reader)
{
    return (uint16_t)read_be(reader, 2);
}

uint32_t reader_be32(struct reader *reader)
{
    return (uint32_t)read_be(reader, 4);
}

uint64_t reader_be64(struct reader *reader)
{
    return read_be(reader, 8);
}

uint16_t reader_le16(struct reader *reader)
{
    return (uint16_t)read_le(reader, 2);
}

uint32_t reader_le32(struct reader *reader)
{
    return (uint32_t)read_le(reader, 4);
}

uint64_t reader_le64(struct reader *reader)
{
    return read_le(reader, 8);
}

static uint64_t read_uvarint(struct reader *reader, bool minimal)
{
    uint64_t value = 0;
    for (size_t i = 0; i < UVARINT_BYTES_MAX; i++) {
        uint8_t byte = reader_u8(reader);
        if (reader->failed) {
            return 0;
        }
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            if (minimal && byte == 0 && i > 0) {
                break;
            }
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

uint64_t reader_uvarint(struct reader *reader)
{
    return read_uvarint(reader, false);
}

uint64_t reader_uvarint_minimal(struct reader *reader)
{
    return read_uvarint(reader, true);
}

struct span reader_block(struct reader *reader)
{
    return reader_take(reader, reader_uvarint(reader));
}

struct writer writer_of(void *buffer, size_t capacity)
{
    return (struct writer){.start = buffer, .capacity = capacity};
}

bool writer_ok(const struct writer *writer)
{
    return !writer->overflowed;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->overflowed || size > writer->capacity - writer->size) {
        writer->overflowed = true;
        return;
    }
    if (size > 0) {
        memcpy(writer->start + writer->size, bytes, size);
        writer->size += size;
    }
}

void writer_u8(struct writer *writer, uint8_t value)
{
    writer_bytes(writer, &value, 1);
}

static void write_be(struct writer *writer, uint64_t value, size_t count)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
    }
    writer_bytes(writer, bytes, count);
}

static void write_le(struct writer *writer, uint64_t value, size_t count)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    writer_bytes(writer, bytes, count);
}

void writer_be16(struct writer *writer, uint16_t value)
{
    write_be(writer, value, 2);
}

void writer_be32(struct writer *writer, uint32_t value)
{
    write_be(writer, value, 4);
}

void writer_be64(struct writer *writer, uint64_t value)
{
    write_be(writer, value, 8);
}

void writer_le16(struct writer *writer, uint16_t value)
{
    write_le(writer, value, 2);
}

void writer_le32(struct writer *writer, uint32_t value)
{
    write_le(writer, value, 4);
}

void writer_le64(struct writer *writer, uint64_t value)
{
    write_le(writer, value, 8);
}

void writer_uvarint(struct writer *writer, uint64_t value)
{
    while (value >= 0x80) {
        writer_u8(writer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    writer_u8(writer, (uint8_t)value);
}

void writer_block(struct writer *writer, const void *bytes, size_t size)
{
    writer_uvarint(writer, size);
    writer_bytes(writer, bytes, size);
}

size_t uvarint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}
