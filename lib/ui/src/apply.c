// SPDX-License-Identifier: Apache-2.0
// Applying a difference: every operation is tried on a copy of the links, with new contents set
// aside; only when the whole message has passed are links swapped and contents installed. Nothing
// can fail after that.
#include "ui/attribute.h"
#include "ui/difference.h"

#include "difference_format.h"

#include <stdlib.h>
#include <string.h>

// A trial: what the tree would be. `fresh` owns nodes put by this message until they are installed.
struct trial {
    struct ui_links links[UI_NODES_MAX];
    struct ui_node *fresh[UI_NODES_MAX];
    bool gone[UI_NODES_MAX]; // the tree's own content for this number is dropped
    const struct ui_tree *tree;
    const struct ui_difference_view *view;
    uint32_t count, bytes;
    uint16_t root;
};

static void fresh_drop(struct trial *trial, uint32_t number)
{
    if (trial->fresh[number] != NULL) {
        free(trial->fresh[number]->bytes);
        free(trial->fresh[number]);
        trial->fresh[number] = NULL;
    }
}

static void trial_destroy(struct trial *trial)
{
    for (uint32_t i = 0; i < UI_NODES_MAX; i++) {
        fresh_drop(trial, i);
    }
    free(trial);
}

// Content of a number as the trial stands, NULL when it has none.
static const struct ui_node *trial_node(const struct trial *trial, uint32_t number)
{
    if (trial->fresh[number] != NULL) {
        return trial->fresh[number];
    }
    return trial->gone[number] ? NULL : &trial->tree->nodes[number];
}

static void unlink_node(struct trial *trial, uint16_t number)
{
    struct ui_links *links = trial->links, *node = &links[number];
    if (node->previous != 0) {
        links[node->previous].next = node->next;
    } else if (node->parent != 0) {
        links[node->parent].first = node->next;
    }
    if (node->next != 0) {
        links[node->next].previous = node->previous;
    } else if (node->parent != 0) {
        links[node->parent].last = node->previous;
    }
    node->previous = node->next = 0;
}

static void link_node(struct trial *trial, uint16_t number, uint16_t parent, uint16_t previous)
{
    struct ui_links *links = trial->links, *node = &links[number];
    node->parent = parent;
    node->previous = previous;
    if (parent == 0) {
        trial->root = number;
        return;
    }
    node->next = previous != 0 ? links[previous].next : links[parent].first;
    if (previous != 0) {
        links[previous].next = number;
    } else {
        links[parent].first = number;
    }
    if (node->next != 0) {
        links[node->next].previous = number;
    } else {
        links[parent].last = number;
    }
}

// Reads the attributes and the document of a put into a node of its own.
static status_t content_read(struct trial *trial, uint16_t number, struct span bytes,
                             uint8_t document)
{
    const struct ui_node *before =
        trial->links[number].kind != 0 ? trial_node(trial, number) : NULL;
    ui_document_t handle = 0;
    if (document == DOCUMENT_KEEP) {
        if (before == NULL) {
            return ERR_BAD_MESSAGE;
        }
        handle = before->document;
    } else if (document >= DOCUMENT_FIRST) {
        if ((uint32_t)document - DOCUMENT_FIRST >= trial->view->document_count) {
            return ERR_BAD_MESSAGE;
        }
        handle = trial->view->documents[document - DOCUMENT_FIRST];
    }
    uint32_t total = trial->bytes - (before != NULL ? before->size : 0) + (uint32_t)bytes.size;
    if (total > UI_TREE_BYTES_MAX) {
        return ERR_FULL;
    }
    struct ui_node *node = calloc(1, sizeof *node);
    uint8_t *copy = malloc(bytes.size + 1);
    if (node == NULL || copy == NULL) {
        free(node);
        free(copy);
        return ERR_NO_MEMORY;
    }
    if (bytes.size > 0) {
        memcpy(copy, bytes.bytes, bytes.size);
    }
    status_t status = ui_attributes_decode(copy, bytes.size, node);
    if (status < 0) {
        free(node);
        free(copy);
        return status;
    }
    node->bytes = copy;
    node->size = (uint16_t)bytes.size;
    node->document = handle;
    trial->bytes = total;
    fresh_drop(trial, number);
    trial->fresh[number] = node;
    trial->gone[number] = true;
    return OK;
}

// Where a put may go: the parent exists and takes the kind, the sibling is its child, an old node
// keeps kind and parent.
static bool place_is_valid(const struct trial *trial, const struct put *put)
{
    const struct ui_links *links = trial->links;
    if (put->number == 0 || put->number >= UI_NODES_MAX || put->parent >= UI_NODES_MAX ||
        put->previous >= UI_NODES_MAX || put->previous == put->number) {
        return false;
    }
    uint8_t parent_kind = links[put->parent].kind;
    if (put->parent != 0 && parent_kind == 0) {
        return false;
    }
    if (put->previous != 0 && (put->parent == 0 || links[put->previous].kind == 0 ||
                               links[put->previous].parent != put->parent)) {
        return false;
    }
    const struct ui_links *node = &links[put->number];
    if (node->kind != 0) {
        return node->kind == put->kind && node->parent == put->parent;
    }
    return ui_kind_may_contain(parent_kind, put->kind) && (put->parent != 0 || trial->root == 0) &&
           links[put->parent].depth < UI_DEPTH_MAX;
}

