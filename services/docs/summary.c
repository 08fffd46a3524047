// SPDX-License-Identifier: Apache-2.0
// Titles, previews and search; see summary.h.
#include "summary.h"

#include <string.h>

// The character at *at; moves past it. Malformed bytes stand for themselves, one by one.
static uint32_t character_next(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *from = *at;
    uint8_t lead = from[0];
    size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > (size_t)(end - from))
        size = 1;
    uint32_t code = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (from[i] & 0x3f);
    *at = from + size;
    return code;
}

static bool is_blank(uint32_t code)
{
    return code <= ' ' || code == 0xa0 || code == 0x2028 || code == 0x2029;
}

// Copies characters as long as they fit whole; runs of blanks become one space, none at the edges.
// Stops at `end`.
static void copy_line(const uint8_t *at, const uint8_t *end, char *out, size_t out_max)
{
    size_t used = 0;
    bool space = false;
    while (at < end) {
        const uint8_t *from = at;
        bool blank = is_blank(character_next(&at, end));
        size_t size = blank ? 0 : (size_t)(at - from) + (space && used > 0);
        if (used + size >= out_max)
            break;
        if (!blank) {
            if (space && used > 0)
                out[used++] = ' ';
            memcpy(out + used, from, (size_t)(at - from));
            used += (size_t)(at - from);
        }
        space = blank;
    }
    out[used] = 0;
}

void summary_make(struct span text, struct summary *out_summary)
{
    const uint8_t *at = text.bytes, *end = text.bytes + text.size;
    memset(out_summary, 0, sizeof *out_summary);
    for (const uint8_t *next = at; at < end; at = next) {
        if (!is_blank(character_next(&next, end)))
            break;
    }
    if (at == end)
        return;
    const uint8_t *line = memchr(at, '\n', (size_t)(end - at));
    if (!line)
        line = end;
    copy_line(at, line, out_summary->title, sizeof out_summary->title);
    copy_line(line, end, out_summary->preview, sizeof out_summary->preview);
}

// Simple case folding of the scripts that have it in regular rows (Unicode 15, CaseFolding.txt).
static uint32_t fold(uint32_t code)
{
    if ((code >= 'A' && code <= 'Z') || (code >= 0xc0 && code <= 0xde && code != 0xd7))
        return code + 32;
    if ((code >= 0x391 && code <= 0x3ab && code != 0x3a2) || (code >= 0x410 && code <= 0x42f))
        return code + 32;
    if (code >= 0x400 && code <= 0x40f)
        return code + 80;
    if ((code >= 0x100 && code <= 0x137) || (code >= 0x14a && code <= 0x177) ||
        (code >= 0x460 && code <= 0x481) || (code >= 0x48a && code <= 0x4bf))
        return code | 1;
    if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
        return code + (code & 1);
    return code;
}

static bool begins_with(const uint8_t *at, const uint8_t *end, struct span query)
{
    const uint8_t *wanted = query.bytes, *wanted_end = query.bytes + query.size;
    while (wanted < wanted_end) {
        if (at >= end ||
            fold(character_next(&at, end)) != fold(character_next(&wanted, wanted_end)))
            return false;
    }
    return true;
}

bool summary_contains(struct span text, struct span query)
{
    const uint8_t *at = text.bytes, *end = text.bytes + text.size;
    if (query.size == 0)
        return true;
    while (at < end) {
        if (begins_with(at, end, query))
            return true;
        character_next(&at, end);
    }
    return false;
}
