// SPDX-License-Identifier: Apache-2.0
// The logs: per author, every item by clock without holes, in blocks of pointers, so a split or a
// merge moves at most one block. Finding a clock is a binary search over the blocks and one within.
#pragma once

#include "model.h"

// A place in an author's log; a log is never empty at a valid place.
struct place {
    uint32_t block, index;
};

// The place in doc.authors of a client, or NO_AUTHOR.
uint32_t doc_author_find(const struct doc *doc, uint64_t client);
// The same, made if unknown; NO_AUTHOR: no memory.
uint32_t doc_author(struct doc *doc, uint64_t client);
// Next clock of a client, 0 for unknown ones.
uint64_t doc_state(const struct doc *doc, uint64_t client);

// Reserves blocks and slots for `count` more insertions in a log. ERR_NO_MEMORY.
status_t log_reserve(struct doc *doc, struct author *author, uint32_t count);
// Appends; the item's clock is the author's state, which moves on.
void log_append(struct doc *doc, struct author *author, struct item *item);
// Inserts after the item at `place`.
void log_insert_after(struct doc *doc, struct author *author, struct place place,
                      struct item *item);
// Removes `count` items from `place` on.
void log_remove(struct doc *doc, struct author *author, struct place place, uint32_t count);
// The place of the item that holds `clock`, which must be below the author's state.
struct place log_find(const struct author *author, uint64_t clock);
struct item *log_item(const struct author *author, struct place place);
// Steps; false at the end, leaving the place as it is.
bool log_next(const struct author *author, struct place *place);
bool log_previous(const struct author *author, struct place *place);
// The place of the last item.
struct place log_last(const struct author *author);
// Number of items from `place` to the end.
uint64_t log_count_from(const struct author *author, struct place place);
void log_finish(struct doc *doc, struct author *author);
