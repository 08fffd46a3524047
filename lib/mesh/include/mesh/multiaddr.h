// SPDX-License-Identifier: Apache-2.0
// Multiaddr: a self-describing address such as /ip4/192.168.1.7/tcp/4001/p2p/12D3KooW…, kept in its
// binary form. Text and binary convert both ways for every component in the table of
// docs/protocols/link.md; anything else is refused.
#pragma once

#include "mesh/peer_id.h"

enum {
    MULTIADDR_BYTES_MAX = 192,
    MULTIADDR_TEXT_MAX = 512, // with the terminating zero
};

// A value. size 0 is the empty address, which nothing here produces.
struct multiaddr {
    uint16_t size;
    uint8_t bytes[MULTIADDR_BYTES_MAX];
};

// Where a plain TCP connection goes: /ip4 or /ip6, /tcp and, if present, the peer expected there.
struct multiaddr_tcp {
    uint8_t address[16]; // network order; the first 4 bytes for IPv4
    uint16_t port;
    bool is_ip6;
    struct peer_id peer; // size 0: none named
};

// Checks every component and copies. ERR_BAD_MESSAGE when malformed or unknown, ERR_TOO_LARGE past
// the bound.
status_t multiaddr_parse(struct span bytes, struct multiaddr *out_address);
// Reads the text form. ERR_INVALID when malformed or unknown, ERR_TOO_LARGE past the bound.
status_t multiaddr_parse_text(const char *text, size_t size, struct multiaddr *out_address);
// Writes the text form with a terminating zero; ERR_RANGE if it does not fit `capacity`.
status_t multiaddr_text(const struct multiaddr *address, char *out_text, size_t capacity);
// The TCP endpoint named by the address; ERR_UNSUPPORTED when it is anything but ip/tcp with an
// optional peer.
status_t multiaddr_get_tcp(const struct multiaddr *address, struct multiaddr_tcp *out_tcp);
// The reverse; a zone or a relay is not expressible.
void multiaddr_of_tcp(const struct multiaddr_tcp *tcp, struct multiaddr *out_address);
