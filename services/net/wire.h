// SPDX-License-Identifier: Apache-2.0
// The network driver as the stack sees it: frames through two rings in one memory that the driver
// is given (abi/ipc/netdev.h). When the driver has been restarted it is attached again with fresh
// rings; frames under way are lost, connections are not.
#pragma once

#include "ops.h"

struct wire {
    struct net *net;
    handle_t driver;        // borrowed: to call
    handle_t driver_signal; // to raise transmit_bits on
    handle_t memory;        // owned: both rings
    uint8_t *bytes;         // its mapping
    struct ring receive;    // we consume
    struct ring transmit;   // we produce
    uint64_t receive_bits, transmit_bits;
    bool attached;
    bool pushed; // frames since the driver was last asked whether it sleeps
    bool link_up;
};

// Asks the driver (waiting for its start) for its address and makes the rings. ERR_NO_MEMORY,
// ERR_IO (no driver).
status_t wire_init(struct wire *wire, handle_t driver, uint8_t out_mac[6]);
// Attaches to the driver and moves frames from now on. `net` is served already, with wire_send as
// its wire.
void wire_start(struct wire *wire, struct net *net);
// The stack's `send`: a full ring drops the frame. `self` is the wire.
status_t wire_send(void *self, const void *frame, uint32_t size);
