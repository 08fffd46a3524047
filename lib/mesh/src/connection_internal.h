// SPDX-License-Identifier: Apache-2.0
// The inside of a link, shared by its three files: connection.c (life, bytes, time), handshake.c
// (until the peer is proven), stream.c (after).
//
//     bytes -> [select in clear] -> [Noise handshake] -> [select inside, unless early] -> [yamux]
//     -> streams
#pragma once

#include "base/buffer.h"
#include "mesh/connection.h"
#include "mesh/multistream.h"

enum stage {
    STAGE_SELECT_NOISE,
    STAGE_HANDSHAKE,
    STAGE_SELECT_MUXER,
    STAGE_OPEN,
    STAGE_CLOSED,
};

enum stream_state { STREAM_FREE, STREAM_SELECTING, STREAM_OPEN };

struct stream {
    struct connection *connection;
    struct yamux_stream *yamux;
    const struct protocol *protocol; // NULL on inbound streams until proposed
    void *user;
    uint8_t state;
    bool is_inbound;
    status_t reason; // overrides why it closes; OK: no override
    uint64_t deadline_ns;
    struct multistream select;
};

struct connection {
    struct connection_options options;
    enum stage stage;
    uint64_t now_ns, started_ns, heard_ns, ping_due_ns;
    uint32_t ping_value;
    status_t failure; // pending; told by connection_settle
    bool must_settle;
    unsigned depth; // of calls into the link that may run callbacks
    bool urgent;    // negotiation may use the control reserve
    struct peer_id peer;

    struct multistream select;
    struct noise_handshake handshake;
    struct noise_cipher send, receive;
    struct yamux yamux;
    struct stream streams[YAMUX_STREAMS_MAX]; // stream i belongs to yamux.streams[i]

    struct buffer out;
    size_t out_sent; // bytes of `out` already taken
    size_t frame_size;
    uint8_t frame[2 + NOISE_MESSAGE_MAX];
    uint8_t plain[YAMUX_HEADER_BYTES +
                  YAMUX_PAYLOAD_MAX]; // one outgoing message, or a handshake payload
};

// Marks the link as failed; the events follow when the outermost call settles. The first reason
// stays.
void connection_fail(struct connection *connection, status_t reason);
size_t connection_pending(const struct connection *connection);
// Queues clear bytes, or one sealed message of at most sizeof plain bytes.
void connection_put(struct connection *connection, struct span bytes);
void connection_put_sealed(struct connection *connection, struct span plain);

// handshake.c
void handshake_start(struct connection *connection);
// Feeds the selection that runs now, in clear or inside Noise.
void handshake_feed_select(struct connection *connection, struct reader *in);
// One whole Noise handshake message (without its length).
void handshake_message(struct connection *connection, struct span message);

// stream.c
extern const struct yamux_ops connection_yamux_ops;
// Resets streams whose negotiation took too long.
void streams_tick(struct connection *connection);
uint64_t streams_deadline_ns(const struct connection *connection);
size_t streams_live(const struct connection *connection);
