// SPDX-License-Identifier: Apache-2.0
// A serial line, served by its driver. One client (services/console), which shares it out.
#pragma once

#include "abi/ipc/interface.h"

#define SERIAL_BYTES_MAX 1024u

// Takes the client's signal; raises `receive_bits` when bytes wait and `space_bits` when a full
// send queue has room.
struct serial_attach_req {
    uint64_t receive_bits;
    uint64_t space_bits;
};
IPC_EMPTY(serial_attach_rep)

// Up to SERIAL_BYTES_MAX received bytes in the reply's tail; none is no error.
IPC_EMPTY(serial_read_req)
struct serial_read_rep {
    uint64_t lost; // bytes dropped since boot because nobody read
};

// Queues the tail's bytes; `taken` may be fewer than given when the queue is full: wait for
// space_bits.
IPC_EMPTY(serial_write_req)
struct serial_write_rep {
    uint32_t taken;
    uint32_t reserved;
};

#define SERIAL_METHODS(M)                                                                          \
    M(serial, 1, attach, IPC_TAKES(1))                                                             \
    M(serial, 2, read, IPC_REPLY_TAIL)                                                             \
    M(serial, 3, write, IPC_TAIL)
IPC_INTERFACE(serial, SERIAL_METHODS)
