// SPDX-License-Identifier: Apache-2.0
// Handle tables: find, insert, close, move, duplicate. A slot's generation is bumped when it is
// freed, so a stale value misses at once; freed slots queue up, so the same value comes back as
// late as possible.
#include "cap/handle.h"

#include "cap/badge.h"
#include "cap/budget.h"
#include "cap/derive.h"
#include "ipc/endpoint.h"

#include "base/assert.h"
#include "base/list.h"

#define GENERATION (1u << 16) // one, in a handle value

static struct handle_entry *entry_at(struct handle_table *table, uint32_t slot)
{
    return &table->chunks[slot / HANDLE_CHUNK_ENTRIES][slot % HANDLE_CHUNK_ENTRIES];
}

void handle_table_init(struct handle_table *table, struct budget *budget)
{
    *table = (struct handle_table){
        .budget = budget, .free_first = HANDLE_SLOT_NONE, .free_last = HANDLE_SLOT_NONE};
}

bool handle_table_close_next(struct handle_table *table, uint32_t *cursor)
{
    while (*cursor < table->fresh) {
        struct handle_entry *entry = entry_at(table, *cursor);
        (*cursor)++;
        if (entry->object != NULL) {
            handle_close(table, entry->value);
            return true;
        }
    }
    return false;
}

void handle_table_finish(struct handle_table *table)
{
    assert(table->used == 0);
    for (uint32_t i = 0; i < HANDLE_CHUNKS; i++) {
        if (table->chunks[i] != NULL)
            budget_page_pointer_free(table->budget, table->chunks[i]);
    }
    handle_table_init(table, table->budget);
}

status_t handle_lookup(struct handle_table *table, handle_t handle, enum object_kind kind,
                       uint32_t rights, struct handle_entry **out_entry)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL || entry->object->kind != kind)
        return ERR_BAD_HANDLE;
    if ((entry->rights & rights) != rights)
        return ERR_DENIED;
    *out_entry = entry;
    return OK;
}

status_t handle_object(struct handle_table *table, handle_t handle, enum object_kind kind,
                       uint32_t rights, struct object **out_object)
{
    struct handle_entry *entry;
    status_t status = handle_lookup(table, handle, kind, rights, &entry);
    if (status == OK)
        *out_object = entry->object;
    return status;
}

status_t handle_signal(struct handle_table *table, handle_t handle, uint64_t bits,
                       struct handle_entry **out_entry)
{
    status_t status = handle_lookup(table, handle, OBJECT_SIGNAL, RIGHT_RAISE, out_entry);
    if (status == OK && (bits & ~(*out_entry)->mask))
        return ERR_DENIED;
    return status;
}

status_t handle_reserve(struct handle_table *table, uint32_t count)
{
    if (table->used + count > HANDLES_MAX)
        return ERR_FULL;
    for (uint32_t slot = table->fresh; slot < table->used + count; slot++) {
        struct handle_entry **chunk = &table->chunks[slot / HANDLE_CHUNK_ENTRIES];
        if (*chunk == NULL)
            *chunk = budget_page_pointer(table->budget);
        if (*chunk == NULL)
            return ERR_NO_MEMORY;
    }
    return OK;
}

// Takes the entry of a free slot; the table has room.
static struct handle_entry *slot_take(struct handle_table *table)
{
    table->used++;
    uint32_t slot = table->free_first;
    if (slot == HANDLE_SLOT_NONE) {
        slot = table->fresh++;
        struct handle_entry *fresh = entry_at(table, slot);
        fresh->value = GENERATION | slot;
        return fresh;
    }
    struct handle_entry *entry = entry_at(table, slot);
    table->free_first = entry->next_free;
    if (entry->next_free == HANDLE_SLOT_NONE)
        table->free_last = HANDLE_SLOT_NONE;
    return entry;
}

static void slot_give(struct handle_table *table, struct handle_entry *entry)
{
    uint32_t slot = entry->value & 0xffff;
    entry->object = NULL;
    entry->mask = 0; // and no badge
    entry->rights = 0;
    entry->value += entry->value > UINT32_MAX - GENERATION ? 2 * GENERATION : GENERATION;
    entry->next_free = HANDLE_SLOT_NONE;
    if (table->free_last == HANDLE_SLOT_NONE)
        table->free_first = (uint16_t)slot;
    else
        entry_at(table, table->free_last)->next_free = (uint16_t)slot;
    table->free_last = (uint16_t)slot;
    table->used--;
}

