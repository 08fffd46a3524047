// SPDX-License-Identifier: Apache-2.0
// Streams of a link: each negotiates its protocol first, then belongs to it. Also the link's side
// of yamux.
#include "connection_internal.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

static struct stream *stream_of(struct connection *connection, struct yamux_stream *yamux)
{
    return &connection->streams[yamux - connection->yamux.streams];
}

static void claim(struct connection *connection, struct yamux_stream *yamux, bool is_inbound)
{
    struct stream *stream = stream_of(connection, yamux);
    *stream = (struct stream){.connection = connection,
                              .yamux = yamux,
                              .state = STREAM_SELECTING,
                              .is_inbound = is_inbound,
                              .deadline_ns = connection->now_ns + CONNECTION_HANDSHAKE_NS};
}

static const struct protocol *protocol_of(const struct connection *connection, const char *id)
{
    for (size_t i = 0; i < connection->options.protocol_count; i++) {
        if (strcmp(connection->options.protocols[i].id, id) == 0) {
            return &connection->options.protocols[i];
        }
    }
    return NULL;
}

// Sends what the negotiation has to say, each message a frame of its own. It is small and may use
// the control reserve.
static void send_select(struct stream *stream)
{
    struct connection *connection = stream->connection;
    uint8_t message[MULTISTREAM_OUT_MAX];
    size_t size;
    connection->urgent = true;
    while ((size = multistream_take(&stream->select, message)) > 0) {
        size_t sent = yamux_write(&connection->yamux, stream->yamux, (struct span){message, size});
        if (sent < size) {
            connection_fail(connection, ERR_FULL); // the peer never gave back our window
        }
    }
    connection->urgent = false;
}

static void reset_with(struct stream *stream, status_t reason)
{
    stream->reason = reason;
    yamux_reset(&stream->connection->yamux, stream->yamux);
}

static void become_open(struct stream *stream)
{
    const struct protocol *protocol = stream->protocol;
    stream->state = STREAM_OPEN;
    if (protocol->ops->opened) {
        protocol->ops->opened(protocol->context, stream);
    }
}

static void on_proposed(struct stream *stream)
{
    const struct connection_options *options = &stream->connection->options;
    const struct protocol *protocol = protocol_of(stream->connection, stream->select.protocol);
    bool allowed =
        protocol && !protocol->dial_only &&
        options->ops->may_open(options->context, &stream->connection->peer, protocol->id);
    if (!allowed) {
        multistream_refuse(&stream->select);
        send_select(stream);
        return;
    }
    multistream_accept(&stream->select);
    send_select(stream);
    stream->protocol = protocol;
    become_open(stream);
}

// One step of the negotiation. Bytes are given back before anything is answered, as the peers do.
static void feed_select(struct stream *stream, struct reader *in)
{
    size_t before = reader_left(in);
    enum multistream_event event = multistream_feed(&stream->select, in);
    yamux_consume(&stream->connection->yamux, stream->yamux, before - reader_left(in));
    switch (event) {
    case MULTISTREAM_MORE:
        send_select(stream);
        break;
    case MULTISTREAM_PROPOSED:
        on_proposed(stream);
        break;
    case MULTISTREAM_AGREED:
        become_open(stream);
        break;
    case MULTISTREAM_REFUSED:
        reset_with(stream, ERR_UNSUPPORTED);
        break;
    case MULTISTREAM_FAILED:
        reset_with(stream, ERR_BAD_MESSAGE);
        break;
    }
}

static void on_frame(void *context, const uint8_t header[YAMUX_HEADER_BYTES], struct span payload)
{
    struct connection *connection = context;
    assert(payload.size <= YAMUX_PAYLOAD_MAX);
    memcpy(connection->plain, header, YAMUX_HEADER_BYTES);
    if (payload.size > 0) {
        memcpy(connection->plain + YAMUX_HEADER_BYTES, payload.bytes, payload.size);
    }
    connection_put_sealed(connection,
                          (struct span){connection->plain, YAMUX_HEADER_BYTES + payload.size});
}

static size_t on_room(void *context)
{
    const struct connection *connection = context;
    size_t pending = connection_pending(connection);
    if (connection->urgent) {
        return YAMUX_PAYLOAD_MAX;
    }
    return pending < CONNECTION_PENDING_MAX ? CONNECTION_PENDING_MAX - pending : 0;
}

static bool on_opened(void *context, struct yamux_stream *yamux)
{
    struct connection *connection = context;
    claim(connection, yamux, true);
    multistream_listen(&stream_of(connection, yamux)->select);
    return true;
}

static void on_data(void *context, struct yamux_stream *yamux, struct span bytes)
{
    struct connection *connection = context;
    struct stream *stream = stream_of(connection, yamux);
    struct reader in = reader_of(bytes.bytes, bytes.size);
    while (stream->state == STREAM_SELECTING && reader_left(&in) > 0) {
        feed_select(stream, &in);
    }
    if (stream->state == STREAM_OPEN && reader_left(&in) > 0) {
        const struct protocol *protocol = stream->protocol;
        struct span rest = reader_take(&in, reader_left(&in));
        if (protocol->ops->data) {
            protocol->ops->data(protocol->context, stream, rest);
        } else {
            stream_consume(stream, rest.size);
        }
    }
}

