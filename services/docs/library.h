// SPDX-License-Identifier: Apache-2.0
// The person's documents on this device: which there are (the index, itself a document), what each
// holds, and what of it is durable. Whatever changes a document comes through library_apply, is
// checked whole there, is queued for the store, and is told to everybody but the one who brought
// it.
//
// The index is the document LIBRARY_INDEX with the root map "documents": id in hex → kind. All
// devices of a person share it, so a new or removed document reaches them like any edit.
//
// Knows no IPC: the store, the clock, randomness and listeners are handed in. One thread. Documents
// are kept in memory while it lasts (LIBRARY_MEMORY_MAX) and are read from the store again when
// needed.
#pragma once

#include "storage.h"
#include "summary.h"

#include "base/buffer.h"
#include "base/list.h"
#include "doc/doc.h"

#define LIBRARY_ID_BYTES      STORAGE_ID_BYTES
#define LIBRARY_KIND_MAX      16u // with the terminating zero
#define LIBRARY_DOCUMENTS_MAX 1024u
#define LIBRARY_UPDATE_MAX    (1u << 20)
#define LIBRARY_QUEUE_MAX     (4u << 20) // bytes of updates that wait for the store
#define LIBRARY_MEMORY_MAX    (6u << 20) // of documents in memory; those in use may go beyond
#define LIBRARY_DOCUMENT_MAX  (8u << 20) // memory of one
#define LIBRARY_INDEX         "nexus-index-0001"

struct document {
    struct list_node link; // library.documents
    uint8_t id[LIBRARY_ID_BYTES];
    char kind[LIBRARY_KIND_MAX]; // empty: the index
    struct doc *doc;             // NULL: not in memory
    uint64_t modified_unix_ms;
    struct summary summary;
    uint64_t record_last;  // number of its last record in the store, as far as known
    uint32_t record_count; // records since the last compaction
    uint64_t sequence;     // of its last queued update
    uint64_t used;         // when it was last needed, counted
    uint32_t holders;      // handles and links that keep it in memory
};

// Told after each change. `origin` is what library_apply was given. Must not change the library.
struct library_listener {
    struct list_node link; // library.listeners
    // An update was applied; the bytes are borrowed.
    void (*updated)(void *self, struct document *document, struct span update, const void *origin);
    // A document appeared.
    void (*appeared)(void *self, struct document *document);
    // A document is about to go away.
    void (*removed)(void *self, struct document *document);
    void *self;
};

struct library_options {
    const struct storage_ops *storage;
    void *storage_self;
    uint64_t (*now_unix_ms)(void *self);
    status_t (*random)(void *self, void *bytes, size_t size); // all of them, or an error
    void *self;
};

// Fields are for reading.
struct library {
    struct library_options options;
    struct list_node documents; // struct document, the index first
    struct list_node listeners;
    struct document *index;
    uint32_t document_count; // without the index
    uint64_t generation;     // grows with every change of any row
    struct buffer queue;     // records for the store
    uint32_t queue_count;    // how many
    uint64_t sequence;       // number of the last queued update
    uint64_t confirmed;      // all up to this one are durable
    status_t error;          // of the last attempt to store
    uint64_t uses;
};

// Reads the index and a summary of every document. On an error (the store's) nothing is kept: try
// again later. Stored records that do not decode are passed over.
status_t library_init(struct library *library, const struct library_options *options);
// Forgets everything; what is queued is lost. Accepts a zeroed one.
void library_finish(struct library *library);
void library_listen(struct library *library, struct library_listener *listener);

// Makes an empty document. ERR_INVALID: kind empty, too long or not lower-case ASCII; ERR_FULL:
// LIBRARY_DOCUMENTS_MAX; ERR_NO_SPACE, ERR_NO_MEMORY.
status_t library_create(struct library *library, const char *kind, struct document **out_document);
// NULL: no such document. The index is found, too.
struct document *library_find(const struct library *library, const uint8_t *id);
// The durable number of a document, from its id; library_find_number is the way back.
uint64_t document_number(const struct document *document);
struct document *library_find_number(const struct library *library, uint64_t number);
// Removes it, on all devices. ERR_NO_SPACE, ERR_NO_MEMORY. The index itself: ERR_DENIED.
status_t library_remove(struct library *library, struct document *document);

// Checks and applies an update brought by `origin` (anything that names who; NULL: nobody is spared
// the news), queues what was new and tells the listeners. `modified_unix_ms` is when the change was
// made, 0: now. The change is durable once library.confirmed has reached *out_sequence (may be
// NULL). ERR_BAD_MESSAGE (nothing applied), ERR_TOO_LARGE, ERR_NO_SPACE (the queue is full; nothing
// applied), ERR_FULL (too much would wait), ERR_NO_MEMORY, the store's errors.
struct library_change {
    struct document *document;
    struct span update;
    const void *origin;
    uint64_t modified_unix_ms;
};
status_t library_apply(struct library *library, const struct library_change *change,
                       uint64_t *out_sequence);
// The document in memory, read from the store if it is not. Borrowed until the next call into the
// library unless the caller counts itself in document->holders. The store's errors, ERR_NO_MEMORY.
status_t library_doc(struct library *library, struct document *document, struct doc **out_doc);

// The `first`-th and further documents of a kind (empty: all) whose text contains the query, newest
// change first. Fills at most `row_max` rows and yields how many match in all.
struct library_query {
    const char *kind;
    struct span text;
    uint32_t first, row_max;
};
status_t library_list(struct library *library, const struct library_query *query,
                      const struct document **rows, uint32_t *out_row_count, uint32_t *out_total);

// Hands what is queued to the store; sets confirmed and error. OK when nothing is left.
status_t library_flush(struct library *library);
// True if something is queued.
bool library_is_dirty(const struct library *library);

// The text of a document's root text "text". ERR_NO_MEMORY, the store's.
status_t library_text(struct library *library, struct document *document, struct buffer *out_utf8);
