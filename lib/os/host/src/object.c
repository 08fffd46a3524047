// SPDX-License-Identifier: Apache-2.0
// Handles and objects of the host twin: one table, generations in the upper half of a handle as the
// kernel does, so that stale handles are caught in tests as they would be on the device.
#include "os/host_object.h"

#include "abi/message.h"
#include "base/assert.h"
#include "os/handle.h"

#include <stdlib.h>
#include <string.h>

#define HOST_HANDLES_MAX 4096u

static struct host_handle table[HOST_HANDLES_MAX];
static uint64_t next_identity = 1;
static uint32_t fail_after;
static void (*on_closed)(uint64_t endpoint_object, uint64_t badge);

static bool planned_failure(void)
{
    return fail_after > 0 && --fail_after == 0;
}

void os_host_fail_after(uint32_t count)
{
    fail_after = count;
}

void os_host_on_closed(void (*closed)(uint64_t endpoint_object, uint64_t badge))
{
    on_closed = closed;
}

void host_object_reference(struct host_object *object)
{
    object->references++;
}

void host_object_release(struct host_object *object)
{
    assert(object->references > 0);
    if (--object->references > 0)
        return;
    free(object->bytes);
    free(object);
}

struct host_handle *host_handle_find(handle_t handle)
{
    uint32_t slot = handle & 0xffff;
    if (slot == 0 || slot >= HOST_HANDLES_MAX || table[slot].object == NULL ||
        table[slot].generation != handle >> 16)
        return NULL;
    return &table[slot];
}

// Puts an object under a free slot; the reference becomes the handle's.
static status_t insert(struct host_object *object, uint32_t rights, uint64_t badge,
                       handle_t *out_handle)
{
    if (planned_failure())
        return ERR_FULL;
    for (uint32_t slot = 1; slot < HOST_HANDLES_MAX; slot++) {
        if (table[slot].object != NULL)
            continue;
        uint32_t generation = (table[slot].generation + 1) & 0x7fff;
        table[slot] = (struct host_handle){
            .object = object, .badge = badge, .rights = rights, .generation = generation};
        *out_handle = generation << 16 | slot;
        return OK;
    }
    return ERR_FULL;
}

struct host_object *host_object_of(handle_t handle, uint32_t kind, uint32_t rights,
                                   status_t *out_status)
{
    struct host_handle *entry = host_handle_find(handle);
    *out_status = entry == NULL || entry->object->kind != kind ? ERR_BAD_HANDLE
                  : (entry->rights & rights) != rights         ? ERR_DENIED
                                                               : OK;
    return *out_status == OK ? entry->object : NULL;
}

status_t host_object_create(uint32_t kind, handle_t *out_handle, struct host_object **out_object)
{
    struct host_object *object = planned_failure() ? NULL : calloc(1, sizeof *object);
    if (object == NULL)
        return ERR_NO_MEMORY;
    *object = (struct host_object){.kind = kind, .references = 1, .identity = next_identity++};
    status_t status = insert(object, RIGHT_ALL, kind == OBJECT_SIGNAL ? UINT64_MAX : 0, out_handle);
    if (status < 0) {
        free(object);
        return status;
    }
    if (out_object != NULL)
        *out_object = object;
    return OK;
}

status_t os_endpoint_create(handle_t *out_handle)
{
    return host_object_create(OBJECT_ENDPOINT, out_handle, NULL);
}

// As the kernel: a first badge for an endpoint, a narrower mask for a signal.
static status_t mark_check(const struct host_handle *entry, uint64_t mark)
{
    if (mark == 0)
        return OK;
    if (entry->object->kind == OBJECT_SIGNAL)
        return mark & ~entry->badge ? ERR_DENIED : OK;
    if (entry->object->kind != OBJECT_ENDPOINT)
        return ERR_INVALID;
    return entry->badge != 0 ? ERR_DENIED : OK;
}

status_t os_handle_duplicate(handle_t handle, uint32_t rights, uint64_t mark, handle_t *out_handle)
{
    struct host_handle *entry = host_handle_find(handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_DUPLICATE))
        return ERR_DENIED;
    status_t status = mark_check(entry, mark);
    if (status == OK)
        status =
            insert(entry->object, entry->rights & rights, mark ? mark : entry->badge, out_handle);
    if (status == OK)
        host_object_reference(entry->object);
    return status;
}

static bool badge_is_held(const struct host_object *object, uint64_t badge)
{
    for (uint32_t slot = 1; slot < HOST_HANDLES_MAX; slot++)
        if (table[slot].object == object && table[slot].badge == badge)
            return true;
    return false;
}

void os_handle_close(handle_t handle)
{
    struct host_handle *entry = host_handle_find(handle);
    if (entry == NULL)
        return;
    struct host_object *object = entry->object;
    uint64_t badge = entry->badge;
    entry->object = NULL;
    if (object->kind == OBJECT_ENDPOINT && badge != 0 && on_closed != NULL &&
        !badge_is_held(object, badge))
        on_closed(object->identity, badge);
    if (object->kind == OBJECT_REPLY && on_closed != NULL)
        on_closed(object->identity, 0);
    host_object_release(object);
}

status_t os_handle_info(handle_t handle, struct os_handle_facts *out_facts)
{
    struct host_handle *entry = host_handle_find(handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    *out_facts = (struct os_handle_facts){
        .kind = entry->object->kind, .rights = entry->rights, .badge = entry->badge};
    return OK;
}

handle_t os_host_handle_move(handle_t handle)
{
    struct host_handle *entry = host_handle_find(handle);
    if (entry == NULL || !(entry->rights & RIGHT_TRANSFER))
        return HANDLE_NONE;
    struct host_handle old = *entry;
    // Another slot when there is one, so that the old value is stale either way.
    handle_t moved = HANDLE_NONE;
    if (insert(old.object, old.rights, old.badge, &moved) < 0)
        return HANDLE_NONE;
    entry->object = NULL;
    return moved;
}

uint64_t os_host_object(handle_t handle)
{
    struct host_handle *entry = host_handle_find(handle);
    return entry ? entry->object->identity : 0;
}

uint32_t os_host_handle_count(void)
{
    uint32_t count = 0;
    for (uint32_t slot = 1; slot < HOST_HANDLES_MAX; slot++)
        count += table[slot].object != NULL;
    return count;
}

void host_table_reset(void)
{
    on_closed = NULL;
    fail_after = 0;
    for (uint32_t slot = 1; slot < HOST_HANDLES_MAX; slot++) {
        if (table[slot].object == NULL)
            continue;
        host_object_release(table[slot].object);
        table[slot].object = NULL;
    }
}
