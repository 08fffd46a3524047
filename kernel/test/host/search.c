// SPDX-License-Identifier: Apache-2.0
// States of the handle tables: kept as bytes, brought back, and read.
#include "search.h"
#include "search_limits.h"

#include "cap/budget.h"

#include <stdio.h>
#include <string.h>

// With its buckets, which belong to the state.
#include "cap/badge.c"

#define NONE        0xffu
#define GENERATIONS 65535u // 1 to that
#define ENTRY_BYTES sizeof(struct handle_entry)

struct handle_table search_tables[TABLES];
struct endpoint search_endpoint;
struct signal search_signal;
struct tether search_tethers[TETHERS];
bool search_tether_alive[TETHERS];
bool search_no_page;
uint16_t search_given[SLOT_NODES];
uint32_t search_badges_closed;

static const struct scope *scope;
static struct budget budgets[TABLES];
static struct handle_entry entries[TABLES][HANDLE_CHUNK_ENTRIES];
static struct badge badge; // one value of one endpoint
static bool badge_alive;

// ---- what handle.c, derive.c and badge.c stand on ----

uint32_t search_slots(const struct handle_table *table)
{
    return scope->slots[table - search_tables];
}

void *budget_page_pointer(struct budget *budget)
{
    return search_no_page ? NULL : entries[budget - budgets];
}

void budget_page_pointer_free(struct budget *budget, void *pointer)
{
}

void *budget_allocate(struct budget *budget, struct slab *slab)
{
    bool is_tether = slab->object_bytes >= sizeof(struct tether);
    bool *alive = is_tether ? &search_tether_alive[0] : &badge_alive;
    if (*alive)
        return NULL;
    *alive = true;
    return is_tether ? (void *)&search_tethers[0] : (void *)&badge;
}

void budget_free(struct budget *budget, struct slab *slab, void *pointer)
{
    if (pointer == &badge)
        badge_alive = false;
    else
        search_tether_alive[0] = false;
}

void object_release(struct object *object)
{
    object->references--;
}

void endpoint_receiver_added(struct endpoint *endpoint)
{
    endpoint->receive_handles++;
}

void endpoint_receiver_removed(struct endpoint *endpoint)
{
    endpoint->receive_handles--;
}

void endpoint_badge_closed(struct endpoint *endpoint, struct badge *closed)
{
    search_badges_closed++;
    badge_destroy(closed);
}

// ---- nodes ----

uint32_t node_at(uint32_t table, uint32_t slot)
{
    return table * SLOTS_MAX + slot;
}

struct handle_entry *node_entry(uint32_t node)
{
    if (node >= SLOT_NODES)
        return &search_tethers[node - SLOT_NODES].entry;
    return &entries[node / SLOTS_MAX][node % SLOTS_MAX];
}

// A bracket's number, 2 a node: the one that opens, the one that closes. NONE: nowhere.
static uint8_t bracket_number(const struct list_node *bracket)
{
    uintptr_t at = (uintptr_t)bracket, first = (uintptr_t)entries;
    uint32_t node = SLOT_NODES;
    if (at >= first && at < first + sizeof entries) {
        uint32_t index = (uint32_t)((at - first) / ENTRY_BYTES);
        node = node_at(index / HANDLE_CHUNK_ENTRIES, index % HANDLE_CHUNK_ENTRIES);
    }
    if (bracket == &node_entry(node)->opens)
        return (uint8_t)(2 * node);
    return bracket == &node_entry(node)->closes ? (uint8_t)(2 * node + 1) : NONE;
}

static struct list_node *bracket_of(uint8_t number)
{
    if (number == NONE)
        return NULL;
    struct handle_entry *entry = node_entry(number / 2);
    return number % 2 ? &entry->closes : &entry->opens;
}

static uint16_t order_of(uint32_t generation)
{
    uint32_t first = scope->first_generation != 0 ? scope->first_generation : 1;
    return (uint16_t)((generation + GENERATIONS - first) % GENERATIONS);
}

static uint32_t generation_of(uint32_t order)
{
    uint32_t first = scope->first_generation != 0 ? scope->first_generation : 1;
    return (first - 1 + order) % GENERATIONS + 1;
}

