// SPDX-License-Identifier: Apache-2.0
// A bus with one modelled device, for the tests of virtio drivers: the real bus service on the host
// transport, a model behind its registers, and addresses that only the bus and the model know.
#pragma once

#include "../ops.h"
#include "model.h"

struct board {
    struct bus bus;
    struct ipc_server server;
    struct model model;
    struct ipc_server driver; // for the driver under test
    uint8_t *rings;
};

// Starts over: host transport reset, one device of `kind` on the bus, entry "bus" in the start
// block, and endpoint and signal for the driver's server as "self" and "system". `serve` runs at
// each kick, in the device's place.
void board_init(struct board *board, uint32_t kind, void (*serve)(struct model *, uint32_t queue));

// Tells the bus that the device raised its interrupt.
void board_interrupt(struct board *board);
