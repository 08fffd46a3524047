// SPDX-License-Identifier: Apache-2.0
// The client of services/net; see net_port.h.
#include "net_port.h"

#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

#include "base/math.h"

#include <string.h>

enum {
    BATCH_RECORDS_MAX = 64, // of one link before the others have their turn
    ACCEPTS_MAX = 8,
};

// Multicast addresses of mDNS.
static const struct net_address groups[2] = {
    {.bytes = {224, 0, 0, 251}, .port = MDNS_PORT, .family = 4},
    {.bytes = {0xff, 0x02, [15] = 0xfb}, .port = MDNS_PORT, .family = 6, .zone = 1},
};

static bool is_open(const struct net_pipe *pipe)
{
    return pipe->socket != HANDLE_NONE;
}

static void pipe_close(struct net_pipe *pipe)
{
    os_handle_close(pipe->socket);
    os_handle_close(pipe->net_signal);
    if (pipe->memory) {
        (void)os_memory_unmap(pipe->memory, 2 * NET_RING_BYTES);
    }
    *pipe = (struct net_pipe){0};
}

// Rings in a fresh memory, and the two handles a socket call takes.
static status_t pipe_prepare(struct net_port *port, struct net_pipe *pipe, struct ipc_extra *extra)
{
    handle_t memory;
    *pipe = (struct net_pipe){0};
    status_t status = os_memory_allocate(2 * NET_RING_BYTES, 0, &memory, &pipe->memory);
    if (status != OK) {
        return status;
    }
    uint8_t *bytes = pipe->memory;
    (void)ring_create(&pipe->in, bytes, NET_RING_BYTES, RING_CONSUMER);
    (void)ring_create(&pipe->out, bytes + NET_RING_BYTES, NET_RING_BYTES, RING_PRODUCER);
    (void)ring_sleep(&pipe->in, 0);
    *extra = (struct ipc_extra){.handle_count = 2};
    extra->handles[0] = memory;
    status = ipc_server_signal(port->server, port->traffic_bit, &extra->handles[1]);
    if (status != OK) {
        os_handle_close(memory);
        pipe_close(pipe);
    }
    return status;
}

// What every socket call ends with: the handles it gave, or everything undone.
static status_t pipe_finish(struct net_pipe *pipe, status_t status, struct ipc_extra *extra,
                            uint64_t kick_bits)
{
    os_handle_close(extra->handles[0]); // stale when they were delivered
    os_handle_close(extra->handles[1]);
    if (status == OK && extra->reply_handle_count == 2) {
        pipe->socket = extra->reply_handles[0];
        pipe->net_signal = extra->reply_handles[1];
        pipe->kick_bits = kick_bits;
        return OK;
    }
    for (uint32_t i = 0; i < extra->reply_handle_count; i++) {
        os_handle_close(extra->reply_handles[i]);
    }
    pipe_close(pipe);
    return status == OK ? ERR_BAD_MESSAGE : status;
}

static void kick(struct net_pipe *pipe)
{
    (void)os_signal_raise(pipe->net_signal, pipe->kick_bits);
}

static struct net_bits bits_of(const struct net_port *port)
{
    return (struct net_bits){.read_bits = port->traffic_bit, .write_bits = port->traffic_bit};
}

status_t net_port_dial(void *context, uint32_t link, const struct multiaddr_tcp *to)
{
    struct net_port *port = context;
    struct net_pipe *pipe = &port->links[link];
    struct net_connect_req req = {.bits = bits_of(port)};
    struct net_connect_rep rep = {0};
    struct ipc_extra extra;
    bool is_link_local = to->is_ip6 && to->address[0] == 0xfe && (to->address[1] & 0xc0) == 0x80;
    req.to = (struct net_address){
        .port = to->port, .family = to->is_ip6 ? 6 : 4, .zone = is_link_local ? 1 : 0};
    memcpy(req.to.bytes, to->address, to->is_ip6 ? 16 : 4);
    status_t status = pipe_prepare(port, pipe, &extra);
    if (status != OK) {
        return status;
    }
    extra.deadline = os_deadline(NET_PORT_DIAL_NS);
    status = net_connect(port->net, &req, &rep, &extra);
    return pipe_finish(pipe, status, &extra, rep.kick_bits);
}

