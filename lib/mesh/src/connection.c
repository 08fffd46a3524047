// SPDX-License-Identifier: Apache-2.0
// A link's life, its bytes and its time; see mesh/connection.h.
#include "connection_internal.h"

#include "base/assert.h"
#include "base/math.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 2, // before each Noise message
    OUT_COMPACT_SIZE = 65536,
    CONTROL_MAX = CONNECTION_PENDING_MAX, // beyond the data bound
};

void connection_fail(struct connection *connection, status_t reason)
{
    if (!connection->must_settle) {
        connection->must_settle = true;
        connection->failure = reason;
    }
}

size_t connection_pending(const struct connection *connection)
{
    return connection->out.size - connection->out_sent;
}

static void enter(struct connection *connection)
{
    connection->depth++;
}

// Ends the link if something marked it, from the outermost call only, so no callback ever runs on a
// dead stream.
static void leave(struct connection *connection)
{
    if (--connection->depth > 0 || connection->stage == STAGE_CLOSED) {
        return;
    }
    if (connection->stage == STAGE_OPEN && connection->yamux.remote_away &&
        streams_live(connection) == 0) {
        connection_fail(connection, OK);
    }
    if (!connection->must_settle) {
        return;
    }
    status_t reason = connection->failure;
    bool was_open = connection->stage == STAGE_OPEN;
    connection->stage = STAGE_CLOSED;
    if (was_open) {
        yamux_finish(&connection->yamux, reason == OK ? ERR_CANCELLED : reason);
    }
    noise_handshake_finish(&connection->handshake);
    if (connection->options.ops->closed) {
        connection->options.ops->closed(connection->options.context, connection, reason);
    }
}

static void check_bound(struct connection *connection)
{
    if (!buffer_ok(&connection->out)) {
        connection_fail(connection, ERR_NO_MEMORY);
    } else if (connection_pending(connection) > CONNECTION_PENDING_MAX + CONTROL_MAX) {
        connection_fail(connection, ERR_FULL);
    }
}

void connection_put(struct connection *connection, struct span bytes)
{
    buffer_bytes(&connection->out, bytes.bytes, bytes.size);
    check_bound(connection);
}

void connection_put_sealed(struct connection *connection, struct span plain)
{
    size_t size = LENGTH_BYTES + plain.size + NOISE_TAG_BYTES;
    uint8_t *place = buffer_extend(&connection->out, size);
    if (place) {
        struct writer writer = writer_of(place, size);
        status_t status = noise_seal_frame(&connection->send, plain, &writer);
        if (status != OK) {
            connection->out.size -= size;
            connection_fail(connection, status);
        }
    }
    check_bound(connection);
}

status_t connection_create(const struct connection_options *options, uint64_t now_ns,
                           struct connection **out_connection)
{
    assert(options->identity && options->random && options->ops && options->ops->may_open);
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        return ERR_NO_MEMORY;
    }
    connection->options = *options;
    if (options->keep_alive_ns > 0 && options->silence_ns == 0) {
        connection->options.silence_ns = 3 * options->keep_alive_ns;
    }
    connection->now_ns = connection->started_ns = connection->heard_ns = now_ns;
    handshake_start(connection);
    *out_connection = connection;
    return OK;
}

void connection_destroy(struct connection *connection)
{
    if (connection) {
        buffer_finish(&connection->out);
        sodium_memzero(connection, sizeof *connection);
        free(connection);
    }
}

static void feed_plain(struct connection *connection, struct span plain)
{
    struct reader in = reader_of(plain.bytes, plain.size);
    while (connection->stage == STAGE_SELECT_MUXER && !connection->must_settle &&
           reader_left(&in) > 0) {
        handshake_feed_select(connection, &in);
    }
    if (connection->stage == STAGE_OPEN && !connection->must_settle && reader_left(&in) > 0) {
        status_t status = yamux_feed(&connection->yamux, reader_take(&in, reader_left(&in)));
        if (status != OK) {
            connection_fail(connection, status);
        }
    }
}

// A whole Noise message stands in `frame`.
static void on_frame(struct connection *connection, size_t size)
{
    uint8_t *message = connection->frame + LENGTH_BYTES;
    if (connection->stage == STAGE_HANDSHAKE) {
        handshake_message(connection, (struct span){message, size});
        return;
    }
    size_t plain_size = 0;
    status_t status = noise_open(&connection->receive, message, size, &plain_size);
    if (status != OK) {
        connection_fail(connection, status);
        return;
    }
    feed_plain(connection, (struct span){message, plain_size});
}

