// SPDX-License-Identifier: Apache-2.0
// Reads beyond the table yield 0, which every format understands as "nothing here"; loops are
// bounded by 16-bit counts.
#include "kern.h"

#include <stdlib.h>

#define TAG(a, b, c, d)                                                                            \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define LOOKUP_PAIR      2
#define LOOKUP_EXTENSION 9
#define LOOKUP_FIRST     0x80000000U
#define VALUE_X_ADVANCE  4
#define NOT_COVERED      (-1)

static uint16_t u16_at(struct span table, size_t at)
{
    return at + 2 > table.size ? 0 : (uint16_t)(table.bytes[at] << 8 | table.bytes[at + 1]);
}

static uint32_t u32_at(struct span table, size_t at)
{
    return (uint32_t)u16_at(table, at) << 16 | u16_at(table, at + 2);
}

static struct span table_find(struct span font, uint32_t tag)
{
    uint16_t count = u16_at(font, 4);
    for (size_t i = 0; i < count; i++) {
        size_t record = 12 + 16 * i;
        uint32_t offset = u32_at(font, record + 8), size = u32_at(font, record + 12);
        if (u32_at(font, record) == tag && offset < font.size && size <= font.size - offset) {
            return (struct span){font.bytes + offset, size};
        }
    }
    return (struct span){NULL, 0};
}

static void lookup_add(struct kern *kern, size_t lookup)
{
    uint16_t type = u16_at(kern->table, lookup), count = u16_at(kern->table, lookup + 4);
    uint32_t first = LOOKUP_FIRST;
    for (size_t i = 0; i < count && kern->subtable_count < KERN_SUBTABLES_MAX; i++) {
        size_t at = lookup + u16_at(kern->table, lookup + 6 + 2 * i);
        uint16_t real = type;
        if (type == LOOKUP_EXTENSION) {
            real = u16_at(kern->table, at + 2);
            at += u32_at(kern->table, at + 4);
        }
        if (real == LOOKUP_PAIR && at < kern->table.size) {
            kern->subtables[kern->subtable_count++] = (uint32_t)at | first;
            first = 0;
        }
    }
}

void kern_init(struct kern *kern, struct span font)
{
    *kern = (struct kern){.table = table_find(font, TAG('G', 'P', 'O', 'S'))};
    size_t features = u16_at(kern->table, 6), lookups = u16_at(kern->table, 8);
    uint16_t count = u16_at(kern->table, features);
    for (size_t i = 0; i < count; i++) {
        size_t record = features + 2 + 6 * i;
        if (u32_at(kern->table, record) != TAG('k', 'e', 'r', 'n')) {
            continue;
        }
        size_t feature = features + u16_at(kern->table, record + 4);
        uint16_t used = u16_at(kern->table, feature + 2);
        for (size_t j = 0; j < used; j++) {
            size_t index = u16_at(kern->table, feature + 4 + 2 * j);
            lookup_add(kern, lookups + u16_at(kern->table, lookups + 2 + 2 * index));
        }
        break; // scripts share their kerning in practice; the first one is the default
    }
    if (kern->subtable_count > 0) {
        kern->cache = calloc(KERN_PAIRS_CACHED, sizeof *kern->cache);
    }
}

void kern_finish(struct kern *kern)
{
    free(kern->cache);
    *kern = (struct kern){0};
}

// Position of a glyph in a coverage table, or NOT_COVERED. Both formats are sorted.
static int32_t coverage_of(struct span table, size_t at, uint16_t glyph)
{
    uint16_t format = u16_at(table, at);
    int32_t low = 0, high = u16_at(table, at + 2) - 1;
    size_t record = format == 1 ? 2 : 6;
    while (low <= high) {
        int32_t middle = (low + high) / 2;
        size_t entry = at + 4 + record * (size_t)middle;
        uint16_t first = u16_at(table, entry),
                 last = format == 1 ? first : u16_at(table, entry + 2);
        if (glyph < first) {
            high = middle - 1;
        } else if (glyph > last) {
            low = middle + 1;
        } else {
            return format == 1 ? middle : u16_at(table, entry + 4) + glyph - first;
        }
    }
    return NOT_COVERED;
}

