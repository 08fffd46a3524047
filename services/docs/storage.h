// SPDX-License-Identifier: Apache-2.0
// What the library needs of a store, as a table of functions: the store service on the device,
// memory in tests. Record formats are those of abi/ipc/store.h.
#pragma once

#include "base/codec.h"

#define STORAGE_ID_BYTES   16u
#define STORAGE_APPEND_MAX ((1u << 20) + 4096u) // bytes of one append, read or compact

struct storage_ops {
    // Appends records (id[16] | u32 size | bytes, one after another), all or none, durably.
    // ERR_NO_SPACE, ERR_IO, ERR_PEER_DIED, …: nothing is known to be stored, it may be repeated.
    status_t (*append)(void *self, struct span records);
    // Records of a log numbered above `after`: number u64 | size u32 | bytes, as many as the store
    // sends at once; empty: no more. Borrowed until the next call.
    status_t (*read)(void *self, const uint8_t *id, uint64_t after, struct span *out_records);
    // Replaces all records up to `upto` by one.
    status_t (*compact)(void *self, const uint8_t *id, uint64_t upto, struct span bytes);
    // Deletes a log; an absent one is no error.
    status_t (*remove)(void *self, const uint8_t *id);
};
