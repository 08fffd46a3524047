// SPDX-License-Identifier: Apache-2.0
// The DMA bus: the one process that programs virtio transports and knows physical addresses. A
// device's driver never writes an address: it names bytes as offsets in the memory it gave, and the
// bus checks them and fills the descriptors in memory of its own. So a faulty or hostile driver can
// make a device touch its own memory, and nothing else.
//
// On the bus endpoint: open. On the device handle it gives: the rest. When the last handle to a
// device is closed, or another driver opens it, the bus resets the device, so a killed driver
// leaves nothing running.
#pragma once

#include "abi/ipc/interface.h"

#define BUS_QUEUES_MAX   4u
#define BUS_SEGMENTS_MAX 16u
#define BUS_MEMORIES_MAX 8u // memories a device may be given
#define BUS_REAP_MAX     64u

enum bus_device_kind {
    BUS_NETWORK = 1,
    BUS_BLOCK = 2,
    BUS_CONSOLE = 3,
    BUS_ENTROPY = 4,
    BUS_GPU = 16,
    BUS_INPUT = 18
};

// Opens the `index`-th device of `kind` (virtio device id) that the caller's row allows; takes [0]
// the driver's signal, raised with `queue_bits` when a queue completed something and `config_bits`
// when the configuration changed. Gives [0] the device handle. The device is reset and
// acknowledged, not yet running. ERR_NOT_FOUND, ERR_DENIED.
struct bus_open_req {
    uint32_t kind;
    uint32_t index;
    uint64_t queue_bits;
    uint64_t config_bits;
};
struct bus_open_rep {
    uint64_t features; // offered by the device
};

// Sets the features and queue sizes and starts the device. ERR_UNSUPPORTED if it refuses the
// features.
struct bus_start_req {
    uint64_t features;
    uint32_t queue_count;
    uint16_t
        queue_size[BUS_QUEUES_MAX]; // powers of two, at most 256; lowered to what the device can
    uint32_t reserved;
};
struct bus_start_rep {
    uint16_t queue_size[BUS_QUEUES_MAX]; // as granted
};

// Takes a contiguous memory; its bytes may be named in segments by the index in the reply.
// ERR_FULL, ERR_INVALID.
IPC_EMPTY(bus_memory_req)
struct bus_memory_rep {
    uint32_t index;
    uint32_t reserved;
};

// One piece of a request: bytes [offset, offset + size) of a memory. Device-readable pieces come
// first.
struct bus_segment {
    uint32_t memory;
    uint32_t offset_bytes;
    uint32_t size_bytes;
    uint32_t device_writes; // 0 or 1
};

// Queues one request whose completion carries `cookie`. With copy_bytes > 0 the first segment (≤
// 4096 bytes) is copied into the bus' own memory first and, at `address_at` (if not UINT32_MAX),
// the 64-bit physical address of byte `address_offset` of memory `address_memory` is written
// (little endian), if `address_size` bytes lie there: how a command that names memory (virtio-gpu
// backing) is sent. ERR_FULL: reap first.
struct bus_submit_req {
    uint64_t cookie;
    uint32_t queue;
    uint32_t segment_count; // 1 to BUS_SEGMENTS_MAX
    struct bus_segment segments[BUS_SEGMENTS_MAX];
    uint32_t copy_bytes;
    uint32_t address_at;
    uint32_t address_memory;
    uint32_t address_offset;
    uint32_t address_size;
    uint32_t notify; // 1: kick the device now; 0: with a later submit
};
IPC_EMPTY(bus_submit_rep)

// Completed requests of a queue, in the reply's tail.
struct bus_completion {
    uint64_t cookie;
    uint32_t written_bytes; // by the device, at most what the device-writable segments hold
    uint32_t reserved;
};
struct bus_reap_req {
    uint32_t queue;
    uint32_t reserved;
};
struct bus_reap_rep {
    uint32_t count; // ≤ BUS_REAP_MAX
    uint32_t reserved;
};

// Device configuration space: `size` (≤ 256) bytes in the tail, consistent with one generation.
struct bus_config_read_req {
    uint32_t offset_bytes;
    uint32_t size_bytes;
};
IPC_EMPTY(bus_config_read_rep)
struct bus_config_write_req {
    uint32_t offset_bytes;
    uint32_t value; // one byte
};
IPC_EMPTY(bus_config_write_rep)

#define BUS_METHODS(M)                                                                             \
    M(bus, 1, open, IPC_TAKES(1) | IPC_GIVES(1))                                                   \
    M(bus, 2, start, 0)                                                                            \
    M(bus, 3, memory, IPC_TAKES(1))                                                                \
    M(bus, 4, submit, 0)                                                                           \
    M(bus, 5, reap, IPC_REPLY_TAIL)                                                                \
    M(bus, 6, config_read, IPC_REPLY_TAIL)                                                         \
    M(bus, 7, config_write, 0)
IPC_INTERFACE(bus, BUS_METHODS)
