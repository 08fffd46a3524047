// SPDX-License-Identifier: Apache-2.0
// What was derived from which handle, so that it can be taken away again (handle_revoke).
//
// Every handle is a pair of brackets in a ring. What was derived from it stands between them, what
// equals it beside them, so any handle goes or moves in a few steps and what it leaves falls to
// whoever it was derived from:
//
//     server ( client's ( client's client's ) mapping )     an equal of the server's ( )
//
// What is no handle but was made through a revocable one hangs in the ring by a tether: a mapping,
// or what will raise a signal (a timer, an interrupt, a watch). All of it under the kernel's locks.
#pragma once

#include "cap/handle.h"

struct budget;

struct tether {
    struct handle_entry entry; // only its brackets are used; its value is HANDLE_NONE
    struct budget *payer;      // counted
    // Takes a bounded part of what hangs here away; true: it is gone, and the tether with it.
    bool (*take)(struct tether *tether);
    void *owner, *context; // what hangs here, as `take` needs it
};

// A first handle: derived from nothing.
static inline void derive_root(struct handle_entry *entry)
{
    list_init(&entry->opens);
    list_insert_after(&entry->opens, &entry->closes);
}

static inline void derive_after(struct list_node *place, struct handle_entry *entry)
{
    list_insert_after(place, &entry->opens);
    list_insert_after(&entry->opens, &entry->closes);
}

// `entry` goes with `origin` or before it.
static inline void derive_from(struct handle_entry *origin, struct handle_entry *entry)
{
    derive_after(&origin->opens, entry);
}

// `entry` goes with what `origin` was derived from.
static inline void derive_beside(struct handle_entry *origin, struct handle_entry *entry)
{
    derive_after(&origin->closes, entry);
}

static inline void derive_remove(struct handle_entry *entry)
{
    list_remove(&entry->opens);
    list_remove(&entry->closes);
}

// `to` takes the place of `from`, whose brackets are in no ring then.
static inline void derive_move(struct handle_entry *from, struct handle_entry *to)
{
    list_replace(&from->opens, &to->opens);
    list_replace(&from->closes, &to->closes);
}

// Something derived from `entry` that nothing else between them is an origin of; NULL: nothing.
static inline struct handle_entry *derive_first(const struct handle_entry *entry)
{
    if (entry->opens.next == &entry->closes)
        return NULL;
    return CONTAINER_OF(entry->opens.next, struct handle_entry, opens);
}

// Whether what is made with `origin` (NULL: with none) needs a tether.
static inline bool derive_revocable(const struct handle_entry *origin)
{
    return origin != NULL && (origin->rights & RIGHT_REVOCABLE);
}

// Hangs `wanted` beside `origin`, which is revocable. ERR_NO_MEMORY.
status_t tether_create(struct budget *payer, struct handle_entry *origin,
                       const struct tether *wanted, struct tether **out_tether);
// NULL is accepted.
void tether_destroy(struct tether *tether);

// Takes away what was derived from the handle, at most REVOKE_STEP at once. ERR_AGAIN: there is
// more. ERR_BAD_HANDLE, ERR_DENIED (without RIGHT_DUPLICATE nothing can be derived).
status_t handle_revoke(struct handle_table *table, handle_t handle);
