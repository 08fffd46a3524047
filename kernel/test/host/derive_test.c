// SPDX-License-Identifier: Apache-2.0
// Revocation under a random program, against a model that only remembers who was derived from whom:
// handles in four tables, mappings and raisers; duplicated, moved, closed and unmapped at random,
// also between the steps of a revocation. A step may take nothing but what the model says was
// derived; the last one leaves none of it. The planted twin moves a handle and forgets where from.
#include "fake.h"

#include "cap/budget.h"
#include "cap/derive.h"
#include "ipc/signal.h"
#include "mem/space.h"
#include "sched/chore.h"

#include "abi/syscall.h"
#include "base/test.h"

#define TABLES 4u
#define NODES  3000u
#define ROUNDS 40u
#define STEPS  1500u
#define NOBODY UINT32_MAX
#define AREA   0x60000000ull
#define SHARE  0x10000ull // of the area, for one mapping

enum kind { HANDLE, MAPPING, RAISER };

struct node {
    enum kind kind;
    bool alive;
    bool revocable;
    uint32_t parent;
    uint32_t table; // HANDLE
    handle_t value;
    uint64_t address, pages; // MAPPING
    struct raiser raiser;
};

static struct handle_table tables[TABLES];
static struct space space;
static struct node nodes[NODES];
static uint32_t count;
static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    return (uint32_t)(fake_random(&random_state) % bound);
}

static bool is_there(const struct node *node)
{
    if (node->kind == HANDLE)
        return handle_find(&tables[node->table], node->value) != NULL;
    if (node->kind == RAISER)
        return node->raiser.signal != NULL;
    for (uint32_t i = 0; i < space.mapping_count; i++) {
        if (space.mappings[i]->address == node->address)
            return true;
    }
    return false;
}

static bool is_derived(uint32_t index, uint32_t origin)
{
    for (index = nodes[index].parent; index != NOBODY; index = nodes[index].parent) {
        if (index == origin)
            return true;
    }
    return false;
}

// It is gone: what was derived from it is its parent's.
static void forget(uint32_t index)
{
    nodes[index].alive = false;
    for (uint32_t i = 0; i < count; i++) {
        if (nodes[i].alive && nodes[i].parent == index)
            nodes[i].parent = nodes[index].parent;
    }
}

static struct node *node_add(enum kind kind, uint32_t parent, bool revocable)
{
    struct node *node = &nodes[count++];
    *node = (struct node){.kind = kind, .alive = true, .parent = parent, .revocable = revocable};
    return node;
}

static uint32_t some_node(enum kind kind)
{
    for (uint32_t tries = 0; tries < 30; tries++) {
        uint32_t index = random_below(count);
        if (nodes[index].alive && nodes[index].kind == kind)
            return index;
    }
    return NOBODY;
}

static struct handle_entry *entry_of(const struct node *node)
{
    return handle_find(&tables[node->table], node->value);
}

static void duplicate(uint32_t origin)
{
    bool derive = random_below(2) == 0;
    uint32_t table = nodes[origin].table;
    handle_t value;
    uint32_t rights = RIGHT_ALL | (derive ? (uint32_t)RIGHT_REVOCABLE : 0);
    if (handle_duplicate(&tables[table], nodes[origin].value, rights, 0, &value) != OK)
        return;
    struct node *node =
        node_add(HANDLE, derive ? origin : nodes[origin].parent, derive || nodes[origin].revocable);
    node->table = table;
    node->value = value;
    CHECK_EQ((entry_of(node)->rights & RIGHT_REVOCABLE) != 0, node->revocable);
}

static void move(uint32_t index)
{
    uint32_t to = random_below(TABLES);
    if (to != nodes[index].table && handle_reserve(&tables[to], 1) != OK)
        return;
    nodes[index].value = handle_move(&tables[nodes[index].table], nodes[index].value, &tables[to]);
    nodes[index].table = to;
}

static void use(uint32_t origin)
{
    struct handle_entry *entry = entry_of(&nodes[origin]);
    bool revocable = nodes[origin].revocable;
    if (entry->object->kind == OBJECT_SIGNAL) {
        struct node *node = node_add(RAISER, revocable ? nodes[origin].parent : NOBODY, revocable);
        CHECK_EQ(raiser_init(&node->raiser, &budget_root, entry, 1), OK);
        return;
    }
    struct mapping wanted = {
        .address = AREA + count * SHARE, .size_bytes = 3 * PAGE_SIZE, .protect = PROTECT_READ};
    if (space_map(&space, memory_of(entry->object), entry, &wanted) != OK)
        return;
    struct node *node = node_add(MAPPING, revocable ? nodes[origin].parent : NOBODY, revocable);
    node->address = wanted.address;
    node->pages = 3;
}

// All of a mapping, or its middle page: then it is two.
static void unmap(uint32_t index)
{
    struct node *low = &nodes[index];
    bool whole = low->pages == 1 || random_below(2) == 0;
    uint64_t from = whole ? low->address : low->address + PAGE_SIZE;
    status_t status;
    while ((status = space_unmap(&space, from, whole ? low->pages * PAGE_SIZE : PAGE_SIZE)) ==
           ERR_AGAIN)
        continue;
    CHECK_EQ(status, OK);
    if (whole) {
        forget(index);
        return;
    }
    struct node *high = node_add(MAPPING, low->parent, low->revocable);
    high->address = low->address + 2 * PAGE_SIZE;
    high->pages = low->pages = 1;
}

