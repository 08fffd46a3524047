// SPDX-License-Identifier: Apache-2.0
// Handles: duplicate, close, ask. The same calls exist on the device (system calls) and on the host
// (simulated objects, os/host.h), so a service's code does not know which it runs on.
// Single-threaded, as every service is.
#pragma once

#include "abi/types.h"

struct os_handle_facts {
    uint32_t kind;   // enum object_kind
    uint32_t rights; // RIGHT_*
    uint64_t badge;  // an endpoint's badge; a signal's mask
};

// Makes another handle to the same object with at most `rights`. `mark` is an endpoint's badge or
// the bits of a signal it may raise; 0 keeps what there is. Needs RIGHT_DUPLICATE. ERR_BAD_HANDLE,
// ERR_DENIED (it has a badge already; a bit `handle` may not raise), ERR_FULL (handle table),
// ERR_INVALID (no such mark for the kind).
status_t os_handle_duplicate(handle_t handle, uint32_t rights, uint64_t mark, handle_t *out_handle);
// Closes a handle; HANDLE_NONE and stale ones are ignored.
void os_handle_close(handle_t handle);
// ERR_BAD_HANDLE.
status_t os_handle_info(handle_t handle, struct os_handle_facts *out_facts);
// Makes an endpoint and its handle with all rights. ERR_FULL, ERR_NO_MEMORY.
status_t os_endpoint_create(handle_t *out_handle);
