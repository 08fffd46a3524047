// SPDX-License-Identifier: Apache-2.0
// One pass over the structure block with a stack of levels. A node's properties come before its
// children, so a node is judged when its first child begins or it ends.
#include "devicetree.h"

#include <string.h>

#define MAGIC          0xd00dfeedu
#define HEADER_BYTES   40u
#define TOKEN_BEGIN    1u
#define TOKEN_END      2u
#define TOKEN_PROPERTY 3u
#define TOKEN_NOP      4u
#define TOKEN_LAST     9u

// A node on the way down. Cells describe its children; `direct` says that their addresses are the
// processor's.
struct level {
    uint32_t address_cells, size_cells;
    bool direct, enabled, judged, compatible;
    bool ranges_empty; // there is a ranges property, and it is empty: addresses pass through
    struct span reg, interrupts, extended;
    struct devicetree_device device;
};

struct search {
    const char *compatible;
    struct devicetree_device *devices;
    uint32_t count, max;
    struct level levels[DEVICETREE_DEPTH_MAX + 1]; // [0]: above the root
    uint32_t depth;
};

static bool block_of(const uint8_t *bytes, size_t size, const uint32_t place[2], struct span *out)
{
    if (place[0] > size || place[1] > size - place[0] || place[0] % 4 != 0)
        return false;
    *out = (struct span){.bytes = bytes + place[0], .size = place[1]};
    return true;
}

status_t devicetree_open(struct devicetree *tree, const void *bytes, size_t size)
{
    if (size < HEADER_BYTES)
        return ERR_CORRUPT;
    struct reader reader = reader_of(bytes, HEADER_BYTES);
    uint32_t words[10];
    for (uint32_t i = 0; i < 10; i++)
        words[i] = reader_be32(&reader);
    if (words[0] != MAGIC || words[1] > size)
        return ERR_CORRUPT;
    const uint32_t structure[2] = {words[2], words[9]}, strings[2] = {words[3], words[8]};
    if (strings[0] > words[1] || strings[1] > words[1] - strings[0] ||
        !block_of(bytes, words[1], structure, &tree->structure))
        return ERR_CORRUPT;
    tree->strings = (struct span){.bytes = (const uint8_t *)bytes + strings[0], .size = strings[1]};
    return OK;
}

// Whether a list of NUL-terminated strings holds `text`.
static bool list_has(struct span list, const char *text)
{
    size_t length = strlen(text) + 1;
    for (size_t at = 0; at < list.size;) {
        const uint8_t *end = memchr(list.bytes + at, 0, list.size - at);
        if (end == NULL)
            return false;
        size_t item = (size_t)(end - list.bytes) + 1 - at;
        if (item == length && memcmp(list.bytes + at, text, length) == 0)
            return true;
        at += item;
    }
    return false;
}

static bool name_is(const struct devicetree *tree, uint32_t offset, const char *name)
{
    size_t length = strlen(name) + 1;
    return offset <= tree->strings.size && length <= tree->strings.size - offset &&
           memcmp(tree->strings.bytes + offset, name, length) == 0;
}

static uint32_t cell(struct span value, uint32_t otherwise)
{
    struct reader reader = reader_of(value.bytes, value.size);
    uint32_t number = reader_be32(&reader);
    return reader_ok(&reader) ? number : otherwise;
}

static void take_property(const struct devicetree *tree, struct search *search, uint32_t name,
                          struct span value)
{
    struct level *level = &search->levels[search->depth];
    struct devicetree_device *device = &level->device;
    if (name_is(tree, name, "#address-cells"))
        level->address_cells = cell(value, 2);
    else if (name_is(tree, name, "#size-cells"))
        level->size_cells = cell(value, 1);
    else if (name_is(tree, name, "status"))
        level->enabled = level->enabled && (list_has(value, "okay") || list_has(value, "ok"));
    else if (name_is(tree, name, "compatible"))
        level->compatible = list_has(value, search->compatible);
    else if (name_is(tree, name, "reg"))
        level->reg = value;
    else if (name_is(tree, name, "interrupts"))
        level->interrupts = value;
    else if (name_is(tree, name, "interrupts-extended"))
        level->extended = value;
    else if (name_is(tree, name, "reg-shift"))
        device->reg_shift = cell(value, 0);
    else if (name_is(tree, name, "reg-io-width"))
        device->reg_io_width = cell(value, 1);
    else if (name_is(tree, name, "clock-frequency"))
        device->clock_hz = cell(value, 0);
    else if (name_is(tree, name, "ranges"))
        level->ranges_empty = value.size == 0;
}

