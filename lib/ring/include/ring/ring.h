// SPDX-License-Identifier: Apache-2.0
// A stream of records from one producer to one consumer through shared memory: packets, events,
// updates. The two sides do not trust each other: each keeps its own position in private memory and
// checks every word the other can write, so a scribbling peer yields ERR_CORRUPT and never an
// access outside the ring. docs/protocols/ring.md has the bytes.
//
// Sleeping and waking. A side that finds nothing to do announces that it sleeps (`ring_sleep`),
// which looks once more; only if it answers true may the side wait for its signal. After a batch of
// pushes (or pops) the other side asks `ring_should_wake` once and raises the peer's signal if told
// so:
//
//     producer:  ring_push … ring_push; if (ring_should_wake(r)) raise(consumer's signal)
//     consumer:  do { while (ring_pop(r, …) ≥ 0) …; if (ring_should_wake(r)) raise(producer's
//     signal); }
//                while (!ring_sleep(r, 0)); wait
//
// No wake-up is lost and none is sent to a side that is awake (test/wakeup.pml is the model). One
// thread per side.
#pragma once

#include "abi/errors.h"

#include <stdbool.h>
#include <stdint.h>

#define RING_HEADER_BYTES 192u
#define RING_RECORD_HEAD  8u // bytes a record costs beside its own, which are rounded up to 8
#define RING_SIZE_MIN     (RING_HEADER_BYTES + 64u)
#define RING_SIZE_MAX     (1u << 30)

enum ring_side { RING_PRODUCER, RING_CONSUMER };

// One side's view, private to it. Owned by the caller; nothing to finish. Fields belong to
// lib/ring.
struct ring {
    void *shared;
    uint32_t capacity; // bytes of the record area, a multiple of 8
    uint32_t index;    // free-running: bytes this side has produced or consumed
    uint32_t offset;   // the same place in the area
    uint32_t pending;  // consumer: bytes of the record at the front, once read
    bool has_pending;
    bool corrupt; // seen once, kept: every call answers ERR_CORRUPT until the ring is opened again
    enum ring_side side;
};

// Formats `size_bytes` of zeroed or used memory (8-byte aligned) as an empty ring; done by one side
// before the other opens it. ERR_INVALID if unaligned, too small or too large.
status_t ring_init(void *memory, uint32_t size_bytes);
// Opens one side of a formatted ring, where it stands. `size_bytes` is the size agreed outside the
// shared memory. ERR_INVALID as ring_init; ERR_CORRUPT if the header is not one.
status_t ring_open(struct ring *ring, void *memory, uint32_t size_bytes, enum ring_side side);
// Both at once, for the side that sets a ring up.
status_t ring_create(struct ring *ring, void *memory, uint32_t size_bytes, enum ring_side side);

// Producer. Appends one record (an empty one is a mark). ERR_FULL: no room now; ERR_TOO_LARGE:
// never; ERR_CORRUPT.
status_t ring_push(struct ring *ring, const void *bytes, uint32_t size);
// One record of a head and a body, without copying them together first.
status_t ring_push2(struct ring *ring, const void *head, uint32_t head_size, const void *body,
                    uint32_t body_size);
// Producer. Bytes of the largest record that fits now (0 also when corrupt or when nothing fits).
uint32_t ring_free(struct ring *ring);
// The largest record an empty ring takes.
uint32_t ring_record_max(const struct ring *ring);

// Consumer. Size of the record at the front, or ERR_AGAIN (empty), ERR_CORRUPT. Never blocks.
status_t ring_peek(struct ring *ring);
// Consumer. Copies the front record out, drops it and returns its size. ERR_TOO_LARGE (more than
// `size_max`: it stays), ERR_AGAIN (empty), ERR_CORRUPT.
status_t ring_pop(struct ring *ring, void *bytes, uint32_t size_max);
// Consumer. The same, but the record stays until ring_skip: for a consumer that may die before it
// is done with it, when whoever looks at the ring next shall find it again.
status_t ring_read(struct ring *ring, void *bytes, uint32_t size_max);
// Consumer. Drops the front record: OK, ERR_AGAIN, ERR_CORRUPT.
status_t ring_skip(struct ring *ring);

// After a batch: true if the other side sleeps and must be woken (it is then counted as awake).
bool ring_should_wake(struct ring *ring);
// Announces sleep. Consumer (`record_bytes` ignored): until a record is there. Producer: until a
// record of `record_bytes` fits. True: nothing to do, wait for the signal. False: there is; the
// announcement is taken back.
bool ring_sleep(struct ring *ring, uint32_t record_bytes);
