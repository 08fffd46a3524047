// SPDX-License-Identifier: Apache-2.0
// /ipfs/ping/1.0.0: 32 random bytes there and back. Answering is one protocol entry without state;
// asking is a small noun per link that measures the round trip.
#pragma once

#include "mesh/connection.h"

#define PING_PROTOCOL "/ipfs/ping/1.0.0"

enum { PING_BYTES = 32 };

// Asks over one stream, opened on first use and kept.
struct ping {
    struct stream *stream; // NULL: not open
    const struct mesh_random *random;
    uint64_t sent_ns;
    uint8_t asked[PING_BYTES];
    uint8_t received; // bytes of the answer so far
    bool is_waiting;
    // Tells the round trip in nanoseconds, or why there is none (negative status in `status`).
    void (*done)(void *context, status_t status, uint64_t round_trip_ns);
    void *context;
    uint64_t (*now_ns)(void *context);
};

// The protocol entry for a link's table: answers any peer's pings and carries ours.
extern const struct stream_ops ping_stream_ops;

// Sends one ping on `connection`, whose protocol table has {PING_PROTOCOL, &ping_stream_ops}. Fill
// random, done, now_ns and context first. ERR_AGAIN while one is under way, else as
// connection_open.
status_t ping_send(struct ping *ping, struct connection *connection);
// Ends the stream after the last ping.
void ping_end(struct ping *ping);
