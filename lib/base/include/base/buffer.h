// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer (malloc): what a writer is when the size is not known. Remembers the first
// failed allocation, so an encoder writes straight on and checks `buffer_ok` once.
#pragma once

#include "base/codec.h"

// Owned by the caller; all zero is a valid empty buffer.
struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed;
};

// Frees the bytes and leaves an empty buffer; accepts a zeroed one.
void buffer_finish(struct buffer *buffer);
// Empties it and keeps the memory.
void buffer_clear(struct buffer *buffer);
bool buffer_ok(const struct buffer *buffer);
// OK, or ERR_NO_MEMORY if any write failed.
status_t buffer_status(const struct buffer *buffer);
// Appends `size` uninitialised bytes and returns them, or NULL when memory is exhausted.
uint8_t *buffer_extend(struct buffer *buffer, size_t size);
void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_uvarint(struct buffer *buffer, uint64_t value);
void buffer_bytes(struct buffer *buffer, const void *bytes, size_t size);
// A uvarint length and the bytes.
void buffer_block(struct buffer *buffer, const void *bytes, size_t size);
// Drops the first `size` bytes (at most all), moving the rest to the front.
void buffer_consume(struct buffer *buffer, size_t size);
struct span buffer_span(const struct buffer *buffer);
