// SPDX-License-Identifier: Apache-2.0
// A person's documents of one kind as a list: newest first, searched, kept current. Text is edited
// by the stage; an app lists, makes, shows and removes. Rows are fetched in pages as a view asks
// for them.
#pragma once

#include "nexus/app.h"

struct documents; // opaque

// Valid until the next call on the same list.
struct document_row {
    uint64_t id; // names it in the other calls and in Item(.id)
    uint64_t modified_ms;
    const char *title, *preview; // NUL-terminated UTF-8
};

// The documents of `kind` ("note"). NULL when memory is exhausted. `nexus` is borrowed.
struct documents *documents_create(struct nexus *nexus, const char *kind);
// Accepts NULL.
void documents_destroy(struct documents *documents);
// Only documents whose text holds `query` (NULL or "": all) from now on.
void documents_search(struct documents *documents, const char *query);
// How many match; 0 while the service is away.
int32_t documents_count(struct documents *documents);
// Row `index`, or NULL beyond the end.
const struct document_row *documents_row(struct documents *documents, int32_t index);
// The row of a document that matches, or NULL.
const struct document_row *documents_find(struct documents *documents, uint64_t id);
// Makes one and opens it: *out_id, and its handle for Text(.doc), owned by the list until another
// is opened. ERR_NO_SPACE, …
status_t documents_new(struct documents *documents, uint64_t *out_id, ui_document_t *out_document);
// Opens one. The handle stays good until the next documents_new or documents_open. ERR_NOT_FOUND.
status_t documents_open(struct documents *documents, uint64_t id, ui_document_t *out_document);
// Lets go of the open one, so that its service need not follow it any more.
void documents_close(struct documents *documents);
// Deletes it on all devices. ERR_NOT_FOUND.
status_t documents_remove(struct documents *documents, uint64_t id);

// If documents cannot be read or kept at present, or what was asked for last was refused: shows a
// Status that says so and what to do, and returns true.
bool documents_trouble(struct documents *documents, struct ui *u);
