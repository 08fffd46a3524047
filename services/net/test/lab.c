// SPDX-License-Identifier: Apache-2.0
// The laboratory: see lab.h. The child's half is in peer.c.
#include "lab.h"

#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct lab lab;

static uint64_t dice(void)
{
    lab.seed = lab.seed * 6364136223846793005ull + 1442695040888963407ull;
    return lab.seed >> 33;
}

static void fail(const char *what)
{
    fprintf(stderr, "lab: %s\n", what);
    exit(99);
}

// Puts a frame under way, as the wire likes.
static void wire_put(const void *frame, uint32_t size, bool to_peer)
{
    uint32_t copies = dice() % 1000 < lab.twice ? 2 : 1;
    if (lab.cut || dice() % 1000 < lab.lose) {
        return;
    }
    for (uint32_t i = 0; i < copies; i++) {
        if (lab.frame_count == LAB_FRAMES_MAX) {
            return; // a full wire drops
        }
        struct lab_frame *at = &lab.frames[lab.frame_count++];
        uint64_t delay = dice() % 1000 < lab.late ? 2 + dice() % 30 : 1;
        *at = (struct lab_frame){
            .at_ns = lab.now_ns + delay * LAB_MS, .size = size, .to_peer = to_peer};
        memcpy(at->bytes, frame, size);
    }
}

static status_t here_send(void *self, const void *frame, uint32_t size)
{
    (void)self;
    wire_put(frame, size, true);
    return OK;
}

static uint64_t here_now(void *self)
{
    (void)self;
    return lab.now_ns;
}

static uint32_t here_random(void *self)
{
    (void)self;
    return (uint32_t)dice();
}

static void here_wake(void *self, struct socket *socket)
{
    (void)self;
    (void)socket;
    lab.wakes++;
}

static void here_connected(void *self, struct socket *socket, status_t status)
{
    struct user *user = socket->tag;
    (void)self;
    if (user != NULL) {
        user->connected = status;
        user->socket = status < 0 ? NULL : user->socket;
    }
}

static void here_incoming(void *self, struct listener *listener)
{
    (void)self;
    (void)listener;
}

static void here_freed(void *self, struct socket *socket)
{
    struct user *user = socket->tag;
    (void)self;
    if (user != NULL) {
        user->socket = NULL;
    }
}

void lab_send_here(const void *frame, uint32_t size)
{
    wire_put(frame, size, false);
}

static void channel_read(void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t part = read(lab.channel, at, size);
        if (part <= 0) {
            fail("the peer died");
        }
        at += part;
        size -= (size_t)part;
    }
}

static void channel_write(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t part = write(lab.channel, at, size);
        if (part <= 0) {
            fail("the peer does not listen");
        }
        at += part;
        size -= (size_t)part;
    }
}

// Takes the earliest frame that is due and goes that way; false when there is none.
static bool wire_take(bool to_peer, struct lab_frame *out)
{
    uint32_t best = LAB_FRAMES_MAX;
    for (uint32_t i = 0; i < lab.frame_count; i++) {
        const struct lab_frame *frame = &lab.frames[i];
        bool due = frame->to_peer == to_peer && frame->at_ns <= lab.now_ns;
        if (due && (best == LAB_FRAMES_MAX || frame->at_ns < lab.frames[best].at_ns)) {
            best = i;
        }
    }
    if (best == LAB_FRAMES_MAX) {
        return false;
    }
    *out = lab.frames[best];
    memmove(&lab.frames[best], &lab.frames[best + 1], (--lab.frame_count - best) * sizeof *out);
    return true;
}

// One step of the child, if it has anything to do: frames in, frames out, its report.
static void peer_step(void)
{
    static struct lab_frame frame;
    static uint8_t batch[LAB_FRAMES_MAX * (NETDEV_FRAME_MAX + 4)];
    struct peer_request request = {.now_ns = lab.now_ns, .command = lab.command};
    while (wire_take(true, &frame)) {
        memcpy(batch + request.size, &frame.size, sizeof frame.size);
        memcpy(batch + request.size + 4, frame.bytes, frame.size);
        request.size += 4 + frame.size;
    }
    if (request.size == 0 && lab.command == 0 && lab.report.next_ns > lab.now_ns) {
        return;
    }
    channel_write(&request, sizeof request);
    channel_write(batch, request.size);
    channel_read(&lab.report, sizeof lab.report);
    channel_read(batch, lab.report.size);
    for (uint32_t at = 0; at < lab.report.size;) {
        uint32_t size;
        memcpy(&size, batch + at, sizeof size);
        wire_put(batch + at + 4, size, false);
        at += 4 + size;
    }
    lab.command = 0;
}

