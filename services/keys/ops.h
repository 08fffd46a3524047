// SPDX-License-Identifier: Apache-2.0
// The methods of abi/ipc/keys.h over the identity. What a caller may have signed is its handle's
// restriction.
#pragma once

#include "identity.h"

#include "ipc/server.h"

#define KEYS_SIGN_MAX 2048u // bytes of one message

struct keys {
    struct ipc_server server;
    struct identity identity;
};

// Serves `keys` (its identity initialised) on the given endpoint and signal, HANDLE_NONE for the
// start block's. It must stay in place.
void keys_serve(struct keys *keys, handle_t endpoint, handle_t signal);
