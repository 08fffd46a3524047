// SPDX-License-Identifier: Apache-2.0
// What the kernel must know of the machine before anything runs, read from the device tree once.
// Everything else about devices is for processes, which get the tree as memory.
#pragma once

#include "boot/tree.h"

#include "base/layout.h"

#define MACHINE_RANGES_MAX    64u
#define MACHINE_CPUS_MAX      64u
#define MACHINE_MODEL_MAX     64u
#define MACHINE_ARGUMENTS_MAX 512u

struct range {
    uint64_t start, end;
};

struct ranges {
    struct range items[MACHINE_RANGES_MAX];
    uint32_t count;
};

struct machine_cpu {
    uint64_t id;
    uint32_t controller; // phandle of its interrupt controller
    int32_t context;     // its supervisor context at the PLIC, -1: none
    bool usable;         // status okay or absent, and an MMU
};

struct machine {
    char model[MACHINE_MODEL_MAX];
    char arguments[MACHINE_ARGUMENTS_MAX];
    uint8_t seed[LAYOUT_SEED_BYTES]; // the firmware's random bytes
    bool has_seed;
    bool panic_power_off;  // nexus.panic=poweroff
    uint64_t boot_ns;      // kernel entry to the first user instruction; filled then
    uint64_t kernel_bytes; // image and what was taken before the page allocator ran
    uint64_t timebase_hz;
    struct ranges memory;   // RAM
    struct ranges reserved; // firmware's: /reserved-memory; never mapped
    struct ranges kept;     // /memreserve and the initrd: mapped, not given out
    struct range initrd;
    struct machine_cpu cpus[MACHINE_CPUS_MAX];
    uint32_t cpu_count;
    struct range interrupt_controller; // registers of the PLIC; empty: none
    uint32_t interrupt_count;
};

extern struct machine machine;

// Reads the tree. ERR_NOT_FOUND: it names no memory or no usable processor.
status_t machine_read(const struct tree *tree, struct machine *out_machine);
// Adds [start, end); what does not fit in the table is dropped, false then.
bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t end);
// Cuts [start, end) out of every range. False: no room for the pieces.
bool ranges_subtract(struct ranges *ranges, uint64_t start, uint64_t end);
bool ranges_overlap(const struct ranges *ranges, uint64_t start, uint64_t end);
// Whether the boot arguments hold `word`.
bool machine_has_argument(const struct machine *m, const char *word);
