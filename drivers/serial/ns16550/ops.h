// SPDX-License-Identifier: Apache-2.0
// The serial driver's protocol side (abi/ipc/serial.h): one client, its signal and bits.
#pragma once

#include "uart.h"

#include "ipc/server.h"

struct serial {
    struct uart uart;
    handle_t client; // signal of the attached client, or HANDLE_NONE
    uint64_t receive_bits, space_bits;
};

// Sets the server up; handlers get `serial`. Endpoint and signal as in struct ipc_service.
void serial_serve(struct ipc_server *server, struct serial *serial, handle_t endpoint,
                  handle_t signal);
// The port interrupted: moves bytes and tells the client.
void serial_interrupt(struct serial *serial);
