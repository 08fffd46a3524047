// SPDX-License-Identifier: Apache-2.0
// Small named values that survive: the client side of the store's get and put (abi/ipc/store.h),
// for services that keep a few of them. It attaches by itself, again after the store was restarted.
#pragma once

#include "base/codec.h"

#include "abi/types.h"

#define VALUES_BYTES_MAX 2048u // of one value

// Owned by the caller.
struct values {
    handle_t store; // the start block's "store"
    bool is_attached;
};

void values_init(struct values *values, handle_t store);
// Reads a value of at most `capacity` bytes. ERR_NOT_FOUND: there is none, for sure; other errors
// (ERR_IO, ERR_CORRUPT, ERR_PEER_DIED, …) mean that nobody knows. ERR_TOO_LARGE: it does not fit.
status_t values_get(struct values *values, const char *key, void *out_bytes, uint32_t capacity,
                    uint32_t *out_size);
// Writes (or with no bytes deletes) a value; OK means it is on the medium. ERR_INVALID: key or
// value too long.
status_t values_put(struct values *values, const char *key, struct span bytes);