size_t net_port_send(void *context, uint32_t link, struct span bytes)
{
    struct net_port *port = context;
    struct net_pipe *pipe = &port->links[link];
    size_t sent = 0;
    while (is_open(pipe) && sent < bytes.size) {
        uint32_t size = (uint32_t)min_u64(bytes.size - sent, NET_CHUNK_MAX);
        status_t status = ring_push(&pipe->out, bytes.bytes + sent, size);
        if (status == OK) {
            sent += size;
        } else if (status != ERR_FULL || ring_sleep(&pipe->out, size)) {
            break; // net tells when there is room
        }
    }
    if (sent > 0 && ring_should_wake(&pipe->out)) {
        kick(pipe);
    }
    return sent;
}

void net_port_hang_up(void *context, uint32_t link)
{
    pipe_close(&((struct net_port *)context)->links[link]);
}

void net_port_announce(void *context, struct span packet)
{
    struct net_port *port = context;
    struct net_pipe *pipe = &port->multicast;
    for (size_t i = 0; i < ARRAY_COUNT(groups) && is_open(pipe); i++) {
        struct net_datagram head = {.peer = groups[i]};
        // A packet that finds the ring full is lost, as packets are.
        (void)ring_push2(&pipe->out, &head, sizeof head, packet.bytes, (uint32_t)packet.size);
    }
    if (is_open(pipe) && ring_should_wake(&pipe->out)) {
        kick(pipe);
    }
}

// Takes one record of a pipe into the chunk; ERR_AGAIN: asleep now, net wakes us.
static status_t take(struct net_port *port, struct net_pipe *pipe)
{
    for (;;) {
        status_t status = ring_pop(&pipe->in, port->chunk, sizeof port->chunk);
        if (status != ERR_AGAIN) {
            return status;
        }
        if (ring_should_wake(&pipe->in)) {
            kick(pipe);
        }
        if (ring_sleep(&pipe->in, 0)) {
            return ERR_AGAIN;
        }
    }
}

// Feeds one link; true when more waits than one turn takes.
static bool drain_link(struct net_port *port, uint32_t link)
{
    struct net_pipe *pipe = &port->links[link];
    for (int i = 0; i < BATCH_RECORDS_MAX; i++) {
        if (!is_open(pipe) || node_is_choked(port->node, link)) {
            return false; // it is looked at again when output has drained
        }
        status_t status = take(port, pipe);
        if (status == ERR_AGAIN) {
            return false;
        }
        if (status <= 0) {
            node_ended(port->node, link, os_clock());
            return false;
        }
        struct span bytes = {port->chunk, (size_t)status};
        node_received(port->node, link, bytes, os_clock());
    }
    if (is_open(pipe) && ring_should_wake(&pipe->in)) {
        kick(pipe);
    }
    return is_open(pipe);
}

static bool drain_multicast(struct net_port *port)
{
    struct net_pipe *pipe = &port->multicast;
    for (int i = 0; i < BATCH_RECORDS_MAX && is_open(pipe); i++) {
        status_t status = take(port, pipe);
        if (status == ERR_AGAIN) {
            return false;
        }
        if (status < 0) {
            pipe_close(pipe); // opened again with the next change of the network
            return false;
        }
        size_t head = sizeof(struct net_datagram);
        if ((size_t)status > head) {
            struct span packet = {port->chunk + head, (size_t)status - head};
            node_heard(port->node, packet, os_clock());
        }
    }
    return is_open(pipe);
}

static void on_traffic(void *self, uint64_t bits)
{
    struct net_port *port = self;
    bool has_more = drain_multicast(port);
    for (uint32_t link = 0; link < NODE_LINKS_MAX; link++) {
        if (is_open(&port->links[link])) {
            node_can_send(port->node, link, os_clock());
            has_more |= drain_link(port, link);
        }
    }
    if (has_more) {
        (void)os_signal_raise(port->server->service.signal, port->traffic_bit);
    }
    port->after(port->after_self);
}

