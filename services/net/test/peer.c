// SPDX-License-Identifier: Apache-2.0
// The peer's servers: see lab.h for what they do.
#include "peer.h"

#include "lab.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VISITORS_MAX 12u

struct visitor {
    struct user user; // first: its socket's tag is this visitor
    bool used, sink;
    uint8_t held[NET_CHUNK_MAX]; // echo: read, not yet written
    uint32_t held_size;
    bool holds;
};

static struct {
    int channel;
    uint64_t now_ns, seed;
    struct stack stack;
    struct sockets table;
    struct listener *echo, *sink;
    struct user plain, group;
    struct visitor visitors[VISITORS_MAX];
    bool sink_reads;
    uint64_t sink_bytes;
    uint8_t batch[LAB_FRAMES_MAX * (NETDEV_FRAME_MAX + 4)];
    uint32_t batch_size;
} peer;

static status_t peer_send(void *self, const void *frame, uint32_t size)
{
    (void)self;
    if (sizeof peer.batch - peer.batch_size < size + 4) {
        return ERR_FULL;
    }
    memcpy(peer.batch + peer.batch_size, &size, sizeof size);
    memcpy(peer.batch + peer.batch_size + 4, frame, size);
    peer.batch_size += size + 4;
    return OK;
}

static uint64_t peer_now(void *self)
{
    (void)self;
    return peer.now_ns;
}

static uint32_t peer_random(void *self)
{
    (void)self;
    peer.seed = peer.seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(peer.seed >> 32);
}

static void ignore_socket(void *self, struct socket *socket)
{
    (void)self;
    (void)socket;
}

static void ignore_connected(void *self, struct socket *socket, status_t status)
{
    (void)self;
    (void)socket;
    (void)status;
}

static void ignore_listener(void *self, struct listener *listener)
{
    (void)self;
    (void)listener;
}

static void peer_freed(void *self, struct socket *socket)
{
    struct visitor *visitor = socket->tag;
    (void)self;
    if (visitor != NULL && socket->udp == NULL) {
        user_finish(&visitor->user);
        *visitor = (struct visitor){0};
    }
}

static void accept_from(struct listener *listener, bool sink)
{
    for (uint32_t i = 0; i < VISITORS_MAX; i++) {
        struct visitor *visitor = &peer.visitors[i];
        if (visitor->used) {
            continue;
        }
        user_init(&visitor->user);
        if (listener_accept(listener, user_memory(&visitor->user), &visitor->user.socket) < 0) {
            user_finish(&visitor->user);
            return;
        }
        visitor->used = true;
        visitor->sink = sink;
    }
}

static void visitor_serve(struct visitor *visitor)
{
    uint8_t bytes[NET_CHUNK_MAX];
    if (visitor->sink) {
        status_t size = 1;
        while (peer.sink_reads && visitor->used && size > 0) {
            size = user_read(&visitor->user, bytes, sizeof bytes);
            peer.sink_bytes += size > 0 ? (uint64_t)size : 0;
        }
        if (visitor->used && visitor->user.ended) {
            socket_close(visitor->user.socket);
        }
        return;
    }
    for (;;) {
        if (!visitor->holds) {
            status_t size = user_read(&visitor->user, visitor->held, sizeof visitor->held);
            visitor->holds = size >= 0;
            visitor->held_size = size >= 0 ? (uint32_t)size : 0;
        }
        if (!visitor->holds || user_write(&visitor->user, visitor->held, visitor->held_size) < 0) {
            return;
        }
        visitor->holds = false;
        if (visitor->held_size == 0) {
            socket_close(visitor->user.socket);
            return;
        }
    }
}

static void pong(struct user *user)
{
    uint8_t record[sizeof(struct net_datagram) + NET_DATAGRAM_MAX];
    status_t size;
    while ((size = user_read(user, record, sizeof record)) >= 0) {
        uint8_t answer[sizeof record + 5];
        uint32_t head = sizeof(struct net_datagram);
        memcpy(answer, record, head);
        memcpy(answer + head, "pong:", 5);
        memcpy(answer + head + 5, record + head, (uint32_t)size - head);
        user_write(user, answer, (uint32_t)size + 5);
    }
}

