// SPDX-License-Identifier: Apache-2.0
// Branches (texts, maps, arrays, XML nodes) and the tables of names that roots and map keys live
// in.
#pragma once

#include "model.h"

// The entry of a name, or NULL.
struct entry *table_find(const struct table *table, struct span name);
// The same, made if unknown; NULL: no memory.
struct entry *table_entry(struct heap *heap, struct table *table, struct span name);
void table_finish(struct heap *heap, struct table *table);

// The root branch of that name, made if unknown; NULL: no memory.
struct branch *branch_root(struct doc *doc, struct span name);
// A nested branch; its item is set by the caller. NULL: no memory.
struct branch *branch_create(struct doc *doc);
// Frees the branch, its index, keys and observers; not its items.
void branch_destroy(struct branch *branch);

// The visible item that holds unit `unit` of the sequence (which must exist), looked for near the
// last one used.
struct item *branch_seek(struct branch *branch, uint64_t unit, uint64_t *out_start);
// Makes a gap after the first `index` units: splits if needed; *out_left is the item that ends
// there, NULL at the start. ERR_INVALID: beyond the end, or inside a surrogate pair; ERR_NO_MEMORY.
status_t branch_gap(struct branch *branch, uint64_t index, struct item **out_left);
// True if `unit` is the second half of a surrogate pair.
bool branch_inside_pair(struct branch *branch, uint64_t unit);
// Deletes `length` units from `index`. ERR_INVALID and ERR_NO_MEMORY as branch_gap; checked before
// the first change.
status_t branch_delete(struct branch *branch, uint64_t index, uint64_t length);
// The last item of the list, tombstones included; NULL when empty.
struct item *branch_last(const struct branch *branch);
// OK if the document takes local edits now, else ERR_BAD_STATE or ERR_DENIED.
status_t branch_editable(const struct branch *branch);
// What an item's element `at` is to a reader.
void branch_value(const struct item *item, uint64_t at, struct doc_value *out_value);
