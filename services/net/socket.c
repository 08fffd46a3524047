// SPDX-License-Identifier: Apache-2.0
// The TCP half: bytes between lwIP and the rings, and the life of connections. See socket.h;
// datagrams are in udp.c.
#include "socket.h"

#include "base/assert.h"
#include "base/math.h"

#include "lwip/tcp.h"

#include <string.h>

#define TRIES_HELD 8u // retransmissions stay at this count while a silent peer is waited for
#define CHUNK_MIN                                                                                  \
    1024u // a read ring with less room than this is left to fill up, unless the rest fits

static err_t on_receive(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error);
static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t size);
static void on_error(void *argument, err_t error);

void sockets_init(struct sockets *table, struct stack *stack, const struct sockets_outside *outside)
{
    memset(table, 0, sizeof *table);
    table->stack = stack;
    table->outside = *outside;
}

static uint64_t now_ns(const struct sockets *table)
{
    return table->stack->outside.now_ns(table->stack->outside.self);
}

struct socket *socket_take(struct sockets *table, uint64_t owner)
{
    struct socket *free_one = NULL;
    uint32_t owned = 0;
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        struct socket *socket = &table->sockets[i];
        owned += socket->state != SOCKET_FREE && socket->owner == owner;
        if (socket->state == SOCKET_FREE && free_one == NULL) {
            free_one = socket;
        }
    }
    if (free_one == NULL || owned >= SOCKETS_PER_OWNER_MAX) {
        return NULL;
    }
    *free_one = (struct socket){.owner = owner, .table = table};
    return free_one;
}

status_t socket_open_rings(struct socket *socket, struct socket_memory memory)
{
    uint8_t *bytes = memory.bytes;
    socket->tag = memory.tag;
    status_t status = ring_open(&socket->in, bytes, NET_RING_BYTES, RING_PRODUCER);
    if (status < 0) {
        return ERR_CORRUPT;
    }
    status = ring_open(&socket->out, bytes + NET_RING_BYTES, NET_RING_BYTES, RING_CONSUMER);
    return status < 0 ? ERR_CORRUPT : OK;
}

void socket_wake_reader(struct socket *socket)
{
    if (ring_should_wake(&socket->in)) {
        socket->table->outside.wake_reader(socket->table->outside.self, socket);
    }
}

void socket_wake_writer(struct socket *socket)
{
    if (ring_should_wake(&socket->out)) {
        socket->table->outside.wake_writer(socket->table->outside.self, socket);
    }
}

static bool has_rings(const struct socket *socket)
{
    return socket->state == SOCKET_OPEN || socket->state == SOCKET_CLOSING;
}

// lwIP's callbacks now speak of this socket.
static void socket_adopt(struct socket *socket, struct tcp_pcb *pcb)
{
    socket->tcp = pcb;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
}

// Takes lwIP's hands off the connection, which it may still be closing.
static void socket_disown(struct socket *socket)
{
    tcp_arg(socket->tcp, NULL);
    tcp_recv(socket->tcp, NULL);
    tcp_sent(socket->tcp, NULL);
    tcp_err(socket->tcp, NULL);
    socket->tcp = NULL;
}

static void socket_abort(struct socket *socket)
{
    struct tcp_pcb *pcb = socket->tcp;
    if (pcb != NULL) {
        socket_disown(socket);
        tcp_abort(pcb);
    }
}

static void pending_drop(struct socket *socket)
{
    if (socket->pending != NULL) {
        pbuf_free(socket->pending);
        socket->pending = NULL;
    }
}

// The place becomes free. The connection is already ended or given to lwIP.
static void socket_free(struct socket *socket)
{
    struct sockets *table = socket->table;
    pending_drop(socket);
    if (socket->listener != NULL) {
        socket->listener->waiting_count--;
    }
    table->outside.freed(table->outside.self, socket);
    *socket = (struct socket){0};
}

