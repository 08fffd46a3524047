// SPDX-License-Identifier: Apache-2.0
// The event loop every service runs: requests on its endpoint, bits of its one signal, timers, and
// badges whose last handle is gone. All handlers run in one thread, one after another, to their
// end.
//
//     IPC_SERVER(echo, ECHO_METHODS)
//     static const struct echo_ops ops = {.add = do_add};
//     static struct ipc_server server;
//     int main(void) {
//         ipc_server_init(&server, &(struct ipc_service)IPC_SERVICE(echo, &ops, &my_state));
//         ipc_server_on_restart(&server, "store", store_returned, &my_state);
//         ipc_server_run(&server);
//     }
//
// Bits of the signal ("system" in the start block): 0 to 31 say that a service this one uses was
// restarted; 32 to 39 are its interrupts; SYSTEM_BIT_OWN_FIRST on are the service's own to hand to
// peers (ipc_server_bit); the last is stop. On the host the same code is driven by the host
// transport (ipc/host.h) instead of ipc_server_run.
#pragma once

#include "abi/ipc/interface.h"
#include "abi/plan.h"
#include "base/list.h"

#define IPC_HANDLERS_MAX 40u

// An interface and the handlers that serve it.
struct ipc_service {
    const struct ipc_method *table;
    uint32_t op_count;
    const void *ops;   // struct s_ops
    void *self;        // passed to every handler
    handle_t endpoint; // HANDLE_NONE: the start block's "self"
    handle_t signal;   // HANDLE_NONE: the start block's "system"
};
#define IPC_SERVICE(s, service_ops, service_self)                                                  \
    {                                                                                              \
        .table = s##_table, .op_count = s##_op_count, .ops = (service_ops), .self = (service_self) \
    }

struct ipc_bit_handler {
    uint64_t bits;
    void (*run)(void *self, uint64_t bits);
    void *self;
};

// A reply under way: what the dispatcher made of a request. Bytes are in the server's reply_bytes.
struct ipc_outgoing {
    status_t status;
    uint32_t size;
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX];
    bool deferred; // nothing to send now
};

// Owned by the caller (usually static: it holds two message buffers). Fields belong to lib/ipc.
struct ipc_server {
    struct ipc_service service;
    struct ipc_bit_handler handlers[IPC_HANDLERS_MAX];
    uint32_t handler_count;
    uint32_t next_own_bit;
    uint64_t next_badge;
    void (*closed)(void *self, uint64_t badge);
    void *closed_self;
    void (*stop)(void *self);
    void *stop_self;
    struct list_node timers; // struct ipc_timer, earliest first
    struct list_node link;   // host transport's servers
    bool busy;
    _Alignas(16) uint8_t request_bytes[MESSAGE_BYTES_MAX];
    _Alignas(16) uint8_t reply_bytes[MESSAGE_BYTES_MAX];
};

// A timer of a server; zeroed is stopped. Owned by the caller, who stops it before it goes away.
struct ipc_timer {
    struct list_node link; // ipc_server.timers
    instant_ns_t deadline;
    void (*run)(void *self);
    void *self;
    bool armed;
};

// Sets up a server; the signal is bound to the calling thread. Asserts that endpoint and signal
// exist.
void ipc_server_init(struct ipc_server *server, const struct ipc_service *service);
// Serves for ever (device only).
_Noreturn void ipc_server_run(struct ipc_server *server);

// Runs `run` with those of `bits` that were raised (an interrupt's, a given set). Bits may have
// several handlers.
void ipc_server_on_bits(struct ipc_server *server, uint64_t bits, void (*run)(void *, uint64_t),
                        void *self);
// Picks a free bit of the service's own for a peer to raise and returns its mask. Asserts that one
// is left (23).
uint64_t ipc_server_bit(struct ipc_server *server, void (*run)(void *self, uint64_t bits),
                        void *self);
// Runs when init has restarted the service called `name` in the start block: attach again.
// ERR_NOT_FOUND: not granted.
status_t ipc_server_on_restart(struct ipc_server *server, const char *name,
                               void (*run)(void *self, uint64_t bits), void *self);
// Runs with each badge whose last handle is gone (never 0).
void ipc_server_on_closed(struct ipc_server *server, void (*run)(void *self, uint64_t badge),
                          void *self);
// Runs when the system stops (at most one second is left), before the program exits.
void ipc_server_on_stop(struct ipc_server *server, void (*run)(void *self), void *self);

// A duplicate of the server's signal of which a peer may raise exactly `bits` (RIGHT_RAISE,
// transferable): what attach methods send. ERR_FULL.
status_t ipc_server_signal(struct ipc_server *server, uint64_t bits, handle_t *out_signal);
// A badge no handle of this or an earlier instance of the service carries; above every badge init
// gives.
uint64_t ipc_server_badge(struct ipc_server *server);
// A new handle to this server's endpoint with that badge, for a client to keep and pass on.
// ERR_FULL, ERR_NO_MEMORY.
status_t ipc_server_mint(struct ipc_server *server, uint64_t badge, handle_t *out_handle);

// Arms `timer` for `deadline` (again, if it was armed). It fires once.
void ipc_timer_start(struct ipc_server *server, struct ipc_timer *timer, instant_ns_t deadline);
void ipc_timer_stop(struct ipc_timer *timer);

// In a handler: keeps the caller waiting. The reply handle is returned in request->deferred and by
// *out_reply; the handler's own reply is dropped, and its status unless it is an error (which is
// then the answer). ERR_FULL.
status_t ipc_defer(struct ipc_request *request, handle_t *out_reply);
// The late answer. `rep` is the method's reply struct; the rest as in struct ipc_request. Handles
// are moved.
struct ipc_answer {
    status_t status;
    const void *rep;
    uint32_t rep_size;
    const void *tail;
    uint32_t tail_size;
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX];
};
// Sends it and consumes `reply`. A caller that gave up is no error.
void ipc_answer(handle_t reply, const struct ipc_answer *answer);
