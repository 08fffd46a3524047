// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/input.h; see ops.h.
#include "ops.h"

#include "base/error.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"

#include <stdlib.h>

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct input_attach_req *req, struct input_attach_rep *rep)
{
    struct input *input = self;
    struct devices *devices = &input->devices;
    if (request->handle_count != 2) {
        return ERR_INVALID;
    }
    void *bytes;
    status_t status = os_memory_map(request->handles[0], 0, INPUT_RING_BYTES,
                                    PROTECT_READ | PROTECT_WRITE, &bytes);
    if (status < 0) {
        return status;
    }
    struct ring ring;
    status = ring_open(&ring, bytes, INPUT_RING_BYTES, RING_PRODUCER);
    if (status < 0) {
        os_memory_unmap(bytes, INPUT_RING_BYTES);
        return status;
    }
    if (input->ring_bytes) {
        devices_carry_over(input->ring_bytes, &ring);
        os_memory_unmap(input->ring_bytes, INPUT_RING_BYTES);
    }
    os_handle_close(input->client);
    input->client = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    input->event_bits = req->event_bits;
    input->ring_bytes = bytes;
    devices->ring = ring;
    devices->has_client = true;
    for (uint32_t i = 0; i < devices->count; i++) {
        rep->keyboard_count += devices->device[i].is_keyboard;
        rep->pointer_count += devices->device[i].is_pointer;
    }
    rep->lost = devices->lost;
    if (ring_should_wake(&devices->ring)) {
        os_signal_raise(input->client, input->event_bits);
    }
    return OK;
}

IPC_SERVER(input, INPUT_METHODS)

static const struct input_ops ops = {.attach = do_attach};

static void on_events(void *self, uint64_t bits)
{
    struct input *input = self;
    bool wake = false;
    status_t status = devices_collect(&input->devices, bits, &wake);
    if (status < 0) {
        log_printf("a device is gone: %s", error_text(status));
        exit(1); // started anew by init; the client attaches again
    }
    if (wake) {
        os_signal_raise(input->client, input->event_bits);
    }
}

status_t input_serve(struct ipc_server *server, struct input *input, handle_t bus)
{
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(input, &ops, input));
    uint64_t bits[DEVICES_MAX];
    for (uint32_t i = 0; i < DEVICES_MAX; i++) {
        bits[i] = ipc_server_bit(server, on_events, input);
    }
    return devices_open(&input->devices, bus, server->service.signal, bits);
}
