// SPDX-License-Identifier: Apache-2.0
// Links over rings; see peers.h.
#include "peers.h"

#include "abi/ipc/docs.h"
#include "base/error.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"

#include <string.h>

// Bytes of one record we send.
#define FRAGMENT_MAX 16384u
// Records taken from one link before the others have their turn.
#define TURN_RECORDS_MAX 64u

#define RINGS_BYTES      (2 * DOCS_LINK_RING_BYTES)

static void peer_end(struct peer *peer)
{
    link_finish(&peer->link);
    os_memory_unmap(peer->memory, RINGS_BYTES);
    os_handle_close(peer->signal);
    *peer = (struct peer){0};
}

static status_t rings_open(struct peer *peer)
{
    uint8_t *memory = peer->memory;
    status_t status = ring_open(&peer->in, memory, DOCS_LINK_RING_BYTES, RING_CONSUMER);
    if (status == OK)
        status = ring_open(&peer->out, memory + DOCS_LINK_RING_BYTES, DOCS_LINK_RING_BYTES,
                           RING_PRODUCER);
    return status;
}

static status_t rings_map(struct peer *peer, handle_t memory)
{
    uint64_t size = 0;
    status_t status = os_memory_size(memory, &size);
    if (status == OK && size < RINGS_BYTES)
        status = ERR_INVALID;
    if (status < 0)
        return status;
    return os_memory_map(memory, 0, RINGS_BYTES, PROTECT_READ | PROTECT_WRITE, &peer->memory);
}

status_t peers_open(struct peers *peers, const struct peers_opening *opening)
{
    struct peer *peer = NULL;
    for (unsigned i = 0; i < PEERS_MAX && !peer; i++)
        if (peers->peers[i].badge == 0)
            peer = &peers->peers[i];
    if (!peer)
        return ERR_FULL;
    status_t status = rings_map(peer, opening->memory);
    if (status < 0)
        return status;
    status = rings_open(peer);
    if (status == OK)
        status = link_init(&peer->link, peers->library);
    if (status < 0) {
        link_finish(&peer->link);
        os_memory_unmap(peer->memory, RINGS_BYTES);
        *peer = (struct peer){0};
        return status;
    }
    peer->badge = opening->badge;
    peer->signal = opening->signal;
    peer->receive_bits = opening->receive_bits;
    peer->space_bits = opening->space_bits;
    return OK;
}

// Takes what arrived. A record goes into the link's own buffer before anything looks at it.
static status_t receive(struct peer *peer)
{
    static uint8_t record[DOCS_LINK_RING_BYTES];
    status_t size = 0;
    for (unsigned i = 0; i < TURN_RECORDS_MAX; i++) {
        size = ring_pop(&peer->in, record, sizeof record);
        if (size < 0)
            break;
        status_t status = link_receive(&peer->link, (struct span){record, (size_t)size});
        if (status < 0)
            return status;
    }
    if (ring_should_wake(&peer->in))
        (void)os_signal_raise(peer->signal, peer->space_bits);
    return size == ERR_CORRUPT ? ERR_CORRUPT : OK;
}

static void send(struct peer *peer)
{
    for (;;) {
        struct span rest = link_output(&peer->link);
        uint32_t room = ring_free(&peer->out);
        uint32_t size = (uint32_t)min_u64(min_u64(rest.size, room), FRAGMENT_MAX);
        if (rest.size == 0)
            break;
        if (size == 0) {
            if (peer->out.corrupt || ring_sleep(&peer->out, 1))
                break;
            continue;
        }
        if (ring_push(&peer->out, rest.bytes, size) < 0)
            break;
        link_sent(&peer->link, size);
    }
    if (ring_should_wake(&peer->out))
        (void)os_signal_raise(peer->signal, peer->receive_bits);
}

// Ends a link from our side: mesh sees an empty record and closes the stream.
static void give_up(struct peer *peer, status_t reason)
{
    if (!peer->over)
        log_printf("a link ends: %s", error_text(reason));
    peer->over = ring_push(&peer->out, NULL, 0) == OK || peer->out.corrupt;
    if (ring_should_wake(&peer->out))
        (void)os_signal_raise(peer->signal, peer->receive_bits);
}

static void peer_run(struct peer *peer)
{
    status_t status = peer->link.error;
    while (status == OK) {
        status = receive(peer);
        if (status == OK)
            send(peer);
        if (status < 0 || ring_sleep(&peer->in, 0) || peer->in.corrupt)
            break;
    }
    if (status == OK)
        status = peer->link.error;
    if (status < 0)
        give_up(peer, status);
}

void peers_run(struct peers *peers)
{
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (peers->peers[i].badge && !peers->peers[i].over)
            peer_run(&peers->peers[i]);
    // What one link brought, another may have to send.
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (peers->peers[i].badge && !peers->peers[i].over)
            send(&peers->peers[i]);
}

void peers_closed(struct peers *peers, uint64_t badge)
{
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (peers->peers[i].badge == badge)
            peer_end(&peers->peers[i]);
}

void peers_finish(struct peers *peers)
{
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (peers->peers[i].badge)
            peer_end(&peers->peers[i]);
}
