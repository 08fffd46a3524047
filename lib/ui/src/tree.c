// SPDX-License-Identifier: Apache-2.0
// The retained tree: a table of nodes and their links. Changing it is src/apply.c; this file
// creates, asks and compares.
#include "ui/tree.h"

#include <stdlib.h>
#include <string.h>

struct ui_tree *ui_tree_create(void)
{
    return calloc(1, sizeof(struct ui_tree));
}

void ui_tree_clear(struct ui_tree *tree)
{
    for (uint32_t i = 0; i < UI_NODES_MAX; i++) {
        if (tree->links[i].kind != 0) {
            free(tree->nodes[i].bytes);
            memset(&tree->nodes[i], 0, sizeof tree->nodes[i]);
        }
    }
    memset(tree->links, 0, sizeof tree->links);
    tree->count = tree->bytes = tree->sequence = 0;
    tree->root = 0;
}

void ui_tree_destroy(struct ui_tree *tree)
{
    if (tree != NULL) {
        ui_tree_clear(tree);
        free(tree);
    }
}

uint8_t ui_tree_kind(const struct ui_tree *tree, uint32_t number)
{
    return number < UI_NODES_MAX ? tree->links[number].kind : 0;
}

struct span ui_tree_string(const struct ui_tree *tree, uint32_t number, enum ui_string which)
{
    if (ui_tree_kind(tree, number) == 0 || tree->nodes[number].length[which] == 0) {
        return (struct span){NULL, 0};
    }
    const struct ui_node *node = &tree->nodes[number];
    return (struct span){node->bytes + node->offset[which], node->length[which]};
}

uint64_t ui_tree_number(const struct ui_tree *tree, uint32_t number, enum ui_number which)
{
    return ui_tree_kind(tree, number) == 0 ? 0 : tree->nodes[number].number[which];
}

bool ui_tree_flag(const struct ui_tree *tree, uint32_t number, enum ui_flag flag)
{
    return (ui_tree_number(tree, number, UI_FLAGS) & flag) != 0;
}

ui_document_t ui_tree_document(const struct ui_tree *tree, uint32_t number)
{
    return ui_tree_kind(tree, number) == 0 ? 0 : tree->nodes[number].document;
}

uint16_t ui_tree_first(const struct ui_tree *tree, uint32_t number)
{
    return ui_tree_kind(tree, number) == 0 ? 0 : tree->links[number].first;
}

uint16_t ui_tree_next(const struct ui_tree *tree, uint32_t number)
{
    return ui_tree_kind(tree, number) == 0 ? 0 : tree->links[number].next;
}

uint16_t ui_tree_walk(const struct ui_tree *tree, uint16_t top, uint16_t at)
{
    const struct ui_links *links = tree->links;
    if (links[at].first != 0) {
        return links[at].first;
    }
    while (at != top && links[at].next == 0) {
        at = links[at].parent;
    }
    return at == top ? 0 : links[at].next;
}

uint16_t ui_tree_child(const struct ui_tree *tree, uint32_t parent, enum ui_kind kind)
{
    uint16_t child = ui_tree_first(tree, parent);
    while (child != 0 && tree->links[child].kind != kind) {
        child = tree->links[child].next;
    }
    return child;
}

// Bit k of a row: kind k may stand there. Row 0 is the top.
#define K(kind) (1u << UI_##kind)
static const uint32_t may_contain[UI_KIND_COUNT] = {
    [0] = K(APP),
    [UI_APP] = K(SECTION) | K(VERB) | K(LIST) | K(DETAIL) | K(FORM) | K(TEXT) | K(STATUS) | K(ASK) |
               K(GROUP) | K(MEDIA) | K(CHART) | K(CANVAS) | K(EXTENSION) | K(FIELD),
    [UI_SECTION] = K(VERB) | K(LIST) | K(DETAIL) | K(FORM) | K(TEXT) | K(STATUS) | K(ASK) |
                   K(GROUP) | K(MEDIA) | K(CHART) | K(CANVAS) | K(EXTENSION) | K(FIELD),
    [UI_LIST] = K(ITEM) | K(STATUS),
    [UI_ITEM] = K(VERB) | K(STATUS) | K(ITEM),
    [UI_DETAIL] = K(VERB) | K(LIST) | K(FORM) | K(TEXT) | K(STATUS) | K(ASK) | K(GROUP) | K(MEDIA) |
                  K(CHART) | K(CANVAS) | K(EXTENSION) | K(FIELD),
    [UI_FORM] = K(FIELD) | K(VERB) | K(TEXT) | K(STATUS) | K(GROUP),
    [UI_ASK] = K(FIELD) | K(VERB) | K(TEXT) | K(STATUS),
    [UI_GROUP] = K(VERB) | K(LIST) | K(ITEM) | K(FORM) | K(TEXT) | K(STATUS) | K(GROUP) | K(MEDIA) |
                 K(CHART) | K(CANVAS) | K(EXTENSION) | K(FIELD),
    [UI_CANVAS] = K(VERB) | K(TEXT) | K(STATUS),
    [UI_EXTENSION] = K(VERB) | K(TEXT) | K(STATUS) | K(GROUP),
};
#undef K

bool ui_kind_may_contain(uint8_t parent_kind, uint8_t kind)
{
    return parent_kind < UI_KIND_COUNT && kind < UI_KIND_COUNT &&
           (may_contain[parent_kind] >> kind & 1u) != 0;
}

const char *ui_kind_name(uint8_t kind)
{
    static const char *const names[UI_KIND_COUNT] = {
        [UI_APP] = "App",       [UI_SECTION] = "Section",
        [UI_LIST] = "List",     [UI_ITEM] = "Item",
        [UI_DETAIL] = "Detail", [UI_FORM] = "Form",
        [UI_FIELD] = "Field",   [UI_VERB] = "Verb",
        [UI_TEXT] = "Text",     [UI_MEDIA] = "Media",
        [UI_STATUS] = "Status", [UI_ASK] = "Ask",
        [UI_GROUP] = "Group",   [UI_CHART] = "Chart",
        [UI_CANVAS] = "Canvas", [UI_EXTENSION] = "Extension",
    };
    return kind < UI_KIND_COUNT && names[kind] != NULL ? names[kind] : "?";
}

bool ui_tree_equal(const struct ui_tree *a, const struct ui_tree *b)
{
    if (a->root != b->root || a->count != b->count ||
        memcmp(a->links, b->links, sizeof a->links) != 0) {
        return false;
    }
    for (uint32_t i = 1; i < UI_NODES_MAX; i++) {
        const struct ui_node *left = &a->nodes[i], *right = &b->nodes[i];
        if (left->size != right->size || left->document != right->document ||
            (left->size > 0 && memcmp(left->bytes, right->bytes, left->size) != 0)) {
            return false;
        }
    }
    return true;
}
