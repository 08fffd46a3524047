// SPDX-License-Identifier: Apache-2.0
// The ring's words and copies. Each side writes one line of the header (its position and whether it
// sleeps) and reads the other's. A position is one 64-bit word, so it is never seen half written:
// the free-running index in the low half tells how much is used, the offset in the high half lets a
// restarted side find its place.
//
// Invariants a side enforces on what it reads: 0 ≤ head − tail ≤ capacity in uint32_t, a multiple
// of 8; a record lies whole within the used bytes. Its own index and offset are never read back
// from shared memory after ring_open.
#include "ring/ring.h"

#include "base/assert.h"

#include <stdatomic.h>
#include <string.h>

#define RING_MAGIC 0x474e4952u // "RING"

// One cache line per writer. `sleeping` of the consumer: 0 or 1; of the producer: bytes it waits
// for, or 0.
struct ring_header {
    _Atomic uint32_t magic;
    _Atomic uint32_t capacity;
    uint8_t pad0[56];
    _Atomic uint64_t head; // producer's position
    _Atomic uint32_t producer_sleeping;
    uint8_t pad1[52];
    _Atomic uint64_t tail; // consumer's position
    _Atomic uint32_t consumer_sleeping;
    uint8_t pad2[52];
};
_Static_assert(sizeof(struct ring_header) == RING_HEADER_BYTES, "no padding");

static struct ring_header *header_of(const struct ring *ring)
{
    return ring->shared;
}

static uint8_t *area_of(const struct ring *ring)
{
    return (uint8_t *)ring->shared + RING_HEADER_BYTES;
}

static bool memory_fits(const void *memory, uint32_t size_bytes)
{
    return memory != NULL && (uintptr_t)memory % 8 == 0 && size_bytes >= RING_SIZE_MIN &&
           size_bytes <= RING_SIZE_MAX;
}

static uint32_t capacity_of(uint32_t size_bytes)
{
    return (size_bytes - RING_HEADER_BYTES) & ~7u;
}

// Bytes a record occupies; size must be at most ring_record_max.
static uint32_t record_bytes(uint32_t size)
{
    return RING_RECORD_HEAD + ((size + 7) & ~7u);
}

static uint32_t offset_after(const struct ring *ring, uint32_t offset, uint32_t bytes)
{
    uint32_t left = ring->capacity - offset;
    return bytes < left ? offset + bytes : bytes - left;
}

static status_t fail(struct ring *ring)
{
    ring->corrupt = true;
    return ERR_CORRUPT;
}

status_t ring_init(void *memory, uint32_t size_bytes)
{
    if (!memory_fits(memory, size_bytes))
        return ERR_INVALID;
    memset(memory, 0, RING_HEADER_BYTES);
    struct ring_header *header = memory;
    atomic_store(&header->capacity, capacity_of(size_bytes));
    atomic_store(&header->magic, RING_MAGIC);
    return OK;
}

status_t ring_open(struct ring *ring, void *memory, uint32_t size_bytes, enum ring_side side)
{
    if (!memory_fits(memory, size_bytes))
        return ERR_INVALID;
    struct ring_header *header = memory;
    uint32_t capacity = capacity_of(size_bytes);
    if (atomic_load(&header->magic) != RING_MAGIC || atomic_load(&header->capacity) != capacity)
        return ERR_CORRUPT;
    uint64_t place = atomic_load(side == RING_PRODUCER ? &header->head : &header->tail);
    uint32_t offset = (uint32_t)(place >> 32);
    if (offset >= capacity || offset % 8 != 0 || (uint32_t)place % 8 != 0)
        return ERR_CORRUPT;
    *ring = (struct ring){.shared = memory,
                          .capacity = capacity,
                          .index = (uint32_t)place,
                          .offset = offset,
                          .side = side};
    return OK;
}

status_t ring_create(struct ring *ring, void *memory, uint32_t size_bytes, enum ring_side side)
{
    status_t status = ring_init(memory, size_bytes);
    return status < 0 ? status : ring_open(ring, memory, size_bytes, side);
}

// Used bytes as this side sees them: *out_used is checked, so it is safe to use. The acquire in
// this load pairs with the peer's store in `advance`.
static status_t used_bytes(struct ring *ring, uint32_t *out_used)
{
    if (ring->corrupt)
        return ERR_CORRUPT;
    struct ring_header *header = header_of(ring);
    uint32_t used = ring->side == RING_PRODUCER
                        ? ring->index - (uint32_t)atomic_load(&header->tail)
                        : (uint32_t)atomic_load(&header->head) - ring->index;
    if (used > ring->capacity || used % 8 != 0)
        return fail(ring);
    *out_used = used;
    return OK;
}

// Publishes this side's new position. Sequentially consistent, because `ring_should_wake` must see
// a sleep announced before the peer last looked at this word.
static void advance(struct ring *ring, uint32_t bytes)
{
    ring->index += bytes;
    ring->offset = offset_after(ring, ring->offset, bytes);
    struct ring_header *header = header_of(ring);
    atomic_store(ring->side == RING_PRODUCER ? &header->head : &header->tail,
                 (uint64_t)ring->offset << 32 | ring->index);
}

