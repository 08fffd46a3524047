// SPDX-License-Identifier: Apache-2.0
// Links to other devices, each carried by two rings that mesh shares with us: records of the first
// are bytes of the stream as they arrived, records of the second are bytes to send. An empty record
// of ours means that we ended the link.
#pragma once

#include "link.h"

#include "abi/types.h"
#include "ring/ring.h"

#define PEERS_MAX 8u

struct peer {
    uint64_t badge; // of the link handle; 0: free
    struct link link;
    struct ring in, out;
    void *memory; // both rings, mapped
    handle_t signal;
    uint64_t receive_bits, space_bits;
    bool over; // ended by us; mesh has been told
};

struct peers {
    struct library *library;
    struct peer peers[PEERS_MAX];
};

// A new link: memory (mapped here) and signal (taken), whose rings mesh has made. ERR_INVALID,
// ERR_CORRUPT, ERR_FULL, and of mapping; the signal is the caller's then.
struct peers_opening {
    uint64_t badge;
    handle_t memory, signal;
    uint64_t receive_bits, space_bits;
};
status_t peers_open(struct peers *peers, const struct peers_opening *opening);
// Moves what there is to move on all links.
void peers_run(struct peers *peers);
// The last handle with that badge is gone: its link ends.
void peers_closed(struct peers *peers, uint64_t badge);
void peers_finish(struct peers *peers);
