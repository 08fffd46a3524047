// SPDX-License-Identifier: Apache-2.0
// Where memories are mapped: a small sorted table of address ranges, first fit, with an unmapped
// page behind each so that running over an end faults. Used by os/memory.h on the device; plain C,
// tested on the host.
#pragma once

#include "abi/errors.h"

#include <stdint.h>

#define OS_RANGES_MAX 64u

struct os_range {
    uint64_t address, size_bytes; // the guard page included
};

struct os_ranges {
    uint64_t base, end;
    uint32_t count;
    struct os_range table[OS_RANGES_MAX]; // sorted by address
};

// Takes room for `size_bytes` (whole pages, not 0) and a guard page, beginning at a multiple of
// `align` (a power of two, at least a page). ERR_FULL: no room, or too many ranges.
status_t os_ranges_take(struct os_ranges *ranges, uint64_t size_bytes, uint64_t align,
                        uint64_t *out_address);
// Gives back what os_ranges_take gave for that address and size. ERR_INVALID: it gave no such
// thing.
status_t os_ranges_give_back(struct os_ranges *ranges, uint64_t address, uint64_t size_bytes);
// OK if os_ranges_give_back would be.
status_t os_ranges_check(const struct os_ranges *ranges, uint64_t address, uint64_t size_bytes);
