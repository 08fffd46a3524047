// SPDX-License-Identifier: Apache-2.0
// multistream-select 1.0: two sides agree on one protocol at the head of a byte stream. A pure
// state machine for both roles: feed it bytes as they come in any pieces, send what stands in
// `out`, and it says what happened. See docs/protocols/link.md, "Choosing a protocol".
#pragma once

#include "base/codec.h"

enum {
    MULTISTREAM_PROTOCOL_MAX = 100, // longest protocol id we speak, in bytes
    MULTISTREAM_MESSAGE_MAX = 1024, // longest message we let a peer send
    MULTISTREAM_PROPOSALS_MAX = 16, // proposals on one stream before we give up
    MULTISTREAM_OUT_MAX = 128,
};

enum multistream_event {
    MULTISTREAM_MORE,     // wants more bytes
    MULTISTREAM_PROPOSED, // listener: the peer proposes `protocol`; answer with accept or refuse
    MULTISTREAM_AGREED,   // the next byte belongs to `protocol`
    MULTISTREAM_REFUSED,  // dialer: the peer said "na"; propose another or give up
    MULTISTREAM_FAILED,   // the peer does not speak this protocol: abort the stream
};

// Owned by the caller. `out` holds whole messages for the peer: take them with multistream_take
// before feeding again.
struct multistream {
    char protocol[MULTISTREAM_PROTOCOL_MAX + 1];
    uint8_t state;
    uint8_t is_listener;
    uint8_t proposals;
    uint8_t length_bytes;  // of the message being read
    uint16_t message_size; // its announced length
    uint16_t received;     // how much of it came
    uint16_t out_size;
    uint8_t message[MULTISTREAM_PROTOCOL_MAX + 1]; // its first bytes; longer ones match nothing
    uint8_t out[MULTISTREAM_OUT_MAX];
};

// Starts as dialer: the header and the first proposal are in `out`. `protocol` is a string of at
// most MULTISTREAM_PROTOCOL_MAX bytes.
void multistream_dial(struct multistream *multistream, const char *protocol);
void multistream_listen(struct multistream *multistream);
// Consumes from `in` up to the next event and returns it; MORE with bytes left in `in` means: drain
// `out`, feed again. After AGREED or FAILED nothing more is consumed.
enum multistream_event multistream_feed(struct multistream *multistream, struct reader *in);
// The listener's answers to PROPOSED.
void multistream_accept(struct multistream *multistream);
void multistream_refuse(struct multistream *multistream);
// The dialer's next try after REFUSED.
void multistream_propose(struct multistream *multistream, const char *protocol);
// Takes one message (dialer: the whole flight) from `out` into `buffer`, which holds
// MULTISTREAM_OUT_MAX bytes; returns its size, 0 when there is none.
size_t multistream_take(struct multistream *multistream, uint8_t *buffer);