// Received bytes into the read ring, as far as they fit; then the end, if it came.
static void pump_in(struct socket *socket)
{
    uint8_t chunk[NET_CHUNK_MAX];
    bool pushed = false;
    while (socket->pending != NULL) {
        uint32_t total = socket->pending->tot_len;
        uint32_t room = ring_free(&socket->in);
        uint32_t size = (uint32_t)min_u64(min_u64(total, NET_CHUNK_MAX), room);
        if (size < min_u64(total, CHUNK_MIN)) {
            if (ring_sleep(&socket->in, (uint32_t)min_u64(total, CHUNK_MIN))) {
                break;
            }
            if (socket->in.corrupt) {
                socket->broken = true;
                return;
            }
            continue;
        }
        pbuf_copy_partial(socket->pending, chunk, (u16_t)size, 0);
        if (ring_push(&socket->in, chunk, size) < 0) {
            socket->broken = true;
            return;
        }
        pushed = true;
        socket->pending = pbuf_free_header(socket->pending, (u16_t)size);
        if (socket->tcp != NULL) {
            tcp_recved(socket->tcp, (u16_t)size);
        }
    }
    if (socket->pending == NULL && socket->end_received && !socket->end_told) {
        status_t status;
        do {
            status = ring_push(&socket->in, NULL, 0);
        } while (status == ERR_FULL && !ring_sleep(&socket->in, 0));
        socket->end_told = status == OK;
        pushed = pushed || status == OK;
        socket->broken = status == ERR_CORRUPT;
    }
    if (pushed) {
        socket_wake_reader(socket);
    }
}

// One record of the write ring to TCP. False: nothing more to do now.
static bool pump_out_one(struct socket *socket)
{
    status_t size = ring_peek(&socket->out);
    if (size == ERR_AGAIN) {
        return !ring_sleep(&socket->out, 0);
    }
    if (size < 0 || size > (status_t)NET_CHUNK_MAX) {
        socket->broken = true;
        return false;
    }
    if (socket->tcp == NULL || socket->end_sent) { // nobody to send it to any more
        return ring_skip(&socket->out) == OK;
    }
    if (size > 0 &&
        (tcp_sndbuf(socket->tcp) < size || tcp_sndqueuelen(socket->tcp) > TCP_SND_QUEUELEN - 8)) {
        return false; // on_sent goes on
    }
    uint8_t chunk[NET_CHUNK_MAX];
    size = ring_pop(&socket->out, chunk, sizeof chunk);
    if (size < 0) {
        socket->broken = true;
        return false;
    }
    err_t error = size > 0 ? tcp_write(socket->tcp, chunk, (u16_t)size, TCP_WRITE_FLAG_COPY)
                           : tcp_shutdown(socket->tcp, 0, 1);
    socket->end_sent = size == 0;
    socket->broken =
        error != ERR_OK; // a record was taken and cannot be sent: no gap may stay unseen
    return error == ERR_OK;
}

static void pump_out(struct socket *socket)
{
    while (pump_out_one(socket)) {
    }
    if (socket->tcp != NULL) {
        tcp_output(socket->tcp);
    }
    socket_wake_writer(socket);
}

static err_t on_receive(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
    struct socket *socket = argument;
    (void)error;
    if (packet == NULL) {
        socket->end_received = true;
    } else if (socket->state ==
               SOCKET_CLOSING) { // nobody reads: the window stays open so that the close is clean
        tcp_recved(pcb, packet->tot_len);
        pbuf_free(packet);
    } else if (socket->pending == NULL) {
        socket->pending = packet;
    } else {
        pbuf_cat(socket->pending, packet);
    }
    if (socket->state == SOCKET_OPEN) {
        pump_in(socket);
    }
    return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t size)
{
    struct socket *socket = argument;
    (void)pcb;
    (void)size;
    if (has_rings(socket)) {
        pump_out(socket);
    }
    return ERR_OK;
}

static void finish_connect(struct socket *socket, status_t status)
{
    struct sockets *table = socket->table;
    socket->state = status == OK ? SOCKET_OPEN : SOCKET_CONNECTING;
    socket->broken = status != OK;
    table->outside.connected(table->outside.self, socket, status);
}

// lwIP has already freed the connection.
static void on_error(void *argument, err_t error)
{
    struct socket *socket = argument;
    if (socket == NULL) {
        return;
    }
    socket->tcp = NULL;
    socket->end_received = true;
    if (socket->state == SOCKET_CONNECTING) {
        finish_connect(socket, error == ERR_RST ? ERR_UNREACHABLE : ERR_TIMEOUT);
    } else if (socket->state == SOCKET_OPEN) {
        pump_in(socket);
        pump_out(socket);
    } else {
        socket->broken = true;
    }
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *socket = argument;
    (void)pcb;
    (void)error; // lwIP only says OK here
    finish_connect(socket, OK);
    if (socket->state == SOCKET_OPEN) {
        pump_out(socket);
    }
    return ERR_OK;
}

