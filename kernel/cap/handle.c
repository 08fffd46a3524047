// SPDX-License-Identifier: Apache-2.0
// Handle tables: find, insert, close, move, duplicate. A slot's generation is bumped when it is
// freed, so a stale value misses at once; freed slots queue up, so the same value comes back as
// late as possible.
#include "cap/handle.h"

#include "cap/badge.h"
#include "cap/budget.h"
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

status_t handle_object(struct handle_table *table, handle_t handle, enum object_kind kind,
                       uint32_t rights, struct object **out_object)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL || entry->object->kind != kind)
        return ERR_BAD_HANDLE;
    if ((entry->rights & rights) != rights)
        return ERR_DENIED;
    *out_object = entry->object;
    return OK;
}

status_t handle_reserve(struct handle_table *table, uint32_t count)
{
    if (table->used + count > HANDLES_MAX)
        return ERR_FULL;
    uint32_t free_slots = table->fresh - table->used;
    uint32_t fresh_needed = count > free_slots ? count - free_slots : 0;
    for (uint32_t slot = table->fresh; slot < table->fresh + fresh_needed; slot++) {
        struct handle_entry **chunk = &table->chunks[slot / HANDLE_CHUNK_ENTRIES];
        if (*chunk == NULL)
            *chunk = budget_page_pointer(table->budget);
        if (*chunk == NULL)
            return ERR_NO_MEMORY;
    }
    return OK;
}

// Takes a free slot; the table has room.
static uint32_t slot_take(struct handle_table *table)
{
    uint32_t slot = table->free_first;
    if (slot == HANDLE_SLOT_NONE) {
        slot = table->fresh++;
        entry_at(table, slot)->value = GENERATION | slot;
    } else {
        table->free_first = entry_at(table, slot)->next_free;
        if (table->free_first == HANDLE_SLOT_NONE)
            table->free_last = HANDLE_SLOT_NONE;
    }
    table->used++;
    return slot;
}

static void slot_give(struct handle_table *table, uint32_t slot)
{
    struct handle_entry *entry = entry_at(table, slot);
    entry->object = NULL;
    entry->badge = NULL;
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

status_t handle_insert(struct handle_table *table, struct object *object, struct badge *badge,
                       uint32_t rights, handle_t *out_handle)
{
    status_t status = handle_reserve(table, 1);
    if (status != OK)
        return status;
    uint32_t slot = slot_take(table);
    struct handle_entry *entry = entry_at(table, slot);
    entry->object = object;
    entry->badge = badge;
    entry->rights = (uint16_t)rights;
    if (object->kind == OBJECT_ENDPOINT && (rights & RIGHT_RECEIVE))
        endpoint_receiver_added(endpoint_of(object));
    *out_handle = entry->value;
    return OK;
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    struct object *object = entry->object;
    struct badge *badge = entry->badge;
    bool receiver = object->kind == OBJECT_ENDPOINT && (entry->rights & RIGHT_RECEIVE);
    slot_give(table, handle & 0xffff);
    if (badge != NULL)
        badge_release(badge);
    if (receiver)
        endpoint_receiver_removed(endpoint_of(object));
    object_release(object);
    return OK;
}

handle_t handle_move(struct handle_table *from, handle_t handle, struct handle_table *to)
{
    struct handle_entry *entry = handle_find(from, handle);
    assert(entry != NULL);
    struct handle_entry moved = *entry;
    slot_give(from, handle & 0xffff);
    uint32_t slot = slot_take(to);
    struct handle_entry *target = entry_at(to, slot);
    target->object = moved.object;
    target->badge = moved.badge;
    target->rights = moved.rights;
    return target->value;
}

status_t handle_duplicate(struct handle_table *table, handle_t handle, uint32_t rights,
                          uint64_t badge_value, handle_t *out_handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_DUPLICATE))
        return ERR_DENIED;
    rights &= entry->rights;
    struct badge *badge = entry->badge;
    if (badge_value != 0 && (badge != NULL || entry->object->kind != OBJECT_ENDPOINT))
        return badge != NULL ? ERR_DENIED : ERR_INVALID;
    status_t status = handle_reserve(table, 1);
    if (status != OK)
        return status;
    if (badge_value != 0) {
        badge = badge_find_or_create(table->budget, endpoint_of(entry->object), badge_value);
        if (badge == NULL)
            return ERR_NO_MEMORY;
    } else if (badge != NULL) {
        badge_hold(badge);
    }
    object_hold(entry->object);
    return handle_insert(table, entry->object, badge, rights, out_handle);
}