static void on_writable(void *context, struct yamux_stream *yamux)
{
    struct stream *stream = stream_of(context, yamux);
    if (stream->state == STREAM_OPEN && stream->protocol->ops->writable) {
        stream->protocol->ops->writable(stream->protocol->context, stream);
    }
}

static void on_ended(void *context, struct yamux_stream *yamux)
{
    struct stream *stream = stream_of(context, yamux);
    if (stream->state == STREAM_SELECTING) {
        reset_with(stream, ERR_CLOSED); // it gave up before a protocol was chosen
    } else if (stream->protocol->ops->ended) {
        stream->protocol->ops->ended(stream->protocol->context, stream);
    }
}

static void on_closed(void *context, struct yamux_stream *yamux, status_t reason)
{
    struct stream *stream = stream_of(context, yamux);
    const struct protocol *protocol = stream->protocol;
    status_t told = stream->reason != OK ? stream->reason : reason;
    bool was_told = !stream->is_inbound || stream->state == STREAM_OPEN;
    stream->state = STREAM_FREE;
    if (was_told && protocol->ops->closed) {
        protocol->ops->closed(protocol->context, stream, told);
    }
}

// A reply to the keep-alive; that it came was noted when its bytes did.
static void on_pong(void *context, uint32_t value)
{
    (void)context;
    (void)value;
}

// The link ends when its last stream does, or when the peer hangs up.
static void on_went_away(void *context, uint32_t code)
{
    if (code != YAMUX_AWAY_NORMAL) {
        connection_fail(context, ERR_CLOSED);
    }
}

const struct yamux_ops connection_yamux_ops = {
    .frame = on_frame,
    .room = on_room,
    .opened = on_opened,
    .data = on_data,
    .writable = on_writable,
    .ended = on_ended,
    .closed = on_closed,
    .pong = on_pong,
    .went_away = on_went_away,
};

void streams_tick(struct connection *connection)
{
    for (size_t i = 0; i < ARRAY_COUNT(connection->streams); i++) {
        struct stream *stream = &connection->streams[i];
        if (stream->state == STREAM_SELECTING && connection->now_ns >= stream->deadline_ns) {
            reset_with(stream, ERR_TIMEOUT);
        }
    }
}

uint64_t streams_deadline_ns(const struct connection *connection)
{
    uint64_t deadline_ns = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_COUNT(connection->streams); i++) {
        if (connection->streams[i].state == STREAM_SELECTING) {
            deadline_ns = min_u64(deadline_ns, connection->streams[i].deadline_ns);
        }
    }
    return deadline_ns;
}

size_t streams_live(const struct connection *connection)
{
    size_t live = 0;
    for (size_t i = 0; i < ARRAY_COUNT(connection->streams); i++) {
        live += connection->streams[i].state != STREAM_FREE;
    }
    return live;
}

status_t connection_open(struct connection *connection, const char *protocol_id, void *user,
                         struct stream **out_stream)
{
    if (connection->stage != STAGE_OPEN) {
        return connection->stage == STAGE_CLOSED ? ERR_CLOSED : ERR_BAD_STATE;
    }
    const struct protocol *protocol = protocol_of(connection, protocol_id);
    if (!protocol) {
        return ERR_NOT_FOUND;
    }
    struct yamux_stream *yamux;
    status_t status = yamux_open(&connection->yamux, NULL, &yamux);
    if (status != OK) {
        return status;
    }
    claim(connection, yamux, false);
    struct stream *stream = stream_of(connection, yamux);
    stream->protocol = protocol;
    stream->user = user;
    multistream_dial(&stream->select, protocol->id);
    send_select(stream);
    *out_stream = stream;
    return OK;
}

size_t stream_write(struct stream *stream, struct span bytes)
{
    if (stream->state != STREAM_OPEN) {
        return 0;
    }
    return yamux_write(&stream->connection->yamux, stream->yamux, bytes);
}

void stream_consume(struct stream *stream, size_t size)
{
    if (stream->state != STREAM_FREE) {
        yamux_consume(&stream->connection->yamux, stream->yamux, size);
    }
}

void stream_end(struct stream *stream)
{
    if (stream->state == STREAM_OPEN) {
        yamux_end(&stream->connection->yamux, stream->yamux);
    }
}

void stream_reset(struct stream *stream)
{
    if (stream->state != STREAM_FREE) {
        reset_with(stream, ERR_CANCELLED);
    }
}

void stream_set_user(struct stream *stream, void *user)
{
    stream->user = user;
}

void *stream_user(const struct stream *stream)
{
    return stream->user;
}

struct connection *stream_connection(const struct stream *stream)
{
    return stream->connection;
}

bool stream_is_inbound(const struct stream *stream)
{
    return stream->is_inbound;
}

size_t stream_unconsumed(const struct stream *stream)
{
    return stream->state == STREAM_FREE ? 0 : stream->yamux->unconsumed;
}