static struct badge *badge_of(const struct handle_entry *entry)
{
    return entry->object->kind == OBJECT_ENDPOINT ? entry->badge : NULL;
}

uint64_t handle_badge(const struct handle_entry *entry)
{
    if (entry->object->kind != OBJECT_ENDPOINT)
        return entry->mask;
    return entry->badge != NULL ? entry->badge->value : 0;
}

// Fills a free slot with a reference to `object` that is the caller's; the table has room.
static struct handle_entry *entry_fill(struct handle_table *table, struct object *object,
                                       uint32_t rights)
{
    struct handle_entry *entry = slot_take(table);
    entry->object = object;
    entry->table = table;
    entry->rights = (uint16_t)rights;
    if (object->kind == OBJECT_ENDPOINT && (rights & RIGHT_RECEIVE))
        endpoint_receiver_added(endpoint_of(object));
    return entry;
}

status_t handle_insert(struct handle_table *table, struct object *object, uint32_t rights,
                       handle_t *out_handle)
{
    status_t status = handle_reserve(table, 1);
    if (status != OK)
        return status;
    struct handle_entry *entry = entry_fill(table, object, rights);
    derive_root(entry);
    if (object->kind == OBJECT_SIGNAL)
        entry->mask = UINT64_MAX;
    *out_handle = entry->value;
    return OK;
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    struct object *object = entry->object;
    struct badge *badge = badge_of(entry);
    bool receiver = object->kind == OBJECT_ENDPOINT && (entry->rights & RIGHT_RECEIVE);
    derive_remove(entry);
    slot_give(table, entry);
    if (badge != NULL)
        badge_release(badge);
    if (receiver)
        endpoint_receiver_removed(endpoint_of(object));
    object_release(object);
    return OK;
}

handle_t handle_move(struct handle_table *from, handle_t handle, struct handle_table *to)
{
    struct handle_entry *entry = entry_at(from, handle & 0xffff);
    assert(entry->value == handle && entry->object != NULL);
    struct object *object = entry->object;
    uint64_t mask = entry->mask; // or the badge
    uint16_t rights = entry->rights;
    slot_give(from, entry);
    struct handle_entry *target = slot_take(to);
    if (target != entry)
        derive_move(entry, target);
    target->object = object;
    target->table = to;
    target->mask = mask;
    target->rights = rights;
    return target->value;
}

// What a duplicate of `entry` may be marked with: a first badge, a narrower mask.
static status_t mark_check(const struct handle_entry *entry, uint64_t mark)
{
    if (mark == 0)
        return OK;
    if (entry->object->kind == OBJECT_SIGNAL)
        return mark & ~entry->mask ? ERR_DENIED : OK;
    if (entry->object->kind != OBJECT_ENDPOINT)
        return ERR_INVALID;
    return entry->badge != NULL ? ERR_DENIED : OK;
}

status_t handle_duplicate(struct handle_table *table, handle_t handle, uint32_t rights,
                          uint64_t mark, handle_t *out_handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_DUPLICATE))
        return ERR_DENIED;
    status_t status = mark_check(entry, mark);
    if (status == OK)
        status = handle_reserve(table, 1);
    if (status != OK)
        return status;
    bool is_endpoint = entry->object->kind == OBJECT_ENDPOINT;
    struct badge *badge = badge_of(entry);
    if (is_endpoint && mark != 0) {
        badge = badge_find_or_create(table->budget, endpoint_of(entry->object), mark);
        if (badge == NULL)
            return ERR_NO_MEMORY;
    } else if (badge != NULL) {
        badge_hold(badge);
    }
    object_hold(entry->object);
    uint32_t revocable = (rights | entry->rights) & RIGHT_REVOCABLE;
    struct handle_entry *copy =
        entry_fill(table, entry->object, (rights & entry->rights) | revocable);
    if (rights & RIGHT_REVOCABLE)
        derive_from(entry, copy);
    else
        derive_beside(entry, copy);
    if (is_endpoint)
        copy->badge = badge;
    else
        copy->mask = mark != 0 ? mark : entry->mask;
    *out_handle = copy->value;
    return OK;
}
