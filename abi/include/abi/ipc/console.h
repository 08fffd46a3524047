// SPDX-License-Identifier: Apache-2.0
// The console shares the serial line: developer commands (lines that begin with '~', developer
// images only), the log, and one terminal session, which the stage of a form without a screen
// presents itself on.
#pragma once

#include "abi/ipc/interface.h"

#define CONSOLE_BYTES_MAX 1024u

// Takes the terminal's signal; raises `input_bits` when typed bytes wait. One terminal: a new one
// replaces the old.
struct console_attach_req {
    uint64_t input_bits;
};
IPC_EMPTY(console_attach_rep)

// Typed bytes (complete lines' bytes as they come, '\n' for Enter) in the reply's tail; none is no
// error.
IPC_EMPTY(console_read_req)
IPC_EMPTY(console_read_rep)

// Prints the tail, whole. Blocks while the line is busy.
IPC_EMPTY(console_write_req)
IPC_EMPTY(console_write_rep)

#define CONSOLE_METHODS(M)                                                                         \
    M(console, 1, attach, IPC_TAKES(1))                                                            \
    M(console, 2, read, IPC_REPLY_TAIL)                                                            \
    M(console, 3, write, IPC_TAIL)
IPC_INTERFACE(console, CONSOLE_METHODS)
