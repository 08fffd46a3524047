// SPDX-License-Identifier: Apache-2.0
// The methods of abi/ipc/store.h over a log. Each client has one session: the memory it attached,
// found by its badge; a client without one (this instance never saw it) is answered ERR_BAD_STATE
// until it attaches.
//
// Which space of the log a client sees is its handle's restriction (a number the manifests give,
// the same in every image); a handle without one gets a space by the caller's row of the plan,
// which another image may number otherwise.
#pragma once

#include "log.h"

#include "abi/ipc/store.h"
#include "ipc/server.h"

#define STORE_SESSIONS_MAX 16u

struct store_session {
    uint64_t badge;  // 0: free
    uint8_t *buffer; // the client's memory, mapped: it may change at any time
    uint64_t size_bytes;
};

struct store {
    struct ipc_server server;
    struct ipc_timer sweep;
    struct log log;
    status_t refused; // OK, or why there is no disk to work on: what every request answers
    struct store_session sessions[STORE_SESSIONS_MAX];
};

// Serves `store` (zeroed but for `log` and `refused`) on the given endpoint and signal, HANDLE_NONE
// for the start block's. It must stay in place.
void store_serve(struct store *store, handle_t endpoint, handle_t signal);
