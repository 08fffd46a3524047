// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/bus.h over device.h: who may open what, and whose signal is raised.
#pragma once

#include "device.h"

#include "ipc/server.h"

enum { BUS_SLOTS_MAX = 8 };

// A slot of the bus: the device in it and the driver that has it open.
struct bus_slot {
    struct device device;
    uint64_t badge;  // of the driver's device handle, 0: not open
    handle_t signal; // the driver's
    uint64_t queue_bits, config_bits;
    handle_t handles[BUS_MEMORIES_MAX]; // of the memories, kept until the device is reset
};

// How memories become addresses: the machine handle on the device, a model in the tests.
struct bus_platform {
    void *context;
    // Maps a contiguous memory and tells where it lies. ERR_INVALID if it is not contiguous.
    status_t (*map)(void *context, handle_t memory, struct device_memory *out_memory);
    void (*unmap)(void *context, const struct device_memory *memory);
};

struct bus {
    struct bus_slot slots[BUS_SLOTS_MAX];
    uint32_t slot_count;
    struct bus_platform platform;
    struct ipc_server *server;
};

// Makes `server` serve `bus` (both borrowed) on the program's own endpoint.
void bus_serve(struct ipc_server *server, struct bus *bus);

// The interrupt of slot `number` fired: acknowledges it and raises its driver's signal.
void bus_interrupt(struct bus *bus, uint32_t number);
