// SPDX-License-Identifier: Apache-2.0
// One split virtqueue; see queue.h. The layouts are those of Virtio 1.1, sections 2.6.5, 2.6.6
// and 2.6.8.
#include "queue.h"

#include "base/assert.h"

#include <string.h>

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };

struct descriptor {
    uint64_t physical;
    uint32_t size_bytes;
    uint16_t flags;
    uint16_t next;
};

struct available_ring {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[QUEUE_SIZE_MAX];
};

struct used_element {
    uint32_t head;
    uint32_t written_bytes;
};

struct used_ring {
    uint16_t flags;
    uint16_t index;
    struct used_element ring[QUEUE_SIZE_MAX];
};
_Static_assert(sizeof(struct descriptor) * QUEUE_SIZE_MAX <= QUEUE_AVAILABLE_AT, "fits");
_Static_assert(sizeof(struct available_ring) <= QUEUE_USED_AT - QUEUE_AVAILABLE_AT, "fits");
_Static_assert(sizeof(struct used_ring) <= QUEUE_MEMORY_BYTES - QUEUE_USED_AT, "fits");

static volatile struct descriptor *descriptors(struct queue *queue)
{
    return (volatile struct descriptor *)(void *)queue->memory;
}

static volatile struct available_ring *available(struct queue *queue)
{
    return (volatile struct available_ring *)(void *)(queue->memory + QUEUE_AVAILABLE_AT);
}

static volatile struct used_ring *used(struct queue *queue)
{
    return (volatile struct used_ring *)(void *)(queue->memory + QUEUE_USED_AT);
}

void queue_init(struct queue *queue, void *memory, uint16_t size)
{
    assert(size >= 2 && size <= QUEUE_SIZE_MAX && (size & (size - 1)) == 0);
    memset(memory, 0, QUEUE_MEMORY_BYTES);
    *queue = (struct queue){.memory = memory, .size = size, .free_count = size};
    for (uint16_t i = 0; i < size; i++) {
        queue->next[i] = (uint16_t)(i + 1);
    }
}

status_t queue_submit(struct queue *queue, uint64_t cookie, const struct queue_piece *pieces,
                      uint32_t count, uint16_t *out_head)
{
    if (count == 0 || count > queue->size) {
        return ERR_INVALID;
    }
    for (uint32_t i = 1; i < count; i++) {
        if (pieces[i - 1].device_writes && !pieces[i].device_writes) {
            return ERR_INVALID;
        }
    }
    if (count > queue->free_count) {
        return ERR_FULL;
    }
    uint16_t head = queue->free_head, at = head;
    uint32_t writable = 0;
    for (uint32_t i = 0; i < count; i++) {
        volatile struct descriptor *descriptor = &descriptors(queue)[at];
        bool last = i + 1 == count;
        descriptor->physical = pieces[i].physical;
        descriptor->size_bytes = pieces[i].size_bytes;
        descriptor->flags = (uint16_t)((last ? 0 : DESCRIPTOR_NEXT) |
                                       (pieces[i].device_writes ? DESCRIPTOR_WRITE : 0));
        descriptor->next = last ? 0 : queue->next[at];
        writable += pieces[i].device_writes ? pieces[i].size_bytes : 0;
        at = queue->next[at];
    }
    queue->free_head = at;
    queue->free_count = (uint16_t)(queue->free_count - count);
    queue->requests[head] = (struct queue_request){cookie, writable, (uint16_t)count};

    available(queue)->ring[queue->available_index % queue->size] = head;
    queue->available_index++;
    __sync_synchronize(); // the device reads the index first, then what it publishes
    available(queue)->index = queue->available_index;
    __sync_synchronize(); // before the caller kicks the device
    *out_head = head;
    return OK;
}

// Gives the chain of a finished request back to the free list.
static void release(struct queue *queue, uint16_t head, uint16_t count)
{
    uint16_t last = head;
    for (uint16_t i = 1; i < count; i++) {
        last = queue->next[last];
    }
    queue->next[last] = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + count);
    queue->requests[head] = (struct queue_request){0};
}

status_t queue_reap(struct queue *queue, struct queue_completion *out_completion)
{
    uint16_t device_index = used(queue)->index;
    uint16_t waiting = (uint16_t)(device_index - queue->used_index);
    if (waiting == 0) {
        return 0;
    }
    if (waiting > queue->size) {
        return ERR_CORRUPT;
    }
    __sync_synchronize(); // pairs with the device's release of the index
    volatile struct used_element *element = &used(queue)->ring[queue->used_index % queue->size];
    uint32_t head = element->head;
    uint32_t written = element->written_bytes;
    if (head >= queue->size || queue->requests[head].descriptor_count == 0 ||
        written > queue->requests[head].writable_bytes) {
        return ERR_CORRUPT;
    }
    *out_completion =
        (struct queue_completion){queue->requests[head].cookie, written, (uint16_t)head};
    queue->used_index++;
    release(queue, (uint16_t)head, queue->requests[head].descriptor_count);
    return 1;
}
