// SPDX-License-Identifier: Apache-2.0
// One device on the bus; see device.h.
#include "device.h"

#include "base/math.h"

#include <string.h>

static uint64_t copy_offset(uint32_t copy)
{
    return (uint64_t)BUS_QUEUES_MAX * QUEUE_MEMORY_BYTES + (uint64_t)copy * DEVICE_COPY_BYTES;
}

void device_close(struct device *device)
{
    if (device->kind != 0) {
        transport_reset(&device->transport);
    }
    device->is_open = device->is_running = false;
    device->queue_count = 0;
    memset(device->memories, 0, sizeof device->memories);
    memset(device->copy_queues, 0, sizeof device->copy_queues);
}

uint64_t device_open(struct device *device)
{
    device_close(device);
    device->is_open = true;
    return transport_open(&device->transport);
}

// The size to use for a queue: what was asked, lowered to what the device can. 0: not possible.
static uint16_t queue_size_for(const struct device *device, uint32_t queue, uint16_t asked)
{
    uint32_t max = transport_queue_max(&device->transport, queue);
    uint32_t size = (uint32_t)min_u64(min_u64(asked, max), QUEUE_SIZE_MAX);
    return size >= 2 && (size & (size - 1)) == 0 ? (uint16_t)size : 0;
}

status_t device_start(struct device *device, const struct bus_start_req *req,
                      uint16_t out_size[BUS_QUEUES_MAX])
{
    if (!device->is_open || device->is_running) {
        return ERR_BAD_STATE;
    }
    if (req->queue_count == 0 || req->queue_count > BUS_QUEUES_MAX) {
        return ERR_INVALID;
    }
    status_t status = transport_negotiate(&device->transport, req->features);
    if (status < 0) {
        return status;
    }
    uint16_t sizes[BUS_QUEUES_MAX] = {0};
    for (uint32_t i = 0; i < req->queue_count; i++) {
        sizes[i] = queue_size_for(device, i, req->queue_size[i]);
        if (sizes[i] == 0) {
            return ERR_INVALID;
        }
    }
    for (uint32_t i = 0; i < req->queue_count; i++) {
        uint64_t offset = (uint64_t)i * QUEUE_MEMORY_BYTES;
        queue_init(&device->queues[i], device->rings.bytes + offset, sizes[i]);
        transport_queue_set(&device->transport, i, sizes[i], device->rings.physical + offset);
    }
    memcpy(out_size, sizes, sizeof sizes);
    device->queue_count = req->queue_count;
    device->is_running = true;
    transport_run(&device->transport);
    return OK;
}

status_t device_add_memory(struct device *device, struct device_memory memory, uint32_t *out_index)
{
    for (uint32_t i = 0; i < BUS_MEMORIES_MAX; i++) {
        if (device->memories[i].size_bytes == 0) {
            device->memories[i] = memory;
            *out_index = i;
            return OK;
        }
    }
    return ERR_FULL;
}

// True if [offset, offset + size) of the memory with that index exists and is not empty.
static bool is_inside(const struct device *device, uint32_t memory, uint64_t offset, uint64_t size)
{
    return memory < BUS_MEMORIES_MAX && size > 0 && offset <= device->memories[memory].size_bytes &&
           size <= device->memories[memory].size_bytes - offset;
}

static status_t check(const struct device *device, const struct bus_submit_req *req)
{
    if (!device->is_running) {
        return ERR_BAD_STATE;
    }
    if (req->queue >= device->queue_count || req->segment_count == 0 ||
        req->segment_count > BUS_SEGMENTS_MAX) {
        return ERR_INVALID;
    }
    for (uint32_t i = 0; i < req->segment_count; i++) {
        const struct bus_segment *segment = &req->segments[i];
        if (!is_inside(device, segment->memory, segment->offset_bytes, segment->size_bytes)) {
            return ERR_INVALID;
        }
    }
    if (req->copy_bytes == 0) {
        return req->address_at == UINT32_MAX ? OK : ERR_INVALID;
    }
    const struct bus_segment *first = &req->segments[0];
    if (first->device_writes || req->copy_bytes != first->size_bytes ||
        req->copy_bytes > DEVICE_COPY_BYTES) {
        return ERR_INVALID;
    }
    if (req->address_at == UINT32_MAX) {
        return OK;
    }
    bool fits = req->address_at <= req->copy_bytes && req->copy_bytes - req->address_at >= 8;
    return fits && is_inside(device, req->address_memory, req->address_offset, req->address_size)
               ? OK
               : ERR_INVALID;
}

