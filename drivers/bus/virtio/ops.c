// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/bus.h; see ops.h.
#include "ops.h"

#include "abi/plan.h"
#include "base/error.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/signal.h"

// Resets a slot's device and forgets its driver.
static void close_slot(struct bus *bus, struct bus_slot *slot)
{
    struct device_memory memories[BUS_MEMORIES_MAX];
    for (uint32_t i = 0; i < BUS_MEMORIES_MAX; i++) {
        memories[i] = slot->device.memories[i];
    }
    device_close(&slot->device); // first the device lets go, then the pages
    for (uint32_t i = 0; i < BUS_MEMORIES_MAX; i++) {
        if (memories[i].size_bytes > 0) {
            bus->platform.unmap(bus->platform.context, &memories[i]);
            os_handle_close(slot->handles[i]);
        }
        slot->handles[i] = HANDLE_NONE;
    }
    os_handle_close(slot->signal);
    slot->signal = HANDLE_NONE;
    slot->badge = 0;
}

static struct bus_slot *slot_of(struct bus *bus, uint64_t badge)
{
    for (uint32_t i = 0; i < bus->slot_count; i++) {
        if (badge != 0 && bus->slots[i].badge == badge) {
            return &bus->slots[i];
        }
    }
    return NULL;
}

static struct bus_slot *slot_of_kind(struct bus *bus, uint32_t kind, uint32_t index)
{
    for (uint32_t i = 0; i < bus->slot_count; i++) {
        if (bus->slots[i].device.kind == kind && index-- == 0) {
            return &bus->slots[i];
        }
    }
    return NULL;
}

static status_t do_open(void *self, struct ipc_request *request, const struct bus_open_req *req,
                        struct bus_open_rep *rep)
{
    struct bus *bus = self;
    if (req->kind == 0 || req->kind != PLAN_BADGE_RESTRICTION(request->badge)) {
        return ERR_DENIED;
    }
    if (request->handle_count != 1) {
        return ERR_INVALID;
    }
    struct bus_slot *slot = slot_of_kind(bus, req->kind, req->index);
    if (!slot) {
        return ERR_NOT_FOUND;
    }
    uint64_t badge = ipc_server_badge(bus->server);
    status_t status = ipc_server_mint(bus->server, badge, &request->reply_handles[0]);
    if (status < 0) {
        return status;
    }
    request->reply_handle_count = 1;
    close_slot(bus, slot);
    slot->badge = badge;
    slot->signal = request->handles[0];
    request->handles[0] = HANDLE_NONE;
    slot->queue_bits = req->queue_bits;
    slot->config_bits = req->config_bits;
    rep->features = device_open(&slot->device);
    return OK;
}

static status_t do_start(void *self, struct ipc_request *request, const struct bus_start_req *req,
                         struct bus_start_rep *rep)
{
    struct bus_slot *slot = slot_of(self, request->badge);
    return slot ? device_start(&slot->device, req, rep->queue_size) : ERR_BAD_STATE;
}

static status_t do_memory(void *self, struct ipc_request *request, const struct bus_memory_req *req,
                          struct bus_memory_rep *rep)
{
    struct bus *bus = self;
    struct bus_slot *slot = slot_of(bus, request->badge);
    if (!slot) {
        return ERR_BAD_STATE;
    }
    if (request->handle_count != 1) {
        return ERR_INVALID;
    }
    struct device_memory memory;
    status_t status = bus->platform.map(bus->platform.context, request->handles[0], &memory);
    if (status < 0) {
        return status;
    }
    status = device_add_memory(&slot->device, memory, &rep->index);
    if (status < 0) {
        bus->platform.unmap(bus->platform.context, &memory);
        return status;
    }
    slot->handles[rep->index] = request->handles[0];
    request->handles[0] = HANDLE_NONE;
    return OK;
}

static status_t do_submit(void *self, struct ipc_request *request, const struct bus_submit_req *req,
                          struct bus_submit_rep *rep)
{
    struct bus_slot *slot = slot_of(self, request->badge);
    return slot ? device_submit(&slot->device, req) : ERR_BAD_STATE;
}

static status_t do_reap(void *self, struct ipc_request *request, const struct bus_reap_req *req,
                        struct bus_reap_rep *rep)
{
    struct bus_slot *slot = slot_of(self, request->badge);
    if (!slot) {
        return ERR_BAD_STATE;
    }
    struct bus_completion *out = (struct bus_completion *)(void *)request->reply_tail;
    uint32_t max = request->reply_tail_max / (uint32_t)sizeof *out;
    status_t count =
        device_reap(&slot->device, req->queue, out, max < BUS_REAP_MAX ? max : BUS_REAP_MAX);
    if (count < 0) {
        log_printf("device %u reset: %s", slot->device.kind, error_text(count));
        return count;
    }
    rep->count = (uint32_t)count;
    request->reply_tail_size = rep->count * (uint32_t)sizeof *out;
    return OK;
}

static status_t do_config_read(void *self, struct ipc_request *request,
                               const struct bus_config_read_req *req,
                               struct bus_config_read_rep *rep)
{
    struct bus_slot *slot = slot_of(self, request->badge);
    if (!slot) {
        return ERR_BAD_STATE;
    }
    if (req->size_bytes == 0 || req->size_bytes > 256 ||
        req->size_bytes > request->reply_tail_max) {
        return ERR_INVALID;
    }
    status_t status = transport_config_read(&slot->device.transport, req->offset_bytes,
                                            request->reply_tail, req->size_bytes);
    request->reply_tail_size = status < 0 ? 0 : req->size_bytes;
    return status;
}

static status_t do_config_write(void *self, struct ipc_request *request,
                                const struct bus_config_write_req *req,
                                struct bus_config_write_rep *rep)
{
    struct bus_slot *slot = slot_of(self, request->badge);
    if (!slot) {
        return ERR_BAD_STATE;
    }
    if (req->value > UINT8_MAX) {
        return ERR_INVALID;
    }
    transport_config_write(&slot->device.transport, req->offset_bytes, (uint8_t)req->value);
    return OK;
}

IPC_SERVER(bus, BUS_METHODS)

static const struct bus_ops ops = {
    .open = do_open,
    .start = do_start,
    .memory = do_memory,
    .submit = do_submit,
    .reap = do_reap,
    .config_read = do_config_read,
    .config_write = do_config_write,
};

static void on_closed(void *self, uint64_t badge)
{
    struct bus *bus = self;
    struct bus_slot *slot = slot_of(bus, badge);
    if (slot) {
        close_slot(bus, slot);
    }
}

void bus_interrupt(struct bus *bus, uint32_t number)
{
    struct bus_slot *slot = &bus->slots[number];
    uint32_t reasons = transport_interrupts(&slot->device.transport);
    uint64_t raise = (reasons & TRANSPORT_QUEUE_INTERRUPT ? slot->queue_bits : 0) |
                     (reasons & TRANSPORT_CONFIG_INTERRUPT ? slot->config_bits : 0);
    if (raise && slot->signal != HANDLE_NONE) {
        os_signal_raise(slot->signal, raise);
    }
}

void bus_serve(struct ipc_server *server, struct bus *bus)
{
    bus->server = server;
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(bus, &ops, bus));
    ipc_server_on_closed(server, on_closed, bus);
}
