// SPDX-License-Identifier: Apache-2.0
// Writing a difference. Nodes keep their number from view to view (the builder matches them by
// key), so comparing is one walk. Among the children of one parent the longest run that kept its
// order stays where it is; the others are put after their new sibling.
#include "ui/difference.h"

#include "difference_format.h"

#include <string.h>

struct walk {
    const struct ui_tree *from, *to;
    struct ui_difference *out;
    size_t limit;
    uint32_t operations;
    bool stays[UI_NODES_MAX]; // children that keep their place
    // Working space of `children_settle`.
    uint16_t order[UI_NODES_MAX]; // rank of a number among its old siblings, from 1
    uint16_t tail[UI_NODES_MAX], back[UI_NODES_MAX];
};

// True when this message has no room for another operation.
static bool is_full(const struct walk *walk)
{
    return walk->operations > 0 && walk->out->bytes.size >= walk->limit;
}

// Marks the longest increasing run of old ranks among the new children of `parent` (patience, O(n
// log n)).
static void children_settle(struct walk *walk, uint16_t parent)
{
    uint16_t rank = 0, length = 0;
    for (uint16_t c = ui_tree_first(walk->from, parent); c != 0; c = walk->from->links[c].next) {
        walk->order[c] = ++rank;
    }
    for (uint16_t c = ui_tree_first(walk->to, parent); c != 0; c = walk->to->links[c].next) {
        walk->stays[c] = false;
        if (ui_tree_kind(walk->from, c) == 0) {
            continue;
        }
        uint16_t low = 0, high = length;
        while (low < high) {
            uint16_t middle = (uint16_t)((low + high) / 2);
            if (walk->order[walk->tail[middle]] < walk->order[c]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        walk->back[c] = low > 0 ? walk->tail[low - 1] : 0;
        walk->tail[low] = c;
        length = low == length ? (uint16_t)(length + 1) : length;
    }
    for (uint16_t c = length > 0 ? walk->tail[length - 1] : 0; c != 0; c = walk->back[c]) {
        walk->stays[c] = true;
    }
}

static bool content_is_equal(const struct ui_node *a, const struct ui_node *b)
{
    return a->size == b->size && a->document == b->document &&
           (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

// The document byte of a put; false when the message has no handle left.
static bool document_code(struct walk *walk, uint16_t number, uint8_t *out_code)
{
    ui_document_t wanted = walk->to->nodes[number].document;
    bool is_old = ui_tree_kind(walk->from, number) != 0;
    if (wanted == 0) {
        *out_code = DOCUMENT_NONE;
        return true;
    }
    if (is_old && walk->from->nodes[number].document == wanted) {
        *out_code = DOCUMENT_KEEP;
        return true;
    }
    if (walk->out->document_count == UI_HANDLES_MAX) {
        return false;
    }
    *out_code = (uint8_t)(DOCUMENT_FIRST + walk->out->document_count);
    walk->out->documents[walk->out->document_count++] = wanted;
    return true;
}

// Writes one put; false when it has to wait for the next message.
static bool put_write(struct walk *walk, uint16_t number)
{
    uint8_t document = 0;
    if (is_full(walk) || !document_code(walk, number, &document)) {
        return false;
    }
    struct buffer *bytes = &walk->out->bytes;
    const struct ui_links *links = &walk->to->links[number];
    const struct ui_node *node = &walk->to->nodes[number];
    buffer_u8(bytes, OPERATION_PUT);
    buffer_uvarint(bytes, number);
    buffer_uvarint(bytes, links->parent);
    buffer_uvarint(bytes, links->previous);
    buffer_u8(bytes, links->kind);
    buffer_u8(bytes, document);
    buffer_block(bytes, node->bytes, node->size);
    walk->operations++;
    return true;
}

// Removes the topmost nodes that are no more; false when the message is full.
static bool removals_write(struct walk *walk)
{
    for (uint16_t i = 1; i < UI_NODES_MAX; i++) {
        const struct ui_links *old = &walk->from->links[i];
        bool is_top = old->parent == 0 || ui_tree_kind(walk->to, old->parent) != 0;
        if (old->kind == 0 || ui_tree_kind(walk->to, i) != 0 || !is_top) {
            continue;
        }
        if (is_full(walk)) {
            return false;
        }
        buffer_u8(&walk->out->bytes, OPERATION_REMOVE);
        buffer_uvarint(&walk->out->bytes, i);
        walk->operations++;
    }
    return true;
}

static bool puts_write(struct walk *walk)
{
    for (uint16_t at = walk->to->root; at != 0; at = ui_tree_walk(walk->to, walk->to->root, at)) {
        children_settle(walk, at);
        bool is_old = ui_tree_kind(walk->from, at) != 0;
        bool same = is_old && (at == walk->to->root || walk->stays[at]) &&
                    content_is_equal(&walk->from->nodes[at], &walk->to->nodes[at]);
        if (!same && !put_write(walk, at)) {
            return false;
        }
    }
    return true;
}

status_t ui_difference_write(const struct ui_tree *from, const struct ui_tree *to, size_t limit,
                             struct ui_difference *out)
{
    struct walk walk = {.from = from, .to = to, .out = out, .limit = limit};
    memset(out, 0, sizeof *out);
    buffer_u8(&out->bytes, UI_DIFFERENCE_VERSION);
    buffer_u8(&out->bytes, from->sequence == 0 ? FLAG_RESET : 0);
    buffer_uvarint(&out->bytes, from->sequence);
    out->more = !removals_write(&walk) || !puts_write(&walk);
    out->empty = walk.operations == 0;
    if (!buffer_ok(&out->bytes)) {
        ui_difference_finish(out);
        return ERR_NO_MEMORY;
    }
    out->bytes.bytes[1] |= out->more ? FLAG_MORE : 0;
    return OK;
}

void ui_difference_finish(struct ui_difference *difference)
{
    buffer_finish(&difference->bytes);
    memset(difference, 0, sizeof *difference);
}