// Copies the first piece into memory of the bus and writes the address into it. ERR_FULL: no free
// copy.
static status_t copy_first(struct device *device, const struct bus_submit_req *req,
                           struct queue_piece *piece, uint32_t *out_copy)
{
    uint32_t copy = 0;
    while (copy < DEVICE_COPIES_MAX && device->copy_queues[copy] != 0) {
        copy++;
    }
    if (copy == DEVICE_COPIES_MAX) {
        return ERR_FULL;
    }
    uint8_t *bytes = device->rings.bytes + copy_offset(copy);
    const struct bus_segment *first = &req->segments[0];
    memcpy(bytes, device->memories[first->memory].bytes + first->offset_bytes, req->copy_bytes);
    if (req->address_at != UINT32_MAX) {
        uint64_t physical = device->memories[req->address_memory].physical + req->address_offset;
        for (uint32_t i = 0; i < 8; i++) {
            bytes[req->address_at + i] = (uint8_t)(physical >> (8 * i));
        }
    }
    piece->physical = device->rings.physical + copy_offset(copy);
    *out_copy = copy;
    return OK;
}

status_t device_submit(struct device *device, const struct bus_submit_req *req)
{
    status_t status = check(device, req);
    if (status < 0) {
        return status;
    }
    struct queue_piece pieces[BUS_SEGMENTS_MAX];
    for (uint32_t i = 0; i < req->segment_count; i++) {
        const struct bus_segment *segment = &req->segments[i];
        pieces[i] =
            (struct queue_piece){device->memories[segment->memory].physical + segment->offset_bytes,
                                 segment->size_bytes, segment->device_writes != 0};
    }
    uint32_t copy = DEVICE_COPIES_MAX;
    if (req->copy_bytes > 0) {
        status = copy_first(device, req, &pieces[0], &copy);
        if (status < 0) {
            return status;
        }
    }
    uint16_t head;
    status =
        queue_submit(&device->queues[req->queue], req->cookie, pieces, req->segment_count, &head);
    if (status < 0) {
        return status;
    }
    if (copy < DEVICE_COPIES_MAX) {
        device->copy_heads[copy] = head;
        device->copy_queues[copy] = req->queue + 1;
    }
    if (req->notify) {
        transport_notify(&device->transport, req->queue);
    }
    return OK;
}

// A finished request no longer needs its copy.
static void release_copy(struct device *device, uint32_t queue, uint16_t head)
{
    for (uint32_t i = 0; i < DEVICE_COPIES_MAX; i++) {
        if (device->copy_queues[i] == queue + 1 && device->copy_heads[i] == head) {
            device->copy_queues[i] = 0;
        }
    }
}

status_t device_reap(struct device *device, uint32_t queue, struct bus_completion *out,
                     uint32_t max)
{
    if (!device->is_running) {
        return ERR_BAD_STATE;
    }
    if (queue >= device->queue_count) {
        return ERR_INVALID;
    }
    uint32_t count = 0;
    while (count < max) {
        struct queue_completion completion;
        status_t status = queue_reap(&device->queues[queue], &completion);
        if (status < 0) {
            transport_reset(&device->transport);
            device->is_running = false;
            return status;
        }
        if (status == 0) {
            break;
        }
        release_copy(device, queue, completion.head);
        out[count++] = (struct bus_completion){.cookie = completion.cookie,
                                               .written_bytes = completion.written_bytes};
    }
    return (status_t)count;
}