static uint64_t read_cells(struct reader *reader, uint32_t cells)
{
    if (cells == 1)
        return reader_be32(reader);
    if (cells == 2)
        return reader_be64(reader);
    reader_fail(reader);
    return 0;
}

// Takes the finished node into the result if it is what is searched for.
static void judge(struct search *search)
{
    struct level *level = &search->levels[search->depth];
    const struct level *parent = level - 1;
    if (level->judged)
        return;
    level->judged = true;
    // Children's addresses are the processor's if this bus passes them through.
    level->direct = search->depth == 1 || (parent->direct && level->ranges_empty);
    if (!level->compatible || !level->enabled || !parent->direct || search->count == search->max)
        return;
    struct devicetree_device device = level->device;
    struct reader reg = reader_of(level->reg.bytes, level->reg.size);
    device.address = read_cells(&reg, parent->address_cells);
    device.size_bytes = read_cells(&reg, parent->size_cells);
    if (!reader_ok(&reg) || device.size_bytes == 0)
        return;
    struct reader line = level->extended.size > 0
                             ? reader_of(level->extended.bytes, level->extended.size)
                             : reader_of(level->interrupts.bytes, level->interrupts.size);
    if (level->extended.size > 0)
        reader_be32(&line); // the controller
    device.interrupt = reader_be32(&line);
    device.has_interrupt = reader_ok(&line);
    search->devices[search->count++] = device;
}

static bool begin_node(struct search *search, struct reader *reader)
{
    const uint8_t *end = memchr(reader->at, 0, reader_left(reader));
    if (end == NULL || search->depth == DEVICETREE_DEPTH_MAX)
        return false;
    reader_take(reader, ((size_t)(end - reader->at) + 4) & ~(size_t)3);
    if (search->depth > 0)
        judge(search);
    bool enabled = search->levels[search->depth].enabled;
    search->levels[++search->depth] = (struct level){
        .address_cells = 2, .size_cells = 1, .enabled = enabled, .device = {.reg_io_width = 1}};
    return reader_ok(reader);
}

static bool property(const struct devicetree *tree, struct search *search, struct reader *reader)
{
    uint32_t size = reader_be32(reader);
    uint32_t name = reader_be32(reader);
    struct span value = reader_take(reader, size);
    uint32_t padding = (4 - size % 4) % 4;
    reader_take(reader, padding);
    if (!reader_ok(reader) || search->depth == 0 || search->levels[search->depth].judged)
        return false;
    take_property(tree, search, name, value);
    return true;
}

status_t devicetree_find(const struct devicetree *tree, const char *compatible,
                         struct devicetree_device *devices, uint32_t devices_max)
{
    struct search search = {.compatible = compatible, .devices = devices, .max = devices_max};
    search.levels[0] = (struct level){.direct = true, .enabled = true};
    struct reader reader = reader_of(tree->structure.bytes, tree->structure.size);
    while (reader_ok(&reader)) {
        bool good = true;
        switch (reader_be32(&reader)) {
        case TOKEN_BEGIN:
            good = begin_node(&search, &reader);
            break;
        case TOKEN_PROPERTY:
            good = property(tree, &search, &reader);
            break;
        case TOKEN_END:
            good = search.depth > 0;
            if (good) {
                judge(&search);
                search.depth--;
            }
            break;
        case TOKEN_NOP:
            break;
        case TOKEN_LAST:
            return search.depth == 0 && reader_ok(&reader) ? (status_t)search.count : ERR_CORRUPT;
        default:
            good = false;
        }
        if (!good)
            return ERR_CORRUPT;
    }
    return ERR_CORRUPT;
}
