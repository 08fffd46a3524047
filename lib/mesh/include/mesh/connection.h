// SPDX-License-Identifier: Apache-2.0
// One libp2p link over any ordered byte stream: multistream-select, Noise XX, yamux, and on each
// yamux stream its protocol. The owner moves bytes (connection_feed, connection_output), tells the
// time, and offers protocols; the link proves who the peer is and asks the owner what that peer may
// open. See docs/protocols/link.md.
//
// Rules of use: one thread; times are nanoseconds of any steady clock. Callbacks may write, end,
// reset, open and close, but never feed or destroy. Bounds: YAMUX_STREAMS_MAX streams;
// CONNECTION_PENDING_MAX bytes of data waiting to be sent (writes are cut short) and as much again
// of control frames (a peer that asks and never reads is dropped).
#pragma once

#include "mesh/noise_payload.h"
#include "mesh/yamux.h"

enum {
    CONNECTION_PENDING_MAX = 131072, // bytes
};

#define CONNECTION_HANDSHAKE_NS                                                                    \
    UINT64_C(10000000000) // until connected, and per stream until agreed

struct connection;
struct stream;

// What a protocol does with its streams; `context` is the protocol's. Any may be NULL.
struct stream_ops {
    // Both sides agreed on the protocol; writing is allowed from now on.
    void (*opened)(void *context, struct stream *stream);
    // Bytes came, borrowed for the call. Give them back with stream_consume, now or later.
    void (*data)(void *context, struct stream *stream, struct span bytes);
    // A write that fell short may go on.
    void (*writable)(void *context, struct stream *stream);
    // The peer sends no more; our direction stays open until stream_end.
    void (*ended)(void *context, struct stream *stream);
    // The last event; the pointer is dead afterwards. OK: both ended. ERR_UNSUPPORTED: the peer
    // does not offer the protocol to us. ERR_CLOSED: the peer aborted. ERR_CANCELLED: we did.
    // ERR_TIMEOUT, or why the link failed.
    void (*closed)(void *context, struct stream *stream, status_t reason);
};

struct protocol {
    const char *id; // at most MULTISTREAM_PROTOCOL_MAX bytes
    const struct stream_ops *ops;
    void *context;
    bool dial_only; // we open it and never accept it
};

struct connection_ops {
    // The peer's key is proven; streams may be opened.
    void (*connected)(void *context, struct connection *connection, const struct peer_id *peer);
    // May this proven peer open that protocol? Asked for every stream; false answers "na".
    // Required.
    bool (*may_open)(void *context, const struct peer_id *peer, const char *protocol);
    // The last event: send what is left of the output, then hang up. OK: orderly. ERR_CLOSED: the
    // peer hung up. ERR_TIMEOUT: it was too slow or fell silent. ERR_UNTRUSTED: not the expected
    // peer. ERR_BAD_SIGNATURE, ERR_BAD_MESSAGE, ERR_UNSUPPORTED, ERR_FULL: it broke a rule of the
    // protocol or a bound.
    void (*closed)(void *context, struct connection *connection, status_t reason);
};

// Everything is borrowed for the life of the connection.
struct connection_options {
    bool is_dialer;
    bool plain_muxer;               // negotiate the muxer inside Noise instead of in the handshake
    const struct peer_id *expected; // dialer: whom we must meet; NULL: anyone
    const struct noise_identity *identity;
    const struct mesh_random *random;
    const struct protocol *protocols;
    size_t protocol_count;
    const struct connection_ops *ops;
    void *context;
    uint64_t keep_alive_ns; // ask a silent peer for a sign of life this often; 0: never
    uint64_t silence_ns;    // and give up after so long without one; 0: three times keep_alive_ns
};

// Allocates a link (about 120 KiB, most of it the 64 KiB a Noise message may have) and queues our
// first bytes. ERR_NO_MEMORY.
status_t connection_create(const struct connection_options *options, uint64_t now_ns,
                           struct connection **out_connection);
// Frees it without any event; accepts NULL.
void connection_destroy(struct connection *connection);

// Takes all bytes received. Events come from within. Bytes after `closed` are ignored.
void connection_feed(struct connection *connection, struct span bytes, uint64_t now_ns);
// The byte stream ended (the peer's FIN, or an error).
void connection_hang_up(struct connection *connection);
// Does what is due: timeouts and keep-alive.
void connection_tick(struct connection *connection, uint64_t now_ns);
// When connection_tick has something to do next; UINT64_MAX: never.
uint64_t connection_deadline_ns(const struct connection *connection);
// Bytes to send, borrowed until the next call; then say how many went.
struct span connection_output(const struct connection *connection);
void connection_sent(struct connection *connection, size_t size);
// False while so much waits to be sent that the owner should stop reading from the peer.
bool connection_wants_input(const struct connection *connection);
// Says goodbye: streams are closed with ERR_CANCELLED, `closed(OK)` follows from within.
void connection_close(struct connection *connection);

// The proven peer; size 0 until connected.
const struct peer_id *connection_peer(const struct connection *connection);
bool connection_is_closed(const struct connection *connection);
void *connection_context(const struct connection *connection);

// Opens a stream for one of our protocols (by its id) with `user` attached. ERR_BAD_STATE before
// connected, ERR_NOT_FOUND when we have no such protocol, ERR_FULL, ERR_CLOSED after the peer said
// goodbye.
status_t connection_open(struct connection *connection, const char *protocol, void *user,
                         struct stream **out_stream);

// Sends what window and bounds allow, returns how much; when short, `writable` follows. 0 before
// `opened`, after stream_end.
size_t stream_write(struct stream *stream, struct span bytes);
void stream_consume(struct stream *stream, size_t size);
// Half-closes our direction; only after `opened`.
void stream_end(struct stream *stream);
// Aborts; `closed` follows from within.
void stream_reset(struct stream *stream);
// The owner's pointer for this stream; NULL at first on inbound streams.
void stream_set_user(struct stream *stream, void *user);
void *stream_user(const struct stream *stream);
struct connection *stream_connection(const struct stream *stream);
bool stream_is_inbound(const struct stream *stream);
// Bytes received on it and not yet consumed.
size_t stream_unconsumed(const struct stream *stream);
