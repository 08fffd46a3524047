// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/input.h over devices.h, and the one client they serve.
#pragma once

#include "devices.h"

#include "ipc/server.h"

struct input {
    struct devices devices;
    handle_t client; // signal of who attached last
    uint64_t event_bits;
    void *ring_bytes; // the client's memory, mapped
};

// Makes `server` serve `input` (both borrowed) on the program's own endpoint and opens the devices.
status_t input_serve(struct ipc_server *server, struct input *input, handle_t bus);
