// SPDX-License-Identifier: Apache-2.0
// A documents service for the preview and its tests: abi/ipc/docs.h over lib/doc in memory, without
// store and mesh. It can also write into a document as another device would.
#pragma once

#include "doc/doc.h"
#include "ipc/server.h"

#include "abi/ipc/docs.h"
#include "base/math.h"
#include "ring/ring.h"

enum { FAKE_DOCS_MAX = 128, FAKE_SUBSCRIBERS_MAX = 32, FAKE_WATCHERS_MAX = 4 };

struct fake_doc {
    bool used;
    uint8_t id[DOCS_ID_BYTES];
    uint64_t badge, modified_ms;
    struct doc *doc;
};

struct fake_subscriber {
    uint64_t badge; // of the document, 0: free
    struct ring ring;
    void *bytes;
    handle_t signal;
    uint64_t bits;
};

struct fake_docs {
    struct ipc_server server;
    struct fake_doc docs[FAKE_DOCS_MAX];
    struct fake_subscriber subscribers[FAKE_SUBSCRIBERS_MAX];
    struct {
        handle_t signal;
        uint64_t bits;
    } watchers[FAKE_WATCHERS_MAX];
    uint32_t watcher_count;
    uint64_t generation, now_ms, next_id;
};

// Serves on fresh handles. `now_ms` is its idea of the time.
void fake_docs_init(struct fake_docs *docs, uint64_t now_ms);
void fake_docs_finish(struct fake_docs *docs);
// Adds a note, `age_ms` old.
void fake_docs_add(struct fake_docs *docs, const char *text, uint64_t age_ms);
// Another device inserts text into the newest note at a UTF-16 offset.
void fake_docs_write(struct fake_docs *docs, uint32_t at_utf16, const char *text);
// The newest note's text, appended.
void fake_docs_read(struct fake_docs *docs, struct buffer *out);
uint32_t fake_docs_count(const struct fake_docs *docs);
