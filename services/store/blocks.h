// SPDX-License-Identifier: Apache-2.0
// The block driver as the disk sees it: a disk_device over abi/ipc/block.h. Bytes travel through
// one contiguous memory that the driver is given; when the driver has been restarted it is attached
// again and the operation repeated, so the disk above never notices.
#pragma once

#include "disk.h"

#include "abi/types.h"

struct blocks {
    handle_t driver; // borrowed: to call
    handle_t memory; // owned: the buffer
    uint8_t *buffer; // its mapping, DISK_RUN_BYTES
    uint64_t sector_count;
    bool read_only;
};

// Makes the buffer, attaches it and learns the size. Waits while the driver starts. ERR_NO_MEMORY,
// ERR_UNREACHABLE (there is no disk), ERR_IO (the driver does not answer or does not take the
// buffer), ERR_UNSUPPORTED (other sectors than 512 bytes).
status_t blocks_init(struct blocks *blocks, handle_t driver);
// Gives the buffer back; accepts a zeroed one.
void blocks_finish(struct blocks *blocks);
// What to mount; `seed` as in struct disk_device. `blocks` must stay in place.
struct disk_device blocks_device(struct blocks *blocks, uint64_t seed);
