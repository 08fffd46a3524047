// SPDX-License-Identifier: Apache-2.0
// UTF-8 checked and counted in UTF-16 units; see utf16.h.
#include "utf16.h"

#include <string.h>

// Bytes of the well-formed character at `at`, or 0 (the table of RFC 3629, section 4).
static size_t character_size(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > left)
        return 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

int64_t utf16_length(struct span utf8)
{
    const uint8_t *at = utf8.bytes, *end = utf8.bytes + utf8.size;
    int64_t units = 0;
    while (at < end) {
        uint64_t word;
        if (end - at >= 8 && (memcpy(&word, at, 8), !(word & UINT64_C(0x8080808080808080)))) {
            at += 8;
            units += 8;
            continue;
        }
        size_t size = character_size(at, (size_t)(end - at));
        if (size == 0)
            return -1;
        at += size;
        units += size == 4 ? 2 : 1;
    }
    return units;
}

size_t utf16_offset(struct span utf8, uint64_t length, uint64_t unit, bool *out_inside)
{
    *out_inside = false;
    if (utf8.size == length)
        return (size_t)unit;
    size_t offset = 0;
    uint64_t units = 0;
    while (units < unit && offset < utf8.size) {
        uint8_t lead = utf8.bytes[offset];
        if (lead >= 0xf0 && units + 1 == unit) {
            *out_inside = true;
            return offset;
        }
        offset += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        units += lead >= 0xf0 ? 2 : 1;
    }
    return offset;
}
