// SPDX-License-Identifier: Apache-2.0
// Handles: duplicate, close, ask. The same calls exist on the device (system calls) and on the host
// (simulated objects, os/host.h), so a service's code does not know which it runs on.
// Single-threaded, as every service is.
#pragma once

#include "abi/types.h"

struct os_handle_facts {
    uint32_t kind;   // enum object_kind
    uint32_t rights; // RIGHT_*
    uint64_t badge;
};

// Makes another handle to the same object with at most `rights`; `badge` 0 keeps the badge. Needs
// RIGHT_DUPLICATE. ERR_BAD_HANDLE, ERR_DENIED, ERR_FULL (handle table), ERR_INVALID (it has a badge
// already).
status_t os_handle_duplicate(handle_t handle, uint32_t rights, uint64_t badge,
                             handle_t *out_handle);
// Closes a handle; HANDLE_NONE and stale ones are ignored.
void os_handle_close(handle_t handle);
// ERR_BAD_HANDLE.
status_t os_handle_info(handle_t handle, struct os_handle_facts *out_facts);
// Makes an endpoint and its handle with all rights. ERR_FULL, ERR_NO_MEMORY.
status_t os_endpoint_create(handle_t *out_handle);
