// SPDX-License-Identifier: Apache-2.0
// Synchronising with one peer; see link.h.
#include "link.h"

#include "doc/sync.h"

#include <string.h>

// When half of the output is gone, the rest moves to the front.
#define OUTPUT_SLACK (64u << 10)

static void fail(struct link *link, status_t error)
{
    if (link->error == OK)
        link->error = error;
}

// Queues one message: size, document, time of change, and the sync message.
static void send(struct link *link, const struct document *document,
                 const struct sync_message *message)
{
    struct buffer encoded = {0};
    uint64_t modified = message->kind == SYNC_STEP1 ? 0 : document->modified_unix_ms;
    if (link->output.size - link->sent > LINK_OUTPUT_MAX)
        fail(link, ERR_FULL);
    if (link->error < 0)
        return;
    status_t status = sync_message_encode(message, &encoded);
    if (status == OK) {
        size_t size = LIBRARY_ID_BYTES + uvarint_size(modified) + encoded.size;
        buffer_uvarint(&link->output, size);
        buffer_bytes(&link->output, document->id, LIBRARY_ID_BYTES);
        buffer_uvarint(&link->output, modified);
        buffer_bytes(&link->output, encoded.bytes, encoded.size);
        status = buffer_status(&link->output);
    }
    buffer_finish(&encoded);
    if (status < 0)
        fail(link, status);
}

// Asks for what is missing of a document.
static status_t offer(struct link *link, struct document *document)
{
    struct doc *doc;
    struct buffer vector = {0};
    status_t status = library_doc(link->library, document, &doc);
    if (status == OK)
        status = doc_encode_state_vector(doc, &vector);
    if (status == OK)
        send(link, document, &(struct sync_message){SYNC_STEP1, buffer_span(&vector)});
    buffer_finish(&vector);
    return status;
}

static void updated(void *self, struct document *document, struct span update, const void *origin)
{
    struct link *link = self;
    if (origin != link)
        send(link, document, &(struct sync_message){SYNC_UPDATE, update});
}

static void appeared(void *self, struct document *document)
{
    struct link *link = self;
    status_t status = offer(link, document);
    if (status < 0)
        fail(link, status);
}

status_t link_init(struct link *link, struct library *library)
{
    *link = (struct link){.library = library};
    link->listener =
        (struct library_listener){.updated = updated, .appeared = appeared, .self = link};
    library_listen(library, &link->listener);
    struct list_node *it;
    LIST_FOR_EACH(it, &library->documents)
    {
        status_t status = offer(link, CONTAINER_OF(it, struct document, link));
        if (status < 0)
            return status;
    }
    return link->error;
}

void link_finish(struct link *link)
{
    if (!link->library)
        return;
    list_remove(&link->listener.link);
    buffer_finish(&link->input);
    buffer_finish(&link->output);
    *link = (struct link){0};
}

// Sends what the peer, whose state vector this is, lacks.
static status_t answer(struct link *link, struct document *document, struct span vector)
{
    struct doc *doc;
    struct buffer diff = {0};
    if (vector.size == 0)
        return ERR_BAD_MESSAGE;
    status_t status = library_doc(link->library, document, &doc);
    if (status == OK)
        status = doc_encode_state(doc, vector.bytes, vector.size, &diff);
    if (status == OK)
        send(link, document, &(struct sync_message){SYNC_STEP2, buffer_span(&diff)});
    buffer_finish(&diff);
    return status;
}

// Applies an update. What this device cannot take now (full disk, memory) is left out: the next
// link brings it.
static status_t take(struct link *link, struct document *document, struct span update,
                     uint64_t modified)
{
    const struct library_change change = {document, update, link, modified};
    status_t status = library_apply(link->library, &change, NULL);
    if (status == ERR_BAD_MESSAGE)
        return status;
    if (status == ERR_FULL)
        return offer(link, document);
    return OK;
}

static status_t message_take(struct link *link, struct span bytes)
{
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    struct span id = reader_take(&reader, LIBRARY_ID_BYTES);
    uint64_t modified = reader_uvarint(&reader);
    struct sync_message message;
    if (!reader_ok(&reader) || sync_message_decode(reader.at, reader_left(&reader), &message) < 0)
        return ERR_BAD_MESSAGE;
    struct document *document = library_find(link->library, id.bytes);
    if (!document) // not, or no longer, in our index: if it comes, we ask for it
        return OK;
    if (message.kind == SYNC_STEP1)
        return answer(link, document, message.payload);
    return take(link, document, message.payload, modified);
}

// The next whole message of the input, or OK with an empty span when more bytes are needed.
static status_t message_next(const struct link *link, size_t at, struct span *out_message)
{
    struct reader reader = reader_of(link->input.bytes + at, link->input.size - at);
    uint64_t size = reader_uvarint(&reader);
    *out_message = (struct span){0};
    if (!reader_ok(&reader)) // cut inside the length, or a length of more than nine bytes
        return link->input.size - at > 9 ? ERR_BAD_MESSAGE : OK;
    if (size == 0 || size > LINK_MESSAGE_MAX)
        return ERR_BAD_MESSAGE;
    if (reader_left(&reader) >= size)
        *out_message = (struct span){reader.at, (size_t)size};
    return OK;
}

status_t link_receive(struct link *link, struct span bytes)
{
    size_t at = 0;
    buffer_bytes(&link->input, bytes.bytes, bytes.size);
    if (!buffer_ok(&link->input))
        fail(link, ERR_NO_MEMORY);
    while (link->error == OK && at < link->input.size) {
        struct span message;
        status_t status = message_next(link, at, &message);
        if (status == OK && message.size == 0)
            break;
        if (status == OK)
            status = message_take(link, message);
        if (status < 0)
            fail(link, status);
        at = message.size ? (size_t)(message.bytes - link->input.bytes) + message.size : at;
    }
    buffer_consume(&link->input, at);
    return link->error;
}

struct span link_output(const struct link *link)
{
    if (link->error < 0 || !link->output.bytes)
        return (struct span){0};
    return (struct span){link->output.bytes + link->sent, link->output.size - link->sent};
}

void link_sent(struct link *link, size_t size)
{
    link->sent += size;
    if (link->sent == link->output.size || link->sent > OUTPUT_SLACK) {
        buffer_consume(&link->output, link->sent);
        link->sent = 0;
    }
}
