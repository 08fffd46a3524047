// SPDX-License-Identifier: Apache-2.0
// IP addresses as text; see inet_text.h.
#include "inet_text.h"

#include <string.h>

enum { GROUPS = 8, GROUP_DIGITS_MAX = 4 };

status_t inet4_parse(const char *text, size_t size, uint8_t out_address[4])
{
    uint8_t address[4];
    size_t at = 0;
    for (size_t part = 0; part < sizeof address; part++) {
        if (part > 0 && (at == size || text[at++] != '.')) {
            return ERR_INVALID;
        }
        unsigned value = 0;
        size_t first = at;
        while (at < size && at - first < 3 && text[at] >= '0' && text[at] <= '9') {
            value = value * 10 + (unsigned)(text[at++] - '0');
        }
        if (at == first || value > 255 || (at - first > 1 && text[first] == '0')) {
            return ERR_INVALID;
        }
        address[part] = (uint8_t)value;
    }
    if (at != size) {
        return ERR_INVALID;
    }
    memcpy(out_address, address, sizeof address);
    return OK;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Reads one group of 1 to 4 hexadecimal digits; false when there is none.
static bool parse_group(const char *text, size_t size, size_t *at, uint16_t *out_group)
{
    size_t first = *at;
    unsigned value = 0;
    while (*at < size && *at - first < GROUP_DIGITS_MAX && hex_value(text[*at]) >= 0) {
        value = value << 4 | (unsigned)hex_value(text[(*at)++]);
    }
    *out_group = (uint16_t)value;
    return *at > first;
}

// A dotted quad may stand for the last two groups.
static bool parse_tail4(const char *text, size_t size, uint16_t groups[GROUPS], size_t *count)
{
    uint8_t address[4];
    if (*count > GROUPS - 2 || inet4_parse(text, size, address) != OK) {
        return false;
    }
    groups[(*count)++] = (uint16_t)(address[0] << 8 | address[1]);
    groups[(*count)++] = (uint16_t)(address[2] << 8 | address[3]);
    return true;
}

static void store_groups(const uint16_t groups[GROUPS], size_t count, size_t gap, uint8_t *address)
{
    size_t after = count - gap;
    memset(address, 0, 16);
    for (size_t i = 0; i < count; i++) {
        size_t place = i < gap ? i : GROUPS - after + (i - gap);
        address[2 * place] = (uint8_t)(groups[i] >> 8);
        address[2 * place + 1] = (uint8_t)groups[i];
    }
}

status_t inet6_parse(const char *text, size_t size, uint8_t out_address[16])
{
    uint16_t groups[GROUPS];
    size_t count = 0, at = 0, gap = SIZE_MAX;
    if (size >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < size && count < GROUPS) {
        size_t first = at;
        if (!parse_group(text, size, &at, &groups[count])) {
            return ERR_INVALID;
        }
        if (at < size && text[at] == '.') {
            if (!parse_tail4(text + first, size - first, groups, &count)) {
                return ERR_INVALID;
            }
            at = size;
            break;
        }
        count++;
        if (at == size) {
            break;
        }
        if (text[at++] != ':' || at == size) {
            return ERR_INVALID;
        }
        if (text[at] == ':') {
            if (gap != SIZE_MAX) {
                return ERR_INVALID;
            }
            gap = count;
            at++;
        }
    }
    bool complete = gap == SIZE_MAX ? count == GROUPS : count < GROUPS;
    if (at != size || !complete) {
        return ERR_INVALID;
    }
    store_groups(groups, count, gap == SIZE_MAX ? count : gap, out_address);
    return OK;
}

static size_t put_number(char *text, unsigned value, unsigned base)
{
    char digits[8];
    size_t count = 0, size = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (count > 0) {
        text[size++] = digits[--count];
    }
    return size;
}

size_t inet4_text(const uint8_t address[4], char out_text[INET_TEXT_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i > 0) {
            out_text[size++] = '.';
        }
        size += put_number(out_text + size, address[i], 10);
    }
    out_text[size] = 0;
    return size;
}

// The first longest run of at least two zero groups: its start, and its length through `out_length`
// (0: none).
static size_t zero_run(const uint8_t address[16], size_t *out_length)
{
    size_t best = 0, best_length = 0, length = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        length = address[2 * i] == 0 && address[2 * i + 1] == 0 ? length + 1 : 0;
        if (length > best_length) {
            best_length = length;
            best = i + 1 - length;
        }
    }
    *out_length = best_length >= 2 ? best_length : 0;
    return best;
}

size_t inet6_text(const uint8_t address[16], char out_text[INET_TEXT_MAX])
{
    size_t run_length, size = 0, run = zero_run(address, &run_length);
    for (size_t i = 0; i < GROUPS; i++) {
        if (run_length > 0 && i == run) {
            out_text[size++] = ':';
            if (i + run_length == GROUPS) {
                out_text[size++] = ':';
            }
            i += run_length - 1;
            continue;
        }
        if (i > 0) {
            out_text[size++] = ':';
        }
        unsigned group = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
        size += put_number(out_text + size, group, 16);
    }
    out_text[size] = 0;
    return size;
}
