// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/gpu.h over display.h, and the one client they serve.
#pragma once

#include "display.h"

#include "ipc/server.h"

struct gpu {
    struct display display;
    handle_t client; // signal of who attached last
    uint64_t resize_bits, done_bits;
};

// Makes `server` serve `gpu` (both borrowed) on the program's own endpoint and opens the display.
// ERR_NOT_FOUND.
status_t gpu_serve(struct ipc_server *server, struct gpu *gpu, handle_t bus);