static uint16_t class_of(struct span table, size_t at, uint16_t glyph)
{
    if (u16_at(table, at) == 1) {
        uint16_t first = u16_at(table, at + 2), count = u16_at(table, at + 4);
        return glyph >= first && glyph - first < count
                   ? u16_at(table, at + 6 + 2 * (size_t)(glyph - first))
                   : 0;
    }
    int32_t low = 0, high = u16_at(table, at + 2) - 1;
    while (low <= high) {
        int32_t middle = (low + high) / 2;
        size_t entry = at + 4 + 6 * (size_t)middle;
        if (glyph < u16_at(table, entry)) {
            high = middle - 1;
        } else if (glyph > u16_at(table, entry + 2)) {
            low = middle + 1;
        } else {
            return u16_at(table, entry + 4);
        }
    }
    return 0;
}

// Where the two value records of a pair lie, and their size in bytes.
struct value_format {
    uint16_t first;
    size_t size;
};

static struct value_format value_format_at(struct span table, size_t subtable)
{
    uint16_t first = u16_at(table, subtable + 4), second = u16_at(table, subtable + 6);
    return (struct value_format){
        first, 2 * (size_t)(__builtin_popcount(first & 0xFF) + __builtin_popcount(second & 0xFF))};
}

static int16_t value_advance(struct span table, size_t at, struct value_format format)
{
    if ((format.first & VALUE_X_ADVANCE) == 0) {
        return 0;
    }
    size_t before = 2 * (size_t)__builtin_popcount(format.first & (VALUE_X_ADVANCE - 1));
    return (int16_t)u16_at(table, at + before);
}

// Looks into one subtable; false when it has nothing to say about the pair.
static bool pair_find(struct span table, size_t at, uint32_t pair, int32_t *out_units)
{
    uint16_t left = (uint16_t)(pair >> 16), right = (uint16_t)pair;
    int32_t covered = coverage_of(table, at + u16_at(table, at + 2), left);
    struct value_format format = value_format_at(table, at);
    if (covered == NOT_COVERED) {
        return false;
    }
    if (u16_at(table, at) == 2) {
        size_t row = class_of(table, at + u16_at(table, at + 8), left);
        size_t column = class_of(table, at + u16_at(table, at + 10), right);
        size_t columns = u16_at(table, at + 14);
        if (row >= u16_at(table, at + 12) || column >= columns) {
            return false;
        }
        *out_units = value_advance(table, at + 16 + (row * columns + column) * format.size, format);
        return true;
    }
    size_t set = at + u16_at(table, at + 10 + 2 * (size_t)covered);
    int32_t low = 0, high = u16_at(table, set) - 1;
    while (low <= high) {
        int32_t middle = (low + high) / 2;
        size_t record = set + 2 + (2 + format.size) * (size_t)middle;
        uint16_t second = u16_at(table, record);
        if (second == right) {
            *out_units = value_advance(table, record + 2, format);
            return true;
        }
        low = second < right ? middle + 1 : low;
        high = second < right ? high : middle - 1;
    }
    return false;
}

// The sum over lookups of the first subtable in each that knows the pair.
static int32_t pair_sum(const struct kern *kern, uint32_t pair)
{
    int32_t sum = 0;
    bool done = false;
    for (uint32_t i = 0; i < kern->subtable_count; i++) {
        done = done && (kern->subtables[i] & LOOKUP_FIRST) == 0;
        int32_t units = 0;
        if (!done && pair_find(kern->table, kern->subtables[i] & ~LOOKUP_FIRST, pair, &units)) {
            sum += units;
            done = true;
        }
    }
    return sum < INT16_MIN || sum > INT16_MAX ? 0 : sum;
}

int32_t kern_of(struct kern *kern, uint16_t left, uint16_t right)
{
    if (kern->cache == NULL) {
        return 0;
    }
    uint32_t pair = (uint32_t)left << 16 | right;
    struct kern_pair *entry = &kern->cache[(pair * 0x9E3779B1U) >> 22 & (KERN_PAIRS_CACHED - 1)];
    if (entry->pair != pair) {
        *entry = (struct kern_pair){pair, (int16_t)pair_sum(kern, pair)};
    }
    return entry->units;
}