static status_t status_of(err_t error)
{
    switch (error) {
    case ERR_OK:
        return OK;
    case ERR_USE:
        return ERR_EXISTS;
    case ERR_RTE:
        return ERR_UNREACHABLE;
    case ERR_MEM:
    case ERR_BUF:
        return ERR_NO_MEMORY;
    default:
        return ERR_INVALID;
    }
}

status_t socket_connect(struct sockets *table, uint64_t owner, struct socket_memory memory,
                        const struct net_address *to, struct socket **out)
{
    ip_addr_t address;
    status_t status = address_to_lwip(table->stack, to, &address);
    if (status < 0 || to->port == 0) {
        return ERR_INVALID;
    }
    struct socket *socket = socket_take(table, owner);
    if (socket == NULL) {
        return ERR_FULL;
    }
    status = socket_open_rings(socket, memory);
    if (status < 0) {
        return status;
    }
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&address));
    if (pcb == NULL) {
        return ERR_NO_MEMORY;
    }
    socket_adopt(socket, pcb);
    err_t error = tcp_connect(pcb, &address, to->port, on_connected);
    if (error != ERR_OK) {
        socket_abort(socket);
        return status_of(error);
    }
    socket->state = SOCKET_CONNECTING;
    socket->deadline_ns = now_ns(table) + SOCKET_CONNECT_NS;
    socket->peer = *to;
    *out = socket;
    return OK;
}

// A connection came in. It takes a place of the listener's owner, or is refused.
static err_t on_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct listener *listener = argument;
    if (error != ERR_OK || pcb == NULL || listener == NULL) {
        return ERR_VAL;
    }
    struct sockets *table = listener->table;
    bool full = listener->waiting_count >= SOCKET_BACKLOG_MAX;
    struct socket *socket = full ? NULL : socket_take(table, listener->owner);
    if (socket == NULL) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    socket_adopt(socket, pcb);
    socket->state = SOCKET_WAITING;
    socket->listener = listener;
    socket->order = ++table->order;
    address_from_lwip(table->stack, &pcb->remote_ip, pcb->remote_port, &socket->peer);
    listener->waiting_count++;
    table->outside.incoming(table->outside.self, listener);
    return ERR_OK;
}

static struct listener *listener_take(struct sockets *table, uint64_t owner, uint16_t port,
                                      status_t *out_status)
{
    struct listener *free_one = NULL;
    uint32_t owned = 0;
    for (uint32_t i = 0; i < LISTENERS_MAX; i++) {
        struct listener *listener = &table->listeners[i];
        if (listener->used && listener->port == port) {
            *out_status = ERR_EXISTS;
            return NULL;
        }
        owned += listener->used && listener->owner == owner;
        free_one = !listener->used && free_one == NULL ? listener : free_one;
    }
    *out_status = ERR_FULL;
    return owned < LISTENERS_PER_OWNER_MAX ? free_one : NULL;
}

status_t socket_listen(struct sockets *table, uint64_t owner, uint16_t port, struct listener **out)
{
    status_t status = ERR_INVALID;
    struct listener *listener = port == 0 ? NULL : listener_take(table, owner, port, &status);
    if (listener == NULL) {
        return status;
    }
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    if (pcb == NULL) {
        return ERR_NO_MEMORY;
    }
    ip_set_option(pcb, SOF_REUSEADDR); // closed connections of before do not keep the port
    err_t error = tcp_bind(pcb, IP_ANY_TYPE, port);
    struct tcp_pcb *listening = NULL;
    if (error == ERR_OK) {
        listening = tcp_listen_with_backlog_and_err(pcb, SOCKET_BACKLOG_MAX, &error);
    }
    if (listening == NULL) {
        tcp_abort(pcb);
        return status_of(error);
    }
    *listener = (struct listener){
        .used = true, .owner = owner, .table = table, .tcp = listening, .port = port};
    tcp_arg(listening, listener);
    tcp_accept(listening, on_accept);
    *out = listener;
    return OK;
}

static struct socket *listener_first(struct listener *listener)
{
    struct socket *first = NULL;
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        struct socket *socket = &listener->table->sockets[i];
        if (socket->state == SOCKET_WAITING && socket->listener == listener && !socket->broken &&
            (first == NULL || socket->order < first->order)) {
            first = socket;
        }
    }
    return first;
}

