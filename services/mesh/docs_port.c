// SPDX-License-Identifier: Apache-2.0
// The client of docs.link; see docs_port.h.
#include "docs_port.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

#include <string.h>

#define MEMORY_BYTES (2 * DOCS_LINK_RING_BYTES)

static void pipe_close(struct docs_pipe *pipe)
{
    os_handle_close(pipe->link);
    os_handle_close(pipe->docs_signal);
    if (pipe->memory) {
        (void)os_memory_unmap(pipe->memory, MEMORY_BYTES);
    }
    buffer_finish(&pipe->held);
    *pipe = (struct docs_pipe){0};
}

static void kick(const struct docs_pipe *pipe)
{
    (void)os_signal_raise(pipe->docs_signal, pipe->kick_bits);
}

static status_t prepare(struct docs_port *port, struct docs_pipe *pipe, struct ipc_extra *extra)
{
    handle_t memory;
    status_t status = os_memory_allocate(MEMORY_BYTES, 0, &memory, &pipe->memory);
    if (status != OK) {
        return status;
    }
    uint8_t *bytes = pipe->memory;
    (void)ring_create(&pipe->out, bytes, DOCS_LINK_RING_BYTES, RING_PRODUCER);
    (void)ring_create(&pipe->in, bytes + DOCS_LINK_RING_BYTES, DOCS_LINK_RING_BYTES, RING_CONSUMER);
    (void)ring_sleep(&pipe->in, 0);
    *extra = (struct ipc_extra){.handle_count = 2};
    extra->handles[0] = memory;
    status = ipc_server_signal(port->server, port->ready_bit, &extra->handles[1]);
    if (status != OK) {
        os_handle_close(memory);
    }
    return status;
}

status_t docs_port_open(void *context, uint32_t link, const struct peer_id *peer)
{
    struct docs_port *port = context;
    struct docs_pipe *pipe = &port->pipes[link];
    struct docs_link_req req = {.receive_bits = port->ready_bit, .space_bits = port->ready_bit};
    struct docs_link_rep rep = {0};
    struct ipc_extra extra;
    if (port->docs == HANDLE_NONE || peer->size > sizeof req.peer) {
        return ERR_UNSUPPORTED;
    }
    pipe_close(pipe);
    memcpy(req.peer, peer->bytes, peer->size);
    status_t status = prepare(port, pipe, &extra);
    if (status != OK) {
        pipe_close(pipe);
        return status;
    }
    status = docs_link(port->docs, &req, &rep, &extra);
    os_handle_close(extra.handles[0]); // stale when they were delivered
    os_handle_close(extra.handles[1]);
    if (status == OK && extra.reply_handle_count == 2) {
        pipe->link = extra.reply_handles[0];
        pipe->docs_signal = extra.reply_handles[1];
        pipe->kick_bits = rep.kick_bits;
        return OK;
    }
    for (uint32_t i = 0; i < extra.reply_handle_count; i++) {
        os_handle_close(extra.reply_handles[i]);
    }
    pipe_close(pipe);
    return status == OK ? ERR_BAD_MESSAGE : status;
}

size_t docs_port_push(void *context, uint32_t link, struct span bytes)
{
    struct docs_pipe *pipe = &((struct docs_port *)context)->pipes[link];
    size_t pushed = 0;
    while (pipe->link != HANDLE_NONE && pushed < bytes.size) {
        uint32_t size = (uint32_t)min_u64(bytes.size - pushed, NODE_CHUNK_BYTES);
        status_t status = ring_push(&pipe->out, bytes.bytes + pushed, size);
        if (status == OK) {
            pushed += size;
        } else if (status != ERR_FULL || ring_sleep(&pipe->out, size)) {
            break; // docs tells when there is room
        }
    }
    if (pushed > 0 && ring_should_wake(&pipe->out)) {
        kick(pipe);
    }
    return pushed;
}

// Takes the next record, of any size a ring can hold; ERR_AGAIN: asleep now, docs wakes us.
static status_t next_record(struct docs_pipe *pipe)
{
    for (;;) {
        status_t size = ring_peek(&pipe->in);
        if (size >= 0) {
            buffer_clear(&pipe->held);
            pipe->held_taken = 0;
            uint8_t *place = buffer_extend(&pipe->held, (size_t)size);
            return place || size == 0 ? ring_pop(&pipe->in, place, (uint32_t)size) : ERR_NO_MEMORY;
        }
        if (size != ERR_AGAIN) {
            return size;
        }
        if (ring_should_wake(&pipe->in)) {
            kick(pipe);
        }
        if (ring_sleep(&pipe->in, 0)) {
            return ERR_AGAIN;
        }
    }
}

size_t docs_port_pull(void *context, uint32_t link, uint8_t *bytes, size_t capacity)
{
    struct docs_pipe *pipe = &((struct docs_port *)context)->pipes[link];
    size_t pulled = 0;
    while (pipe->link != HANDLE_NONE && pulled < capacity) {
        if (pipe->held_taken == pipe->held.size) {
            status_t size = next_record(pipe);
            pipe->is_over |= size <= 0 && size != ERR_AGAIN; // an empty record is docs' goodbye
            if (size <= 0) {
                break;
            }
        }
        size_t size = (size_t)min_u64(capacity - pulled, pipe->held.size - pipe->held_taken);
        if (size > 0) {
            memcpy(bytes + pulled, pipe->held.bytes + pipe->held_taken, size);
        }
        pipe->held_taken += size;
        pulled += size;
    }
    return pulled;
}

void docs_port_close(void *context, uint32_t link)
{
    pipe_close(&((struct docs_port *)context)->pipes[link]);
}

static void on_ready(void *self, uint64_t bits)
{
    struct docs_port *port = self;
    for (uint32_t link = 0; link < NODE_LINKS_MAX; link++) {
        if (port->pipes[link].link != HANDLE_NONE) {
            node_sync_ready(port->node, link, os_clock());
        }
        if (port->pipes[link].is_over) {
            node_sync_ended(port->node, link, os_clock());
        }
    }
    port->after(port->after_self);
}

void docs_port_init(struct docs_port *port, struct ipc_server *server, struct node *node,
                    handle_t docs)
{
    memset(port, 0, sizeof *port);
    port->server = server;
    port->node = node;
    port->docs = docs;
    port->ready_bit = ipc_server_bit(server, on_ready, port);
}