// Copies into the area at `offset`, over its end if need be; returns the offset behind.
static uint32_t area_write(struct ring *ring, uint32_t offset, const void *bytes, uint32_t size)
{
    uint32_t left = ring->capacity - offset;
    uint32_t first = size < left ? size : left;
    if (first > 0)
        memcpy(area_of(ring) + offset, bytes, first);
    if (size > first)
        memcpy(area_of(ring), (const uint8_t *)bytes + first, size - first);
    return offset_after(ring, offset, size);
}

static void area_read(struct ring *ring, uint32_t offset, void *bytes, uint32_t size)
{
    uint32_t left = ring->capacity - offset;
    uint32_t first = size < left ? size : left;
    if (first > 0)
        memcpy(bytes, area_of(ring) + offset, first);
    if (size > first)
        memcpy((uint8_t *)bytes + first, area_of(ring), size - first);
}

uint32_t ring_record_max(const struct ring *ring)
{
    return ring->capacity - RING_RECORD_HEAD;
}

uint32_t ring_free(struct ring *ring)
{
    uint32_t used;
    if (used_bytes(ring, &used) < 0 || ring->capacity - used < RING_RECORD_HEAD)
        return 0;
    return ring->capacity - used - RING_RECORD_HEAD;
}

status_t ring_push2(struct ring *ring, const void *head, uint32_t head_size, const void *body,
                    uint32_t body_size)
{
    assert(ring->side == RING_PRODUCER);
    uint32_t max = ring_record_max(ring);
    if (head_size > max || body_size > max - head_size)
        return ERR_TOO_LARGE;
    uint32_t size = head_size + body_size;
    uint32_t used;
    status_t status = used_bytes(ring, &used);
    if (status < 0)
        return status;
    if (record_bytes(size) > ring->capacity - used)
        return ERR_FULL;
    uint32_t length[2] = {size, 0};
    uint32_t at = area_write(ring, ring->offset, length, sizeof length);
    at = area_write(ring, at, head, head_size);
    area_write(ring, at, body, body_size);
    advance(ring, record_bytes(size));
    return OK;
}

status_t ring_push(struct ring *ring, const void *bytes, uint32_t size)
{
    return ring_push2(ring, NULL, 0, bytes, size);
}

// Reads the front record's length once into private memory, checked against the used bytes.
status_t ring_peek(struct ring *ring)
{
    assert(ring->side == RING_CONSUMER);
    if (ring->has_pending && !ring->corrupt)
        return (status_t)ring->pending;
    uint32_t used;
    status_t status = used_bytes(ring, &used);
    if (status < 0)
        return status;
    if (used == 0)
        return ERR_AGAIN;
    uint32_t length[2];
    area_read(ring, ring->offset, length, sizeof length);
    if (length[0] > ring_record_max(ring) || record_bytes(length[0]) > used)
        return fail(ring);
    ring->pending = length[0];
    ring->has_pending = true;
    return (status_t)length[0];
}

static void drop(struct ring *ring)
{
    ring->has_pending = false;
    advance(ring, record_bytes(ring->pending));
}

status_t ring_read(struct ring *ring, void *bytes, uint32_t size_max)
{
    status_t size = ring_peek(ring);
    if (size < 0)
        return size;
    if ((uint32_t)size > size_max)
        return ERR_TOO_LARGE;
    area_read(ring, offset_after(ring, ring->offset, RING_RECORD_HEAD), bytes, (uint32_t)size);
    return size;
}

status_t ring_pop(struct ring *ring, void *bytes, uint32_t size_max)
{
    status_t size = ring_read(ring, bytes, size_max);
    if (size >= 0)
        drop(ring);
    return size;
}

status_t ring_skip(struct ring *ring)
{
    status_t size = ring_peek(ring);
    if (size < 0)
        return size;
    drop(ring);
    return OK;
}

bool ring_should_wake(struct ring *ring)
{
    struct ring_header *header = header_of(ring);
    uint32_t used;
    if (ring->side == RING_PRODUCER) {
        // Nothing to read is no reason to wake: two sides that check after every wake-up would keep
        // each other awake.
        if (used_bytes(ring, &used) == OK && used == 0)
            return false;
        return atomic_load(&header->consumer_sleeping) != 0 &&
               atomic_exchange(&header->consumer_sleeping, 0) != 0;
    }
    uint32_t wanted = atomic_load(&header->producer_sleeping);
    if (wanted == 0)
        return false;
    // A corrupt ring wakes its peer: it finds out by itself.
    if (used_bytes(ring, &used) == OK && wanted <= ring->capacity && wanted > ring->capacity - used)
        return false;
    return atomic_exchange(&header->producer_sleeping, 0) != 0;
}

bool ring_sleep(struct ring *ring, uint32_t record_size)
{
    struct ring_header *header = header_of(ring);
    bool producer = ring->side == RING_PRODUCER;
    uint32_t max = ring_record_max(ring);
    uint32_t wanted = producer ? record_bytes(record_size < max ? record_size : max) : 1;
    _Atomic uint32_t *word = producer ? &header->producer_sleeping : &header->consumer_sleeping;
    // Announce first, then look: in the other order a push between the two would be slept through.
    atomic_store(word, wanted);
    uint32_t used;
    bool ready =
        used_bytes(ring, &used) < 0 || (producer ? wanted <= ring->capacity - used : used > 0);
    if (ready)
        atomic_store(word, 0);
    return !ready;
}
