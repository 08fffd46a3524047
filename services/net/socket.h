// SPDX-License-Identifier: Apache-2.0
// TCP connections, listeners and UDP ports of the stack, each with two rings (lib/ring) in a
// client's memory. Back-pressure runs through: a full read ring closes TCP's window, a full send
// buffer leaves the write ring full. Knows no IPC: whoever owns the table maps memory, wakes
// clients and is told by `struct sockets_outside`.
//
// The client can scribble in its memory at any time: a ring that is corrupt ends its connection,
// nothing else. One thread. lwIP's callbacks only note what happened; connections are ended in
// sockets_run, never under lwIP's feet.
#pragma once

#include "stack.h"

#include "ring/ring.h"

#define SOCKETS_MAX             32u
#define SOCKETS_PER_OWNER_MAX   24u
#define LISTENERS_MAX           4u
#define LISTENERS_PER_OWNER_MAX 3u
#define SOCKET_GROUPS_MAX       2u
#define SOCKET_BACKLOG_MAX      8u // connections that wait to be accepted
#define SOCKET_CONNECT_NS       10000000000ull
#define SOCKET_STALL_NS                                                                            \
    60000000000ull // a peer that acknowledges nothing is given up after this and ten seconds
#define SOCKET_LINGER_NS                                                                           \
    5000000000ull // a closed socket may send what its ring still holds for so long

struct tcp_pcb;
struct udp_pcb;
struct sockets;

enum socket_state {
    SOCKET_FREE = 0,
    SOCKET_CONNECTING, // TCP: the caller waits for `connected`
    SOCKET_WAITING,    // TCP: came in, not accepted yet: no rings
    SOCKET_OPEN,       // TCP or UDP
    SOCKET_CLOSING,    // TCP: the client is gone, its bytes are still being sent
};

// Fields belong to socket.c; `tag` to the table's owner.
struct socket {
    enum socket_state state;
    uint64_t owner; // who is charged
    struct sockets *table;
    struct tcp_pcb *tcp;  // NULL: ended, or UDP
    struct udp_pcb *udp;  // NULL: TCP
    struct ring in;       // we produce: what the client reads
    struct ring out;      // we consume: what the client writes
    struct pbuf *pending; // TCP: received, not yet in the ring
    bool end_received;    // TCP: the peer sent its end, or the connection broke
    bool end_told;        // … and the client's ring has it
    bool end_sent;        // the client sent its end
    bool broken;          // to be ended by sockets_run
    uint64_t stalled_ns;  // TCP: since when the peer is silent while we resend; 0: it is not
    uint64_t deadline_ns; // CONNECTING, CLOSING
    struct net_address peer;
    struct net_address groups[SOCKET_GROUPS_MAX]; // UDP: joined
    uint32_t group_count;
    struct listener *listener; // WAITING
    uint64_t order;            // WAITING: first come, first accepted
    void *tag;
};

struct listener {
    bool used;
    uint64_t owner;
    struct sockets *table;
    struct tcp_pcb *tcp;
    uint16_t port;
    uint32_t waiting_count;
    void *tag;
};

// What the table tells its owner. None of them may call back into the table, except that
// `connected` may close.
struct sockets_outside {
    void *self;
    void (*wake_reader)(void *self, struct socket *socket); // the client's read ring got something
    void (*wake_writer)(void *self, struct socket *socket); // its write ring has room again
    void (*connected)(void *self, struct socket *socket,
                      status_t status);                      // on an error the socket is freed next
    void (*incoming)(void *self, struct listener *listener); // a connection waits
    void (*freed)(void *self, struct socket *socket); // last word: its memory is not used any more
};

struct sockets {
    struct stack *stack;
    struct sockets_outside outside;
    struct socket sockets[SOCKETS_MAX];
    struct listener listeners[LISTENERS_MAX];
    uint64_t order;
};

void sockets_init(struct sockets *table, struct stack *stack,
                  const struct sockets_outside *outside);

// Where a socket's two rings lie: NET_RING_BYTES for the client to read, then NET_RING_BYTES for it
// to write, both formatted by the client. Stays mapped until `freed`.
struct socket_memory {
    void *bytes;
    void *tag; // becomes the socket's, before anything is told of it
};

// Starts to connect; `connected` tells the end of it, later. ERR_INVALID (address), ERR_CORRUPT
// (rings), ERR_FULL (table, or the owner's share), ERR_UNREACHABLE (no route), ERR_NO_MEMORY.
status_t socket_connect(struct sockets *table, uint64_t owner, struct socket_memory memory,
                        const struct net_address *to, struct socket **out);

// Listens on all addresses. ERR_INVALID (port 0), ERR_EXISTS (port taken), ERR_FULL, ERR_NO_MEMORY.
status_t socket_listen(struct sockets *table, uint64_t owner, uint16_t port, struct listener **out);

// The connection that waits longest, opened with these rings. ERR_AGAIN (none waits), ERR_CORRUPT
// (rings).
status_t listener_accept(struct listener *listener, struct socket_memory memory,
                         struct socket **out);

// Stops listening; what waits is refused.
void listener_close(struct listener *listener);

struct socket_udp_options {
    uint16_t port;                    // 0: any
    const struct net_address *groups; // to join; family 0: none
    uint32_t group_count;
};
// ERR_INVALID (a group that is none), ERR_EXISTS (port taken), ERR_CORRUPT (rings), ERR_FULL,
// ERR_NO_MEMORY.
status_t socket_udp(struct sockets *table, uint64_t owner, struct socket_memory memory,
                    const struct socket_udp_options *options, struct socket **out);

// The client says that it pushed or made room: moves what can be moved.
void socket_kick(struct socket *socket);

// The client is gone. TCP sends what the write ring holds, then its end (for at most
// SOCKET_LINGER_NS); `freed` follows.
void socket_close(struct socket *socket);

// After every event and every stack_run: ends what broke, gives up what took too long. Returns when
// to run again.
uint64_t sockets_run(struct sockets *table, uint64_t now_ns);

// udp.c: the datagram half, for socket.c.
struct socket *socket_take(struct sockets *table, uint64_t owner); // a free place, or NULL
status_t socket_open_rings(struct socket *socket, struct socket_memory memory);
void socket_wake_reader(struct socket *socket); // if the client sleeps
void socket_wake_writer(struct socket *socket);
void udp_pump(struct socket *socket); // sends what the write ring holds
void udp_end(struct socket *socket);
