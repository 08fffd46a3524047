// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/netdev.h over card.h, and the one client they serve.
#pragma once

#include "card.h"

#include "ipc/server.h"

struct netdev {
    struct card card;
    handle_t client; // signal of who attached last
    uint64_t receive_bits, space_bits;
    uint64_t transmit_bits; // of our own signal, raised by the client
    void *ring_bytes;       // the client's memory, mapped
    struct ipc_server *server;
};

// Makes `server` serve `netdev` (both borrowed) on the program's own endpoint and opens the device.
// ERR_NOT_FOUND.
status_t netdev_serve(struct ipc_server *server, struct netdev *netdev, handle_t bus);
