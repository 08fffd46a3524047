// SPDX-License-Identifier: Apache-2.0
// Identify; see mesh/identify.h. The offset of a message being sent is the stream's user pointer.
#include "mesh/identify.h"

#include "protobuf.h"

#include <string.h>

enum {
    FIELD_KEY = 1,
    FIELD_LISTEN = 2,
    FIELD_PROTOCOL = 3,
    FIELD_OBSERVED = 4,
    FIELD_PROTOCOL_VERSION = 5,
    FIELD_AGENT = 6,
    LENGTH_MAX = 9, // bytes of a uvarint
};

static void put_field(struct buffer *out, uint32_t number, const void *bytes, size_t size)
{
    buffer_uvarint(out, (uint64_t)number << 3 | 2);
    buffer_block(out, bytes, size);
}

static void put_text(struct buffer *out, uint32_t number, const char *text)
{
    if (text[0]) {
        put_field(out, number, text, strlen(text));
    }
}

void identify_encode(const struct identify_info *info, struct buffer *out)
{
    uint8_t key[KEY_PUBLIC_MESSAGE_BYTES];
    if (info->has_key) {
        key_public_encode(info->public_key, key);
        put_field(out, FIELD_KEY, key, sizeof key);
    }
    for (size_t i = 0; i < info->listen_count; i++) {
        put_field(out, FIELD_LISTEN, info->listen[i].bytes, info->listen[i].size);
    }
    for (size_t i = 0; i < info->protocol_count; i++) {
        put_text(out, FIELD_PROTOCOL, info->protocols[i]);
    }
    if (info->observed.size > 0) {
        put_field(out, FIELD_OBSERVED, info->observed.bytes, info->observed.size);
    }
    put_text(out, FIELD_PROTOCOL_VERSION, info->protocol_version);
    put_text(out, FIELD_AGENT, info->agent_version);
}

static void keep_text(struct span bytes, char out[IDENTIFY_TEXT_MAX])
{
    size_t size = bytes.size < IDENTIFY_TEXT_MAX ? bytes.size : IDENTIFY_TEXT_MAX - 1;
    if (size > 0) {
        memcpy(out, bytes.bytes, size);
    }
    out[size] = 0;
}

static void keep_protocol(struct identify_info *info, struct span bytes)
{
    if (bytes.size < IDENTIFY_TEXT_MAX && info->protocol_count < IDENTIFY_PROTOCOLS_MAX) {
        keep_text(bytes, info->protocols[info->protocol_count++]);
    }
}

static status_t merge_field(struct identify_info *info, const struct protobuf_field *field)
{
    struct multiaddr address;
    switch (field->number) {
    case FIELD_KEY:
        info->has_key = true;
        return key_public_parse(field->bytes, info->public_key);
    case FIELD_LISTEN:
        // An address of a kind we do not know is of no use to us, but no fault either.
        if (info->listen_count < IDENTIFY_ADDRESSES_MAX &&
            multiaddr_parse(field->bytes, &address) == OK) {
            info->listen[info->listen_count++] = address;
        }
        return OK;
    case FIELD_PROTOCOL:
        keep_protocol(info, field->bytes);
        return OK;
    case FIELD_OBSERVED:
        if (multiaddr_parse(field->bytes, &address) == OK) {
            info->observed = address;
        }
        return OK;
    case FIELD_PROTOCOL_VERSION:
        keep_text(field->bytes, info->protocol_version);
        return OK;
    case FIELD_AGENT:
        keep_text(field->bytes, info->agent_version);
        return OK;
    default:
        return OK;
    }
}

status_t identify_merge(struct span message, struct identify_info *info)
{
    struct reader reader = reader_of(message.bytes, message.size);
    struct protobuf_field field;
    bool has_listen = false, has_protocols = false;
    while (protobuf_next(&reader, &field)) {
        if (!field.is_bytes) {
            continue;
        }
        if (field.number == FIELD_LISTEN && !has_listen) {
            has_listen = true;
            info->listen_count = 0;
        }
        if (field.number == FIELD_PROTOCOL && !has_protocols) {
            has_protocols = true;
            info->protocol_count = 0;
        }
        if (merge_field(info, &field) != OK) {
            return ERR_BAD_MESSAGE;
        }
    }
    return reader_done(&reader) ? OK : ERR_BAD_MESSAGE;
}

void identify_finish(struct identify *identify)
{
    buffer_finish(&identify->outgoing);
    buffer_finish(&identify->incoming);
}

// Sends what is left of the message and then half-closes.
static void send_message(struct identify *identify, struct stream *stream)
{
    size_t offset = (size_t)(uintptr_t)stream_user(stream);
    if (offset > identify->outgoing.size) {
        stream_reset(stream); // the message was renewed meanwhile and is shorter
        return;
    }
    struct span rest = {identify->outgoing.bytes + offset, identify->outgoing.size - offset};
    offset += stream_write(stream, rest);
    stream_set_user(stream, (void *)(uintptr_t)offset);
    if (offset == identify->outgoing.size) {
        stream_end(stream);
    }
}

