// SPDX-License-Identifier: Apache-2.0
// Memory objects: shared blocks of pages, zeroed, mapped where the library finds room.
#pragma once

#include "abi/syscall.h"

// `size_bytes` is rounded up to pages; flags are MEMORY_*. ERR_NO_MEMORY, ERR_FULL, ERR_INVALID.
status_t os_memory_create(uint64_t size_bytes, uint32_t flags, handle_t *out_memory);
// ERR_BAD_HANDLE.
status_t os_memory_size(handle_t memory, uint64_t *out_size_bytes);
// Maps bytes [offset, offset + size) (whole pages) into this process; `protect` is PROTECT_*. Needs
// RIGHT_READ, and RIGHT_WRITE for PROTECT_WRITE. The handle may be closed afterwards: the mapping
// keeps the pages. ERR_INVALID, ERR_DENIED, ERR_NO_MEMORY, ERR_FULL (64 mappings at most, besides
// the program's own).
status_t os_memory_map(handle_t memory, uint64_t offset, uint64_t size_bytes, uint32_t protect,
                       void **out_address);
// Unmaps what os_memory_map mapped, whole.
status_t os_memory_unmap(void *address, uint64_t size_bytes);
// Create and map (read, write) in one; on an error nothing is left.
status_t os_memory_allocate(uint64_t size_bytes, uint32_t flags, handle_t *out_memory,
                            void **out_address);
// A duplicate fit for handing to a peer, with `protect` (PROTECT_READ, PROTECT_WRITE) as its
// rights.
status_t os_memory_share(handle_t memory, uint32_t protect, handle_t *out_memory);
