// SPDX-License-Identifier: Apache-2.0
// The state that search_test goes through: two tables and what handles there lead to, at fixed
// places, so that a state is a few dozen bytes and comes back exactly as it was.
//
// A node is what has brackets in a derivation ring: a slot of a table (0 to SLOTS_MAX - 1, the
// first table's before the second's) or a tether (SLOT_NODES on).
#pragma once

#include "cap/derive.h"
#include "ipc/endpoint.h"
#include "ipc/signal.h"

#define TABLES     2u
#define SLOTS_MAX  4u // of one table
#define SLOT_NODES (TABLES * SLOTS_MAX)
#define TETHERS    1u
#define NODES      (SLOT_NODES + TETHERS)

// What is searched.
struct scope {
    const char *name;
    uint8_t slots[TABLES];
    uint16_t first_generation; // of slots that were used before; 0: none was
    bool endpoints;            // and badges; else signals alone
    bool fewer_rights;         // duplicates with less than all, and masks
    bool tethers;
};

// One node, by index instead of pointer.
struct node_state {
    uint8_t links[4]; // opens.previous, opens.next, closes.previous, closes.next
    uint8_t object, mark, next_free, half;
    uint16_t rights;
};

struct state {
    struct {
        uint8_t fresh, used, free_first, free_last, page, reserved;
    } tables[TABLES];
    struct node_state nodes[NODES];
    uint8_t badge_references, receivers, references[2];
    // Two states that differ only below are the same: a generation matters to what it was compared
    // with, and that is looked at in every state.
    uint16_t generations[SLOT_NODES];
    uint16_t given[SLOT_NODES]; // how many values of this slot somebody has seen
    uint32_t parent;            // and what led here from there
    uint32_t operation;
    uint32_t depth;
};
#define STATE_KEY_BYTES offsetof(struct state, generations)

// What the tables mean: a node's `below` are the nodes that go with it when it is revoked.
struct view {
    uint16_t alive; // bit n: node n
    uint16_t below[NODES];
    uint8_t objects[NODES]; // 0: a tether's
    uint16_t rights[NODES];
    uint64_t marks[NODES];
    handle_t values[NODES];
    uint32_t references[2], receivers, badge_references;
};

extern struct handle_table search_tables[TABLES];
extern struct endpoint search_endpoint;
extern struct signal search_signal;
extern struct tether search_tethers[TETHERS];
extern bool search_tether_alive[TETHERS];
extern bool search_no_page; // an empty table gets none
extern uint16_t search_given[SLOT_NODES];
extern uint32_t search_badges_closed; // since it was zeroed

void search_begin(const struct scope *scope);
void state_save(struct state *out_state);
void state_load(const struct state *state);
// False: the tables contradict themselves, and why is printed.
bool view_take(struct view *out_view);
// The node of a slot.
uint32_t node_at(uint32_t table, uint32_t slot);
struct handle_entry *node_entry(uint32_t node);
// Somebody is given `value`; false: somebody was before.
bool value_give(uint32_t table, handle_t value);
