// SPDX-License-Identifier: Apache-2.0
// The driver's side of the DMA bus (abi/ipc/bus.h): open a device, share memory with it, send
// requests, take completions. A driver whose bus died gets ERR_BAD_STATE or ERR_PEER_DIED from any
// of these and simply ends: init starts it anew, and its clients attach again. Single-threaded.
#pragma once

#include "abi/ipc/bus.h"
#include "abi/types.h"

#define BUS_FEATURE_VERSION_1 (1ull << 32) // every modern device offers it

struct bus_driver {
    handle_t device;     // HANDLE_NONE: not open
    handle_t signal;     // of the driver; the bus raises queue_bits and config_bits
    uint64_t queue_bits; // something completed
    uint64_t features;   // offered
};

// Memory shared with the device: named by `index` in segments, seen by the driver at `bytes`.
struct bus_region {
    uint8_t *bytes;
    handle_t handle;
    uint32_t index;
    uint32_t size_bytes;
};

// Opens the device at `bus` (resetting it, so calling it again starts over). `signal` is borrowed
// and gets req->queue_bits and req->config_bits. Closes a device opened before. ERR_NOT_FOUND,
// ERR_DENIED.
status_t bus_driver_open(struct bus_driver *driver, handle_t bus, handle_t signal,
                         const struct bus_open_req *req);
// Accepts a closed one.
void bus_driver_close(struct bus_driver *driver);

// Negotiates exactly `features` (which must have been offered) and starts `queue_count` queues of
// `queue_size` each.
status_t bus_driver_start(struct bus_driver *driver, uint64_t features, uint32_t queue_count,
                          uint16_t queue_size);

// Hands a duplicate of a contiguous memory to the device; the caller keeps its handle. out_index
// names it.
status_t bus_driver_share(struct bus_driver *driver, handle_t memory, uint32_t *out_index);

// Makes memory known to the device: allocates it (contiguous, mapped) when `memory` is zeroed, else
// shares the same pages again, as after the device was opened anew. It lives until the process
// ends. ERR_NO_MEMORY, ERR_FULL.
status_t bus_driver_memory(struct bus_driver *driver, uint32_t size_bytes,
                           struct bus_region *memory);

// Queues one request; see bus.h.
status_t bus_driver_submit(struct bus_driver *driver, const struct bus_submit_req *req);

// Takes up to `max` (≤ BUS_REAP_MAX) completions of a queue; returns how many.
status_t bus_driver_reap(struct bus_driver *driver, uint32_t queue, struct bus_completion *out,
                         uint32_t max);

// Sends a single request on an otherwise idle queue and waits for it; returns the bytes the device
// wrote. ERR_TIMEOUT after `timeout_ns`: open the device anew.
status_t bus_driver_transact(struct bus_driver *driver, struct bus_submit_req *req,
                             uint64_t timeout_ns);

status_t bus_driver_config(struct bus_driver *driver, uint32_t offset_bytes, void *out,
                           uint32_t size_bytes);
status_t bus_driver_config_write(struct bus_driver *driver, uint32_t offset_bytes, uint8_t value);
