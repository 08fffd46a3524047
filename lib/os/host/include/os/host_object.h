// SPDX-License-Identifier: Apache-2.0
// The host twin's own view of its objects and handle table; for os/host and lib/ipc's host
// transport through os/host.h.
#pragma once

#include "os/host.h"

struct host_object {
    uint32_t kind;       // enum object_kind
    uint32_t references; // handles and mappings
    uint64_t identity;
    uint64_t bits;       // signal
    uint64_t size_bytes; // memory
    uint8_t *bytes;      // memory
};

struct host_handle {
    struct host_object *object; // NULL: free
    uint64_t badge;             // of a signal: its mask
    uint32_t rights;
    uint32_t generation;
};

// The entry of a live handle, or NULL.
struct host_handle *host_handle_find(handle_t handle);
// The object if the handle is live, of that kind and has those rights; else *out_status says why
// not.
struct host_object *host_object_of(handle_t handle, uint32_t kind, uint32_t rights,
                                   status_t *out_status);
// A new object with one handle with all rights. ERR_NO_MEMORY, ERR_FULL.
status_t host_object_create(uint32_t kind, handle_t *out_handle, struct host_object **out_object);
void host_object_reference(struct host_object *object);
void host_object_release(struct host_object *object);
// Closes every handle and forgets the hooks.
void host_table_reset(void);