static void start_message(struct identify *identify, struct stream *stream)
{
    struct buffer message = {0};
    identify_encode(identify->own, &message);
    buffer_clear(&identify->outgoing);
    buffer_block(&identify->outgoing, message.bytes, message.size);
    if (!buffer_ok(&message) || !buffer_ok(&identify->outgoing)) {
        stream_reset(stream);
    } else {
        send_message(identify, stream);
    }
    buffer_finish(&message);
}

static void start_listening(struct identify *identify, struct stream *stream)
{
    buffer_clear(&identify->incoming);
    identify->incoming_stream = stream;
    identify->incoming_count = 0;
}

// Takes one whole message off the front of what came: 1 when it did, 0 when more must come, or an
// error.
static status_t take_message(struct identify *identify)
{
    struct reader reader = reader_of(identify->incoming.bytes, identify->incoming.size);
    uint64_t size = reader_uvarint(&reader);
    if (!reader_ok(&reader)) {
        return identify->incoming.size >= LENGTH_MAX ? ERR_BAD_MESSAGE : 0;
    }
    if (size > IDENTIFY_MESSAGE_MAX) {
        return ERR_TOO_LARGE;
    }
    struct span message = reader_take(&reader, size);
    if (!reader_ok(&reader)) {
        return 0;
    }
    if (++identify->incoming_count > IDENTIFY_MESSAGES_MAX) {
        return ERR_TOO_LARGE;
    }
    status_t status = identify_merge(message, &identify->peer);
    if (status != OK) {
        return status;
    }
    buffer_consume(&identify->incoming, (size_t)(reader.at - identify->incoming.bytes));
    return 1;
}

static void stop_listening(struct identify *identify, struct stream *stream, status_t status)
{
    const struct peer_id *peer = connection_peer(stream_connection(stream));
    struct peer_id said;
    identify->incoming_stream = NULL;
    if (status == OK && identify->peer.has_key) {
        peer_id_of_key(identify->peer.public_key, &said);
        status = peer_id_equal(&said, peer) ? OK : ERR_UNTRUSTED;
    }
    if (status == OK && identify->incoming_count == 0) {
        status = ERR_BAD_MESSAGE;
    }
    identify->told(identify->context, status, &identify->peer);
}

static void listen_data(struct identify *identify, struct stream *stream, struct span bytes)
{
    stream_consume(stream, bytes.size);
    if (identify->incoming_stream != stream) {
        return;
    }
    buffer_bytes(&identify->incoming, bytes.bytes, bytes.size);
    status_t status = buffer_status(&identify->incoming);
    while (status == OK || status == 1) {
        status = take_message(identify);
        if (status == 0) {
            break;
        }
    }
    if (status == OK && identify->incoming.size > IDENTIFY_MESSAGE_MAX + LENGTH_MAX) {
        status = ERR_TOO_LARGE;
    }
    if (status < 0) {
        stop_listening(identify, stream, status);
        stream_reset(stream);
    }
}

static void listen_ended(struct identify *identify, struct stream *stream)
{
    if (identify->incoming_stream == stream) {
        bool whole = identify->incoming.size == 0;
        stop_listening(identify, stream, whole ? OK : ERR_BAD_MESSAGE);
    }
    stream_end(stream);
}

static void on_closed(void *context, struct stream *stream, status_t reason)
{
    struct identify *identify = context;
    if (identify->incoming_stream == stream) {
        stop_listening(identify, stream, reason == OK ? ERR_CLOSED : reason);
    }
}

static void id_opened(void *context, struct stream *stream)
{
    if (stream_is_inbound(stream)) {
        start_message(context, stream);
    }
}

static void push_opened(void *context, struct stream *stream)
{
    struct identify *identify = context;
    if (!stream_is_inbound(stream)) {
        start_message(identify, stream);
    } else if (identify->incoming_stream) {
        stream_reset(stream); // one at a time
    } else {
        start_listening(identify, stream);
    }
}

static void on_data(void *context, struct stream *stream, struct span bytes)
{
    listen_data(context, stream, bytes);
}

static void on_ended(void *context, struct stream *stream)
{
    listen_ended(context, stream);
}

static void on_writable(void *context, struct stream *stream)
{
    send_message(context, stream);
}

const struct stream_ops identify_stream_ops = {
    .opened = id_opened,
    .data = on_data,
    .writable = on_writable,
    .ended = on_ended,
    .closed = on_closed,
};

const struct stream_ops identify_push_stream_ops = {
    .opened = push_opened,
    .data = on_data,
    .writable = on_writable,
    .ended = on_ended,
    .closed = on_closed,
};

status_t identify_ask(struct identify *identify, struct connection *connection)
{
    struct stream *stream;
    if (identify->incoming_stream) {
        return ERR_AGAIN;
    }
    status_t status = connection_open(connection, IDENTIFY_PROTOCOL, NULL, &stream);
    if (status == OK) {
        identify->peer = (struct identify_info){0};
        start_listening(identify, stream);
    }
    return status;
}

status_t identify_push(struct identify *identify, struct connection *connection)
{
    struct stream *stream;
    return connection_open(connection, IDENTIFY_PUSH_PROTOCOL, NULL, &stream);
}
