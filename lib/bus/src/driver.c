// SPDX-License-Identifier: Apache-2.0
// The driver's side of the DMA bus; see bus/driver.h.
#include "bus/driver.h"

#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

void bus_driver_close(struct bus_driver *driver)
{
    os_handle_close(driver->device);
    driver->device = HANDLE_NONE;
}

status_t bus_driver_open(struct bus_driver *driver, handle_t bus, handle_t signal,
                         const struct bus_open_req *req)
{
    bus_driver_close(driver);
    handle_t raise;
    status_t status = os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER,
                                          req->queue_bits | req->config_bits, &raise);
    if (status < 0) {
        return status;
    }
    struct ipc_extra extra = {.handle_count = 1, .handles = {raise}};
    struct bus_open_rep rep;
    status = bus_open(bus, req, &rep, &extra);
    if (status < 0) {
        os_handle_close(raise);
        return status;
    }
    if (extra.reply_handle_count != 1) {
        return ERR_BAD_MESSAGE;
    }
    *driver = (struct bus_driver){extra.reply_handles[0], signal, req->queue_bits, rep.features};
    return OK;
}

status_t bus_driver_start(struct bus_driver *driver, uint64_t features, uint32_t queue_count,
                          uint16_t queue_size)
{
    if ((features & driver->features) != features || queue_count > BUS_QUEUES_MAX) {
        return ERR_UNSUPPORTED;
    }
    struct bus_start_req req = {.features = features, .queue_count = queue_count};
    for (uint32_t i = 0; i < queue_count; i++) {
        req.queue_size[i] = queue_size;
    }
    struct bus_start_rep rep;
    return bus_start(driver->device, &req, &rep, NULL);
}

status_t bus_driver_share(struct bus_driver *driver, handle_t memory, uint32_t *out_index)
{
    handle_t shared;
    status_t status = os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared);
    if (status < 0) {
        return status;
    }
    struct ipc_extra extra = {.handle_count = 1, .handles = {shared}};
    struct bus_memory_rep rep;
    status = bus_memory(driver->device, &(struct bus_memory_req){0}, &rep, &extra);
    if (status < 0) {
        os_handle_close(shared);
        return status;
    }
    *out_index = rep.index;
    return OK;
}

status_t bus_driver_memory(struct bus_driver *driver, uint32_t size_bytes,
                           struct bus_region *memory)
{
    if (memory->handle == HANDLE_NONE) {
        void *bytes;
        status_t status =
            os_memory_allocate(size_bytes, MEMORY_CONTIGUOUS, &memory->handle, &bytes);
        if (status < 0) {
            return status;
        }
        memory->bytes = bytes;
        memory->size_bytes = size_bytes;
    }
    return bus_driver_share(driver, memory->handle, &memory->index);
}

status_t bus_driver_submit(struct bus_driver *driver, const struct bus_submit_req *req)
{
    struct bus_submit_rep rep;
    return bus_submit(driver->device, req, &rep, NULL);
}

status_t bus_driver_reap(struct bus_driver *driver, uint32_t queue, struct bus_completion *out,
                         uint32_t max)
{
    struct ipc_extra extra = {.reply_tail = out, .reply_tail_max = max * (uint32_t)sizeof *out};
    struct bus_reap_rep rep;
    status_t status =
        bus_reap(driver->device, &(struct bus_reap_req){.queue = queue}, &rep, &extra);
    if (status < 0) {
        return status;
    }
    return extra.reply_tail_size == rep.count * sizeof *out ? (status_t)rep.count : ERR_BAD_MESSAGE;
}

status_t bus_driver_transact(struct bus_driver *driver, struct bus_submit_req *req,
                             uint64_t timeout_ns)
{
    instant_ns_t deadline = os_deadline(timeout_ns);
    req->notify = 1;
    status_t status = bus_driver_submit(driver, req);
    while (status == OK) {
        uint64_t bits;
        status = os_signal_wait(driver->signal, driver->queue_bits, deadline, &bits);
        if (status < 0) {
            break;
        }
        struct bus_completion completion;
        status = bus_driver_reap(driver, req->queue, &completion, 1);
        if (status == 1) {
            return (status_t)completion.written_bytes;
        }
    }
    return status;
}

status_t bus_driver_config(struct bus_driver *driver, uint32_t offset_bytes, void *out,
                           uint32_t size_bytes)
{
    struct ipc_extra extra = {.reply_tail = out, .reply_tail_max = size_bytes};
    struct bus_config_read_rep rep;
    status_t status = bus_config_read(
        driver->device, &(struct bus_config_read_req){offset_bytes, size_bytes}, &rep, &extra);
    if (status < 0) {
        return status;
    }
    return extra.reply_tail_size == size_bytes ? OK : ERR_BAD_MESSAGE;
}

status_t bus_driver_config_write(struct bus_driver *driver, uint32_t offset_bytes, uint8_t value)
{
    struct bus_config_write_rep rep;
    return bus_config_write(driver->device, &(struct bus_config_write_req){offset_bytes, value},
                            &rep, NULL);
}
