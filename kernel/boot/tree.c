// SPDX-License-Identifier: Apache-2.0
// The device tree reader.
#include "boot/tree.h"

#define MAGIC          0xd00dfeedu
#define TOKEN_BEGIN    1u
#define TOKEN_END      2u
#define TOKEN_PROPERTY 3u
#define TOKEN_NOP      4u
#define HEADER_BYTES   40u

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t be64(const uint8_t *at)
{
    return (uint64_t)be32(at) << 32 | be32(at + 4);
}

static bool text_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

uint32_t tree_size(const void *bytes)
{
    uint32_t size = be32((const uint8_t *)bytes + 4);
    return be32(bytes) == MAGIC && size >= HEADER_BYTES && size <= TREE_BYTES_MAX ? size : 0;
}

static bool range_inside(uint32_t offset, uint32_t size, uint32_t limit)
{
    return offset <= limit && size <= limit - offset;
}

status_t tree_init(struct tree *tree, const void *bytes, uint32_t size)
{
    if (size < HEADER_BYTES || tree_size(bytes) == 0 || tree_size(bytes) > size)
        return ERR_BAD_MESSAGE;
    const uint8_t *header = bytes;
    uint32_t structure_size = be32(header + 36);
    uint32_t strings_size = be32(header + 32);
    *tree = (struct tree){
        .bytes = bytes,
        .size = tree_size(bytes),
        .structure = be32(header + 8),
        .strings = be32(header + 12),
        .reservations = be32(header + 16),
    };
    if (!range_inside(tree->structure, structure_size, tree->size) ||
        !range_inside(tree->strings, strings_size, tree->size) || tree->structure % 4 != 0 ||
        tree->reservations > tree->size)
        return ERR_BAD_MESSAGE;
    tree->structure_end = tree->structure + structure_size;
    tree->strings_end = tree->strings + strings_size;
    return OK;
}

// The token at `offset`, 0 past the end.
static uint32_t token_at(const struct tree *tree, uint32_t offset)
{
    return range_inside(offset, 4, tree->structure_end) ? be32(tree->bytes + offset) : 0;
}

// The offset after a node name that starts at `offset`; 0 when it does not end.
static uint32_t after_name(const struct tree *tree, uint32_t offset)
{
    while (offset < tree->structure_end && tree->bytes[offset] != 0)
        offset++;
    return offset < tree->structure_end ? (offset + 4) & ~3u : 0;
}

// The offset after the property at `offset` (of its token); 0 when it is malformed.
static uint32_t after_property(const struct tree *tree, uint32_t offset)
{
    if (!range_inside(offset, 12, tree->structure_end))
        return 0;
    uint32_t size = be32(tree->bytes + offset + 4);
    if (!range_inside(offset + 12, size, tree->structure_end))
        return 0;
    return (offset + 12 + size + 3) & ~3u;
}

static bool node_open(const struct tree *tree, struct tree_node *node, uint32_t offset)
{
    uint32_t properties = after_name(tree, offset + 4);
    if (properties == 0 || node->depth >= TREE_DEPTH_MAX)
        return false;
    node->name = (const char *)tree->bytes + offset + 4;
    node->depth++;
    node->properties = properties;
    node->next = properties;
    return true;
}

bool tree_first(const struct tree *tree, struct tree_node *node)
{
    uint32_t offset = tree->structure;
    while (token_at(tree, offset) == TOKEN_NOP)
        offset += 4;
    *node = (struct tree_node){.depth = 0};
    return token_at(tree, offset) == TOKEN_BEGIN && node_open(tree, node, offset);
}

bool tree_next(const struct tree *tree, struct tree_node *node)
{
    uint32_t offset = node->next;
    while (offset != 0) {
        switch (token_at(tree, offset)) {
        case TOKEN_NOP:
            offset += 4;
            break;
        case TOKEN_PROPERTY:
            offset = after_property(tree, offset);
            break;
        case TOKEN_BEGIN:
            return node->depth > 0 && node_open(tree, node, offset);
        case TOKEN_END:
            if (node->depth <= 1)
                return false;
            node->depth--;
            offset += 4;
            break;
        default:
            return false;
        }
    }
    return false;
}

static bool name_matches(const struct tree *tree, uint32_t name_offset, const char *name)
{
    if (name_offset >= tree->strings_end - tree->strings)
        return false;
    for (uint32_t at = tree->strings + name_offset; at < tree->strings_end; at++, name++) {
        if (tree->bytes[at] != (uint8_t)*name)
            return false;
        if (*name == 0)
            return true;
    }
    return false;
}

struct tree_property tree_find(const struct tree *tree, const struct tree_node *node,
                               const char *name)
{
    uint32_t offset = node->properties;
    while (offset != 0) {
        uint32_t token = token_at(tree, offset);
        if (token == TOKEN_NOP) {
            offset += 4;
            continue;
        }
        uint32_t next = token == TOKEN_PROPERTY ? after_property(tree, offset) : 0;
        if (next != 0 && name_matches(tree, be32(tree->bytes + offset + 8), name))
            return (struct tree_property){tree->bytes + offset + 12,
                                          be32(tree->bytes + offset + 4)};
        offset = next;
    }
    return (struct tree_property){NULL, 0};
}

uint32_t tree_cell(struct tree_property property, uint32_t index)
{
    return index < property.size / 4 ? be32(property.bytes + 4 * (size_t)index) : 0;
}

uint64_t tree_cells(struct tree_property property, uint32_t index, uint32_t cells)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < cells && i < 2; i++)
        value = value << 32 | tree_cell(property, index + i);
    return value;
}

bool tree_has_string(struct tree_property property, const char *text)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < property.size; i++) {
        if (property.bytes[i] != 0)
            continue;
        if (text_equal((const char *)property.bytes + start, text))
            return true;
        start = i + 1;
    }
    return false;
}

bool tree_name_is(const struct tree_node *node, const char *text)
{
    const char *name = node->name;
    while (*text != 0 && *name == *text) {
        name++;
        text++;
    }
    return *text == 0 && (*name == 0 || *name == '@');
}

bool tree_enabled(const struct tree *tree, const struct tree_node *node)
{
    struct tree_property status = tree_find(tree, node, "status");
    return status.bytes == NULL || tree_has_string(status, "okay") || tree_has_string(status, "ok");
}

bool tree_reservation(const struct tree *tree, uint32_t index, uint64_t *out_start,
                      uint64_t *out_size)
{
    if (index >= tree->size / 16 || !range_inside(tree->reservations, 16 * (index + 1), tree->size))
        return false;
    const uint8_t *entry = tree->bytes + tree->reservations + (size_t)16 * index;
    *out_start = be64(entry);
    *out_size = be64(entry + 8);
    return *out_start != 0 || *out_size != 0;
}
