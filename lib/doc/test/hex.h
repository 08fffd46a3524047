// SPDX-License-Identifier: Apache-2.0
// Helpers of the document tests: hexadecimal to bytes and back, documents and their states in one
// call.
#pragma once

#include "doc/doc.h"

#include "base/test.h"

static inline struct buffer from_hex(const char *hex)
{
    struct buffer bytes = {0};
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        buffer_u8(&bytes, (uint8_t)strtoul(pair, NULL, 16));
    }
    return bytes;
}

// Checks that the buffer holds exactly these bytes, prints both if not, and frees it.
static inline void check_hex(struct buffer *bytes, const char *hex, const char *name)
{
    struct buffer wanted = from_hex(hex);
    bool same = bytes->size == wanted.size &&
                (wanted.size == 0 || memcmp(bytes->bytes, wanted.bytes, wanted.size) == 0);
    CHECK(same);
    if (!same) {
        fprintf(stderr, "%s: wanted %s\n got ", name, hex);
        for (size_t i = 0; i < bytes->size; i++)
            fprintf(stderr, "%02x", bytes->bytes[i]);
        fprintf(stderr, "\n");
    }
    buffer_finish(&wanted);
    buffer_finish(bytes);
}

static inline struct doc *make_doc(uint64_t client)
{
    struct doc *doc = NULL;
    CHECK_EQ(doc_create(&(struct doc_options){.client = client}, &doc), OK);
    return doc;
}

static inline status_t apply_hex(struct doc *doc, const char *hex)
{
    struct buffer update = from_hex(hex);
    status_t status = doc_apply(doc, update.bytes, update.size, NULL);
    buffer_finish(&update);
    return status;
}

static inline void check_state(struct doc *doc, const char *hex, const char *name)
{
    struct buffer state = {0};
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &state), OK);
    check_hex(&state, hex, name);
}

static inline void check_text(struct doc *doc, const char *name, const char *wanted)
{
    struct buffer text = {0};
    struct doc_text *root = doc_text(doc, name);
    CHECK_EQ(doc_text_read(root, 0, doc_text_length(root), &text), OK);
    bool same = text.size == strlen(wanted) &&
                (text.size == 0 || memcmp(text.bytes, wanted, text.size) == 0);
    CHECK(same);
    if (!same)
        fprintf(stderr, "wanted \"%s\", got \"%.*s\"\n", wanted, (int)text.size,
                text.bytes ? (const char *)text.bytes : "");
    buffer_finish(&text);
}

// A seeded generator (xorshift64*), the same numbers everywhere.
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return bound ? random_next(state) % bound : 0;
}
