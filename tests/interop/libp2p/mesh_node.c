// SPDX-License-Identifier: Apache-2.0
// lib/mesh on real sockets of the loopback, to meet other implementations. One link at a time,
// poll-based.
//   mesh_node listen            prints "listening ADDRESS", serves until its input ends
//   mesh_node dial ADDRESS N    pings, identifies, sends N bytes to the echo and compares; exit 0
//   when all of it worked
#include "mesh/identify.h"
#include "mesh/ping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"

#define ECHO_PROTOCOL "/nx/test/echo/1"

enum { READ_SIZE = 65536, TRIES_MS = 1000 };

// An inbound echo stream's bytes that could not be sent back yet.
struct echo {
    struct buffer held;
    bool is_ended;
};

struct node {
    struct noise_identity identity;
    struct mesh_random random;
    struct protocol protocols[4];
    struct identify identify;
    struct identify_info own;
    struct ping ping;
    struct connection *connection;
    int socket;
    bool is_dialer, is_closed;
    status_t reason;
    // The dialing side's echo: what it sends is a counting pattern, so nothing need be remembered.
    uint64_t echo_size, echo_sent, echo_received, echo_started_ns;
    bool is_different, is_done;
};

static uint64_t now_ns(void *context)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void fill_random(void *context, void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size) {
        abort();
    }
}

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}

static uint8_t pattern(uint64_t place)
{
    return (uint8_t)(place * 31 + place / 251);
}

static void pump_echo(struct stream *stream)
{
    struct echo *echo = stream_user(stream);
    size_t sent = stream_write(stream, buffer_span(&echo->held));
    buffer_consume(&echo->held, sent);
    stream_consume(stream, sent);
    if (echo->is_ended && echo->held.size == 0) {
        stream_end(stream);
    }
}

static void pump_pattern(struct node *node, struct stream *stream)
{
    uint8_t bytes[16384];
    while (node->echo_sent < node->echo_size) {
        size_t size = sizeof bytes;
        if (node->echo_size - node->echo_sent < size) {
            size = (size_t)(node->echo_size - node->echo_sent);
        }
        for (size_t i = 0; i < size; i++) {
            bytes[i] = pattern(node->echo_sent + i);
        }
        size_t sent = stream_write(stream, (struct span){bytes, size});
        node->echo_sent += sent;
        if (sent < size) {
            return;
        }
    }
    stream_end(stream);
}

static void echo_opened(void *context, struct stream *stream)
{
    if (stream_is_inbound(stream)) {
        stream_set_user(stream, calloc(1, sizeof(struct echo)));
    } else {
        pump_pattern(context, stream);
    }
}

static void echo_data(void *context, struct stream *stream, struct span bytes)
{
    struct node *node = context;
    if (stream_is_inbound(stream)) {
        struct echo *echo = stream_user(stream);
        buffer_bytes(&echo->held, bytes.bytes, bytes.size);
        pump_echo(stream);
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        node->is_different |= bytes.bytes[i] != pattern(node->echo_received + i);
    }
    node->echo_received += bytes.size;
    stream_consume(stream, bytes.size);
}

static void echo_writable(void *context, struct stream *stream)
{
    stream_is_inbound(stream) ? pump_echo(stream) : pump_pattern(context, stream);
}

static void echo_ended(void *context, struct stream *stream)
{
    if (stream_is_inbound(stream)) {
        ((struct echo *)stream_user(stream))->is_ended = true;
        pump_echo(stream);
    }
}

static void echo_closed(void *context, struct stream *stream, status_t reason)
{
    struct node *node = context;
    if (stream_is_inbound(stream)) {
        struct echo *echo = stream_user(stream);
        buffer_finish(&echo->held);
        free(echo);
        return;
    }
    bool whole = reason == OK && node->echo_received == node->echo_size && !node->is_different;
    printf("%s %llu bytes in %llu ms\n", whole ? "echoed" : "FAILED after",
           (unsigned long long)node->echo_received,
           (unsigned long long)((now_ns(NULL) - node->echo_started_ns) / 1000000));
    node->is_done = whole;
    connection_close(stream_connection(stream));
}

