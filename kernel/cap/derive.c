// SPDX-License-Identifier: Apache-2.0
// Tethers and revocation. A step takes many, a system call derives one: so revocation ends whatever
// the holders do meanwhile.
#include "cap/derive.h"

#include "cap/budget.h"

#define REVOKE_STEP 16u

static struct slab tether_slab = SLAB_INIT(sizeof(struct tether));

status_t tether_create(struct budget *payer, struct handle_entry *origin,
                       const struct tether *wanted, struct tether **out_tether)
{
    struct tether *tether = budget_allocate(payer, &tether_slab);
    if (tether == NULL)
        return ERR_NO_MEMORY;
    *tether = *wanted;
    tether->payer = payer;
    tether->entry.rights = RIGHT_REVOCABLE;
    derive_beside(origin, &tether->entry);
    *out_tether = tether;
    return OK;
}

void tether_destroy(struct tether *tether)
{
    if (tether == NULL)
        return;
    derive_remove(&tether->entry);
    budget_free(tether->payer, &tether_slab, tether);
}

status_t handle_revoke(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry = handle_find(table, handle);
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_DUPLICATE))
        return ERR_DENIED;
    for (uint32_t step = 0; step < REVOKE_STEP; step++) {
        struct handle_entry *derived = derive_first(entry);
        if (derived == NULL)
            return OK;
        struct tether *tether = CONTAINER_OF(derived, struct tether, entry);
        if (derived->value != HANDLE_NONE)
            handle_close(derived->table, derived->value);
        else if (!tether->take(tether))
            break;
    }
    return ERR_AGAIN;
}