static status_t put_apply(struct trial *trial, struct reader *reader)
{
    struct put put = {
        .number = reader_uvarint_minimal(reader),
        .parent = reader_uvarint_minimal(reader),
        .previous = reader_uvarint_minimal(reader),
        .kind = reader_u8(reader),
        .document = reader_u8(reader),
        .attributes = reader_block(reader),
    };
    if (!reader_ok(reader) || !place_is_valid(trial, &put)) {
        return ERR_BAD_MESSAGE;
    }
    uint16_t number = (uint16_t)put.number;
    status_t status = content_read(trial, number, put.attributes, put.document);
    if (status < 0) {
        return status;
    }
    struct ui_links *node = &trial->links[number];
    if (node->kind != 0) {
        unlink_node(trial, number);
    } else {
        node->kind = put.kind;
        node->depth = (uint8_t)(trial->links[put.parent].depth + 1);
        trial->count++;
    }
    link_node(trial, number, (uint16_t)put.parent, (uint16_t)put.previous);
    return OK;
}

// Drops a node and what is under it: always the deepest first child until the top itself is gone.
static status_t remove_apply(struct trial *trial, struct reader *reader)
{
    uint64_t top = reader_uvarint_minimal(reader);
    if (!reader_ok(reader) || top == 0 || top >= UI_NODES_MAX || trial->links[top].kind == 0) {
        return ERR_BAD_MESSAGE;
    }
    uint16_t at = (uint16_t)top;
    for (bool done = false; !done;) {
        while (trial->links[at].first != 0) {
            at = trial->links[at].first;
        }
        uint16_t parent = trial->links[at].parent;
        done = at == top;
        unlink_node(trial, at);
        trial->count--;
        trial->bytes -= trial_node(trial, at)->size;
        fresh_drop(trial, at);
        trial->gone[at] = true;
        memset(&trial->links[at], 0, sizeof trial->links[at]);
        trial->root = trial->root == at ? 0 : trial->root;
        at = parent;
    }
    return OK;
}

static status_t operations_apply(struct trial *trial, struct reader *reader)
{
    while (reader_left(reader) > 0) {
        uint8_t operation = reader_u8(reader);
        status_t status = operation == OPERATION_PUT      ? put_apply(trial, reader)
                          : operation == OPERATION_REMOVE ? remove_apply(trial, reader)
                                                          : ERR_BAD_MESSAGE;
        if (status < 0) {
            return status;
        }
    }
    return reader_ok(reader) && trial->root != 0 ? OK : ERR_BAD_MESSAGE;
}

static void trial_install(struct trial *trial, struct ui_tree *tree)
{
    memcpy(tree->links, trial->links, sizeof tree->links);
    for (uint32_t i = 0; i < UI_NODES_MAX; i++) {
        if (trial->gone[i]) {
            free(tree->nodes[i].bytes);
            memset(&tree->nodes[i], 0, sizeof tree->nodes[i]);
        }
        if (trial->fresh[i] != NULL) {
            tree->nodes[i] = *trial->fresh[i];
            free(trial->fresh[i]);
            trial->fresh[i] = NULL;
        }
    }
    tree->count = trial->count;
    tree->bytes = trial->bytes;
    tree->root = trial->root;
}

static void trial_start(struct trial *trial, const struct ui_tree *tree, bool reset)
{
    trial->tree = tree;
    if (reset) {
        memset(trial->gone, true, sizeof trial->gone);
        return;
    }
    memcpy(trial->links, tree->links, sizeof trial->links);
    trial->count = tree->count;
    trial->bytes = tree->bytes;
    trial->root = tree->root;
}

status_t ui_difference_apply(struct ui_tree *tree, const struct ui_difference_view *view,
                             bool *out_more)
{
    struct reader reader = reader_of(view->bytes, view->size);
    uint8_t version = reader_u8(&reader), flags = reader_u8(&reader);
    uint64_t sequence = reader_uvarint_minimal(&reader);
    if (!reader_ok(&reader) || version != UI_DIFFERENCE_VERSION || flags > FLAG_ALL ||
        view->size > UI_DIFFERENCE_BYTES_MAX || view->document_count > UI_HANDLES_MAX) {
        return ERR_BAD_MESSAGE;
    }
    bool reset = (flags & FLAG_RESET) != 0;
    if (reset ? sequence != 0 : sequence != tree->sequence) {
        return ERR_BAD_STATE;
    }
    struct trial *trial = calloc(1, sizeof *trial);
    if (trial == NULL) {
        return ERR_NO_MEMORY;
    }
    trial->view = view;
    trial_start(trial, tree, reset);
    status_t status = operations_apply(trial, &reader);
    if (status == OK) {
        trial_install(trial, tree);
        tree->sequence = (uint32_t)sequence + 1;
        if (out_more != NULL) {
            *out_more = (flags & FLAG_MORE) != 0;
        }
    }
    trial_destroy(trial);
    return status;
}
