// SPDX-License-Identifier: Apache-2.0
// What a transaction remembers, and the tidying at its end that keeps documents small and equal
// byte for byte: deleted content is forgotten, and neighbours that belong together are merged.
#pragma once

#include "model.h"

// Remembers an author's state before its first item in this transaction. ERR_NO_MEMORY.
status_t transaction_note_author(struct doc *doc, uint32_t author);
void transaction_note_deleted(struct doc *doc, const struct item *item);
// Remembers an item whose left neighbours may merge.
void transaction_note_split(struct doc *doc, const struct item *item);
// The author's state when the transaction began.
uint64_t author_before(const struct doc *doc, uint32_t author);

void transaction_begin(struct doc *doc);
// Observers, forgetting, merging, and the update of the transaction appended to `out` (may be
// NULL). ERR_NO_MEMORY.
status_t transaction_commit(struct doc *doc, struct buffer *out);

// Tells observers of texts that changed (delta.c).
void observers_run(struct doc *doc);
