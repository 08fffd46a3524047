// SPDX-License-Identifier: Apache-2.0
// The flattened device tree as init needs it (Devicetree Specification 0.4, chapters 2 and 5):
// which enabled devices are compatible with a name, and where their registers and interrupts are.
// The tree comes from firmware: every offset is checked, a malformed tree is ERR_CORRUPT, and
// bounds hold for any bytes. Nothing is copied; the bytes are borrowed.
#pragma once

#include "base/codec.h"

#define DEVICETREE_DEPTH_MAX   16u
#define DEVICETREE_DEVICES_MAX 16u // found by one search

struct devicetree {
    struct span structure;
    struct span strings;
};

struct devicetree_device {
    uint64_t address, size_bytes; // of the first register range, as the processor sees it
    uint32_t interrupt;           // the first one; meaningful if has_interrupt
    bool has_interrupt;
    uint32_t reg_shift;    // 0 if the node says nothing
    uint32_t reg_io_width; // 1 if the node says nothing
    uint32_t clock_hz;     // clock-frequency, 0 if the node says nothing
};

// ERR_CORRUPT: not a device tree, or its blocks do not lie within `size` bytes.
status_t devicetree_open(struct devicetree *tree, const void *bytes, size_t size);
// Every enabled node compatible with `compatible` that has registers on a bus with identical
// addresses, in document order, at most `devices_max`. Returns how many, or ERR_CORRUPT.
status_t devicetree_find(const struct devicetree *tree, const char *compatible,
                         struct devicetree_device *devices, uint32_t devices_max);
