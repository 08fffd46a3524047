// SPDX-License-Identifier: Apache-2.0
// The console as a service: its protocol (abi/ipc/console.h), its serial line, and what wakes it.
#pragma once

#include "console.h"

#include "abi/ipc/console.h"
#include "abi/ipc/serial.h"
#include "ipc/server.h"

// A terminal's text that did not fit: its caller waits.
struct console_writer {
    handle_t reply;
    uint32_t size, at;
    char bytes[CONSOLE_BYTES_MAX];
};

struct console_service {
    struct console console;
    struct ipc_server server;
    struct ipc_timer poll; // the log, or a busy stage
    uint64_t poll_ns;
    handle_t serial; // the driver
    uint64_t receive_bit, space_bit;
    uint64_t terminal_badge; // 0: none
    handle_t terminal;       // its signal
    uint64_t terminal_bits;
    struct console_writer writer;
};

// Sets the server up and attaches to the serial driver `serial`. `console` has been initialised.
void console_serve(struct console_service *service, handle_t serial, handle_t endpoint,
                   handle_t signal);