static const struct stream_ops echo_ops = {echo_opened, echo_data, echo_writable, echo_ended,
                                           echo_closed};

static void check(struct node *node, status_t status, const char *what)
{
    if (status != OK) {
        printf("%s: %s\n", what, error_text(status));
        connection_close(node->connection);
    }
}

static void on_told(void *context, status_t status, const struct identify_info *peer)
{
    struct node *node = context;
    struct stream *stream;
    check(node, status, "identify");
    if (status == OK && node->is_dialer) {
        printf("identified %s %zu protocols\n", peer->agent_version, peer->protocol_count);
        node->echo_started_ns = now_ns(NULL);
        check(node, connection_open(node->connection, ECHO_PROTOCOL, NULL, &stream), "echo");
    }
}

static void on_ping(void *context, status_t status, uint64_t round_trip_ns)
{
    struct node *node = context;
    check(node, status, "ping");
    if (status == OK) {
        printf("ping %llu us\n", (unsigned long long)(round_trip_ns / 1000));
        ping_end(&node->ping);
        check(node, identify_ask(&node->identify, node->connection), "identify");
    }
}

static void on_connected(void *context, struct connection *connection, const struct peer_id *peer)
{
    struct node *node = context;
    char text[PEER_ID_TEXT_MAX];
    peer_id_text(peer, text);
    printf("connected %s\n", text);
    node->connection = connection;
    if (node->is_dialer) {
        check(node, ping_send(&node->ping, connection), "ping");
    }
}

static bool on_may_open(void *context, const struct peer_id *peer, const char *protocol)
{
    return true;
}

static void on_closed(void *context, struct connection *connection, status_t reason)
{
    struct node *node = context;
    node->is_closed = true;
    node->reason = reason;
}

static const struct connection_ops link_ops = {on_connected, on_may_open, on_closed};

static status_t sign(void *context, struct span message, uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    key_sign(context, message, out_signature);
    return OK;
}

static void node_init(struct node *node)
{
    static uint8_t seed[KEY_SEED_BYTES];
    static const char *const ids[] = {PING_PROTOCOL, IDENTIFY_PROTOCOL, IDENTIFY_PUSH_PROTOCOL,
                                      ECHO_PROTOCOL};
    fill_random(NULL, seed, sizeof seed);
    struct mesh_signer signer = {.sign = sign, .context = seed};
    key_public_of_seed(seed, signer.public_key);
    node->random = (struct mesh_random){fill_random, NULL};
    if (noise_identity_init(&node->identity, &node->random, &signer) != OK) {
        abort();
    }
    node->protocols[0] = (struct protocol){ids[0], &ping_stream_ops, NULL, false};
    node->protocols[1] = (struct protocol){ids[1], &identify_stream_ops, &node->identify, false};
    node->protocols[2] =
        (struct protocol){ids[2], &identify_push_stream_ops, &node->identify, false};
    node->protocols[3] = (struct protocol){ids[3], &echo_ops, node, false};
    node->own.has_key = true;
    memcpy(node->own.public_key, signer.public_key, KEY_PUBLIC_BYTES);
    for (size_t i = 0; i < 4; i++) {
        snprintf(node->own.protocols[node->own.protocol_count++], IDENTIFY_TEXT_MAX, "%s", ids[i]);
    }
    snprintf(node->own.protocol_version, IDENTIFY_TEXT_MAX, "ipfs/0.1.0");
    snprintf(node->own.agent_version, IDENTIFY_TEXT_MAX, "open-nexus/0.1");
    node->identify = (struct identify){.own = &node->own, .told = on_told, .context = node};
    node->ping =
        (struct ping){.random = &node->random, .done = on_ping, .context = node, .now_ns = now_ns};
}