static void here_step(void)
{
    static struct lab_frame frame;
    while (wire_take(false, &frame)) {
        if (lab.tap != NULL) {
            lab.tap(frame.bytes, frame.size);
        }
        stack_input(&lab.stack, frame.bytes, frame.size);
    }
    uint64_t stack_ns = stack_run(&lab.stack);
    uint64_t table_ns = sockets_run(&lab.table, lab.now_ns);
    lab.next_ns = stack_ns < table_ns ? stack_ns : table_ns;
}

static void step(void)
{
    here_step();
    if (lab.other_end != NULL) {
        static struct lab_frame frame;
        lab.report.next_ns = UINT64_MAX;
        while (wire_take(true, &frame)) {
            lab.other_end(frame.bytes, frame.size);
        }
    } else {
        peer_step();
    }
}

void lab_start(uint64_t seed)
{
    lab.now_ns = 1000 * LAB_MS;
    lab.seed = seed;
    if (lab.other_end == NULL) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
            fail("no socket pair");
        }
        lab.child = fork();
        if (lab.child == 0) {
            close(pair[0]);
            peer_main(pair[1], lab.now_ns, seed + 77);
        }
        close(pair[1]);
        lab.channel = pair[0];
    }
    static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 1};
    struct stack_outside outside = {.send = here_send, .now_ns = here_now, .random = here_random};
    stack_init(&lab.stack, &outside, mac);
    struct sockets_outside owner = {.wake_reader = here_wake,
                                    .wake_writer = here_wake,
                                    .connected = here_connected,
                                    .incoming = here_incoming,
                                    .freed = here_freed};
    sockets_init(&lab.table, &lab.stack, &owner);
    stack_link(&lab.stack, true);
    step();
}

void lab_stop(void)
{
    if (lab.other_end != NULL) {
        return;
    }
    close(lab.channel);
    int status = 0;
    waitpid(lab.child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail("the peer failed");
    }
}

// Moves to the next instant at which something happens, at most to `end_ns`.
static void advance(uint64_t end_ns)
{
    uint64_t next = lab.next_ns < lab.report.next_ns ? lab.next_ns : lab.report.next_ns;
    for (uint32_t i = 0; i < lab.frame_count; i++) {
        next = lab.frames[i].at_ns < next ? lab.frames[i].at_ns : next;
    }
    next = next > lab.now_ns ? next : lab.now_ns + LAB_MS / 10;
    lab.now_ns = next < end_ns ? next : end_ns;
}

bool lab_run_until(bool (*done)(void), uint64_t duration_ns)
{
    uint64_t end_ns = lab.now_ns + duration_ns;
    step();
    while (!done() && lab.now_ns < end_ns) {
        advance(end_ns);
        step();
    }
    return done();
}

static bool never(void)
{
    return false;
}

void lab_run_for(uint64_t duration_ns)
{
    lab_run_until(never, duration_ns);
}

void lab_peer_read(void)
{
    lab.command = PEER_COMMAND_READ;
}

struct net_address lab_peer_address(uint8_t family, uint16_t port)
{
    for (uint32_t i = 0; i < lab.report.status.address_count; i++) {
        struct net_address address = lab.report.status.addresses[i];
        if (address.family == family) {
            address.port = port;
            return address;
        }
    }
    fail("the peer has no such address");
    return (struct net_address){0};
}

void user_init(struct user *user)
{
    *user = (struct user){.connected = 1};
    user->memory = calloc(2, NET_RING_BYTES);
    ring_create(&user->read, user->memory, NET_RING_BYTES, RING_CONSUMER);
    ring_create(&user->write, user->memory + NET_RING_BYTES, NET_RING_BYTES, RING_PRODUCER);
}

void user_finish(struct user *user)
{
    free(user->memory);
    *user = (struct user){0};
}

struct socket_memory user_memory(struct user *user)
{
    return (struct socket_memory){.bytes = user->memory, .tag = user};
}

status_t user_read(struct user *user, void *bytes, uint32_t size_max)
{
    status_t size = ring_pop(&user->read, bytes, size_max);
    if (size == ERR_AGAIN && !ring_sleep(&user->read, 0)) {
        size = ring_pop(&user->read, bytes, size_max);
    }
    user->ended = user->ended || size == 0;
    if (ring_should_wake(&user->read) && user->socket != NULL) {
        socket_kick(user->socket);
    }
    return size;
}

status_t user_write(struct user *user, const void *bytes, uint32_t size)
{
    status_t status = ring_push(&user->write, bytes, size);
    if (status == ERR_FULL && !ring_sleep(&user->write, size)) {
        status = ring_push(&user->write, bytes, size);
    }
    if (ring_should_wake(&user->write) && user->socket != NULL) {
        socket_kick(user->socket);
    }
    return status;
}