bool value_give(uint32_t table, handle_t value)
{
    uint32_t node = node_at(table, value & 0xffff);
    uint32_t order = order_of(value >> 16);
    if (value >> 16 == 0 || order < search_given[node])
        return false;
    search_given[node] = (uint16_t)(order + 1);
    return true;
}

// ---- states ----

static void tables_reset(void)
{
    memset(entries, 0, sizeof entries);
    memset(search_tethers, 0, sizeof search_tethers);
    memset(search_tether_alive, 0, sizeof search_tether_alive);
    memset(buckets, 0, sizeof buckets);
    badge_alive = false;
    for (uint32_t i = 0; i < TABLES; i++)
        handle_table_init(&search_tables[i], &budgets[i]);
    search_endpoint = (struct endpoint){.object = {.references = 1, .kind = OBJECT_ENDPOINT}};
    search_signal = (struct signal){.object = {.references = 1, .kind = OBJECT_SIGNAL}};
}

// Tables whose slots were all used before, as often as `first_generation` says.
static void tables_use(void)
{
    for (uint32_t t = 0; t < TABLES; t++) {
        struct handle_table *table = &search_tables[t];
        table->chunks[0] = entries[t];
        table->fresh = scope->slots[t];
        table->free_first = 0;
        table->free_last = (uint16_t)(table->fresh - 1);
        for (uint32_t slot = 0; slot < table->fresh; slot++) {
            entries[t][slot].value = (uint32_t)scope->first_generation << 16 | slot;
            entries[t][slot].next_free =
                slot + 1 < table->fresh ? (uint16_t)(slot + 1) : HANDLE_SLOT_NONE;
        }
    }
}

void search_begin(const struct scope *wanted)
{
    scope = wanted;
    memset(search_given, 0, sizeof search_given);
    tables_reset();
    if (scope->first_generation != 0)
        tables_use();
}

static uint8_t slot_pack(uint16_t slot)
{
    return slot == HANDLE_SLOT_NONE ? NONE : (uint8_t)slot;
}

static uint16_t slot_unpack(uint8_t slot)
{
    return slot == NONE ? HANDLE_SLOT_NONE : slot;
}

static void node_save(uint32_t node, struct node_state *out)
{
    const struct handle_entry *entry = node_entry(node);
    // The brackets of a free slot are in no ring, whatever they hold.
    bool is_free = node < SLOT_NODES && entry->object == NULL;
    out->links[0] = is_free ? NONE : bracket_number(entry->opens.previous);
    out->links[1] = is_free ? NONE : bracket_number(entry->opens.next);
    out->links[2] = is_free ? NONE : bracket_number(entry->closes.previous);
    out->links[3] = is_free ? NONE : bracket_number(entry->closes.next);
    out->rights = entry->rights;
    if (node >= SLOT_NODES) {
        out->object = search_tether_alive[node - SLOT_NODES];
        out->half = search_tethers[node - SLOT_NODES].context != NULL;
        return;
    }
    out->next_free = entry->object == NULL ? slot_pack(entry->next_free) : 0;
    if (entry->object == NULL)
        return;
    bool is_endpoint = entry->object->kind == OBJECT_ENDPOINT;
    out->object = is_endpoint ? 1 : 2;
    out->mark = is_endpoint ? entry->badge != NULL : (uint8_t)entry->mask;
}

void state_save(struct state *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t t = 0; t < TABLES; t++) {
        const struct handle_table *table = &search_tables[t];
        out->tables[t].fresh = (uint8_t)table->fresh;
        out->tables[t].used = (uint8_t)table->used;
        out->tables[t].free_first = slot_pack(table->free_first);
        out->tables[t].free_last = slot_pack(table->free_last);
        out->tables[t].page = table->chunks[0] != NULL;
        for (uint32_t slot = 0; slot < scope->slots[t]; slot++)
            node_save(node_at(t, slot), &out->nodes[node_at(t, slot)]);
    }
    if (scope->tethers)
        node_save(SLOT_NODES, &out->nodes[SLOT_NODES]);
    out->badge_references = badge_alive ? (uint8_t)badge.references : 0;
    out->receivers = (uint8_t)search_endpoint.receive_handles;
    out->references[0] = (uint8_t)search_endpoint.object.references;
    out->references[1] = (uint8_t)search_signal.object.references;
    for (uint32_t node = 0; node < SLOT_NODES; node++)
        out->generations[node] = (uint16_t)(node_entry(node)->value >> 16);
    memcpy(out->given, search_given, sizeof search_given);
}

