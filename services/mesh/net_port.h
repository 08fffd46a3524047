// SPDX-License-Identifier: Apache-2.0
// The mesh's feet on the network: the client of services/net (abi/ipc/net.h). One listener on TCP
// 4001, one multicast port, one socket per link; each with two rings in a memory of its own. Turns
// the node's dial, send, hang_up and announce into ring records, and records into node events.
#pragma once

#include "node.h"

#include "abi/ipc/net.h"
#include "ipc/server.h"
#include "ring/ring.h"

#define NET_PORT_DIAL_NS                                                                           \
    UINT64_C(400000000) // the service stands still meanwhile: only who was just heard is dialed

// One socket: its memory, both rings and net's ear.
struct net_pipe {
    handle_t socket, net_signal; // HANDLE_NONE: closed
    uint64_t kick_bits;
    void *memory;
    struct ring in, out;
};

struct net_port {
    struct ipc_server *server;
    struct node *node;
    handle_t net, listener;
    uint64_t traffic_bit, accept_bit, change_bit; // of our own signal
    struct net_pipe links[NODE_LINKS_MAX];
    struct net_pipe multicast;
    void (*after)(void *self); // runs after every batch of events, to arm the next deadline
    void *after_self;
    uint8_t chunk[NET_CHUNK_MAX];
};

// Prepares handlers for the service's signal; `net` is the handle of the service. Nothing is opened
// yet.
void net_port_init(struct net_port *port, struct ipc_server *server, struct node *node,
                   handle_t net);
// Opens listener and multicast port and asks for the addresses; also after net was restarted, when
// all links end. Errors of net; whatever could not be opened is tried at the next call.
status_t net_port_open(struct net_port *port);
// Drops all links, as net did.
void net_port_lost(struct net_port *port);

// The node's operations; `context` is the port.
status_t net_port_dial(void *context, uint32_t link, const struct multiaddr_tcp *to);
size_t net_port_send(void *context, uint32_t link, struct span bytes);
void net_port_hang_up(void *context, uint32_t link);
void net_port_announce(void *context, struct span packet);
