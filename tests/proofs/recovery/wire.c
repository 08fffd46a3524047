// SPDX-License-Identifier: Apache-2.0
// Sends a stream of bytes over one TCP connection to who sends it back, and compares, without a
// pause, and without knowing that anybody below the network service might end. A connection that
// ends is a failure, and another one is opened.
#include "abi/ipc/net.h"
#include "base/error.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"
#include "ring/ring.h"

#include <inttypes.h>
#include <string.h>

#define PIECE_BYTES  512u
#define AHEAD_BYTES  (16u << 10) // sent and not back yet, at most
#define REPORT_BYTES (64u << 10)
#define TRAFFIC_BIT  (1ull << 40)
#define ECHO_PORT    7u
#define PATIENCE_NS  (30 * OS_SECOND) // nothing came back for so long

struct wire {
    handle_t socket, net_signal, own_signal;
    uint64_t kick_bits, sent, back, failed;
    uint8_t *memory;
    struct ring in, out;
};

// The byte at a place of the stream.
static uint8_t byte_at(uint64_t place)
{
    uint64_t mixed = (place / 8 + 1) * 0x9e3779b97f4a7c15ull;
    return (uint8_t)((mixed ^ mixed >> 29) >> place % 8 * 7);
}

static status_t wire_open(struct wire *wire)
{
    struct net_connect_req req = {.to = {.bytes = {10, 0, 2, 100}, .port = ECHO_PORT, .family = 4},
                                  .bits = {.read_bits = TRAFFIC_BIT, .write_bits = TRAFFIC_BIT}};
    struct net_connect_rep rep;
    struct ipc_extra extra = {.handle_count = 2};
    void *memory;
    status_t status = os_memory_allocate(2 * NET_RING_BYTES, 0, &extra.handles[0], &memory);
    if (status < 0)
        return status;
    wire->memory = memory;
    (void)ring_create(&wire->in, wire->memory, NET_RING_BYTES, RING_CONSUMER);
    (void)ring_create(&wire->out, wire->memory + NET_RING_BYTES, NET_RING_BYTES, RING_PRODUCER);
    status = os_handle_duplicate(wire->own_signal, RIGHT_RAISE | RIGHT_TRANSFER, TRAFFIC_BIT,
                                 &extra.handles[1]);
    if (status == OK)
        status = net_connect(os_handle("net"), &req, &rep, &extra);
    if (status < 0) {
        (void)os_memory_unmap(memory, 2 * NET_RING_BYTES);
        os_handle_close(extra.handles[0]);
        os_handle_close(extra.handles[1]);
        return status;
    }
    wire->socket = extra.reply_handles[0];
    wire->net_signal = extra.reply_handles[1];
    wire->kick_bits = rep.kick_bits;
    wire->sent = wire->back;
    return OK;
}

static void wire_close(struct wire *wire)
{
    os_handle_close(wire->socket);
    os_handle_close(wire->net_signal);
    (void)os_memory_unmap(wire->memory, 2 * NET_RING_BYTES);
    wire->socket = HANDLE_NONE;
}

static void kick(struct wire *wire)
{
    (void)os_signal_raise(wire->net_signal, wire->kick_bits);
}

static void send(struct wire *wire)
{
    uint8_t piece[PIECE_BYTES];
    while (wire->sent - wire->back < AHEAD_BYTES) {
        for (uint32_t i = 0; i < PIECE_BYTES; i++)
            piece[i] = byte_at(wire->sent + i);
        if (ring_push(&wire->out, piece, PIECE_BYTES) != OK)
            break;
        wire->sent += PIECE_BYTES;
    }
    if (ring_should_wake(&wire->out))
        kick(wire);
}

// What came back; false: the connection has ended.
static bool receive(struct wire *wire)
{
    uint8_t chunk[NET_CHUNK_MAX];
    for (status_t size; (size = ring_pop(&wire->in, chunk, sizeof chunk)) != ERR_AGAIN;) {
        if (size <= 0)
            return false;
        for (status_t i = 0; i < size; i++)
            wire->failed += chunk[i] != byte_at(wire->back + (uint64_t)i);
        uint64_t before = wire->back / REPORT_BYTES;
        wire->back += (uint64_t)size;
        if (wire->back / REPORT_BYTES != before)
            log_printf("bytes %" PRIu64 " failed %" PRIu64, wire->back, wire->failed);
    }
    if (ring_should_wake(&wire->in))
        kick(wire);
    return true;
}

// Until it ends.
static void wire_run(struct wire *wire)
{
    uint64_t bits, last = wire->back;
    instant_ns_t patience = os_deadline(PATIENCE_NS);
    for (;;) {
        send(wire);
        if (!receive(wire) || os_clock() > patience)
            return;
        patience = wire->back != last ? os_deadline(PATIENCE_NS) : patience;
        last = wire->back;
        if (ring_sleep(&wire->in, 0))
            (void)os_signal_wait(wire->own_signal, TRAFFIC_BIT, os_deadline(OS_SECOND), &bits);
    }
}

int main(void)
{
    struct wire wire = {0};
    status_t status = os_signal_create(&wire.own_signal);
    for (bool first = true; status == OK;) {
        status_t opened = wire_open(&wire);
        if (opened < 0) {
            os_sleep(100 * OS_MILLISECOND); // no address yet
            continue;
        }
        if (!first)
            log_printf("bytes %" PRIu64 " failed %" PRIu64, wire.back, ++wire.failed);
        first = false;
        wire_run(&wire);
        wire_close(&wire);
    }
    log_printf("no signal: %s", error_text(status));
    return 1;
}
