// SPDX-License-Identifier: Apache-2.0
// /ipfs/id/1.0.0 and its push: what a peer tells about itself. Nothing in it is proven except the
// key, which must be the link's; addresses are hints. See docs/protocols/link.md, "Identify".
#pragma once

#include "base/buffer.h"
#include "mesh/connection.h"
#include "mesh/multiaddr.h"

#define IDENTIFY_PROTOCOL      "/ipfs/id/1.0.0"
#define IDENTIFY_PUSH_PROTOCOL "/ipfs/id/push/1.0.0"

enum {
    IDENTIFY_MESSAGE_MAX = 8192, // bytes of one message
    IDENTIFY_MESSAGES_MAX = 10,  // on one stream; later ones add to earlier ones
    IDENTIFY_ADDRESSES_MAX = 16, // kept; more are ignored
    IDENTIFY_PROTOCOLS_MAX = 48,
    IDENTIFY_TEXT_MAX =
        64, // of a kept name, with its zero; longer ones are cut or (protocols) ignored
};

// What is known about one side.
struct identify_info {
    uint8_t public_key[KEY_PUBLIC_BYTES];
    bool has_key;
    struct multiaddr listen[IDENTIFY_ADDRESSES_MAX];
    size_t listen_count;
    struct multiaddr observed; // size 0: not told
    char protocols[IDENTIFY_PROTOCOLS_MAX][IDENTIFY_TEXT_MAX];
    size_t protocol_count;
    char protocol_version[IDENTIFY_TEXT_MAX];
    char agent_version[IDENTIFY_TEXT_MAX];
};

// Appends the Identify message (without its length).
void identify_encode(const struct identify_info *info, struct buffer *out);
// Reads one message into `info`; a field that comes replaces what `info` had (lists as a whole),
// one that does not come stays. ERR_BAD_MESSAGE leaves `info` half changed: drop it.
status_t identify_merge(struct span message, struct identify_info *info);

// One link's identify: answers with `own`, asks once connected (identify_ask), takes pushes. Owned
// by the caller; fill own, told and context, zero the rest.
struct identify {
    const struct identify_info *own; // what we say; may change between uses
    // The peer told about itself (first time or push). `status` is not OK when it would not or told
    // nonsense.
    void (*told)(void *context, status_t status, const struct identify_info *peer);
    void *context;
    struct buffer outgoing; // our message while it is being sent
    struct buffer incoming; // of the one stream we listen to
    struct stream *incoming_stream;
    uint8_t incoming_count;
    struct identify_info peer;
};

// The two protocol entries; their context is the struct identify.
extern const struct stream_ops identify_stream_ops, identify_push_stream_ops;

// Frees what is buffered; call after the connection is gone.
void identify_finish(struct identify *identify);
// Asks the peer; `told` follows. Errors as connection_open; ERR_AGAIN while an answer is under way.
status_t identify_ask(struct identify *identify, struct connection *connection);
// Tells the peer our present `own`.
status_t identify_push(struct identify *identify, struct connection *connection);
