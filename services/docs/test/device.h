// SPDX-License-Identifier: Apache-2.0
// A device for the tests of the library: a store in memory, a clock, seeded randomness, and a
// person who types.
#pragma once

#include "memory_store.h"

#include "../library.h"

#include "base/test.h"

struct device {
    struct memory_store store;
    struct library library;
    uint64_t now_unix_ms, random;
};

static inline uint64_t device_now(void *self)
{
    return ((struct device *)self)->now_unix_ms;
}

static inline uint64_t device_random(struct device *device)
{
    device->random ^= device->random >> 12;
    device->random ^= device->random << 25;
    device->random ^= device->random >> 27;
    return device->random * UINT64_C(2685821657736338717);
}

static inline status_t device_random_bytes(void *self, void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(device_random(self) >> 24);
    return OK;
}

static inline status_t device_start(struct device *device)
{
    const struct library_options options = {.storage = &memory_store_ops,
                                            .storage_self = &device->store,
                                            .now_unix_ms = device_now,
                                            .random = device_random_bytes,
                                            .self = device};
    return library_init(&device->library, &options);
}

static inline void device_init(struct device *device, uint64_t seed)
{
    *device = (struct device){.now_unix_ms = 1000, .random = seed * 2654435761u + 1};
    CHECK_EQ(device_start(device), OK);
}

static inline void device_finish(struct device *device)
{
    library_finish(&device->library);
    memory_store_finish(&device->store);
}

// A power cut: what the store does not have is gone.
static inline void device_restart(struct device *device)
{
    library_finish(&device->library);
    CHECK_EQ(device_start(device), OK);
}

static inline struct document *device_create(struct device *device, const char *kind)
{
    struct document *document = NULL;
    CHECK_EQ(library_create(&device->library, kind, &document), OK);
    return document;
}

// Types at the start (or, `at_end`, at the end) of a document, as the stage would: on a replica of
// its own.
static inline status_t device_type(struct device *device, struct document *document,
                                   const char *text, bool at_end)
{
    struct doc *held = NULL, *replica = NULL;
    struct buffer state = {0}, update = {0};
    uint64_t client = 1 + device_random(device) % UINT32_MAX;
    CHECK_EQ(library_doc(&device->library, document, &held), OK);
    CHECK_EQ(doc_encode_state(held, NULL, 0, &state), OK);
    CHECK_EQ(doc_create(&(struct doc_options){.client = client}, &replica), OK);
    CHECK_EQ(doc_apply(replica, state.bytes, state.size, NULL), OK);
    struct doc_text *root = doc_text(replica, "text");
    CHECK_EQ(doc_begin(replica), OK);
    CHECK_EQ(doc_text_insert(root, at_end ? doc_text_length(root) : 0, text, strlen(text)), OK);
    CHECK_EQ(doc_commit(replica, &update), OK);
    const struct library_change change = {.document = document, .update = buffer_span(&update)};
    status_t status = library_apply(&device->library, &change, NULL);
    buffer_finish(&state);
    buffer_finish(&update);
    doc_destroy(replica);
    return status;
}

static inline bool device_shows(struct device *device, struct document *document,
                                const char *wanted)
{
    struct buffer text = {0};
    CHECK_EQ(library_text(&device->library, document, &text), OK);
    bool same = text.size == strlen(wanted) &&
                (text.size == 0 || memcmp(text.bytes, wanted, text.size) == 0);
    if (!same)
        fprintf(stderr, "wanted \"%s\", text is \"%.*s\"\n", wanted, (int)text.size,
                text.bytes ? (const char *)text.bytes : "");
    buffer_finish(&text);
    return same;
}
