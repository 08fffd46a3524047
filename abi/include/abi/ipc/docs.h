// SPDX-License-Identifier: Apache-2.0
// Documents: CRDT documents in the model and bytes of Yjs (update encoding v1), kept by
// services/docs, durable through the store and synchronised with the person's other devices. A
// document handle is its authority; its badge is the document's durable number and rights, so a
// restarted docs knows what every handle means. After a restart of docs (the "system" signal tells)
// subscriptions and links must be made again; handles stay good.
//
// Every document lives in the person's library: an index document (a map: id in hex → kind) that is
// synchronised like any other, so a new or deleted document reaches all devices. Text lives in the
// root text "text".
#pragma once

#include "abi/ipc/interface.h"

#define DOCS_ID_BYTES    16u
#define DOCS_KIND_MAX    16u // NUL included: "note", "circle", …
#define DOCS_TITLE_MAX   80u // bytes of UTF-8, NUL included, cut at a character
#define DOCS_PREVIEW_MAX 120u
#define DOCS_QUERY_MAX   128u
#define DOCS_UPDATE_MAX  (1u << 20) // bytes of one update
#define DOCS_RING_BYTES  65536u
#define DOCS_INLINE_MAX  3900u // larger updates and states travel in a memory

// What a handle to the service itself may do: its restriction in the manifest (0: everything). A
// caller with a restriction sees, makes and removes documents of its kinds alone.
enum docs_restriction {
    DOCS_SEES_NOTES = 1,    // "note"
    DOCS_SEES_CIRCLE = 2,   // "circle"
    DOCS_SEES_TASKS = 4,    // "task"
    DOCS_SEES_SETTINGS = 8, // "settings"
    DOCS_LINKS = 0x800000,  // docs_link: services/mesh
};

// Makes a document of `kind` and gives [0] its handle. ERR_NO_SPACE.
struct docs_create_req {
    char kind[DOCS_KIND_MAX];
};
struct docs_create_rep {
    uint8_t id[DOCS_ID_BYTES];
};

// Gives [0] a handle to a document of a kind the caller may see. ERR_NOT_FOUND.
struct docs_open_req {
    uint8_t id[DOCS_ID_BYTES];
};
IPC_EMPTY(docs_open_rep)

// Deletes a document from the library, on all devices.
struct docs_remove_req {
    uint8_t id[DOCS_ID_BYTES];
};
IPC_EMPTY(docs_remove_rep)

// Rows [first, first + count) of the documents of `kind` whose text contains the query (the
// request's tail, UTF-8, case-insensitive; empty: all), newest change first: struct docs_row each
// in the reply's tail, as many as fit.
struct docs_row {
    uint8_t id[DOCS_ID_BYTES];
    uint64_t modified_unix_ms;
    char title[DOCS_TITLE_MAX];     // first line, or empty
    char preview[DOCS_PREVIEW_MAX]; // what follows, one line
};
_Static_assert(sizeof(struct docs_row) == 224, "no padding");
struct docs_list_req {
    char kind[DOCS_KIND_MAX];
    uint32_t first;
    uint32_t count;
};
struct docs_list_rep {
    uint32_t total;      // that match
    uint32_t count;      // in the tail
    uint64_t generation; // changes with any change of any row
};

// Takes the client's signal: raises `change_bits` when any list may have changed (after apply,
// sync, create, remove), when storing begins to fail or works again, and when a library that could
// not be read was. Also answered without a library.
struct docs_watch_req {
    uint64_t change_bits;
};
IPC_EMPTY(docs_watch_rep)

// On a document handle: the document as one update, relative to the state vector in the request's
// tail (empty: all). Up to DOCS_INLINE_MAX bytes in the reply's tail; more: gives [0] a memory
// (read) holding `size` bytes.
IPC_EMPTY(docs_state_req)
struct docs_state_rep {
    uint64_t size_bytes;
    uint8_t id[DOCS_ID_BYTES];
};

// On a document handle: applies one update: the tail, or with size_bytes > 0 that many bytes of
// memory [0]. The reply means checked and applied, and durable soon: `sequence` is durable once
// `confirmed` (docs_confirmed) reached it. It may be repeated. ERR_BAD_MESSAGE (nothing applied),
// ERR_DENIED read-only handle, ERR_TOO_LARGE, ERR_NO_SPACE.
struct docs_apply_req {
    uint64_t size_bytes;
};
struct docs_apply_rep {
    uint64_t sequence;
};
IPC_EMPTY(docs_confirmed_req)
struct docs_confirmed_rep {
    uint64_t sequence;
    int32_t error; // status_t of the last attempt to store; OK when all is well
    uint32_t reserved;
};

// On a document handle: takes [0] a memory with one ring of DOCS_RING_BYTES (initialised by the
// client), [1] the client's signal. Every update applied by others is pushed as one record and
// `update_bits` raised; an update that does not fit becomes an empty record: fetch docs_state with
// your state vector. Ends when the document handle is closed.
struct docs_subscribe_req {
    uint64_t update_bits;
};
IPC_EMPTY(docs_subscribe_rep)

// For services/mesh alone: a link to a peer device that is a member of the circle. Takes [0] memory
// with two rings of DOCS_RING_BYTES × 4 (docs reads the first, writes the second), [1] mesh's
// signal; gives [0] the link handle (close it when the link ends), [1] docs' signal. Records are
// fragments of the stream /nx/ysync/0.1.0 as docs/protocols/sync.md says.
struct docs_link_req {
    uint8_t peer[40];      // binary peer id, zero-padded
    uint64_t receive_bits; // raised by docs when it wrote records
    uint64_t space_bits;   // raised by docs when a full first ring has room
};
struct docs_link_rep {
    uint64_t kick_bits; // raise on docs' signal after pushing or after making room
};
#define DOCS_LINK_RING_BYTES (DOCS_RING_BYTES * 4)

#define DOCS_METHODS(M)                                                                            \
    M(docs, 1, create, IPC_GIVES(1))                                                               \
    M(docs, 2, open, IPC_RETRY | IPC_GIVES(1))                                                     \
    M(docs, 3, remove, IPC_RETRY)                                                                  \
    M(docs, 4, list, IPC_RETRY | IPC_TAIL | IPC_REPLY_TAIL)                                        \
    M(docs, 5, watch, IPC_TAKES(1))                                                                \
    M(docs, 6, state, IPC_RETRY | IPC_TAIL | IPC_REPLY_TAIL | IPC_GIVES(1))                        \
    M(docs, 7, apply, IPC_RETRY | IPC_TAIL | IPC_TAKES(1))                                         \
    M(docs, 8, confirmed, IPC_RETRY)                                                               \
    M(docs, 9, subscribe, IPC_TAKES(2))                                                            \
    M(docs, 10, link, IPC_TAKES(2) | IPC_GIVES(2))
IPC_INTERFACE(docs, DOCS_METHODS)
