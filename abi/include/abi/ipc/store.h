// SPDX-License-Identifier: Apache-2.0
// Durable storage for the services: logs of document updates, and small named values. A reply of OK
// means that it is on the medium and survives power loss at any instruction. After the store was
// restarted every request but attach answers ERR_BAD_STATE until the client attaches again. Each
// client sees its own space only: the one that its handle's restriction names (abi/plan.h), the
// same number in every image; without one, a space by its row of the plan, which may move.
#pragma once

#include "abi/ipc/interface.h"

#define STORE_ID_BYTES   16u
#define STORE_KEY_MAX    64u
#define STORE_VALUE_MAX  2048u
#define STORE_BUFFER_MAX (4u << 20)

// Takes the memory that bulk bytes travel in (client writes for append, store writes for read), up
// to STORE_BUFFER_MAX.
struct store_attach_req {
    uint64_t size_bytes;
};
IPC_EMPTY(store_attach_rep)

// Appends records in one transaction: the buffer's first `size` bytes are records
//     id[16] | u32 size (little endian) | bytes
// one after another, each appended to the log of that id. `last` is the number of the last record.
// All or none. ERR_NO_SPACE, ERR_IO, ERR_CORRUPT, ERR_BAD_MESSAGE.
struct store_append_req {
    uint32_t size_bytes;
    uint32_t reserved;
};
struct store_append_rep {
    uint64_t last;
};

// Reads records of log `id` numbered above `after` into the buffer: records
//     u64 number | u32 size | bytes      (little endian)
// as many whole ones as fit; `size_bytes` 0: no more. ERR_TOO_LARGE: the next alone does not fit.
struct store_read_req {
    uint8_t id[STORE_ID_BYTES];
    uint64_t after;
};
struct store_read_rep {
    uint32_t size_bytes;
    uint32_t record_count;
    uint64_t last;
};

// Replaces all records of log `id` up to and including `upto` by one record with the buffer's first
// `size` bytes.
struct store_compact_req {
    uint8_t id[STORE_ID_BYTES];
    uint64_t upto;
    uint32_t size_bytes;
    uint32_t reserved;
};
IPC_EMPTY(store_compact_rep)

// Deletes log `id` (absent is no error).
struct store_remove_req {
    uint8_t id[STORE_ID_BYTES];
};
IPC_EMPTY(store_remove_rep)

// The ids of this client's logs in ascending order above `after` (all zero: from the start), 16
// bytes each, in the buffer.
struct store_list_req {
    uint8_t after[STORE_ID_BYTES];
};
struct store_list_rep {
    uint32_t count;
    uint32_t reserved;
};

// A small named value: the reply's or request's tail. get: ERR_NOT_FOUND. put with an empty tail
// deletes.
struct store_get_req {
    char key[STORE_KEY_MAX]; // NUL-terminated
};
IPC_EMPTY(store_get_rep)
struct store_put_req {
    char key[STORE_KEY_MAX];
};
IPC_EMPTY(store_put_rep)

IPC_EMPTY(store_status_req)
struct store_status_rep {
    uint64_t used_bytes, free_bytes;
    uint32_t healthy; // 0: the last check found damage: read-only, see `reason`
    int32_t reason;   // status_t
};

#define STORE_METHODS(M)                                                                           \
    M(store, 1, attach, IPC_TAKES(1))                                                              \
    M(store, 2, append, 0)                                                                         \
    M(store, 3, read, IPC_RETRY)                                                                   \
    M(store, 4, compact, IPC_RETRY)                                                                \
    M(store, 5, remove, IPC_RETRY)                                                                 \
    M(store, 6, list, IPC_RETRY)                                                                   \
    M(store, 7, get, IPC_RETRY | IPC_REPLY_TAIL)                                                   \
    M(store, 8, put, IPC_RETRY | IPC_TAIL)                                                         \
    M(store, 9, status, IPC_RETRY)
IPC_INTERFACE(store, STORE_METHODS)
