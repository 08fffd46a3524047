// SPDX-License-Identifier: Apache-2.0
// Timer objects: raise bits of a signal at a deadline.
#pragma once

#include "cap/object.h"
#include "sched/deadline.h"

struct signal;

struct timer {
    struct object object;
    struct deadline deadline;
    struct signal *signal; // counted
    uint64_t bits;
};

static inline struct timer *timer_of(struct object *object)
{
    return (struct timer *)(void *)object;
}

// NULL when memory is exhausted.
struct timer *timer_create(struct budget *budget, struct signal *signal, uint64_t bits);
void timer_destroy(struct object *object);
// Raises at once if the deadline has passed; DEADLINE_NEVER stops it.
void timer_set(struct timer *timer, instant_ns_t deadline);
