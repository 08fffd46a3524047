// SPDX-License-Identifier: Apache-2.0
// Devices heard of; see peers.h.
#include "peers.h"

#include "base/math.h"

struct peer *peers_find(struct peers *peers, const struct peer_id *id)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (peers->rows[i].id.size > 0 && peer_id_equal(&peers->rows[i].id, id)) {
            return &peers->rows[i];
        }
    }
    return NULL;
}

static struct peer *claim(struct peers *peers)
{
    struct peer *oldest = &peers->rows[0];
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &peers->rows[i];
        if (peer->id.size == 0) {
            return peer;
        }
        oldest = peer->heard_ns < oldest->heard_ns ? peer : oldest;
    }
    return oldest;
}

struct peer *peers_heard(struct peers *peers, const struct peer_id *id,
                         const struct multiaddr *addresses, size_t count, uint64_t now_ns)
{
    struct peer *peer = peers_find(peers, id);
    if (!peer) {
        peer = claim(peers);
        *peer = (struct peer){.id = *id};
    }
    peer->heard_ns = now_ns;
    peer->is_fresh = true;
    peer->address_count = 0;
    for (size_t i = 0; i < count && peer->address_count < PEERS_ADDRESSES_MAX; i++) {
        struct multiaddr_tcp tcp;
        if (multiaddr_get_tcp(&addresses[i], &tcp) == OK && peer_id_equal(&tcp.peer, id)) {
            peer->addresses[peer->address_count++] = tcp;
        }
    }
    return peer;
}

bool peer_is_near(const struct peer *peer, uint64_t now_ns)
{
    return peer->id.size > 0 && now_ns - peer->heard_ns < PEERS_NEAR_NS;
}

void peer_failed(struct peer *peer, uint64_t now_ns)
{
    unsigned doublings = peer->failures < 8 ? peer->failures : 8;
    peer->failures++;
    peer->next_address++;
    peer->is_fresh = false;
    peer->dial_at_ns = now_ns + min_u64(PEERS_RETRY_NS << doublings, PEERS_RETRY_MAX_NS);
}

void peer_lost(struct peer *peer, uint64_t now_ns, uint64_t grace_ns)
{
    peer->failures = 0;
    peer->is_fresh = false;
    peer->dial_at_ns = now_ns + grace_ns;
}

const struct multiaddr_tcp *peer_next_address(struct peer *peer)
{
    if (peer->address_count == 0) {
        return NULL;
    }
    return &peer->addresses[peer->next_address % peer->address_count];
}
