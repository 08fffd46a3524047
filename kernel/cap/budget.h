// SPDX-License-Identifier: Apache-2.0
// Budgets: who may take how much memory and processor time. Every page and every kernel object is
// charged to the budget of who asked for it. Budgets nest. A child's `reserved` bytes are set aside
// from its parent when it is made, so nothing can keep them from it; what it takes above them, up
// to its limit, it takes from what its parent has left. Time: `amount` in every `period`; whoever
// has spent it waits for the next period (sched/schedule.h says who spends).
// docs/decisions/0009-budgets.md.
#pragma once

#include "cap/object.h"
#include "mem/pages.h"
#include "mem/slab.h"
#include "sched/chore.h"
#include "sched/deadline.h"

#include "base/list.h"

#define BUDGET_DEPTH_MAX 8u

struct budget {
    struct object object; // object.budget: the parent; NULL: the root
    uint64_t bytes_limit, bytes_reserved;
    uint64_t bytes_used; // what is set aside for children included
    uint32_t depth;
    // Time, in ticks.
    struct budget *timed; // this one if it has a period, else its nearest ancestor that has
    uint64_t period, amount;
    int64_t left;             // of the amount, in this period; negative: owed
    uint64_t spent;           // ever
    struct deadline refill;   // the end of the period; armed while one runs
    struct list_node waiting; // threads without time: thread.link, READY
    struct list_node lenders; // threads whose request goes on without their time: thread.lending
    struct chore wake;        // lets them go on, some at a time
    bool waking;
};

static inline struct budget *budget_of(struct object *object)
{
    return (struct budget *)(void *)object;
}

extern struct budget budget_root;

// What a new budget is to have; period 0: no limit of time but its parent's.
struct budget_terms {
    uint64_t bytes_limit, bytes_reserved;
    uint64_t period, amount; // ticks
};

// The root gets all memory that is free now but a share for what is not charged (slabs' holes).
void budget_init(void);
// ERR_NO_MEMORY: the parent has less than is to be reserved. ERR_INVALID: amount above the period,
// reserved above the limit. ERR_FULL: nested too deep.
status_t budget_create(struct budget *parent, const struct budget_terms *terms,
                       struct budget **out_budget);
void budget_destroy(struct object *object);

// Charges bytes; false: the budget, or an ancestor, has less left, and nothing is charged.
bool budget_take(struct budget *budget, uint64_t bytes);
void budget_give(struct budget *budget, uint64_t bytes);
// Charged pages: budget_page is not zeroed, PADDR_NONE when there is none; the others are for the
// kernel's own use, zeroed, NULL.
paddr_t budget_page(struct budget *budget);
void budget_page_free(struct budget *budget, paddr_t page);
void *budget_page_pointer(struct budget *budget);
void budget_page_pointer_free(struct budget *budget, void *pointer);
// Charged objects of a slab; each holds its budget. NULL when there is no more.
void *budget_allocate(struct budget *budget, struct slab *slab);
void budget_free(struct budget *budget, struct slab *slab, void *pointer);
// The same for what begins with struct object (all but threads): one reference, its kind, its
// budget.
void *object_create(struct budget *budget, struct slab *slab, enum object_kind kind);
void object_free(struct slab *slab, void *pointer);

// The budget, of `budget` and its ancestors, that has no time left; NULL: it may run.
struct budget *budget_without_time(const struct budget *budget);
// Time begins to be spent at `now`: begins the period where none runs. The tick at which the first
// of the budgets runs out; UINT64_MAX: never.
uint64_t budget_begin(struct budget *budget, uint64_t now);
void budget_spend(struct budget *budget, uint64_t ticks);