// Reads what is there and writes what can be written; false when the link is over.
static bool move_bytes(struct node *node, short events)
{
    uint8_t bytes[READ_SIZE];
    if (events & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t size = read(node->socket, bytes, sizeof bytes);
        if (size > 0) {
            connection_feed(node->connection, (struct span){bytes, (size_t)size}, now_ns(NULL));
        } else if (size == 0 || errno != EAGAIN) {
            connection_hang_up(node->connection);
        }
    }
    struct span out = connection_output(node->connection);
    if (out.size > 0) {
        ssize_t size = write(node->socket, out.bytes, out.size);
        if (size > 0) {
            connection_sent(node->connection, (size_t)size);
        } else if (size < 0 && errno != EAGAIN) {
            connection_hang_up(node->connection);
            return false;
        }
    }
    return !node->is_closed || connection_output(node->connection).size > 0;
}

// Runs one link on node->socket until it is closed and flushed.
static void run_link(struct node *node, const struct peer_id *expected)
{
    struct connection_options options = {.is_dialer = node->is_dialer,
                                         .expected = expected,
                                         .identity = &node->identity,
                                         .random = &node->random,
                                         .protocols = node->protocols,
                                         .protocol_count = 4,
                                         .ops = &link_ops,
                                         .context = node,
                                         .keep_alive_ns = UINT64_C(1000000000)};
    int one = 1;
    setsockopt(node->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(node->socket, F_SETFL, O_NONBLOCK);
    node->is_closed = false;
    if (connection_create(&options, now_ns(NULL), &node->connection) != OK) {
        abort();
    }
    struct pollfd wait = {.fd = node->socket, .revents = 0};
    while (move_bytes(node, wait.revents)) {
        bool reads = connection_wants_input(node->connection);
        bool writes = connection_output(node->connection).size > 0;
        wait.events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        wait.revents = 0;
        poll(&wait, 1, TRIES_MS / 4);
        connection_tick(node->connection, now_ns(NULL));
    }
    printf("closed: %s\n", error_text(node->reason));
    connection_destroy(node->connection);
    identify_finish(&node->identify);
    close(node->socket);
}

static int dial(struct node *node, const char *text)
{
    struct multiaddr address;
    struct multiaddr_tcp tcp;
    if (multiaddr_parse_text(text, strlen(text), &address) != OK ||
        multiaddr_get_tcp(&address, &tcp) != OK || tcp.is_ip6) {
        fprintf(stderr, "not an address to dial: %s\n", text);
        return 2;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tcp.port)};
    memcpy(&to.sin_addr, tcp.address, 4);
    node->is_dialer = true;
    node->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(node->socket, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        return 1;
    }
    run_link(node, tcp.peer.size > 0 ? &tcp.peer : NULL);
    return node->is_done ? 0 : 1;
}

static int serve(struct node *node)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0 || listen(listener, 4) != 0) {
        perror("listen");
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&own, &size);
    struct peer_id id;
    char text[PEER_ID_TEXT_MAX];
    peer_id_of_key(node->own.public_key, &id);
    peer_id_text(&id, text);
    printf("listening /ip4/127.0.0.1/tcp/%d/p2p/%s\n", ntohs(own.sin_port), text);
    for (;;) {
        struct pollfd waits[2] = {{.fd = listener, .events = POLLIN},
                                  {.fd = STDIN_FILENO, .events = POLLIN}};
        poll(waits, 2, -1);
        if (waits[1].revents) {
            close(listener);
            return 0;
        }
        node->socket = accept(listener, NULL, NULL);
        run_link(node, NULL);
    }
}

int main(int argc, char **argv)
{
    static struct node node;
    setvbuf(stdout, NULL, _IOLBF, 0);
    node_init(&node);
    if (argc == 4 && strcmp(argv[1], "dial") == 0) {
        node.echo_size = strtoull(argv[3], NULL, 10);
        return dial(&node, argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "listen") == 0) {
        return serve(&node);
    }
    fprintf(stderr, "usage: mesh_node listen | dial ADDRESS BYTES\n");
    return 2;
}
