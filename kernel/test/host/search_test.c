// SPDX-License-Identifier: Apache-2.0
// Every state that handle tables can get into, in a small scope: breadth first over the real
// cap/handle.c, cap/derive.c and cap/badge.c. In each state each operation is made; what it did is
// compared with what its contract says (struct view), all else must be as it was, and no value that
// was ever given out may name anything but the handle it was given for. The planted twins must
// fail.
//
// Usage: search_test NAME. NX_LONG searches larger scopes.
#include "search.h"
#include "search_limits.h"

#include "base/test.h"

#include <time.h>

#define INDEX_NONE UINT32_MAX

enum kind { INSERT, DUPLICATE, CLOSE, MOVE, REVOKE, TETHER, TETHER_DROP };

struct operation {
    uint8_t kind, node, table;
    uint8_t object;  // INSERT: 1 endpoint, 2 signal, + NO_PAGE
    uint8_t mark;    // DUPLICATE
    uint16_t rights; // DUPLICATE
};
#define NO_PAGE       4u
#define OPERATIONS    192u
#define SIGNAL_RIGHTS (RIGHT_RAISE | RIGHT_WAIT | RIGHT_DUPLICATE | RIGHT_TRANSFER)
#define CALL_RIGHTS   (RIGHT_CALL | RIGHT_RECEIVE | RIGHT_DUPLICATE | RIGHT_TRANSFER)

static const struct scope shorter[] = {
    {.name = "derivations and a tether", .slots = {3, 2}, .tethers = true},
    {.name = "rights, masks and a tether", .slots = {2, 1}, .fewer_rights = true, .tethers = true},
    {.name = "badges", .slots = {2, 1}, .endpoints = true, .fewer_rights = true},
    {.name = "generations that wrap", .slots = {2, 1}, .first_generation = 65535},
    {.name = NULL},
};
static const struct scope longer[] = {
    {.name = "derivations", .slots = {3, 3}},
    {.name = "badges", .slots = {2, 2}, .endpoints = true, .fewer_rights = true},
    {.name = NULL},
};

static struct state *states;
static uint32_t state_count, state_room;
static uint32_t *places; // state + 1 by the hash of its key; 0: empty
static uint32_t place_count;
static uint64_t transitions;
static struct view before, expected;

// ---- the states that were seen ----

