// SPDX-License-Identifier: Apache-2.0
// The methods of abi/ipc/net.h over the socket table: maps clients' memories, mints a handle per
// socket, wakes clients' signals, answers connects when they are decided. Every socket and listener
// has a place here, found by the badge of its handle; when that handle is gone the socket is
// closed, when the socket is gone its memory is unmapped.
#pragma once

#include "socket.h"

#include "ipc/server.h"

#define NET_PLACES_MAX   (SOCKETS_MAX + LISTENERS_MAX)
#define NET_WATCHERS_MAX 8u
#define NET_KICKS        8u // bits that clients raise: each is shared by every eighth place

// A socket's or listener's side towards its client.
struct net_place {
    uint64_t badge;            // of its handle; 0: free
    struct socket *socket;     // or
    struct listener *listener; // or neither: the socket is gone, the handle not yet
    void *memory;              // mapped
    handle_t signal;           // the client's
    struct net_bits bits;      // a listener's: read_bits alone
    handle_t reply;            // a connect that waits
};

struct net_watcher {
    uint64_t badge; // 0: free
    handle_t signal;
    uint64_t bits;
};

struct net {
    struct ipc_server server;
    struct ipc_timer timer;
    struct stack stack;
    struct sockets table;
    struct net_place places[NET_PLACES_MAX];
    struct net_watcher watchers[NET_WATCHERS_MAX];
    uint64_t kick_bits[NET_KICKS];
    uint64_t told_generation;
    void (*settled)(void *self); // after each event, when frames to send are all in the ring
    void *settled_self;
};

// Sets up server, stack and table; both handles HANDLE_NONE for the start block's. `net` (zeroed,
// static) stays in place.
void net_serve(struct net *net, const struct stack_outside *outside, const uint8_t mac[6]);
// The same on given handles.
struct net_handles {
    handle_t endpoint, signal;
};
void net_serve_on(struct net *net, const struct stack_outside *outside, const uint8_t mac[6],
                  struct net_handles handles);

// To be called after anything happened: runs stack and table, tells watchers, sets the timer.
void net_settle(struct net *net);
