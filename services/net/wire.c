// SPDX-License-Identifier: Apache-2.0
// Frames between the driver's rings and the stack. See wire.h.
#include "wire.h"

#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"

#define BOTH_RINGS (2 * NETDEV_RING_BYTES)
#define BATCH_MAX  64u // frames taken before requests and timers get their turn

status_t wire_init(struct wire *wire, handle_t driver, uint8_t out_mac[6])
{
    *wire = (struct wire){.driver = driver};
    struct netdev_info_rep info = {0};
    if (netdev_info(driver, &(struct netdev_info_req){0}, &info, NULL) < 0) {
        return ERR_IO;
    }
    void *bytes;
    status_t status = os_memory_allocate(BOTH_RINGS, 0, &wire->memory, &bytes);
    if (status < 0) {
        return status;
    }
    wire->bytes = bytes;
    for (uint32_t i = 0; i < 6; i++) {
        out_mac[i] = info.mac[i];
    }
    return OK;
}

static void link_refresh(struct wire *wire)
{
    struct netdev_info_rep info = {0};
    if (netdev_info(wire->driver, &(struct netdev_info_req){0}, &info, NULL) < 0) {
        return;
    }
    bool link_up = info.link_up != 0;
    if (link_up != wire->link_up) {
        wire->link_up = link_up;
        stack_link(&wire->net->stack, link_up);
    }
}

// Fresh rings, handed to the driver. On an error the wire stays silent until the driver is back.
static void attach(struct wire *wire)
{
    wire->attached = false;
    os_handle_close(wire->driver_signal);
    wire->driver_signal = HANDLE_NONE;
    ring_create(&wire->receive, wire->bytes, NETDEV_RING_BYTES, RING_CONSUMER);
    ring_create(&wire->transmit, wire->bytes + NETDEV_RING_BYTES, NETDEV_RING_BYTES, RING_PRODUCER);
    ring_sleep(&wire->receive, 0);
    struct ipc_extra extra = {.handle_count = 2};
    struct netdev_attach_req req = {.receive_bits = wire->receive_bits};
    struct netdev_attach_rep rep;
    status_t status =
        os_memory_share(wire->memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]);
    if (status == OK) {
        status = ipc_server_signal(&wire->net->server, wire->receive_bits, &extra.handles[1]);
    }
    if (status == OK) {
        status = netdev_attach(wire->driver, &req, &rep, &extra);
    }
    os_handle_close(extra.handles[0]); // HANDLE_NONE when they were delivered
    os_handle_close(extra.handles[1]);
    if (status < 0 || extra.reply_handle_count != 1) {
        log_printf("the driver does not attach: %d", (int)status);
        return;
    }
    wire->driver_signal = extra.reply_handles[0];
    wire->transmit_bits = rep.transmit_bits;
    wire->attached = true;
    link_refresh(wire);
}

static void on_restart(void *self, uint64_t bits)
{
    struct wire *wire = self;
    attach(wire);
    net_settle(wire->net);
}

static void wake_driver(struct wire *wire)
{
    os_signal_raise(wire->driver_signal, wire->transmit_bits);
}

// Takes up to a batch; true when there may be more.
static bool receive(struct wire *wire, uint32_t *out_count)
{
    uint8_t frame[NETDEV_FRAME_MAX];
    for (uint32_t i = 0; i < BATCH_MAX; i++) {
        status_t size = ring_pop(&wire->receive, frame, sizeof frame);
        if (size == ERR_AGAIN && ring_sleep(&wire->receive, 0)) {
            return false;
        }
        if (size == ERR_TOO_LARGE) {
            size = ring_skip(&wire->receive);
        } else if (size > 0) {
            stack_input(&wire->net->stack, frame, (uint32_t)size);
            ++*out_count;
        }
        if (size == ERR_CORRUPT) {
            attach(wire);
            return false;
        }
    }
    return true;
}

static void on_receive(void *self, uint64_t bits)
{
    struct wire *wire = self;
    uint32_t count = 0;
    if (!wire->attached) {
        return;
    }
    bool more = receive(wire, &count);
    if (count > 0 && ring_should_wake(&wire->receive)) {
        wake_driver(wire);
    }
    if (count == 0) { // no frame: it is the link that changed
        link_refresh(wire);
    }
    net_settle(wire->net);
    if (more) {
        os_signal_raise(wire->net->server.service.signal, wire->receive_bits);
    }
}

status_t wire_send(void *self, const void *frame, uint32_t size)
{
    struct wire *wire = self;
    status_t status = wire->attached ? ring_push(&wire->transmit, frame, size) : ERR_CLOSED;
    wire->pushed = wire->pushed || status == OK;
    return status;
}

// After each event the driver hears once of all frames. Not without one: a sleeping driver that is
// woken for nothing may wake us in turn, for ever.
static void on_settled(void *self)
{
    struct wire *wire = self;
    if (wire->attached && wire->pushed && ring_should_wake(&wire->transmit)) {
        wake_driver(wire);
    }
    wire->pushed = false;
}

void wire_start(struct wire *wire, struct net *net)
{
    wire->net = net;
    net->settled = on_settled;
    net->settled_self = wire;
    wire->receive_bits = ipc_server_bit(&net->server, on_receive, wire);
    ipc_server_on_restart(&net->server, "netdev", on_restart, wire);
    attach(wire);
    net_settle(net);
}
