// SPDX-License-Identifier: Apache-2.0
// A virtio network device (Virtio 1.1, section 5.1) reached through the bus: frames between its two
// queues and the two rings of the client. A full receive ring drops frames, as a network does; a
// full device leaves frames in the transmit ring.
#pragma once

#include "bus/driver.h"
#include "ring/ring.h"

#include "abi/ipc/netdev.h"

#include <stdbool.h>

enum { CARD_RECEIVE = 0, CARD_TRANSMIT = 1, CARD_BUFFERS = 64 };

struct card {
    struct bus_driver driver;
    struct bus_region receive, transmit; // CARD_BUFFERS frames each
    uint8_t mac[6];
    bool has_status;
    bool is_sending[CARD_BUFFERS];           // transmit buffers with the device
    struct ring receive_ring, transmit_ring; // the client's
    bool has_client;
    uint64_t dropped;
};

// Opens the device; `signal` (borrowed) gets queue_bits and config_bits. ERR_NOT_FOUND.
status_t card_open(struct card *card, handle_t bus, handle_t signal, uint64_t queue_bits,
                   uint64_t config_bits);

bool card_link_up(struct card *card);

// What the client must be told: its receive ring has frames, its transmit ring has room.
struct card_wakes {
    bool receive, space;
};

// Moves what can be moved, both ways: after queue_bits, and after the client kicked. ERR_* when the
// device is gone.
status_t card_move(struct card *card, struct card_wakes *out_wakes);
