// SPDX-License-Identifier: Apache-2.0
// The smallest service, with one method of each kind; the interface macros' and the dispatcher's
// test.
#pragma once

#include "abi/ipc/interface.h"

struct echo_add_req {
    int64_t a, b; // any values
};
struct echo_add_rep {
    int64_t sum; // ERR_RANGE if a + b does not fit
};

// Answers with the same tail, reversed.
IPC_EMPTY(echo_reverse_req)
IPC_EMPTY(echo_reverse_rep)

// Takes up to two handles, keeps the first, gives it back with the next call.
IPC_EMPTY(echo_swap_req)
IPC_EMPTY(echo_swap_rep)

// Answered when the echo's signal is raised.
struct echo_wait_req {
    int64_t token;
};
struct echo_wait_rep {
    int64_t token;
};

// Gives a session handle with a badge of its own.
IPC_EMPTY(echo_open_req)
struct echo_open_rep {
    uint64_t badge;
};

#define ECHO_METHODS(M)                                                                            \
    M(echo, 1, add, IPC_RETRY)                                                                     \
    M(echo, 2, reverse, IPC_TAIL | IPC_REPLY_TAIL)                                                 \
    M(echo, 4, swap, IPC_RETRY | IPC_TAKES(2) | IPC_GIVES(1))                                      \
    M(echo, 5, wait, 0)                                                                            \
    M(echo, 6, open, IPC_GIVES(1))
IPC_INTERFACE(echo, ECHO_METHODS)
