// SPDX-License-Identifier: Apache-2.0
// A block device, served by its driver. Data lies in one memory that the client attaches (at most 1
// MiB); requests name offsets in it. After the driver was restarted every request answers
// ERR_BAD_STATE until the client attaches again; reads, writes and flushes may be repeated.
#pragma once

#include "abi/ipc/interface.h"

#define BLOCK_SECTOR_BYTES 512u
#define BLOCK_BUFFER_MAX   (1u << 20)

IPC_EMPTY(block_info_req)
struct block_info_rep {
    uint64_t sector_count;
    uint32_t sector_bytes; // BLOCK_SECTOR_BYTES
    uint32_t read_only;    // 0 or 1
};

// Takes the buffer: a contiguous memory, page aligned. Replaces the previous one. ERR_INVALID if
// not contiguous.
struct block_attach_req {
    uint64_t size_bytes;
};
IPC_EMPTY(block_attach_rep)

// Sectors [first, first + count) to or from the buffer at `offset` (a multiple of the sector).
// Blocks until the device answered. ERR_INVALID out of range, ERR_BAD_STATE nothing attached,
// ERR_IO, ERR_DENIED write to a read-only device.
struct block_transfer_req {
    uint64_t first;
    uint32_t count;
    uint32_t offset_bytes;
};
struct block_read_req {
    struct block_transfer_req transfer;
};
struct block_write_req {
    struct block_transfer_req transfer;
};
IPC_EMPTY(block_read_rep)
IPC_EMPTY(block_write_rep)

// All completed writes are on the medium when it answers.
IPC_EMPTY(block_flush_req)
IPC_EMPTY(block_flush_rep)

#define BLOCK_METHODS(M)                                                                           \
    M(block, 1, info, IPC_RETRY)                                                                   \
    M(block, 2, attach, IPC_TAKES(1))                                                              \
    M(block, 3, read, IPC_RETRY)                                                                   \
    M(block, 4, write, IPC_RETRY)                                                                  \
    M(block, 5, flush, IPC_RETRY)
IPC_INTERFACE(block, BLOCK_METHODS)
