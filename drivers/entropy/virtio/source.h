// SPDX-License-Identifier: Apache-2.0
// A virtio entropy device (Virtio 1.1, section 5.4) reached through the bus.
#pragma once

#include "bus/driver.h"

#include "abi/ipc/entropy.h"

struct source {
    struct bus_driver driver;
    handle_t signal;
    struct bus_region own;
};

status_t source_open(struct source *source, handle_t bus);

// Fills `out` with `size` (1 to ENTROPY_BYTES_MAX) bytes from the device, which may give them in
// pieces. ERR_INVALID, ERR_IO the device gave nothing, ERR_TIMEOUT.
status_t source_read(struct source *source, uint8_t *out, uint32_t size_bytes);