static void node_load(uint32_t node, const struct state *state)
{
    const struct node_state *from = &state->nodes[node];
    struct handle_entry *entry = node_entry(node);
    entry->opens = (struct list_node){bracket_of(from->links[0]), bracket_of(from->links[1])};
    entry->closes = (struct list_node){bracket_of(from->links[2]), bracket_of(from->links[3])};
    entry->rights = from->rights;
    if (node >= SLOT_NODES) {
        struct tether *tether = &search_tethers[node - SLOT_NODES];
        search_tether_alive[node - SLOT_NODES] = from->object != 0;
        tether->context = from->half ? tether : NULL;
        return;
    }
    uint32_t generation = state->generations[node];
    entry->value = generation == 0 ? 0 : generation << 16 | node % SLOTS_MAX;
    entry->next_free = slot_unpack(from->next_free);
    entry->table = generation == 0 ? NULL : &search_tables[node / SLOTS_MAX];
    entry->object = from->object == 0   ? NULL
                    : from->object == 1 ? &search_endpoint.object
                                        : &search_signal.object;
    if (from->object == 1)
        entry->badge = from->mark ? &badge : NULL;
    else
        entry->mask = from->mark == 0xff ? UINT64_MAX : from->mark;
}

static void badge_load(uint32_t references)
{
    struct badge **bucket = bucket_of(&search_endpoint, 1);
    badge_alive = references > 0;
    *bucket = badge_alive ? &badge : NULL;
    badge.references = references;
    badge.endpoint = &search_endpoint;
    badge.value = 1;
    badge.hash_next = NULL;
}

void state_load(const struct state *state)
{
    for (uint32_t t = 0; t < TABLES; t++) {
        struct handle_table *table = &search_tables[t];
        table->fresh = state->tables[t].fresh;
        table->used = state->tables[t].used;
        table->free_first = slot_unpack(state->tables[t].free_first);
        table->free_last = slot_unpack(state->tables[t].free_last);
        table->chunks[0] = state->tables[t].page ? entries[t] : NULL;
        for (uint32_t slot = 0; slot < scope->slots[t]; slot++)
            node_load(node_at(t, slot), state);
    }
    if (scope->tethers)
        node_load(SLOT_NODES, state);
    badge_load(state->badge_references);
    search_endpoint.receive_handles = state->receivers;
    search_endpoint.object.references = state->references[0];
    search_signal.object.references = state->references[1];
    memcpy(search_given, state->given, sizeof search_given);
}

// ---- views ----

static bool wrong(const char *what, uint32_t node)
{
    fprintf(stderr, "node %u: %s\n", node, what);
    return false;
}

// The nodes between a node's brackets; both of theirs.
static bool below_take(struct view *view, uint32_t node)
{
    uint8_t seen[NODES] = {0};
    const struct list_node *it = &node_entry(node)->opens;
    const struct list_node *end = &node_entry(node)->closes;
    for (uint32_t steps = 0; it->next != end; steps++) {
        if (it->next == NULL || it->next->previous != it || steps > 2 * NODES)
            return wrong("the ring is broken", node);
        it = it->next;
        uint8_t number = bracket_number(it);
        if (number == NONE || !(view->alive >> number / 2 & 1) || number / 2 == node)
            return wrong("something dead is in the ring", node);
        seen[number / 2] |= (uint8_t)(1 << number % 2);
    }
    if (end->previous != it)
        return wrong("the ring is broken", node);
    for (uint32_t other = 0; other < NODES; other++) {
        if (seen[other] != 0 && seen[other] != 3)
            return wrong("brackets cross", node);
        view->below[node] |= (uint16_t)((seen[other] != 0) << other);
    }
    return true;
}

