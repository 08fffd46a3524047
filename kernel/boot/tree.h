// SPDX-License-Identifier: Apache-2.0
// A reader of flattened device trees (Devicetree Specification 0.4, chapter 5). It walks nodes in
// document order and looks properties up by name; nothing is copied, every offset is checked,
// hostile bytes end the walk.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/errors.h"

#define TREE_BYTES_MAX (1u << 20)
#define TREE_DEPTH_MAX 16u

struct tree {
    const uint8_t *bytes;
    uint32_t size; // of everything
    uint32_t structure, structure_end;
    uint32_t strings, strings_end;
    uint32_t reservations;
};

struct tree_node {
    const char *name;
    uint32_t depth;      // the root's is 1
    uint32_t properties; // offset of its first property
    uint32_t next;       // where the walk continues
};

struct tree_property {
    const uint8_t *bytes; // NULL: the node has no such property
    uint32_t size;
};

// The total size a header claims: 0 if it is no device tree or over TREE_BYTES_MAX. Reads 40 bytes.
uint32_t tree_size(const void *bytes);
// ERR_BAD_MESSAGE.
status_t tree_init(struct tree *tree, const void *bytes, uint32_t size);
// The root, then each node in document order; false at the end.
bool tree_first(const struct tree *tree, struct tree_node *node);
bool tree_next(const struct tree *tree, struct tree_node *node);
struct tree_property tree_find(const struct tree *tree, const struct tree_node *node,
                               const char *name);
// Cell `index` (32 bits) of a property; 0 when it is not there.
uint32_t tree_cell(struct tree_property property, uint32_t index);
// `cells` (0 to 2) cells from `index` on as a number.
uint64_t tree_cells(struct tree_property property, uint32_t index, uint32_t cells);
// Whether one of a property's strings is `text`.
bool tree_has_string(struct tree_property property, const char *text);
// Whether `name` is `text` up to its unit address.
bool tree_name_is(const struct tree_node *node, const char *text);
// No status property, or "okay".
bool tree_enabled(const struct tree *tree, const struct tree_node *node);
// Entry `index` of the memory reservation block; false at its end.
bool tree_reservation(const struct tree *tree, uint32_t index, uint64_t *out_start,
                      uint64_t *out_size);
