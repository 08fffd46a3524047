// SPDX-License-Identifier: Apache-2.0
// yamux 1.0: many streams over one ordered byte stream. A pure state machine: feed it decrypted
// bytes in any pieces; it hands frames to send and events to its owner through `struct yamux_ops`.
// See docs/protocols/link.md, "Streams".
//
// Rules of use: callbacks may call any yamux_ function except yamux_feed and yamux_finish. Received
// bytes must be given back with yamux_consume, or the peer stops after 256 KiB. Every stream gets
// exactly one `closed`, and its pointer is dead when that returns. Bounds: YAMUX_STREAMS_MAX live
// streams; one more from the peer is refused with RST.
#pragma once

#include "base/codec.h"

enum {
    YAMUX_HEADER_BYTES = 12,
    YAMUX_WINDOW_BYTES = 262144, // what the protocol grants each side of a new stream
    YAMUX_STREAMS_MAX = 64,      // live streams of one connection, both directions
    YAMUX_PAYLOAD_MAX = 16384,   // what we put into one data frame
};

enum yamux_away { YAMUX_AWAY_NORMAL = 0, YAMUX_AWAY_PROTOCOL = 1, YAMUX_AWAY_INTERNAL = 2 };

// One live stream; fields are for reading only, except `owner`.
struct yamux_stream {
    uint32_t id;             // 0: the slot is free
    uint32_t send_window;    // bytes the peer still takes
    uint32_t receive_window; // bytes the peer may still send
    uint32_t unconsumed;     // bytes received and not given back
    bool acknowledge_due;    // the peer's SYN is answered by our next frame
    bool local_ended, remote_ended;
    bool write_wanted; // a write fell short: tell when there is room
    void *owner;
};

// What the session needs and tells. `context` is that of yamux_init.
struct yamux_ops {
    // Sends one frame: header and payload (borrowed) right after one another.
    void (*frame)(void *context, const uint8_t header[YAMUX_HEADER_BYTES], struct span payload);
    // How many payload bytes may be queued now.
    size_t (*room)(void *context);
    // The peer opens a stream; false refuses it with RST (no `closed` follows).
    bool (*opened)(void *context, struct yamux_stream *stream);
    void (*data)(void *context, struct yamux_stream *stream, struct span bytes);
    void (*writable)(void *context, struct yamux_stream *stream);
    // The peer will send no more on this stream.
    void (*ended)(void *context, struct yamux_stream *stream);
    // OK: both sides ended it; ERR_CLOSED: the peer reset it; ERR_CANCELLED: we did; else why the
    // session failed.
    void (*closed)(void *context, struct yamux_stream *stream, status_t reason);
    void (*pong)(void *context, uint32_t value);
    // The peer opens nothing more and will hang up.
    void (*went_away)(void *context, uint32_t code);
};

struct yamux {
    const struct yamux_ops *ops;
    void *context;
    uint32_t next_id;
    uint8_t header[YAMUX_HEADER_BYTES];
    uint8_t header_size; // how much of it came
    bool remote_away, local_away;
    uint32_t payload_left; // of the data frame being read
    size_t next_writable;  // where the next round of `writable` starts
    struct yamux_stream streams[YAMUX_STREAMS_MAX];
};

// Starts a session; `is_client` for the side that dialed.
void yamux_init(struct yamux *yamux, bool is_client, const struct yamux_ops *ops, void *context);
// Closes every live stream with `reason` and forgets them.
void yamux_finish(struct yamux *yamux, status_t reason);
// Takes all bytes. ERR_BAD_MESSAGE when the peer broke the protocol: a go away was sent; finish and
// hang up.
status_t yamux_feed(struct yamux *yamux, struct span bytes);

// Opens a stream and sends its SYN. ERR_FULL when the table is, ERR_CLOSED after a go away,
// ERR_RANGE when the ids of this connection are used up.
status_t yamux_open(struct yamux *yamux, void *owner, struct yamux_stream **out_stream);
// Sends as much as window and room allow and returns how much; when that is short, `writable`
// follows. 0 after yamux_end.
size_t yamux_write(struct yamux *yamux, struct yamux_stream *stream, struct span bytes);
// Half-closes: we send no more. Closes the stream if the peer ended too.
void yamux_end(struct yamux *yamux, struct yamux_stream *stream);
// Aborts both directions; `closed(ERR_CANCELLED)` follows from within.
void yamux_reset(struct yamux *yamux, struct yamux_stream *stream);
// Gives `size` received bytes back to the peer's window.
void yamux_consume(struct yamux *yamux, struct yamux_stream *stream, size_t size);
// Tells waiting writers that there is room again.
void yamux_drained(struct yamux *yamux);
void yamux_ping(struct yamux *yamux, uint32_t value);
// Announces that we open and accept nothing more.
void yamux_go_away(struct yamux *yamux, enum yamux_away code);
