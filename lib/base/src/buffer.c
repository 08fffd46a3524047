// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer; see base/buffer.h.
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

void buffer_finish(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

bool buffer_ok(const struct buffer *buffer)
{
    return !buffer->failed;
}

status_t buffer_status(const struct buffer *buffer)
{
    return buffer->failed ? ERR_NO_MEMORY : OK;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    if (buffer->failed || size > SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    size_t needed = buffer->size + size;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_MIN;
        while (capacity < needed) {
            capacity *= 2;
        }
        uint8_t *bytes = realloc(buffer->bytes, capacity);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    uint8_t *place = buffer->bytes + buffer->size;
    buffer->size = needed;
    return place;
}

void buffer_u8(struct buffer *buffer, uint8_t value)
{
    if (buffer->size < buffer->capacity && !buffer->failed)
        buffer->bytes[buffer->size++] = value;
    else
        buffer_bytes(buffer, &value, 1);
}

void buffer_uvarint(struct buffer *buffer, uint64_t value)
{
    // Nearly all numbers of an update are one byte long.
    if (value < 0x80 && buffer->size < buffer->capacity && !buffer->failed) {
        buffer->bytes[buffer->size++] = (uint8_t)value;
        return;
    }
    uint8_t bytes[10];
    struct writer writer = writer_of(bytes, sizeof bytes);
    writer_uvarint(&writer, value);
    buffer_bytes(buffer, bytes, writer.size);
}

void buffer_bytes(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    uint8_t *place = buffer_extend(buffer, size);
    if (place) {
        memcpy(place, bytes, size);
    }
}

void buffer_block(struct buffer *buffer, const void *bytes, size_t size)
{
    buffer_uvarint(buffer, size);
    buffer_bytes(buffer, bytes, size);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    size_t dropped = size < buffer->size ? size : buffer->size;
    if (dropped > 0) {
        buffer->size -= dropped;
        memmove(buffer->bytes, buffer->bytes + dropped, buffer->size);
    }
}

struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->bytes, buffer->size};
}
