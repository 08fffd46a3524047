// SPDX-License-Identifier: Apache-2.0
// Finding peers on the local network: mDNS (RFC 6762) with the service _p2p._udp.local. Encodes and
// reads packets; who sends them where and when (UDP 5353, groups 224.0.0.251 and ff02::fb, every
// interface) is the owner's. What comes in is a hint anyone on the network can forge: a link proves
// the peer. See docs/protocols/discovery.md.
#pragma once

#include "mesh/multiaddr.h"

enum {
    MDNS_PACKET_MAX = 1472, // one Ethernet frame over IPv4
    MDNS_NAME_BYTES = 32,   // of the random instance name we use
    MDNS_NAME_MAX = 64,     // of a peer's, with its zero
    MDNS_ADDRESSES_MAX = 8, // kept or announced per peer
    MDNS_PORT = 5353,
    MDNS_TTL_S = 120,
};

// What one device says about itself on one interface.
struct mdns_announcement {
    char name[MDNS_NAME_BYTES + 1]; // random per boot: mdns_name_make
    struct peer_id peer;
    uint16_t port;                                      // of SRV
    struct multiaddr_tcp addresses[MDNS_ADDRESSES_MAX]; // port and peer are filled in from here
    size_t address_count;
};

// Which of our records a query wants; bits.
enum mdns_wants {
    MDNS_WANTS_SERVICE = 1,  // PTR of _p2p._udp.local: the usual question
    MDNS_WANTS_TYPES = 2,    // PTR of _services._dns-sd._udp.local
    MDNS_WANTS_INSTANCE = 4, // SRV or TXT of our instance name
    MDNS_WANTS_HOST = 8,     // A or AAAA of our host name
};

// What one packet said.
struct mdns_message {
    bool is_answer;
    uint32_t wants;           // of a query
    char name[MDNS_NAME_MAX]; // of an answer: the peer's instance name; empty when the answer is
                              // not about this service
    struct multiaddr addresses[MDNS_ADDRESSES_MAX];
    size_t address_count;
    struct peer_id peer; // the one all addresses end in; size 0: none
};

// A fresh instance name: lower-case letters and digits, 32 of them.
void mdns_name_make(const struct mesh_random *random, char out_name[MDNS_NAME_BYTES + 1]);
// Appends the query for peers (31 bytes).
void mdns_encode_query(struct writer *out);
// Appends the answer to `wants`: PTR, TXT (the addresses), SRV, A and AAAA, all in the answer
// section, where the others look. ERR_RANGE when it does not fit; announce fewer addresses then.
status_t mdns_encode_answer(const struct mdns_announcement *announcement, uint32_t wants,
                            struct writer *out);
// Reads a packet. `own` (may be NULL) tells which names are ours. ERR_BAD_MESSAGE when it is no
// well-formed DNS message.
status_t mdns_parse(struct span packet, const struct mdns_announcement *own,
                    struct mdns_message *out_message);
