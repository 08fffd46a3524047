// SPDX-License-Identifier: Apache-2.0
// The device's identity: an Ed25519 key that never leaves services/keys.
#pragma once

#include "abi/ipc/interface.h"

IPC_EMPTY(keys_public_req)
struct keys_public_rep {
    uint8_t key[32]; // RFC 8032
};

// Signs the tail (at most 2048 bytes) as it is; callers put a domain prefix in front
// ("noise-libp2p-static-key:", "nexus-circle:", …) and only prefixes granted to the caller are
// signed (ERR_DENIED).
IPC_EMPTY(keys_sign_req)
struct keys_sign_rep {
    uint8_t signature[64];
};

#define KEYS_METHODS(M)                                                                            \
    M(keys, 1, public, IPC_RETRY)                                                                  \
    M(keys, 2, sign, IPC_RETRY | IPC_TAIL)
IPC_INTERFACE(keys, KEYS_METHODS)
