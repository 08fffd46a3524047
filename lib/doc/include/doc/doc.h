// SPDX-License-Identifier: Apache-2.0
// A document that merges: texts, maps and arrays in the model and the update format v1 of Yjs, byte
// for byte. One `struct doc` is one replica. Local edits happen between doc_begin and doc_commit,
// which yields the update to send to every other copy; doc_apply takes such updates in any order,
// any number of times. Copies that have the same updates hold the same content and encode to the
// same bytes.
//
// Rules of use: one thread per document; no I/O, no clock and no randomness inside. Positions and
// lengths of texts are UTF-16 code units, as in Yjs; strings are UTF-8 and need no terminating
// zero. Texts, maps and arrays belong to their document: a root lives as long as the document, a
// nested one until it is deleted or its transaction's end replaces it. The error ERR_NO_MEMORY
// leaves a consistent document (a valid, perhaps earlier, state).
#pragma once

#include "base/buffer.h"
#include "doc/value.h"

// Bounds. Larger updates and deeper nesting are refused with ERR_TOO_LARGE and ERR_BAD_MESSAGE.
#define DOC_UPDATE_SIZE_MAX  (64u << 20)
#define DOC_PENDING_SIZE_MAX (64u << 10)
#define DOC_NAME_SIZE_MAX    256u
#define DOC_OBSERVERS_MAX    16u
#define DOC_CLOCK_MAX        ((UINT64_C(1) << 53) - 1)

struct doc;
struct doc_text;
struct doc_map;
struct doc_array;

struct doc_options {
    // Author of local edits, 1 to DOC_CLOCK_MAX (at most UINT32_MAX when Yjs 13 joins). Must be
    // fresh for every session: two live copies under one id corrupt each other for good. 0: a
    // reader, every local edit is ERR_DENIED.
    uint64_t client;
    // Bytes of memory the document may use; 0: 64 MiB. A local edit or an update beyond it is
    // ERR_NO_MEMORY.
    size_t memory_max;
    // Bytes of out-of-order updates it may keep waiting; 0: DOC_PENDING_SIZE_MAX.
    size_t pending_max;
};

// ---- the document

// An empty document; `options` may be NULL (a reader). Owned by the caller: doc_destroy.
// ERR_NO_MEMORY, ERR_INVALID.
status_t doc_create(const struct doc_options *options, struct doc **out_doc);
// Frees it with everything it handed out; accepts NULL.
void doc_destroy(struct doc *doc);
// The author of local edits, as given (0: reader).
uint64_t doc_client(const struct doc *doc);
// Bytes of memory in use.
size_t doc_memory(const struct doc *doc);
// Bytes of updates waiting for others they build on; 0: nothing is known to be missing.
size_t doc_pending(const struct doc *doc);

// Applies an update. It is decoded and checked whole first: ERR_BAD_MESSAGE and ERR_TOO_LARGE
// change nothing. What builds on unknown edits waits inside, and is retried whenever something new
// arrives. `out_news` (may be NULL, appended to) receives the update of what this call changed;
// nothing is written when it changed nothing. ERR_FULL: the part that must wait does not fit and
// was forgotten, the rest is applied: ask the peer again with doc_encode_state_vector.
// ERR_BAD_STATE inside a transaction. ERR_NO_MEMORY.
status_t doc_apply(struct doc *doc, const void *bytes, size_t size, struct buffer *out_news);

// Appends the update that brings a peer with state vector `vector` to this state (vector NULL or
// size 0: the full state), what waits included. ERR_BAD_MESSAGE for a malformed vector,
// ERR_NO_MEMORY, ERR_BAD_STATE in a transaction.
status_t doc_encode_state(struct doc *doc, const void *vector, size_t size, struct buffer *out);
// Appends the state vector (which edits of whom are here). ERR_NO_MEMORY.
status_t doc_encode_state_vector(const struct doc *doc, struct buffer *out);

// Checks that the bytes are one well-formed update, without a document. ERR_BAD_MESSAGE,
// ERR_TOO_LARGE.
status_t doc_update_check(const void *bytes, size_t size);

// ---- transactions

// Opens a transaction. Local edits outside one, and a second one inside it, are ERR_BAD_STATE.
status_t doc_begin(struct doc *doc);
// Ends it, tells the observers, and appends its update to `out_update` (may be NULL; nothing is
// written when nothing changed). ERR_BAD_STATE without doc_begin; ERR_NO_MEMORY: the edits stand,
// the update is lost (a state diff has it).
status_t doc_commit(struct doc *doc, struct buffer *out_update);

// ---- texts