static bool nesting_check(const struct view *view)
{
    for (uint32_t node = 0; node < NODES; node++) {
        for (uint32_t other = 0; other < NODES; other++) {
            if (!(view->below[node] >> other & 1))
                continue;
            if (view->below[other] >> node & 1)
                return wrong("is below what is below it", node);
            if (view->below[other] & ~view->below[node])
                return wrong("is not above what is below what is below it", node);
            if (!(view->rights[other] & RIGHT_REVOCABLE))
                return wrong("has something below that is not revocable", node);
            if (other < SLOT_NODES && view->objects[other] != view->objects[node])
                return wrong("has another object's handle below", node);
        }
    }
    return true;
}

// The free slots of a table are in its queue, each once; nothing else is.
static bool queue_check(uint32_t t, uint32_t used)
{
    struct handle_table *table = &search_tables[t];
    uint32_t count = 0, last = HANDLE_SLOT_NONE, seen = 0;
    for (uint32_t slot = table->free_first; slot != HANDLE_SLOT_NONE;) {
        if (slot >= table->fresh || (seen >> slot & 1) || entries[t][slot].object != NULL)
            return wrong("is queued as free", node_at(t, slot));
        seen |= 1u << slot;
        last = slot;
        count++;
        slot = entries[t][slot].next_free;
    }
    if (table->free_last != last || table->used != used || count + used != table->fresh ||
        table->fresh > scope->slots[t])
        return wrong("the table's counts or its queue's end", node_at(t, 0));
    return true;
}

// Only a live handle's own value finds it, of all that were ever given out here.
static bool values_check(uint32_t t, uint32_t slot)
{
    uint32_t node = node_at(t, slot);
    const struct handle_entry *entry = &entries[t][slot];
    if (entry->object == NULL && (entry->rights != 0 || entry->mask != 0))
        return wrong("is free and has rights", node);
    bool found = false;
    for (uint32_t order = 0; order < search_given[node]; order++) {
        handle_t value = generation_of(order) << 16 | slot;
        struct handle_entry *named = handle_find(&search_tables[t], value);
        if (named != NULL && (named != entry || value != entry->value))
            return wrong("a stale value names something", node);
        found = found || named != NULL;
    }
    if (entry->object != NULL && !found)
        return wrong("nothing finds it", node);
    return true;
}

static bool slot_take_view(struct view *view, uint32_t t, uint32_t slot)
{
    uint32_t node = node_at(t, slot);
    const struct handle_entry *entry = &entries[t][slot];
    if (!values_check(t, slot))
        return false;
    if (entry->object == NULL)
        return true;
    if (entry->table != &search_tables[t])
        return wrong("says it is another table's", node);
    bool is_endpoint = entry->object == &search_endpoint.object;
    view->alive |= (uint16_t)(1u << node);
    view->objects[node] = is_endpoint ? 1 : 2;
    view->rights[node] = entry->rights;
    view->marks[node] = is_endpoint ? entry->badge != NULL : entry->mask;
    view->values[node] = entry->value;
    view->references[is_endpoint ? 0 : 1]++;
    view->receivers += is_endpoint && (entry->rights & RIGHT_RECEIVE);
    view->badge_references += is_endpoint && entry->badge != NULL;
    return true;
}

static bool counts_check(const struct view *view)
{
    if (search_endpoint.object.references != 1 + view->references[0] ||
        search_signal.object.references != 1 + view->references[1] ||
        search_endpoint.receive_handles != view->receivers)
        return wrong("references or receivers", 0);
    if (badge_alive != (view->badge_references > 0) ||
        (badge_alive && badge.references != view->badge_references))
        return wrong("the badge's references", 0);
    return true;
}

bool view_take(struct view *view)
{
    memset(view, 0, sizeof *view);
    for (uint32_t t = 0; t < TABLES; t++) {
        uint32_t used = 0;
        for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
            if (!slot_take_view(view, t, slot))
                return false;
            used += entries[t][slot].object != NULL;
        }
        if (!queue_check(t, used))
            return false;
    }
    if (search_tether_alive[0]) {
        view->alive |= 1u << SLOT_NODES;
        view->rights[SLOT_NODES] = RIGHT_REVOCABLE;
    }
    for (uint32_t node = 0; node < NODES; node++) {
        if ((view->alive >> node & 1) && !below_take(view, node))
            return false;
    }
    return nesting_check(view) && counts_check(view);
}
