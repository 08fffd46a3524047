// SPDX-License-Identifier: Apache-2.0
// A server's events apart from requests: signal bits, timers, closed badges, and the handles it
// mints. Nothing here waits; the transports do.
#include "ipc/dispatch.h"

#include "base/assert.h"
#include "os/handle.h"
#include "os/start.h"
#include "os/time.h"

// Badges below come from init (row + 1) or are durable numbers a service chooses itself.
#define BADGE_FRESH_BIT (1ull << 63)

void ipc_server_init(struct ipc_server *server, const struct ipc_service *service)
{
    *server = (struct ipc_server){.service = *service, .next_own_bit = SYSTEM_BIT_OWN_FIRST};
    if (server->service.endpoint == HANDLE_NONE)
        server->service.endpoint = os_handle("self");
    if (server->service.signal == HANDLE_NONE)
        server->service.signal = os_handle("system");
    assert(server->service.endpoint != HANDLE_NONE && server->service.signal != HANDLE_NONE);
    list_init(&server->timers);
    list_init(&server->link);
    // The clock never runs back while the machine is up, so no earlier instance made these.
    server->next_badge = BADGE_FRESH_BIT | os_clock();
    ipc_transport_attach(server);
}

void ipc_server_on_bits(struct ipc_server *server, uint64_t bits, void (*run)(void *, uint64_t),
                        void *self)
{
    assert(server->handler_count < IPC_HANDLERS_MAX);
    server->handlers[server->handler_count++] =
        (struct ipc_bit_handler){.bits = bits, .run = run, .self = self};
}

uint64_t ipc_server_bit(struct ipc_server *server, void (*run)(void *self, uint64_t bits),
                        void *self)
{
    assert(server->next_own_bit <= SYSTEM_BIT_OWN_LAST);
    uint64_t bit = 1ull << server->next_own_bit++;
    ipc_server_on_bits(server, bit, run, self);
    return bit;
}

status_t ipc_server_on_restart(struct ipc_server *server, const char *name,
                               void (*run)(void *self, uint64_t bits), void *self)
{
    uint32_t bit = os_value(name, UINT32_MAX);
    if (bit > 31)
        return ERR_NOT_FOUND;
    ipc_server_on_bits(server, 1ull << bit, run, self);
    return OK;
}

void ipc_server_on_closed(struct ipc_server *server, void (*run)(void *self, uint64_t badge),
                          void *self)
{
    server->closed = run;
    server->closed_self = self;
}

void ipc_server_on_stop(struct ipc_server *server, void (*run)(void *self), void *self)
{
    server->stop = run;
    server->stop_self = self;
}

status_t ipc_server_signal(struct ipc_server *server, uint64_t bits, handle_t *out_signal)
{
    assert(bits != 0);
    return os_handle_duplicate(server->service.signal,
                               RIGHT_RAISE | RIGHT_TRANSFER | RIGHT_DUPLICATE, bits, out_signal);
}

uint64_t ipc_server_badge(struct ipc_server *server)
{
    return server->next_badge++;
}

status_t ipc_server_mint(struct ipc_server *server, uint64_t badge, handle_t *out_handle)
{
    assert(badge != 0);
    return os_handle_duplicate(server->service.endpoint,
                               RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE, badge, out_handle);
}

bool ipc_server_handle_bits(struct ipc_server *server, uint64_t bits)
{
    if (bits & SYSTEM_BIT_STOP) {
        if (server->stop != NULL)
            server->stop(server->stop_self);
        return false;
    }
    for (uint32_t i = 0; i < server->handler_count; i++) {
        const struct ipc_bit_handler *handler = &server->handlers[i];
        if (handler->bits & bits)
            handler->run(handler->self, handler->bits & bits);
    }
    return true;
}

void ipc_server_handle_closed(struct ipc_server *server, uint64_t badge)
{
    if (server->closed != NULL)
        server->closed(server->closed_self, badge);
}

void ipc_timer_start(struct ipc_server *server, struct ipc_timer *timer, instant_ns_t deadline)
{
    ipc_timer_stop(timer);
    struct list_node *place = server->timers.previous;
    while (place != &server->timers &&
           CONTAINER_OF(place, struct ipc_timer, link)->deadline > deadline)
        place = place->previous;
    list_insert_after(place, &timer->link);
    timer->deadline = deadline;
    timer->armed = true;
}

void ipc_timer_stop(struct ipc_timer *timer)
{
    if (timer->armed)
        list_remove(&timer->link);
    timer->armed = false;
}

instant_ns_t ipc_server_deadline(const struct ipc_server *server)
{
    if (list_is_empty(&server->timers))
        return DEADLINE_NEVER;
    return LIST_FIRST(&server->timers, struct ipc_timer, link)->deadline;
}

bool ipc_server_handle_timer(struct ipc_server *server, instant_ns_t now)
{
    if (ipc_server_deadline(server) > now)
        return false;
    struct ipc_timer *timer = LIST_FIRST(&server->timers, struct ipc_timer, link);
    ipc_timer_stop(timer);
    timer->run(timer->self);
    return true;
}