// Collects the length and then the body of one Noise message; acts when it is whole.
static void feed_frame(struct connection *connection, struct reader *in)
{
    size_t wanted = LENGTH_BYTES;
    if (connection->frame_size >= LENGTH_BYTES) {
        wanted += (size_t)connection->frame[0] << 8 | connection->frame[1];
    }
    size_t missing = wanted - connection->frame_size;
    struct span part = reader_take(in, min_u64(missing, reader_left(in)));
    if (part.size > 0) {
        memcpy(connection->frame + connection->frame_size, part.bytes, part.size);
    }
    connection->frame_size += part.size;
    if (connection->frame_size < LENGTH_BYTES || part.size < missing) {
        return;
    }
    size_t size = (size_t)connection->frame[0] << 8 | connection->frame[1];
    if (wanted == LENGTH_BYTES && size > 0) {
        return; // the length is known now; the body comes next
    }
    connection->frame_size = 0;
    on_frame(connection, size);
}

void connection_feed(struct connection *connection, struct span bytes, uint64_t now_ns)
{
    struct reader in = reader_of(bytes.bytes, bytes.size);
    enter(connection);
    connection->now_ns = now_ns;
    connection->heard_ns = now_ns;
    while (reader_left(&in) > 0 && connection->stage != STAGE_CLOSED && !connection->must_settle) {
        if (connection->stage == STAGE_SELECT_NOISE) {
            handshake_feed_select(connection, &in);
        } else {
            feed_frame(connection, &in);
        }
    }
    leave(connection);
}

void connection_hang_up(struct connection *connection)
{
    enter(connection);
    bool orderly = connection->stage == STAGE_OPEN && connection->yamux.remote_away;
    connection_fail(connection, orderly ? OK : ERR_CLOSED);
    leave(connection);
}

static void keep_alive(struct connection *connection)
{
    const struct connection_options *options = &connection->options;
    uint64_t now_ns = connection->now_ns;
    if (options->keep_alive_ns == 0) {
        return;
    }
    if (now_ns - connection->heard_ns >= options->silence_ns) {
        connection_fail(connection, ERR_TIMEOUT);
    } else if (now_ns >= connection->ping_due_ns) {
        if (now_ns - connection->heard_ns >= options->keep_alive_ns) {
            yamux_ping(&connection->yamux, connection->ping_value++);
        }
        connection->ping_due_ns = now_ns + options->keep_alive_ns;
    }
}

void connection_tick(struct connection *connection, uint64_t now_ns)
{
    enter(connection);
    connection->now_ns = now_ns;
    if (connection->stage < STAGE_OPEN) {
        if (now_ns - connection->started_ns >= CONNECTION_HANDSHAKE_NS) {
            connection_fail(connection, ERR_TIMEOUT);
        }
    } else if (connection->stage == STAGE_OPEN) {
        streams_tick(connection);
        keep_alive(connection);
    }
    leave(connection);
}

uint64_t connection_deadline_ns(const struct connection *connection)
{
    const struct connection_options *options = &connection->options;
    if (connection->stage == STAGE_CLOSED) {
        return UINT64_MAX;
    }
    if (connection->stage < STAGE_OPEN) {
        return connection->started_ns + CONNECTION_HANDSHAKE_NS;
    }
    uint64_t deadline_ns = streams_deadline_ns(connection);
    if (options->keep_alive_ns > 0) {
        uint64_t silent_ns = connection->heard_ns + options->silence_ns;
        deadline_ns = min_u64(deadline_ns, min_u64(silent_ns, connection->ping_due_ns));
    }
    return deadline_ns;
}

struct span connection_output(const struct connection *connection)
{
    if (connection_pending(connection) == 0) {
        return (struct span){0};
    }
    return (struct span){connection->out.bytes + connection->out_sent,
                         connection_pending(connection)};
}

void connection_sent(struct connection *connection, size_t size)
{
    assert(size <= connection_pending(connection));
    enter(connection);
    connection->out_sent += size;
    if (connection_pending(connection) == 0) {
        buffer_clear(&connection->out);
        connection->out_sent = 0;
    } else if (connection->out_sent >= OUT_COMPACT_SIZE) {
        buffer_consume(&connection->out, connection->out_sent);
        connection->out_sent = 0;
    }
    bool has_room = connection_pending(connection) <= CONNECTION_PENDING_MAX / 2;
    if (connection->stage == STAGE_OPEN && !connection->must_settle && has_room) {
        yamux_drained(&connection->yamux);
    }
    leave(connection);
}

bool connection_wants_input(const struct connection *connection)
{
    return connection->stage != STAGE_CLOSED &&
           connection_pending(connection) <= CONNECTION_PENDING_MAX;
}

void connection_close(struct connection *connection)
{
    enter(connection);
    if (connection->stage == STAGE_OPEN) {
        yamux_go_away(&connection->yamux, YAMUX_AWAY_NORMAL);
    }
    connection_fail(connection, OK);
    leave(connection);
}

const struct peer_id *connection_peer(const struct connection *connection)
{
    return &connection->peer;
}

bool connection_is_closed(const struct connection *connection)
{
    return connection->stage == STAGE_CLOSED;
}

void *connection_context(const struct connection *connection)
{
    return connection->options.context;
}
