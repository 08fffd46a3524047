// SPDX-License-Identifier: Apache-2.0
// Planted mistakes for search_test's twins: a closed slot keeps its generation; there is always
// room; what was made with a handle forgets what that was derived from. The linker puts one of them
// in the place of the real function.
#include "cap/derive.h"

#define GENERATION (1u << 16)

// Weak, since a twin has only its own.
__attribute__((weak)) status_t __real_handle_close(struct handle_table *table, handle_t handle);
status_t __wrap_handle_close(struct handle_table *table, handle_t handle);
status_t __wrap_handle_reserve(struct handle_table *table, uint32_t count);
__attribute__((weak)) status_t __real_tether_create(struct budget *payer,
                                                    struct handle_entry *origin,
                                                    const struct tether *wanted,
                                                    struct tether **out_tether);
status_t __wrap_tether_create(struct budget *payer, struct handle_entry *origin,
                              const struct tether *wanted, struct tether **out_tether);

status_t __wrap_handle_close(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    status_t status = __real_handle_close(table, handle);
    if (status == OK)
        entry->value -= GENERATION;
    return status;
}

status_t __wrap_handle_reserve(struct handle_table *table, uint32_t count)
{
    return OK;
}

status_t __wrap_tether_create(struct budget *payer, struct handle_entry *origin,
                              const struct tether *wanted, struct tether **out_tether)
{
    status_t status = __real_tether_create(payer, origin, wanted, out_tether);
    if (status == OK) {
        derive_remove(&(*out_tether)->entry);
        derive_root(&(*out_tether)->entry);
    }
    return status;
}
