// SPDX-License-Identifier: Apache-2.0
// One split virtqueue (Virtio 1.1, section 2.6): descriptor table, available and used ring in
// memory that only the bus maps. What the device writes (used ring) is checked like any hostile
// input: a completion must name a request in flight and claim no more bytes than its writable
// pieces hold.
#pragma once

#include "abi/errors.h"

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_SIZE_MAX 256u

// Bytes of ring memory for the largest queue: descriptors, available ring, used ring, each aligned.
#define QUEUE_MEMORY_BYTES 8192u
#define QUEUE_AVAILABLE_AT 4096u
#define QUEUE_USED_AT      5120u

struct queue_piece {
    uint64_t physical;
    uint32_t size_bytes;
    bool device_writes;
};

struct queue_completion {
    uint64_t cookie;
    uint32_t written_bytes;
    uint16_t head; // descriptor chain that is free again
};

// One request in flight, by its first descriptor.
struct queue_request {
    uint64_t cookie;
    uint32_t writable_bytes;
    uint16_t descriptor_count; // 0: not in flight
};

struct queue {
    uint8_t *memory; // QUEUE_MEMORY_BYTES, zeroed by queue_init
    uint16_t size;   // power of two
    uint16_t free_head, free_count;
    uint16_t available_index, used_index; // free running
    uint16_t next[QUEUE_SIZE_MAX];        // our own chain: the device's copy is never read back
    struct queue_request requests[QUEUE_SIZE_MAX];
};

// Prepares an empty queue of `size` descriptors (a power of two, 2 to QUEUE_SIZE_MAX) in `memory`,
// which the queue borrows.
void queue_init(struct queue *queue, void *memory, uint16_t size);

// Puts one request of `count` (≥ 1) pieces, device-readable ones first, before the device;
// `out_head` identifies it until its completion. ERR_FULL: not enough descriptors; ERR_INVALID:
// order or count.
status_t queue_submit(struct queue *queue, uint64_t cookie, const struct queue_piece *pieces,
                      uint32_t count, uint16_t *out_head);

// Takes the next completion. Returns 1, 0 when there is none, ERR_CORRUPT when the device lied
// (reset it).
status_t queue_reap(struct queue *queue, struct queue_completion *out_completion);
