// SPDX-License-Identifier: Apache-2.0
// Items: finding, splitting, placing among concurrent ones (the YATA rule as Yjs has it), deleting,
// and forgetting.
#pragma once

#include "model.h"

// The item that holds `id`, which must be known.
struct item *item_find(const struct doc *doc, struct id id);
// The item that begins (ends) exactly at `id`, split if needed; a GC is handed out as it is.
// ERR_NO_MEMORY.
status_t item_clean_start(struct doc *doc, struct id id, struct item **out_item);
status_t item_clean_end(struct doc *doc, struct id id, struct item **out_item);
// Splits an item after `at` units; the new item follows it in the log and in its list.
// ERR_NO_MEMORY.
status_t item_split(struct doc *doc, struct item *item, uint64_t at, struct item **out_right);

// Makes everything item_integrate needs certain, for one more item of this author. ERR_NO_MEMORY.
status_t item_reserve(struct doc *doc, uint32_t author);
// Enters a complete item: `left` and `right` are where its author saw it, `branch` NULL stores it
// as GC. Reserved before.
void item_integrate(struct doc *doc, struct item *item);
// A local edit: makes and enters an item between `left` and `right` (or as the value of `entry`).
// ERR_NO_MEMORY, ERR_FULL.
status_t item_insert(const struct item *pattern, struct span content, struct item **out_item);
// Deletes an item and, for a type, everything in it.
void item_delete(struct doc *doc, struct item *item);
// At the end of a transaction: a deleted item drops its content; what a deleted type held becomes
// GC.
void item_forget(struct doc *doc, struct item *item);

// Which of two authors goes left when both wrote at the same place: by client id, so every copy
// agrees.
bool author_precedes(const struct doc *doc, uint32_t author, uint32_t other);