static uint64_t key_hash(const struct state *state)
{
    uint64_t hash = 0, word;
    for (size_t at = 0; at + 8 <= STATE_KEY_BYTES; at += 8) {
        memcpy(&word, (const char *)state + at, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    return hash;
}
_Static_assert(STATE_KEY_BYTES % 2 == 0, "the rest of the key");

static uint32_t *place_of(const struct state *state)
{
    uint32_t at = (uint32_t)key_hash(state) & (place_count - 1);
    while (places[at] != 0 && memcmp(&states[places[at] - 1], state, STATE_KEY_BYTES) != 0)
        at = (at + 1) & (place_count - 1);
    return &places[at];
}

static void places_grow(void)
{
    free(places);
    place_count = place_count == 0 ? 1u << 16 : place_count * 4;
    places = calloc(place_count, sizeof *places);
    for (uint32_t i = 0; i < state_count; i++)
        *place_of(&states[i]) = i + 1;
}

// Keeps the tables' state if it is new.
static void state_note(uint32_t parent, uint32_t operation)
{
    if (state_count == state_room) {
        state_room = state_room == 0 ? 1u << 12 : state_room * 2;
        states = realloc(states, state_room * sizeof *states);
    }
    if (2 * state_count >= place_count)
        places_grow();
    struct state *next = &states[state_count];
    state_save(next);
    uint32_t *place = place_of(next);
    if (*place != 0)
        return;
    next->parent = parent;
    next->operation = operation;
    next->depth = parent == INDEX_NONE ? 0 : states[parent].depth + 1;
    *place = ++state_count;
}

// ---- what is expected of an operation ----

static void expect_copy(uint32_t from, uint32_t to, handle_t value)
{
    expected.alive |= (uint16_t)(1u << to);
    expected.objects[to] = expected.objects[from];
    expected.rights[to] = expected.rights[from];
    expected.marks[to] = expected.marks[from];
    expected.values[to] = value;
}

// `node` is where `beside` is: below the same.
static void expect_beside(uint32_t beside, uint32_t node)
{
    expected.below[node] = 0;
    for (uint32_t i = 0; i < NODES; i++)
        expected.below[i] |= (uint16_t)((expected.below[i] >> beside & 1) << node);
}

static void expect_gone(uint32_t node)
{
    expected.alive &= (uint16_t) ~(1u << node);
    expected.below[node] = 0;
    for (uint32_t i = 0; i < NODES; i++)
        expected.below[i] &= (uint16_t) ~(1u << node);
}

static void view_compare(const struct view *now)
{
    CHECK_EQ(now->alive, expected.alive);
    for (uint32_t i = 0; i < NODES && test_failures == 0; i++) {
        if (!(now->alive >> i & 1))
            continue;
        CHECK_EQ(now->below[i], expected.below[i]);
        CHECK_EQ(now->objects[i], expected.objects[i]);
        CHECK_EQ(now->rights[i], expected.rights[i]);
        CHECK_EQ(now->marks[i], expected.marks[i]);
        CHECK_EQ(now->values[i], expected.values[i]);
    }
}

// ---- operations ----

// The node of a new handle that `table` gave.
static uint32_t new_node(uint32_t table, handle_t value)
{
    uint32_t node = node_at(table, value & 0xffff);
    CHECK(value_give(table, value));
    return node;
}

static bool has_room(const struct handle_table *table)
{
    return table->used < search_slots(table);
}

static void do_insert(const struct scope *scope, struct operation it)
{
    struct handle_table *table = &search_tables[it.table];
    bool is_endpoint = (it.object & 3) == 1;
    struct object *object = is_endpoint ? &search_endpoint.object : &search_signal.object;
    uint32_t rights = is_endpoint ? CALL_RIGHTS : SIGNAL_RIGHTS;
    search_no_page = it.object & NO_PAGE;
    status_t wanted = !has_room(table)                             ? ERR_FULL
                      : search_no_page && table->chunks[0] == NULL ? ERR_NO_MEMORY
                                                                   : OK;
    handle_t value;
    object->references++;
    status_t status = handle_insert(table, object, rights, &value);
    search_no_page = false;
    CHECK_EQ(status, wanted);
    if (status != OK) {
        object->references--;
        return;
    }
    uint32_t node = new_node(it.table, value);
    expected.alive |= (uint16_t)(1u << node);
    expected.below[node] = 0;
    expected.objects[node] = it.object & 3;
    expected.rights[node] = (uint16_t)rights;
    expected.marks[node] = is_endpoint ? 0 : UINT64_MAX;
    expected.values[node] = value;
}

static status_t duplicate_wanted(struct operation it)
{
    if (!(before.rights[it.node] & RIGHT_DUPLICATE))
        return ERR_DENIED;
    bool marked = before.objects[it.node] == 1 ? before.marks[it.node] != 0
                                               : (it.mark & ~before.marks[it.node]) != 0;
    if (it.mark != 0 && marked)
        return ERR_DENIED;
    return has_room(&search_tables[it.node / SLOTS_MAX]) ? OK : ERR_FULL;
}

static void do_duplicate(const struct scope *scope, struct operation it)
{
    uint32_t table = it.node / SLOTS_MAX;
    status_t wanted = duplicate_wanted(it);
    handle_t value;
    status_t status =
        handle_duplicate(&search_tables[table], before.values[it.node], it.rights, it.mark, &value);
    CHECK_EQ(status, wanted);
    if (status != OK)
        return;
    uint32_t node = new_node(table, value);
    expect_copy(it.node, node, value);
    expect_beside(it.node, node);
    if (it.rights & RIGHT_REVOCABLE)
        expected.below[it.node] |= (uint16_t)(1u << node);
    uint32_t revocable = (it.rights | before.rights[it.node]) & RIGHT_REVOCABLE;
    expected.rights[node] = (uint16_t)((before.rights[it.node] & it.rights) | revocable);
    if (it.mark != 0)
        expected.marks[node] = it.mark;
}

static void do_close(const struct scope *scope, struct operation it)
{
    search_badges_closed = 0;
    bool badged = before.objects[it.node] == 1 && before.marks[it.node] != 0;
    struct handle_table *table = &search_tables[it.node / SLOTS_MAX];
    CHECK_EQ(handle_close(table, before.values[it.node]), OK);
    CHECK_EQ(handle_close(table, before.values[it.node]), ERR_BAD_HANDLE);
    CHECK_EQ(search_badges_closed, badged && before.badge_references == 1);
    expect_gone(it.node);
}

static void do_move(const struct scope *scope, struct operation it)
{
    struct handle_table *from = &search_tables[it.node / SLOTS_MAX];
    struct handle_table *to = &search_tables[it.table];
    if (from != to) {
        status_t status = handle_reserve(to, 1);
        CHECK_EQ(status, has_room(to) ? OK : ERR_FULL);
        if (status != OK)
            return;
    }
    handle_t value = handle_move(from, before.values[it.node], to);
    uint32_t node = new_node(it.table, value);
    expect_copy(it.node, node, value);
    if (node == it.node)
        return;
    expect_beside(it.node, node);
    expected.below[node] = expected.below[it.node];
    expect_gone(it.node);
}

static void do_revoke(const struct scope *scope, struct operation it)
{
    status_t wanted = OK;
    if (!(before.rights[it.node] & RIGHT_DUPLICATE))
        wanted = ERR_DENIED;
    uint32_t below = before.below[it.node];
    status_t status = handle_revoke(&search_tables[it.node / SLOTS_MAX], before.values[it.node]);
    if (status == ERR_AGAIN) {
        // It stopped at the tether, which went half; what was taken before it was below.
        CHECK(below >> SLOT_NODES & 1);
        CHECK(search_tethers[0].context != NULL);
        struct view now;
        CHECK(view_take(&now));
        below &= ~(uint32_t)now.alive;
    } else {
        CHECK_EQ(status, wanted);
        below = status == OK ? below : 0;
    }
    for (uint32_t node = 0; node < NODES; node++) {
        if (below >> node & 1)
            expect_gone(node);
    }
}

// Goes in two steps, as a mapping of many pages does.
static bool tether_take(struct tether *tether)
{
    if (tether->context == NULL) {
        tether->context = tether;
        return false;
    }
    tether_destroy(tether);
    return true;
}

static void do_tether(const struct scope *scope, struct operation it)
{
    struct tether wanted = {.take = tether_take};
    struct tether *tether;
    CHECK_EQ(tether_create(NULL, node_entry(it.node), &wanted, &tether), OK);
    expected.alive |= 1u << SLOT_NODES;
    expected.rights[SLOT_NODES] = RIGHT_REVOCABLE;
    expected.values[SLOT_NODES] = HANDLE_NONE;
    expect_beside(it.node, SLOT_NODES);
}

static void do_tether_drop(const struct scope *scope, struct operation it)
{
    tether_destroy(&search_tethers[0]);
    expect_gone(SLOT_NODES);
}

static void (*const operations[])(const struct scope *,
                                  struct operation) = {[INSERT] = do_insert,
                                                       [DUPLICATE] = do_duplicate,
                                                       [CLOSE] = do_close,
                                                       [MOVE] = do_move,
                                                       [REVOKE] = do_revoke,
                                                       [TETHER] = do_tether,
                                                       [TETHER_DROP] = do_tether_drop};

// ---- which operations there are in a state ----

static uint32_t duplicates(const struct scope *scope, uint8_t node, struct operation *out)
{
    static const uint16_t less[] = {RIGHT_DUPLICATE | RIGHT_RAISE | RIGHT_CALL,
                                    RIGHT_WAIT | RIGHT_RECEIVE | RIGHT_TRANSFER};
    uint32_t count = 0;
    for (uint32_t i = 0; i < (scope->fewer_rights ? 3u : 1u); i++) {
        uint16_t rights = i == 0 ? RIGHT_ALL & ~(uint32_t)RIGHT_REVOCABLE : less[i - 1];
        for (uint8_t mark = 0; mark < (scope->fewer_rights ? 2u : 1u); mark++) {
            out[count++] =
                (struct operation){.kind = DUPLICATE, .node = node, .rights = rights, .mark = mark};
            out[count++] = (struct operation){
                .kind = DUPLICATE, .node = node, .rights = rights | RIGHT_REVOCABLE, .mark = mark};
        }
    }
    return count;
}

static uint32_t operations_list(const struct scope *scope, struct operation *out)
{
    uint32_t count = 0;
    uint8_t object = scope->endpoints ? 1 : 2;
    for (uint8_t t = 0; t < TABLES; t++) {
        out[count++] = (struct operation){.kind = INSERT, .table = t, .object = object};
        out[count++] = (struct operation){.kind = INSERT, .table = t, .object = object | NO_PAGE};
    }
    for (uint8_t node = 0; node < SLOT_NODES; node++) {
        if (!(before.alive >> node & 1))
            continue;
        count += duplicates(scope, node, &out[count]);
        out[count++] = (struct operation){.kind = CLOSE, .node = node};
        out[count++] = (struct operation){.kind = REVOKE, .node = node};
        for (uint8_t t = 0; t < TABLES; t++)
            out[count++] = (struct operation){.kind = MOVE, .node = node, .table = t};
        if (scope->tethers && !search_tether_alive[0] && derive_revocable(node_entry(node)))
            out[count++] = (struct operation){.kind = TETHER, .node = node};
    }
    if (search_tether_alive[0])
        out[count++] = (struct operation){.kind = TETHER_DROP};
    return count;
}

// ---- the search ----

static void path_print(uint32_t index, struct operation last)
{
    static const char *const names[] = {"insert", "duplicate", "close",      "move",
                                        "revoke", "tether",    "tether drop"};
    fprintf(stderr, "at last: %s node %u table %u rights %x mark %u\nbefore it, backwards:\n",
            names[last.kind], last.node, last.table, last.rights, last.mark);
    for (; states[index].parent != INDEX_NONE; index = states[index].parent)
        fprintf(stderr, "    operation %u of state %u\n", states[index].operation,
                states[index].parent);
}

static void state_expand(const struct scope *scope, uint32_t index)
{
    struct operation list[OPERATIONS];
    struct view now;
    state_load(&states[index]);
    CHECK(view_take(&before));
    uint32_t count = operations_list(scope, list);
    for (uint32_t i = 0; i < count && test_failures == 0; i++) {
        if (i > 0)
            state_load(&states[index]);
        expected = before;
        operations[list[i].kind](scope, list[i]);
        transitions++;
        CHECK(view_take(&now));
        view_compare(&now);
        if (test_failures > 0)
            path_print(index, list[i]);
        else
            state_note(index, i);
    }
}

static uint64_t scope_search(const struct scope *scope)
{
    clock_t began = clock();
    uint64_t made = transitions;
    state_count = 0;
    memset(places, 0, place_count * sizeof *places);
    search_begin(scope);
    state_note(INDEX_NONE, 0);
    for (uint32_t index = 0; index < state_count && test_failures == 0; index++)
        state_expand(scope, index);
    printf("%s, %u + %u slots: %u states, %llu transitions, depth %u, %.1f s\n", scope->name,
           scope->slots[0], scope->slots[1], state_count, (unsigned long long)(transitions - made),
           states[state_count - 1].depth, (double)(clock() - began) / CLOCKS_PER_SEC);
    fflush(stdout);
    return state_count;
}

int main(int argc, char **argv)
{
    uint64_t found = 0;
    places_grow();
    for (const struct scope *it = shorter; it->name != NULL && test_failures == 0; it++)
        found += scope_search(it);
    const struct scope *more = getenv("NX_LONG") != NULL ? longer : NULL;
    for (; more != NULL && more->name != NULL && test_failures == 0; more++)
        found += scope_search(more);
    printf("proof: %s seeds %llu count %llu failures %d\n", argc > 1 ? argv[1] : "kernel_search",
           (unsigned long long)found, (unsigned long long)transitions, test_failures);
    return test_failures > 0;
}
