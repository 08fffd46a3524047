// SPDX-License-Identifier: Apache-2.0
// The planted mistake: a handle that moves is nobody's derivation any more.
#include "cap/handle.h"

#include "base/assert.h"

handle_t __wrap_handle_move(struct handle_table *from, handle_t handle, struct handle_table *to);

handle_t __wrap_handle_move(struct handle_table *from, handle_t handle, struct handle_table *to)
{
    struct handle_entry *entry = handle_find(from, handle);
    struct object *object = entry->object;
    uint32_t rights = entry->rights;
    handle_t moved;
    object_hold(object);
    handle_close(from, handle);
    status_t status = handle_insert(to, object, rights, &moved);
    assert(status == OK);
    return moved;
}
