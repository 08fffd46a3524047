// SPDX-License-Identifier: Apache-2.0
// A virtio block device (Virtio 1.1, section 5.2) reached through the bus: whole sectors between
// the medium and the client's memory, one request at a time.
#pragma once

#include "bus/driver.h"

#include "abi/ipc/block.h"

#include <stdbool.h>

struct disk {
    struct bus_driver driver;
    handle_t bus;
    handle_t signal;
    struct bus_region own; // request header, status byte
    uint32_t client_index; // of the client's memory
    uint64_t client_bytes; // 0: nothing attached
    uint64_t sector_count;
    bool read_only;
    bool can_flush;
};

// Opens and starts the device. ERR_NOT_FOUND no such device, or what the bus says.
status_t disk_open(struct disk *disk, handle_t bus);

// Replaces the client's memory: starts the device over, so the former one is out of its reach.
// Borrows the handle.
status_t disk_attach(struct disk *disk, handle_t memory, uint64_t size_bytes);

// Moves sectors. ERR_INVALID range, ERR_BAD_STATE nothing attached, ERR_DENIED read-only, ERR_IO,
// ERR_TIMEOUT.
status_t disk_transfer(struct disk *disk, bool write, const struct block_transfer_req *transfer);

// Everything written is on the medium. ERR_IO, ERR_TIMEOUT.
status_t disk_flush(struct disk *disk);