// The root text of that name (at most DOC_NAME_SIZE_MAX bytes, zero-terminated), made on first
// mention; NULL: no memory.
struct doc_text *doc_text(struct doc *doc, const char *name);
// Length in UTF-16 units; an embedded object counts one.
uint64_t doc_text_length(const struct doc_text *text);
// Inserts valid UTF-8 so that it starts at unit `index`. ERR_INVALID: index beyond the end or
// inside a surrogate pair, malformed or too long UTF-8. An empty string changes nothing.
// ERR_BAD_STATE, ERR_DENIED, ERR_NO_MEMORY.
status_t doc_text_insert(struct doc_text *text, uint64_t index, const char *utf8, size_t size);
// Deletes `length` units from `index`. ERR_INVALID: beyond the end, or an edge inside a surrogate
// pair.
status_t doc_text_delete(struct doc_text *text, uint64_t index, uint64_t length);
// Appends units [index, index + length) as UTF-8; formats are left out, an embedded object reads as
// U+FFFC. ERR_INVALID: beyond the end; ERR_NO_MEMORY. An edge inside a surrogate pair reads as
// U+FFFD.
status_t doc_text_read(const struct doc_text *text, uint64_t index, uint64_t length,
                       struct buffer *out_utf8);
// The nearest index at or before `index` that splits no surrogate pair (for carets).
uint64_t doc_text_align(const struct doc_text *text, uint64_t index);

enum doc_delta_kind { DOC_RETAIN = 1, DOC_INSERT = 2, DOC_DELETE = 3 };

// One step of a change, left to right over the text: pass over, insert (read it with doc_text_read
// at its new place), or delete `length` UTF-16 units. Trailing retains are left out.
struct doc_delta {
    uint32_t kind; // enum doc_delta_kind
    uint64_t length;
};

// Called once for each transaction that changed the text, after the change, local or remote; must
// not edit. The steps are borrowed for the call.
typedef void doc_text_changed(void *context, struct doc_text *text, const struct doc_delta *steps,
                              size_t count);

// Adds an observer of a text. ERR_FULL beyond DOC_OBSERVERS_MAX in one document.
status_t doc_text_observe(struct doc_text *text, doc_text_changed *changed, void *context);
// Removes it; unknown ones are ignored.
void doc_text_unobserve(struct doc_text *text, doc_text_changed *changed, void *context);
// Where the caret at `index` goes through a change. `after`: an insert exactly at the caret moves
// it (one's own typing); otherwise it stays in front.
uint64_t doc_delta_move(const struct doc_delta *steps, size_t count, uint64_t index, bool after);

// ---- maps

// The root map of that name, as doc_text.
struct doc_map *doc_map(struct doc *doc, const char *name);
// Number of keys that have a value.
size_t doc_map_count(const struct doc_map *map);
// Sets a key (any UTF-8) to a plain value; strings are copied. ERR_INVALID (a key longer than
// DOC_NAME_SIZE_MAX, UTF-8, a value kind that cannot be written), ERR_BAD_STATE, ERR_DENIED,
// ERR_NO_MEMORY.
status_t doc_map_set(struct doc_map *map, const char *key, const struct doc_value *value);
// The same in short for the usual kinds.
status_t doc_map_set_string(struct doc_map *map, const char *key, const char *utf8, size_t size);
status_t doc_map_set_number(struct doc_map *map, const char *key, double number);
status_t doc_map_set_bool(struct doc_map *map, const char *key, bool boolean);
status_t doc_map_set_null(struct doc_map *map, const char *key);
// Sets a key to a new, empty nested text or map and yields it.
status_t doc_map_set_text(struct doc_map *map, const char *key, struct doc_text **out_text);
status_t doc_map_set_map(struct doc_map *map, const char *key, struct doc_map **out_map);
// Removes a key. ERR_NOT_FOUND when it has no value.
status_t doc_map_delete(struct doc_map *map, const char *key);
// The value of a key, borrowed until the document changes. ERR_NOT_FOUND.
status_t doc_map_get(const struct doc_map *map, const char *key, struct doc_value *out_value);
// Walks the keys that have a value, in the order their keys first appeared here: start with *cursor
// = 0, go on until ERR_NOT_FOUND. Key and value are borrowed until the document changes; out_value
// may be NULL.
status_t doc_map_next(const struct doc_map *map, size_t *cursor, struct span *out_key,
                      struct doc_value *out_value);

// ---- arrays

// The root array of that name, as doc_text.
struct doc_array *doc_array(struct doc *doc, const char *name);
// Number of elements.
uint64_t doc_array_length(const struct doc_array *array);
// Inserts one plain value before element `index`. ERR_INVALID beyond the end; otherwise as
// doc_map_set.
status_t doc_array_insert(struct doc_array *array, uint64_t index, const struct doc_value *value);
// Appends one plain value.
status_t doc_array_push(struct doc_array *array, const struct doc_value *value);
// Deletes `count` elements from `index`. ERR_INVALID beyond the end.
status_t doc_array_delete(struct doc_array *array, uint64_t index, uint64_t count);
// The element at `index`, borrowed until the document changes. ERR_NOT_FOUND beyond the end.
status_t doc_array_get(const struct doc_array *array, uint64_t index, struct doc_value *out_value);
