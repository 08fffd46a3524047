// SPDX-License-Identifier: Apache-2.0
// The echo service's state, open for the tests to look at.
#pragma once

#include "echo.h"
#include "ipc/server.h"

struct echo {
    struct ipc_server server;
    uint32_t calls;
    uint64_t last_badge, closed_badge, go_bit;
    handle_t kept, reply;
    int64_t token;
    status_t swap_status;
};

void echo_start(struct echo *echo, handle_t endpoint, handle_t signal);
