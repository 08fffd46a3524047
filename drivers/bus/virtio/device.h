// SPDX-License-Identifier: Apache-2.0
// One device on the bus: its transport, its queues, and the memories its driver gave it. A driver
// names bytes by memory and offset; `device_submit` checks every piece against the memory's size
// and only then makes addresses of them. Memories are mapped by the bus and their handles kept
// until the device is reset, so that no page is reused under a running device.
#pragma once

#include "queue.h"
#include "transport.h"

#include "abi/ipc/bus.h"

#define DEVICE_COPIES_MAX 8u // requests with a copied first piece in flight
#define DEVICE_COPY_BYTES 4096u

// A contiguous memory: where the bus sees it and where the device does.
struct device_memory {
    uint8_t *bytes;
    uint64_t physical;
    uint64_t size_bytes; // 0: free slot
};

struct device {
    struct transport transport;
    uint32_t kind; // enum bus_device_kind, 0: empty slot
    bool is_open, is_running;
    uint32_t queue_count;
    struct queue queues[BUS_QUEUES_MAX];
    struct device_memory
        rings; // the bus' own: BUS_QUEUES_MAX × QUEUE_MEMORY_BYTES, then the copies
    struct device_memory memories[BUS_MEMORIES_MAX];
    uint16_t copy_heads[DEVICE_COPIES_MAX];  // whose request a copy belongs to
    uint32_t copy_queues[DEVICE_COPIES_MAX]; // queue number + 1, 0: free
};

#define DEVICE_RING_BYTES                                                                          \
    (BUS_QUEUES_MAX * QUEUE_MEMORY_BYTES + DEVICE_COPIES_MAX * DEVICE_COPY_BYTES)

// Resets the device and returns the features it offers; every handle of an earlier open is stale
// from now on.
uint64_t device_open(struct device *device);

// Resets the device and forgets queues and memories (the caller unmaps and closes them). Accepts a
// closed device.
void device_close(struct device *device);

// Negotiates and starts; `out_size` receives the granted queue sizes. ERR_BAD_STATE running
// already, ERR_INVALID a queue the device does not have or a size that is no power of two,
// ERR_UNSUPPORTED features refused.
status_t device_start(struct device *device, const struct bus_start_req *req,
                      uint16_t out_size[BUS_QUEUES_MAX]);

// Adds a memory; `out_index` is its name in segments. ERR_FULL.
status_t device_add_memory(struct device *device, struct device_memory memory, uint32_t *out_index);

// Queues a request as bus.h describes. ERR_INVALID any byte outside a memory, ERR_FULL,
// ERR_BAD_STATE not running.
status_t device_submit(struct device *device, const struct bus_submit_req *req);

// Up to `max` completions. Returns their number, or ERR_CORRUPT after the device lied (it is reset
// then).
status_t device_reap(struct device *device, uint32_t queue, struct bus_completion *out,
                     uint32_t max);
