// SPDX-License-Identifier: Apache-2.0
// A JSON text checked, not read; see json.h.
#include "json.h"

#include <string.h>

// A failed reader stands at its end, so every loop ends.
static uint8_t peek(const struct reader *reader)
{
    return reader_left(reader) > 0 ? *reader->at : 0;
}

static bool take(struct reader *reader, uint8_t byte)
{
    if (peek(reader) != byte || reader_left(reader) == 0)
        return false;
    reader->at++;
    return true;
}

static void blanks(struct reader *reader)
{
    while (take(reader, ' ') || take(reader, '\t') || take(reader, '\n') || take(reader, '\r'))
        ;
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

static bool escape(struct reader *reader)
{
    uint8_t byte = reader_u8(reader);
    if (byte != 'u')
        return byte != 0 && strchr("\"\\/bfnrt", byte) != NULL;
    for (int i = 0; i < 4; i++)
        if (!is_hex(reader_u8(reader)))
            return false;
    return true;
}

// After the opening quote.
static bool string(struct reader *reader)
{
    while (reader_left(reader) > 0) {
        uint8_t byte = reader_u8(reader);
        if (byte == '"')
            return true;
        if (byte < 0x20 || (byte == '\\' && !escape(reader)))
            return false;
    }
    return false;
}

static bool digits(struct reader *reader)
{
    bool any = false;
    while (peek(reader) >= '0' && peek(reader) <= '9') {
        reader->at++;
        any = true;
    }
    return any;
}

static bool number(struct reader *reader)
{
    (void)take(reader, '-');
    if (!take(reader, '0') && !digits(reader))
        return false;
    if (take(reader, '.') && !digits(reader))
        return false;
    if (!take(reader, 'e') && !take(reader, 'E'))
        return true;
    if (!take(reader, '+'))
        (void)take(reader, '-');
    return digits(reader);
}

static bool word(struct reader *reader, const char *letters)
{
    size_t size = strlen(letters);
    struct span got = reader_take(reader, size);
    return got.size == size && memcmp(got.bytes, letters, size) == 0;
}

static bool value(struct reader *reader, unsigned depth);

// After the opening bracket; `keyed`: an object.
static bool members(struct reader *reader, bool keyed, unsigned depth)
{
    uint8_t end = keyed ? '}' : ']';
    blanks(reader);
    if (take(reader, end))
        return true;
    for (;;) {
        blanks(reader);
        if (keyed && !(take(reader, '"') && string(reader)))
            return false;
        blanks(reader);
        if (keyed && !take(reader, ':'))
            return false;
        if (!value(reader, depth + 1))
            return false;
        if (take(reader, end))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

// One value and the blanks around it. Recursion is bounded by JSON_DEPTH_MAX.
static bool value(struct reader *reader, unsigned depth)
{
    bool good;
    blanks(reader);
    if (depth > JSON_DEPTH_MAX)
        return false;
    switch (peek(reader)) {
    case '{':
    case '[':
        good = members(reader, reader_u8(reader) == '{', depth);
        break;
    case '"':
        reader->at++;
        good = string(reader);
        break;
    case 't':
        good = word(reader, "true");
        break;
    case 'f':
        good = word(reader, "false");
        break;
    case 'n':
        good = word(reader, "null");
        break;
    default:
        good = number(reader);
    }
    blanks(reader);
    return good && reader_ok(reader);
}

bool json_is_valid(struct span text)
{
    struct reader reader = reader_of(text.bytes, text.size);
    return value(&reader, 0) && reader_done(&reader);
}