// Takes what waits at the listener, each into the link the node gives it.
static void on_accept(void *self, uint64_t bits)
{
    struct net_port *port = self;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        struct net_accept_req req = {.bits = bits_of(port)};
        struct net_accept_rep rep = {0};
        struct net_pipe pipe;
        struct ipc_extra extra;
        status_t status = pipe_prepare(port, &pipe, &extra);
        if (status == OK) {
            status = net_accept(port->listener, &req, &rep, &extra);
            status = pipe_finish(&pipe, status, &extra, rep.kick_bits);
        }
        if (status != OK) {
            break;
        }
        status = node_accept(port->node, os_clock());
        if (status < 0) {
            pipe_close(&pipe);
        } else {
            port->links[status] = pipe;
        }
    }
    on_traffic(port, 0);
}

static void on_change(void *self, uint64_t bits)
{
    struct net_port *port = self;
    struct net_status_req req = {0};
    struct net_status_rep rep;
    struct multiaddr_tcp addresses[NET_ADDRESSES_MAX];
    size_t count = 0;
    if (net_status(port->net, &req, &rep, NULL) != OK) {
        return;
    }
    for (uint32_t i = 0; i < rep.address_count && i < NET_ADDRESSES_MAX; i++) {
        const struct net_address *from = &rep.addresses[i];
        if (rep.link_up && (from->family == 4 || from->family == 6)) {
            addresses[count] = (struct multiaddr_tcp){.is_ip6 = from->family == 6};
            memcpy(addresses[count++].address, from->bytes, from->family == 6 ? 16 : 4);
        }
    }
    node_set_addresses(port->node, addresses, count);
    if (bits != 0 && !is_open(&port->multicast)) {
        (void)net_port_open(port);
    }
    node_tick(port->node, os_clock());
    port->after(port->after_self);
}

void net_port_init(struct net_port *port, struct ipc_server *server, struct node *node,
                   handle_t net)
{
    *port = (struct net_port){.server = server, .node = node, .net = net};
    port->traffic_bit = ipc_server_bit(server, on_traffic, port);
    port->accept_bit = ipc_server_bit(server, on_accept, port);
    port->change_bit = ipc_server_bit(server, on_change, port);
}

static status_t open_listener(struct net_port *port)
{
    struct net_listen_req req = {.accept_bits = port->accept_bit, .port = NODE_PORT};
    struct net_listen_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    if (port->listener != HANDLE_NONE) {
        return OK;
    }
    status_t status = ipc_server_signal(port->server, port->accept_bit, &extra.handles[0]);
    if (status != OK) {
        return status;
    }
    status = net_listen(port->net, &req, &rep, &extra);
    os_handle_close(extra.handles[0]);
    if (status == OK && extra.reply_handle_count == 1) {
        port->listener = extra.reply_handles[0];
    }
    return status;
}

static status_t open_multicast(struct net_port *port)
{
    struct net_udp_req req = {.bits = bits_of(port), .port = MDNS_PORT};
    struct net_udp_rep rep = {0};
    struct ipc_extra extra;
    if (is_open(&port->multicast)) {
        return OK;
    }
    memcpy(req.groups, groups, sizeof req.groups);
    status_t status = pipe_prepare(port, &port->multicast, &extra);
    if (status != OK) {
        return status;
    }
    status = net_udp(port->net, &req, &rep, &extra);
    return pipe_finish(&port->multicast, status, &extra, rep.kick_bits);
}

static status_t watch(struct net_port *port)
{
    struct net_watch_req req = {.change_bits = port->change_bit};
    struct net_watch_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    status_t status = ipc_server_signal(port->server, port->change_bit, &extra.handles[0]);
    if (status == OK) {
        status = net_watch(port->net, &req, &rep, &extra);
        os_handle_close(extra.handles[0]);
    }
    return status;
}

status_t net_port_open(struct net_port *port)
{
    status_t listening = open_listener(port);
    status_t multicasting = open_multicast(port);
    status_t watching = watch(port);
    on_change(port, 0);
    status_t status = listening != OK ? listening : multicasting;
    return status != OK ? status : watching;
}

void net_port_lost(struct net_port *port)
{
    os_handle_close(port->listener);
    port->listener = HANDLE_NONE;
    pipe_close(&port->multicast);
    for (uint32_t link = 0; link < NODE_LINKS_MAX; link++) {
        if (is_open(&port->links[link])) {
            node_ended(port->node, link, os_clock());
        }
    }
}
