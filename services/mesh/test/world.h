// SPDX-License-Identifier: Apache-2.0
// Several nodes on one network in memory, in virtual time: connections with a delay, multicast,
// cuts that swallow what is under way as a pulled cable does. Also each node's documents: what they
// would send, what came.
#pragma once

#include "node.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORLD_NODES = 4, WORLD_STEP_NS = 10000000 };

#define WORLD_SECOND UINT64_C(1000000000)

struct world_pipe { // one node's end of a connection
    bool is_open;
    int peer;               // node number
    uint32_t peer_link;     // its link number
    struct buffer arriving; // bytes for this end
    bool peer_closed;
    // this end's documents
    bool has_sync;
    struct buffer sync_sent, sync_received;
    size_t sync_taken;
};

struct world_node {
    int number;
    bool exists;
    struct node *node;
    uint8_t seed_byte;
    uint64_t dice;
    struct mesh_random random;
    struct mesh_signer signer;
    char name[16];
    struct world_pipe pipes[NODE_LINKS_MAX];
    struct buffer heard[16]; // packets waiting
    size_t heard_count;
    uint8_t kept[CIRCLE_RECORDS_MAX][CIRCLE_VALUE_MAX];
    size_t kept_size[CIRCLE_RECORDS_MAX];
    uint64_t changes, dials, refused_dials;
    bool is_cut;          // its cable is pulled
    size_t sync_capacity; // what its documents take at once
    status_t sync_refusal;
};

struct world {
    uint64_t now_ns;
    struct world_node nodes[WORLD_NODES];
};

// Starts an empty world with `count` devices "dev0", "dev1" …
void world_begin(int count);
void world_end(void);
// Lets time pass.
void world_run(uint64_t duration_ns);
// The time it takes until `done` of node a and b holds, up to `limit_ns`; UINT64_MAX: never.
uint64_t world_until(bool (*done)(int a, int b), int a, int b, uint64_t limit_ns);
// Takes a device away without goodbye, as a crash does; world_start brings it back with what it
// kept.
void world_crash(int number);
void world_start(int number);
// Pairs two devices whose people say yes.
void world_pair(int a, int b);

struct world *world(void);
struct node *world_node(int number);
const struct peer_id *world_id(int number);
bool world_linked(int a, int b); // both have a link and both streams to the other
bool world_not_linked(int a, int b);
bool world_near(int a, int b);
