// SPDX-License-Identifier: Apache-2.0
// services/net as abi/ipc/net.h describes it, for up to four devices on one wire in memory: device
// n (by the badge of its handle) has the address 10.0.0.(n + 1). Streams, listeners and multicast;
// bytes move when kicked.
#pragma once

#include "abi/ipc/net.h"
#include "ipc/server.h"
#include "ring/ring.h"

enum { NET_MODEL_DEVICES = 4, NET_MODEL_SOCKETS = 32, NET_MODEL_WAITING = 8 };

struct net_model_socket {
    uint64_t badge; // of its handle; 0: free
    int device;
    int peer;              // socket at the other end; -1: none
    bool is_udp, is_ended; // its stream's end was told
    uint8_t *memory;
    struct ring to_client, from_client;
    handle_t client_signal;
    struct net_bits bits;
};

struct net_model {
    struct ipc_server server;
    handle_t endpoint, signal;
    uint64_t kick_bit;
    bool is_cut[NET_MODEL_DEVICES];
    struct net_model_socket sockets[NET_MODEL_SOCKETS];
    struct {
        uint64_t badge; // of the listener's handle; 0: none
        handle_t signal;
        uint64_t bits;
        int waiting[NET_MODEL_WAITING]; // sockets that dialed
        int waiting_count;
    } listeners[NET_MODEL_DEVICES];
};

// Starts it, or starts it again after ipc_host_kill, with no sockets.
void net_model_start(struct net_model *model);
// A handle for device `device`, as init would give.
handle_t net_model_client(struct net_model *model, int device);
