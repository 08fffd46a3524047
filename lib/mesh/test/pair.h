// SPDX-License-Identifier: Apache-2.0
// Two links joined back to back, with everything recorded: what each sent, what happened to it.
#pragma once

#include "help.h"
#include "mesh/connection.h"
#include "mesh/identify.h"
#include "mesh/ping.h"

#define ECHO_PROTOCOL "/test/echo/1"

struct end {
    struct connection *connection;
    struct noise_identity identity;
    struct mesh_random random;
    struct fixed_random fixed;
    struct protocol protocols[8];
    size_t protocol_count;
    struct connection_options options;
    struct buffer sent;     // every byte this end ever sent
    struct buffer received; // on its echo stream
    struct ping ping;
    uint64_t now_ns;
    int connected, closed, asked, pings, stream_closed, stream_ended;
    status_t reason, stream_reason, ping_status;
    struct peer_id peer;
    bool refuse;
    void (*on_connected)(struct end *end);
};

static inline void end_connected(void *context, struct connection *connection,
                                 const struct peer_id *peer)
{
    struct end *end = context;
    end->connected++;
    end->peer = *peer;
    end->connection = connection;
    if (end->on_connected) {
        end->on_connected(end);
    }
}

static inline bool end_may_open(void *context, const struct peer_id *peer, const char *protocol)
{
    struct end *end = context;
    end->asked++;
    CHECK(peer_id_equal(peer, connection_peer(end->connection)));
    return !end->refuse;
}

static inline void end_closed(void *context, struct connection *connection, status_t reason)
{
    struct end *end = context;
    end->closed++;
    end->reason = reason;
}

static const struct connection_ops end_ops = {end_connected, end_may_open, end_closed};

static inline uint64_t end_now(void *context)
{
    return ((struct end *)context)->now_ns;
}

static inline void end_ponged(void *context, status_t status, uint64_t round_trip_ns)
{
    struct end *end = context;
    end->pings++;
    end->ping_status = status;
}

// The echo protocol's dialing side collects; the accepting side is in each test.
static inline void collect_data(void *context, struct stream *stream, struct span bytes)
{
    struct end *end = context;
    buffer_bytes(&end->received, bytes.bytes, bytes.size);
    stream_consume(stream, bytes.size);
}

static inline void collect_ended(void *context, struct stream *stream)
{
    ((struct end *)context)->stream_ended++;
}

static inline void collect_closed(void *context, struct stream *stream, status_t reason)
{
    struct end *end = context;
    end->stream_closed++;
    end->stream_reason = reason;
}

static const struct stream_ops collect_ops = {
    .data = collect_data, .ended = collect_ended, .closed = collect_closed};

static inline void end_offer(struct end *end, const char *id, const struct stream_ops *ops,
                             void *context)
{
    end->protocols[end->protocol_count++] = (struct protocol){id, ops, context, false};
}

// The keys of the recorded conversations: A is the dialer.
static inline void end_begin(struct end *end, bool is_dialer)
{
    *end = (struct end){.now_ns = 1000};
    fixed_identity(&end->identity, is_dialer ? 1 : 2, is_dialer ? 0x11 : 0x22);
    end->fixed = (struct fixed_random){.first = is_dialer ? 0x33 : 0x44};
    end->random = (struct mesh_random){fixed_fill, &end->fixed};
    end->ping = (struct ping){
        .random = &end->random, .done = end_ponged, .context = end, .now_ns = end_now};
    end->options = (struct connection_options){.is_dialer = is_dialer,
                                               .identity = &end->identity,
                                               .random = &end->random,
                                               .protocols = end->protocols,
                                               .ops = &end_ops,
                                               .context = end};
    end_offer(end, PING_PROTOCOL, &ping_stream_ops, NULL);
}

static inline void end_connect(struct end *end)
{
    end->options.protocol_count = end->protocol_count;
    CHECK_EQ(connection_create(&end->options, end->now_ns, &end->connection), OK);
}

static inline void end_finish(struct end *end)
{
    connection_destroy(end->connection);
    buffer_finish(&end->sent);
    buffer_finish(&end->received);
}

// Takes up to `step` bytes of output into a heap copy of exact size; records them.
static inline struct buffer end_take(struct end *end, size_t step)
{
    struct span out = connection_output(end->connection);
    size_t size = out.size < step ? out.size : step;
    struct buffer bytes = {.bytes = malloc(size + 1), .size = size, .capacity = size + 1};
    if (size > 0) {
        memcpy(bytes.bytes, out.bytes, size);
        buffer_bytes(&end->sent, out.bytes, size);
        connection_sent(end->connection, size);
    }
    return bytes;
}

// Moves bytes both ways, `step` at a time, until both are quiet.
static inline void exchange(struct end *a, struct end *b, size_t step)
{
    size_t moved;
    do {
        struct buffer to_b = end_take(a, step), to_a = end_take(b, step);
        connection_feed(b->connection, buffer_span(&to_b), b->now_ns);
        connection_feed(a->connection, buffer_span(&to_a), a->now_ns);
        moved = to_a.size + to_b.size;
        buffer_finish(&to_a);
        buffer_finish(&to_b);
    } while (moved > 0);
}
