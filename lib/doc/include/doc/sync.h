// SPDX-License-Identifier: Apache-2.0
// The y-protocols sync messages: how two copies become equal over a stream. Both sides send STEP1
// (their state vector) at once, answer a STEP1 with STEP2 (what the other lacks), and afterwards
// send each local update as UPDATE. Received updates are applied without echo. The document's name
// is not part of a message: the stream says which one it is.
#pragma once

#include "doc/doc.h"

enum sync_kind { SYNC_STEP1 = 0, SYNC_STEP2 = 1, SYNC_UPDATE = 2 };

// A decoded message; `payload` is borrowed from the bytes it was read from: a state vector or an
// update.
struct sync_message {
    uint32_t kind; // enum sync_kind
    struct span payload;
};

// Decodes exactly one message. ERR_BAD_MESSAGE: unknown kind, wrong length or bytes left over.
status_t sync_message_decode(const void *bytes, size_t size, struct sync_message *out_message);
// Appends a message. ERR_NO_MEMORY, ERR_INVALID for an unknown kind.
status_t sync_message_encode(const struct sync_message *message, struct buffer *out);

// Appends this document's opening message, STEP1. ERR_NO_MEMORY, ERR_BAD_STATE inside a
// transaction.
status_t sync_open(struct doc *doc, struct buffer *out);
// Takes one message of a peer: applies what it brings and appends the answer, if the message wants
// one, to `out_reply`. `out_news` (may be NULL) as in doc_apply. ERR_BAD_MESSAGE changes nothing;
// the errors of doc_apply.
status_t sync_receive(struct doc *doc, struct span message, struct buffer *out_reply,
                      struct buffer *out_news);
