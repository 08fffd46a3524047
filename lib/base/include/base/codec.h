// SPDX-License-Identifier: Apache-2.0
// Cursors for wire and disk formats. A reader walks borrowed bytes and remembers the first failure,
// so a decoder reads straight on and checks once (`reader_ok`); after a failure every read yields
// zero or an empty span. A writer fills a fixed buffer and remembers overflow in the same way.
// Nothing here allocates.
#pragma once

#include "abi/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Borrowed bytes; `bytes` may be NULL only when size is 0.
struct span {
    const uint8_t *bytes;
    size_t size;
};

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

struct writer {
    uint8_t *start;
    size_t size, capacity;
    bool overflowed;
};

struct reader reader_of(const void *bytes, size_t size);
// True while nothing failed; `reader_done` also wants every byte consumed.
bool reader_ok(const struct reader *reader);
bool reader_done(const struct reader *reader);
size_t reader_left(const struct reader *reader);
void reader_fail(struct reader *reader);

uint8_t reader_u8(struct reader *reader);
uint16_t reader_be16(struct reader *reader);
uint32_t reader_be32(struct reader *reader);
uint64_t reader_be64(struct reader *reader);
uint16_t reader_le16(struct reader *reader);
uint32_t reader_le32(struct reader *reader);
uint64_t reader_le64(struct reader *reader);
// Unsigned LEB128 of at most 9 bytes (63 bits). Over-long (non-minimal) forms are read;
// `reader_uvarint_minimal` refuses them, as libp2p demands.
uint64_t reader_uvarint(struct reader *reader);
uint64_t reader_uvarint_minimal(struct reader *reader);
// The next `size` bytes, borrowed from the reader's buffer.
struct span reader_take(struct reader *reader, uint64_t size);
// A uvarint length and that many bytes.
struct span reader_block(struct reader *reader);

struct writer writer_of(void *buffer, size_t capacity);
bool writer_ok(const struct writer *writer);
void writer_u8(struct writer *writer, uint8_t value);
void writer_be16(struct writer *writer, uint16_t value);
void writer_be32(struct writer *writer, uint32_t value);
void writer_be64(struct writer *writer, uint64_t value);
void writer_le16(struct writer *writer, uint16_t value);
void writer_le32(struct writer *writer, uint32_t value);
void writer_le64(struct writer *writer, uint64_t value);
void writer_uvarint(struct writer *writer, uint64_t value);
void writer_bytes(struct writer *writer, const void *bytes, size_t size);
// A uvarint length and the bytes.
void writer_block(struct writer *writer, const void *bytes, size_t size);

// How many bytes writer_uvarint writes for `value` (1 to 10).
size_t uvarint_size(uint64_t value);
