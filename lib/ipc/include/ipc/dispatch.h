// SPDX-License-Identifier: Apache-2.0
// Between a transport and the handlers: what device and host transport share. Services do not
// include this.
#pragma once

#include "ipc/server.h"

#define IPC_TRIES_MAX 5u // of an IPC_RETRY method whose server keeps dying

// A request as it came out of the transport. Handles now belong to the dispatcher.
struct ipc_incoming {
    uint64_t badge;
    uint32_t op;
    uint32_t size;
    const void *bytes; // copied before any handler runs
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX];
};

// Checks op, sizes and handle counts, runs the handler and leaves the reply in server->reply_bytes
// and *out. ERR_UNSUPPORTED (no such method) and ERR_BAD_MESSAGE are answered without running a
// handler.
void ipc_dispatch(struct ipc_server *server, const struct ipc_incoming *incoming,
                  struct ipc_outgoing *out);
// Runs the handlers of raised bits; returns false if the service is to stop.
bool ipc_server_handle_bits(struct ipc_server *server, uint64_t bits);
void ipc_server_handle_closed(struct ipc_server *server, uint64_t badge);
// Fires the earliest timer if it is due; true if one fired.
bool ipc_server_handle_timer(struct ipc_server *server, instant_ns_t now);
// When the next timer is due, or DEADLINE_NEVER.
instant_ns_t ipc_server_deadline(const struct ipc_server *server);

// A reply as it came out of the transport: checked against what the invocation expects and copied
// to the caller. Handles that the caller cannot take are closed. Returns the service's status,
// ERR_BAD_MESSAGE or ERR_TOO_LARGE.
struct ipc_returned {
    status_t status;
    uint32_t size;
    const uint8_t *bytes;
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX];
};
status_t ipc_accept(const struct ipc_invocation *invocation, const struct ipc_returned *returned);

// What a transport supplies.
// One call. *out_moved: the handles are no longer ours. ERR_* of delivery, or ipc_accept's result.
status_t ipc_transport_call(handle_t endpoint, const struct ipc_invocation *invocation,
                            const handle_t *handles, bool *out_moved);
void ipc_transport_attach(struct ipc_server *server);
status_t ipc_transport_reply_take(handle_t *out_reply);
void ipc_transport_reply(handle_t reply, const struct ipc_answer *answer);
