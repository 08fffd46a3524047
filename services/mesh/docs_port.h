// SPDX-License-Identifier: Apache-2.0
// The documents' end of members' streams: the client of docs.link (abi/ipc/docs.h). One memory with
// two rings per link; what the peer sent goes into the first, what docs has to say comes out of the
// second, in fragments of any size.
#pragma once

#include "node.h"

#include "abi/ipc/docs.h"
#include "ipc/server.h"
#include "ring/ring.h"

struct docs_pipe {
    handle_t link, docs_signal; // HANDLE_NONE: closed
    uint64_t kick_bits;
    void *memory;
    struct ring out, in; // to docs, from docs
    struct buffer held;  // the record being handed on
    size_t held_taken;
    bool is_over; // docs ended the link, or its ring is broken
};

struct docs_port {
    struct ipc_server *server;
    struct node *node;
    handle_t docs; // HANDLE_NONE: this form has none
    uint64_t ready_bit;
    struct docs_pipe pipes[NODE_LINKS_MAX];
    void (*after)(void *self);
    void *after_self;
};

void docs_port_init(struct docs_port *port, struct ipc_server *server, struct node *node,
                    handle_t docs);

// The node's operations; `context` is the port.
status_t docs_port_open(void *context, uint32_t link, const struct peer_id *peer);
size_t docs_port_push(void *context, uint32_t link, struct span bytes);
size_t docs_port_pull(void *context, uint32_t link, uint8_t *bytes, size_t capacity);
void docs_port_close(void *context, uint32_t link);
