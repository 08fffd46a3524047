// SPDX-License-Identifier: Apache-2.0
// The y-protocols sync messages; see doc/sync.h.
#include "doc/sync.h"

status_t sync_message_decode(const void *bytes, size_t size, struct sync_message *out_message)
{
    struct reader reader = reader_of(bytes, size);
    uint64_t kind = reader_uvarint(&reader);
    struct span payload = reader_block(&reader);
    if (!reader_done(&reader) || kind > SYNC_UPDATE)
        return ERR_BAD_MESSAGE;
    *out_message = (struct sync_message){.kind = (uint32_t)kind, .payload = payload};
    return OK;
}

status_t sync_message_encode(const struct sync_message *message, struct buffer *out)
{
    if (message->kind > SYNC_UPDATE)
        return ERR_INVALID;
    buffer_uvarint(out, message->kind);
    buffer_block(out, message->payload.bytes, message->payload.size);
    return buffer_status(out);
}

status_t sync_open(struct doc *doc, struct buffer *out)
{
    struct buffer vector = {0};
    status_t status = doc_encode_state_vector(doc, &vector);
    const struct sync_message message = {SYNC_STEP1, buffer_span(&vector)};
    if (status == OK)
        status = sync_message_encode(&message, out);
    buffer_finish(&vector);
    return status;
}

static status_t answer(struct doc *doc, struct span vector, struct buffer *out)
{
    struct buffer diff = {0};
    if (vector.size == 0)
        return ERR_BAD_MESSAGE;
    status_t status = doc_encode_state(doc, vector.bytes, vector.size, &diff);
    const struct sync_message message = {SYNC_STEP2, buffer_span(&diff)};
    if (status == OK)
        status = sync_message_encode(&message, out);
    buffer_finish(&diff);
    return status;
}

status_t sync_receive(struct doc *doc, struct span message, struct buffer *out_reply,
                      struct buffer *out_news)
{
    struct sync_message decoded;
    status_t status = sync_message_decode(message.bytes, message.size, &decoded);
    if (status < 0)
        return status;
    if (decoded.kind == SYNC_STEP1)
        return answer(doc, decoded.payload, out_reply);
    return doc_apply(doc, decoded.payload.bytes, decoded.payload.size, out_news);
}
