// SPDX-License-Identifier: Apache-2.0
// A store in memory for the tests of the library: logs of records, as abi/ipc/store.h describes
// them, which can be told to fail.
#pragma once

#include "../storage.h"

#include "base/buffer.h"

#define MEMORY_LOGS_MAX 64u

struct memory_log {
    uint8_t id[STORAGE_ID_BYTES];
    struct buffer records; // number u64 | size u32 | bytes
    uint64_t last;
    bool used;
};

struct memory_store {
    struct memory_log logs[MEMORY_LOGS_MAX];
    struct buffer answer;
    status_t failure; // what append, compact and remove answer; OK: they work
    unsigned appends, compactions;
};

extern const struct storage_ops memory_store_ops;
void memory_store_finish(struct memory_store *store);
