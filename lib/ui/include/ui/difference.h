// SPDX-License-Identifier: Apache-2.0
// Carrying one tree to another. A difference is a list of operations (put a node after a sibling,
// remove a subtree) against the tree after `sequence` earlier ones. The app writes it from the tree
// it sent and the tree it wants; the stage applies it whole or not at all. Documents ride as
// handles beside the bytes: a node names its handle's index.
//
// A difference too large for one message is cut between operations and marked `more`: every prefix
// is a valid tree, the stage shows it once the last part has come.
#pragma once

#include "ui/tree.h"

#include "base/buffer.h"

enum {
    UI_DIFFERENCE_VERSION = 1,
    UI_HANDLES_MAX = 4,             // documents in one message
    UI_DIFFERENCE_BYTES_MAX = 65536 // what a stage accepts in one message
};

struct ui_difference {
    struct buffer bytes;
    ui_document_t documents[UI_HANDLES_MAX];
    uint32_t document_count;
    bool more;  // another part must follow
    bool empty; // no operations: the trees are equal, nothing to send
};

// Writes the operations that turn `from` into `to`, cut at about `limit` bytes (at least one
// operation is always written). `out` is zeroed or finished by the caller before; release with
// ui_difference_finish. ERR_NO_MEMORY.
status_t ui_difference_write(const struct ui_tree *from, const struct ui_tree *to, size_t limit,
                             struct ui_difference *out);
void ui_difference_finish(struct ui_difference *difference);

struct ui_difference_view {
    const uint8_t *bytes;
    size_t size;
    const ui_document_t *documents; // what came beside the bytes
    uint32_t document_count;
};

// Applies a difference from anywhere. Checks every byte, bound, number, link, kind and index first,
// on a copy of the links; ERR_BAD_MESSAGE (malformed), ERR_BAD_STATE (continues another sequence:
// ask for everything), ERR_FULL (over a bound of the tree), ERR_NO_MEMORY: nothing is applied.
// *out_more (may be NULL): another part follows.
status_t ui_difference_apply(struct ui_tree *tree, const struct ui_difference_view *view,
                             bool *out_more);