static void close(uint32_t index)
{
    CHECK_EQ(handle_close(&tables[nodes[index].table], nodes[index].value), OK);
    forget(index);
}

static void random_change(void)
{
    uint32_t pick = random_below(16);
    uint32_t index = some_node(pick == 0 ? MAPPING : HANDLE);
    if (index == NOBODY || count + 2 >= NODES)
        return;
    if (pick == 0)
        unmap(index);
    else if (pick < 8)
        duplicate(index);
    else if (pick < 11)
        move(index);
    else if (pick < 13)
        use(index);
    else if (index > 1) // the first two live
        close(index);
}

// What is gone must have been derived from `origin`.
static void step_check(uint32_t origin)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!nodes[i].alive || is_there(&nodes[i]))
            continue;
        CHECK(is_derived(i, origin));
        forget(i);
    }
}

static void revoke(uint32_t origin)
{
    status_t status;
    struct node *node = &nodes[origin];
    while ((status = handle_revoke(&tables[node->table], node->value)) == ERR_AGAIN) {
        step_check(origin);
        if (random_below(3) == 0)
            random_change();
        if (!node->alive)
            return;
    }
    CHECK_EQ(status, OK);
    step_check(origin);
    CHECK(node->alive);
    for (uint32_t i = 0; i < count; i++)
        CHECK(!nodes[i].alive || !is_derived(i, origin));
}

static void ground(struct object *object)
{
    struct node *node = node_add(HANDLE, NOBODY, false);
    CHECK_EQ(handle_insert(&tables[0], object, RIGHT_ALL, &node->value), OK);
}

static void round_run(uint64_t seed)
{
    struct memory *memory;
    random_state = seed;
    count = 0;
    for (uint32_t i = 0; i < TABLES; i++)
        handle_table_init(&tables[i], &budget_root);
    CHECK_EQ(space_init(&space, &budget_root), OK);
    CHECK_EQ(memory_create(&budget_root, 3 * PAGE_SIZE, 0, NULL, &memory), OK);
    ground(&memory->object);
    ground(&signal_create(&budget_root)->object);
    for (uint32_t step = 0; step < STEPS && test_failures == 0; step++) {
        random_change();
        uint32_t index = random_below(30) == 0 ? some_node(HANDLE) : NOBODY;
        if (index != NOBODY)
            revoke(index);
    }
    // The first two handles stay, with what was never revocable.
    revoke(0);
    revoke(1);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(!nodes[i].alive || is_there(&nodes[i]));
        raiser_finish(&nodes[i].raiser);
    }
    for (uint32_t i = 0; i < TABLES; i++) {
        for (uint32_t cursor = 0; handle_table_close_next(&tables[i], &cursor);)
            continue;
        handle_table_finish(&tables[i]);
    }
    while (!space_finish_step(&space))
        continue;
    while (chore_step())
        continue;
}

static void revoking_takes_what_was_derived_and_nothing_else(void)
{
    fake_start();
    uint64_t used = 0;
    for (uint32_t round = 0; round < ROUNDS && test_failures == 0; round++) {
        round_run(1 + round);
        if (round == 0)
            used = budget_root.bytes_used;
        CHECK_EQ(budget_root.bytes_used, used);
    }
}

// A root, a chain of `depth` derived from each other, and an equal of the first of the chain.
static void orphans_fall_to_their_grandparent(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    handle_t root, a, b, below_a, deepest;
    uint32_t rights = RIGHT_ALL | RIGHT_REVOCABLE;
    struct signal *signal = signal_create(&budget_root);
    CHECK_EQ(handle_insert(&table, &signal->object, RIGHT_ALL, &root), OK);
    CHECK_EQ(handle_duplicate(&table, root, rights, 0, &a), OK);
    CHECK_EQ(handle_duplicate(&table, root, rights, 0, &b), OK);
    CHECK_EQ(handle_duplicate(&table, a, rights, 0, &below_a), OK);
    CHECK_EQ(handle_close(&table, a), OK);
    CHECK_EQ(handle_revoke(&table, b), OK); // takes none of a's
    CHECK(handle_find(&table, below_a) != NULL);
    deepest = below_a;
    for (uint32_t depth = 0; depth < 300; depth++)
        CHECK_EQ(handle_duplicate(&table, deepest, rights, 0, &deepest), OK);
    uint32_t steps = 1;
    while (handle_revoke(&table, below_a) == ERR_AGAIN)
        steps++;
    CHECK(steps >= 300 / 16);
    CHECK_EQ(table.used, 3);
    CHECK_EQ(handle_revoke(&table, root), OK);
    CHECK_EQ(table.used, 1);
    CHECK_EQ(handle_revoke(&table, below_a), ERR_BAD_HANDLE);
    CHECK_EQ(handle_duplicate(&table, root, RIGHT_RAISE, 0, &a), OK);
    CHECK_EQ(handle_revoke(&table, a), ERR_DENIED);
    CHECK_EQ(handle_close(&table, a), OK);
    CHECK_EQ(handle_close(&table, root), OK);
    handle_table_finish(&table);
}

TEST_MAIN(TEST(orphans_fall_to_their_grandparent),
          TEST(revoking_takes_what_was_derived_and_nothing_else))
