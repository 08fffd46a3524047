// SPDX-License-Identifier: Apache-2.0
// PNG (ISO 15948) with stored deflate blocks (RFC 1951): simple and exact; the files are large and
// short-lived.
#include "png.h"

#include "base/buffer.h"
#include "base/math.h"

#include <stdio.h>
#include <string.h>

enum { STORED_MAX = 65535 };

static uint32_t crc_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static uint32_t adler_of(const uint8_t *bytes, size_t size)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void put_be32(struct buffer *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    buffer_bytes(out, bytes, sizeof bytes);
}

static void put_chunk(struct buffer *out, const char *type, struct span body)
{
    put_be32(out, (uint32_t)body.size);
    size_t from = out->size;
    buffer_bytes(out, type, 4);
    buffer_bytes(out, body.bytes, body.size);
    put_be32(out, buffer_ok(out) ? crc_of(out->bytes + from, out->size - from) : 0);
}

static void put_stored(struct buffer *out, struct span raw)
{
    buffer_u8(out, 0x78);
    buffer_u8(out, 0x01);
    for (size_t at = 0; at < raw.size; at += STORED_MAX) {
        size_t size = (size_t)min_u64(STORED_MAX, raw.size - at);
        buffer_u8(out, at + size == raw.size);
        const uint8_t lengths[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size,
                                    (uint8_t)(~size >> 8)};
        buffer_bytes(out, lengths, sizeof lengths);
        buffer_bytes(out, raw.bytes + at, size);
    }
    put_be32(out, adler_of(raw.bytes, raw.size));
}

static void put_rows(struct buffer *raw, const uint32_t *pixels, int32_t width, int32_t height)
{
    for (int32_t y = 0; y < height; y++) {
        buffer_u8(raw, 0);
        uint8_t *row = buffer_extend(raw, (size_t)width * 3);
        for (int32_t x = 0; row != NULL && x < width; x++) {
            uint32_t pixel = pixels[(size_t)y * (size_t)width + (size_t)x];
            row[3 * x] = (uint8_t)(pixel >> 16);
            row[3 * x + 1] = (uint8_t)(pixel >> 8);
            row[3 * x + 2] = (uint8_t)pixel;
        }
    }
}

status_t png_write(const char *path, const uint32_t *pixels, int32_t width, int32_t height)
{
    static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    struct buffer raw = {0}, head = {0}, packed = {0}, out = {0};
    static const uint8_t kind[5] = {8, 2, 0, 0, 0}; // 8 bits, RGB
    put_be32(&head, (uint32_t)width);
    put_be32(&head, (uint32_t)height);
    buffer_bytes(&head, kind, sizeof kind);
    put_rows(&raw, pixels, width, height);
    put_stored(&packed, buffer_span(&raw));
    buffer_bytes(&out, magic, sizeof magic);
    put_chunk(&out, "IHDR", buffer_span(&head));
    put_chunk(&out, "IDAT", buffer_span(&packed));
    put_chunk(&out, "IEND", (struct span){NULL, 0});
    status_t status = buffer_ok(&raw) && buffer_ok(&packed) ? buffer_status(&out) : ERR_NO_MEMORY;
    FILE *file = status == OK ? fopen(path, "wb") : NULL;
    if (status == OK && file == NULL) {
        status = ERR_IO;
    }
    if (file != NULL) {
        bool written = fwrite(out.bytes, 1, out.size, file) == out.size;
        status = fclose(file) == 0 && written ? OK : ERR_IO;
    }
    buffer_finish(&raw);
    buffer_finish(&head);
    buffer_finish(&packed);
    buffer_finish(&out);
    return status;
}
