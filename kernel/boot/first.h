// SPDX-License-Identifier: Apache-2.0
// The first process: entry 0 of the bundle, with all authority in its start block.
#pragma once

#include "abi/types.h"
#include "mem/pages.h"

struct first_options {
    paddr_t bundle, device_tree; // page aligned
    uint64_t bundle_bytes, device_tree_bytes;
    const char *arguments;
    const uint8_t *seed; // LAYOUT_SEED_BYTES random ones
};

// Builds it and makes its thread ready. ERR_CORRUPT (the bundle), ERR_NO_MEMORY.
status_t first_process_start(const struct first_options *options);
