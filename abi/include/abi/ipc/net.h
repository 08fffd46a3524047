// SPDX-License-Identifier: Apache-2.0
// TCP and UDP, served by services/net (lwIP). A socket is a handle; bytes travel in two rings
// (lib/ring) in one memory of the client's: the ring the client reads first, the ring it writes
// after it, NET_RING_BYTES each, both initialised by the client. Closing the socket handle closes
// the connection. After net was restarted every socket handle answers ERR_BAD_STATE: open new ones.
#pragma once

#include "abi/ipc/interface.h"

#define NET_RING_BYTES 65536u
#define NET_CHUNK_MAX                                                                              \
    4096u // one record of a TCP ring: 1 to NET_CHUNK_MAX bytes; an empty record: end of stream
#define NET_DATAGRAM_MAX   1472u
#define NET_ADDRESSES_MAX  8u
#define NET_INTERFACES_MAX 1u

// family 4: bytes[0…3]; family 6: all sixteen, `zone` non-zero for link-local.
struct net_address {
    uint8_t bytes[16];
    uint16_t port;
    uint8_t family; // 4 or 6
    uint8_t zone;   // interface number + 1
    uint32_t reserved;
};
_Static_assert(sizeof(struct net_address) == 24, "no padding");

// One record of a UDP ring: this head and the datagram.
struct net_datagram {
    struct net_address peer; // sender, or where to
};

// The interface's state. `generation` changes with any change.
IPC_EMPTY(net_status_req)
struct net_status_rep {
    uint64_t generation;
    uint32_t link_up;
    uint32_t address_count;
    struct net_address addresses[NET_ADDRESSES_MAX]; // ports 0
    uint8_t mac[6];
    uint8_t reserved[2];
};

// Takes the client's signal: raises `change_bits` whenever status changes.
struct net_watch_req {
    uint64_t change_bits;
};
IPC_EMPTY(net_watch_rep)

// All socket calls below take [0] memory (2 × NET_RING_BYTES), [1] the client's signal, and give
// [0] the socket handle, [1] net's signal. net raises `read_bits` when the read ring got records
// (or the end), `write_bits` when a full write ring has room; the client raises `kick_bits` of
// net's signal after it pushed, and after it made room in a full read ring.
struct net_bits {
    uint64_t read_bits;
    uint64_t write_bits;
};

// Blocks until connected: ERR_UNREACHABLE, ERR_TIMEOUT (10 s), ERR_FULL (NET sockets exhausted).
struct net_connect_req {
    struct net_address to;
    struct net_bits bits;
};
struct net_connect_rep {
    uint64_t kick_bits;
};

// Listens on a port, IPv4 and IPv6. Takes [0] the client's signal, raised with `accept_bits` when a
// connection waits (at most 8 wait, more are refused); gives [0] the listener. ERR_EXISTS port
// taken.
struct net_listen_req {
    uint64_t accept_bits;
    uint16_t port;
    uint16_t reserved[3];
};
IPC_EMPTY(net_listen_rep)

// On a listener: the next waiting connection as a socket. ERR_AGAIN none.
struct net_accept_req {
    struct net_bits bits;
};
struct net_accept_rep {
    uint64_t kick_bits;
    struct net_address from;
};

// A UDP socket on `port` (0: any), a member of the multicast groups given (family 0: none),
// reusable port.
struct net_udp_req {
    struct net_bits bits;
    uint16_t port;
    uint16_t reserved[3];
    struct net_address groups[2];
};
struct net_udp_rep {
    uint64_t kick_bits;
};

#define NET_METHODS(M)                                                                             \
    M(net, 1, status, IPC_RETRY)                                                                   \
    M(net, 2, watch, IPC_TAKES(1))                                                                 \
    M(net, 3, connect, IPC_TAKES(2) | IPC_GIVES(2))                                                \
    M(net, 4, listen, IPC_TAKES(1) | IPC_GIVES(1))                                                 \
    M(net, 5, accept, IPC_TAKES(2) | IPC_GIVES(2))                                                 \
    M(net, 6, udp, IPC_TAKES(2) | IPC_GIVES(2))
IPC_INTERFACE(net, NET_METHODS)
