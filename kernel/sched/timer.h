// SPDX-License-Identifier: Apache-2.0
// Timer objects: raise bits of a signal at a deadline.
#pragma once

#include "ipc/signal.h"
#include "sched/deadline.h"

struct timer {
    struct object object;
    struct deadline deadline;
    struct raiser raiser;
};

static inline struct timer *timer_of(struct object *object)
{
    return (struct timer *)(void *)object;
}

// `origin`: a signal's handle that may raise `bits`. NULL when memory is exhausted.
struct timer *timer_create(struct budget *budget, struct handle_entry *origin, uint64_t bits);
void timer_destroy(struct object *object);
// Raises at once if the deadline has passed; DEADLINE_NEVER stops it.
void timer_set(struct timer *timer, instant_ns_t deadline);
