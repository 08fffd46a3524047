// SPDX-License-Identifier: Apache-2.0
// The host transport: services and clients in one process, no kernel. ipc_server_init registers a
// server; a client's call runs its handler at once; signals, closed badges and timers are handled
// by the pump below, in virtual time. A call that is answered later pumps until it is.
// Deterministic: servers in the order they were set up, earliest timer first.
#pragma once

#include "ipc/server.h"

// Forgets all servers and everything of os_host_reset. Call first in each test.
void ipc_host_reset(void);
// An endpoint and a signal for a server under test, as init would give: put into struct
// ipc_service.
void ipc_host_handles(handle_t *out_endpoint, handle_t *out_signal);
// A handle to call the endpoint with that badge, as init hands out (badge = row + 1).
handle_t ipc_host_client(const struct ipc_server *server, uint64_t badge);
// Runs everything that is ready now, without moving the clock; returns how many handlers ran.
uint32_t ipc_host_run(void);
// The same while moving the clock forward to each timer within `duration_ns`.
void ipc_host_run_for(uint64_t duration_ns);
// Takes a server away, as its death would: open replies answer ERR_PEER_DIED. Set it up again with
// ipc_server_init and the same handles, then raise its clients' restart bits.
void ipc_host_kill(struct ipc_server *server);
// The next `count` requests to that server are received and then lost with its death (it comes back
// at once).
void ipc_host_lose(struct ipc_server *server, uint32_t count);
