// SPDX-License-Identifier: Apache-2.0
// Devices heard of on the network: where they are, when they were heard, when to dial again. All of
// it is hearsay until a link proves a key. A noun without IPC; times are nanoseconds of the steady
// clock.
#pragma once

#include "mesh/multiaddr.h"

#define PEERS_NEAR_NS      UINT64_C(150000000000) // counted as nearby so long after it was heard
#define PEERS_RETRY_NS     UINT64_C(250000000)    // after a failed dial; doubles
#define PEERS_RETRY_MAX_NS UINT64_C(2000000000)

enum { PEERS_MAX = 64, PEERS_ADDRESSES_MAX = 4 };

struct peer {
    struct peer_id id; // size 0: free
    struct multiaddr_tcp addresses[PEERS_ADDRESSES_MAX];
    size_t address_count;
    size_t next_address; // to dial; another one after each failure
    uint64_t heard_ns;
    bool is_fresh; // heard since it was last lost or failed: worth dialing
    uint32_t failures;
    uint64_t dial_at_ns;
};

// All zero is an empty table.
struct peers {
    struct peer rows[PEERS_MAX];
};

// NULL: never heard of.
struct peer *peers_find(struct peers *peers, const struct peer_id *id);
// It was heard with these addresses (each naming it). A new device takes a free row, or that of the
// one not heard of longest. Returns its row.
struct peer *peers_heard(struct peers *peers, const struct peer_id *id,
                         const struct multiaddr *addresses, size_t count, uint64_t now_ns);
bool peer_is_near(const struct peer *peer, uint64_t now_ns);
// A dial failed: later again, at another address, when it was heard again.
void peer_failed(struct peer *peer, uint64_t now_ns);
// A link to it ended: heard again, it may be dialed at once, or after `grace_ns`.
void peer_lost(struct peer *peer, uint64_t now_ns, uint64_t grace_ns);
// The address to try; NULL: none is known.
const struct multiaddr_tcp *peer_next_address(struct peer *peer);