static void serve(void)
{
    accept_from(peer.echo, false);
    accept_from(peer.sink, true);
    for (uint32_t i = 0; i < VISITORS_MAX; i++) {
        if (peer.visitors[i].used && peer.visitors[i].user.socket->state == SOCKET_OPEN) {
            visitor_serve(&peer.visitors[i]);
        }
    }
    pong(&peer.plain);
    pong(&peer.group);
}

static void read_all(void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t part = read(peer.channel, at, size);
        if (part <= 0) {
            exit(0); // the test is over
        }
        at += part;
        size -= (size_t)part;
    }
}

static void write_all(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t part = write(peer.channel, at, size);
        if (part <= 0) {
            exit(1);
        }
        at += part;
        size -= (size_t)part;
    }
}

static void answer(uint64_t next_ns)
{
    struct lab_report report = {
        .next_ns = next_ns, .sink_bytes = peer.sink_bytes, .size = peer.batch_size};
    stack_status(&peer.stack, &report.status);
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        report.open_sockets += peer.table.sockets[i].state != SOCKET_FREE;
    }
    write_all(&report, sizeof report);
    write_all(peer.batch, peer.batch_size);
    peer.batch_size = 0;
}

static void step(void)
{
    static uint8_t batch[sizeof peer.batch];
    struct peer_request request;
    read_all(&request, sizeof request);
    read_all(batch, request.size);
    peer.now_ns = request.now_ns;
    peer.sink_reads = peer.sink_reads || request.command == PEER_COMMAND_READ;
    for (uint32_t at = 0; at < request.size;) {
        uint32_t size;
        memcpy(&size, batch + at, sizeof size);
        stack_input(&peer.stack, batch + at + 4, size);
        at += 4 + size;
    }
    serve();
    stack_run(&peer.stack);
    uint64_t table_ns = sockets_run(&peer.table, peer.now_ns);
    serve();
    uint64_t stack_ns = stack_run(&peer.stack);
    answer(stack_ns < table_ns ? stack_ns : table_ns);
}

static void servers_start(void)
{
    static const struct net_address groups[2] = {
        {.family = 4, .bytes = {224, 0, 0, 251}},
        {.family = 6, .zone = 1, .bytes = {0xff, 2, [15] = 0xfb}},
    };
    user_init(&peer.plain);
    user_init(&peer.group);
    struct socket_udp_options plain = {.port = PEER_PLAIN_PORT};
    struct socket_udp_options group = {.port = PEER_GROUP_PORT, .groups = groups, .group_count = 2};
    bool started =
        socket_listen(&peer.table, 1, PEER_ECHO_PORT, &peer.echo) == OK &&
        socket_listen(&peer.table, 1, PEER_SINK_PORT, &peer.sink) == OK &&
        socket_udp(&peer.table, 1, user_memory(&peer.plain), &plain, &peer.plain.socket) == OK &&
        socket_udp(&peer.table, 1, user_memory(&peer.group), &group, &peer.group.socket) == OK;
    if (!started) {
        exit(2);
    }
}

_Noreturn void peer_main(int channel, uint64_t now_ns, uint64_t seed)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 2};
    peer.channel = channel;
    peer.now_ns = now_ns;
    peer.seed = seed;
    struct stack_outside outside = {.send = peer_send, .now_ns = peer_now, .random = peer_random};
    stack_init(&peer.stack, &outside, mac);
    struct sockets_outside owner = {.wake_reader = ignore_socket,
                                    .wake_writer = ignore_socket,
                                    .connected = ignore_connected,
                                    .incoming = ignore_listener,
                                    .freed = peer_freed};
    sockets_init(&peer.table, &peer.stack, &owner);
    servers_start();
    stack_link(&peer.stack, true);
    for (;;) {
        step();
    }
}