status_t listener_accept(struct listener *listener, struct socket_memory memory,
                         struct socket **out)
{
    struct socket *socket = listener_first(listener);
    if (socket == NULL) {
        return ERR_AGAIN;
    }
    status_t status = socket_open_rings(socket, memory);
    if (status < 0) {
        return status;
    }
    socket->state = SOCKET_OPEN;
    socket->listener = NULL;
    listener->waiting_count--;
    *out = socket;
    pump_in(socket);
    pump_out(socket);
    return OK;
}

void listener_close(struct listener *listener)
{
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        struct socket *socket = &listener->table->sockets[i];
        if (socket->state == SOCKET_WAITING && socket->listener == listener) {
            socket_abort(socket);
            socket_free(socket);
        }
    }
    tcp_arg(listener->tcp, NULL);
    tcp_close(listener->tcp); // a listener always closes at once
    *listener = (struct listener){0};
}

void socket_kick(struct socket *socket)
{
    if (socket->state != SOCKET_OPEN || socket->broken) {
        return;
    }
    if (socket->udp != NULL) {
        udp_pump(socket);
        return;
    }
    pump_in(socket);
    if (!socket->broken) {
        pump_out(socket);
    }
}

void socket_close(struct socket *socket)
{
    if (socket->udp != NULL) {
        udp_end(socket);
        socket_free(socket);
        return;
    }
    if (socket->state == SOCKET_CONNECTING || socket->broken) {
        socket_abort(socket);
        socket_free(socket);
        return;
    }
    if (socket->pending != NULL &&
        socket->tcp != NULL) { // unread: TCP must not answer our end with a reset
        tcp_recved(socket->tcp, socket->pending->tot_len);
    }
    pending_drop(socket);
    socket->state = SOCKET_CLOSING;
    socket->deadline_ns = now_ns(socket->table) + SOCKET_LINGER_NS;
}

// A client that is gone: sends the rest of its ring, then the end, and leaves the connection to
// lwIP.
static void closing_run(struct socket *socket)
{
    pump_out(socket);
    bool drained = ring_peek(&socket->out) < 0;
    if (socket->tcp != NULL && drained && !socket->broken) {
        struct tcp_pcb *pcb = socket->tcp;
        socket_disown(socket);
        if (tcp_close(pcb) != ERR_OK) {
            socket_adopt(socket, pcb); // no memory for the end: again at the next run
            return;
        }
    }
    if (socket->tcp == NULL || socket->broken) {
        socket_abort(socket);
        socket_free(socket);
    }
}

// lwIP gives a connection up after TCP_MAXRTX tries, which with our short back-off is ten seconds.
// Ours may be silent for SOCKET_STALL_NS, so that a cut wire does not end what a healed one would
// carry on.
static void stall_run(struct socket *socket, uint64_t now)
{
    if (socket->tcp == NULL || socket->tcp->nrtx < TRIES_HELD) {
        socket->stalled_ns = 0;
        return;
    }
    if (socket->stalled_ns == 0) {
        socket->stalled_ns = now;
    }
    if (now - socket->stalled_ns < SOCKET_STALL_NS) {
        socket->tcp->nrtx = TRIES_HELD;
    }
}

static void socket_run(struct socket *socket, uint64_t now)
{
    if (socket->state == SOCKET_OPEN || socket->state == SOCKET_WAITING) {
        stall_run(socket, now);
    }
    bool late = socket->deadline_ns != 0 && now >= socket->deadline_ns;
    if (socket->state == SOCKET_CONNECTING && late && !socket->broken) {
        socket_abort(socket);
        finish_connect(socket, ERR_TIMEOUT);
    }
    if (socket->state == SOCKET_CLOSING) {
        socket->broken = socket->broken || late;
        closing_run(socket);
        return;
    }
    if (!socket->broken) {
        return;
    }
    if (socket->state ==
        SOCKET_OPEN) { // a corrupt ring: the peer is cut off, the client closes when it likes
        socket_abort(socket);
        udp_end(socket);
        return;
    }
    socket_abort(socket);
    socket_free(socket);
}

uint64_t sockets_run(struct sockets *table, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        struct socket *socket = &table->sockets[i];
        if (socket->state == SOCKET_FREE) {
            continue;
        }
        socket_run(socket, now);
        bool waits = socket->state == SOCKET_CONNECTING || socket->state == SOCKET_CLOSING;
        if (waits && !socket->broken) {
            next = min_u64(next, socket->deadline_ns);
        }
    }
    return next;
}
