// SPDX-License-Identifier: Apache-2.0
// Charging memory and time. What a budget uses beyond its reserve is charged to its parent as well,
// so a charge travels up only as far as somebody's reserve does not cover it.
#include "cap/budget.h"

#include "arch/arch.h"
#include "ipc/endpoint.h"
#include "sched/schedule.h"
#include "sched/thread.h"

#include "base/assert.h"
#include "base/math.h"

#define UNCHARGED_SHARE 32u // of all memory, for holes in slabs
#define WAKE_STEP       16u // threads in one go

struct budget budget_root;
static struct slab budget_slab = SLAB_INIT(sizeof(struct budget));

static void refill(struct deadline *deadline);

static void budget_prepare(struct budget *budget, const struct budget_terms *terms)
{
    budget->bytes_limit = terms->bytes_limit;
    budget->bytes_reserved = terms->bytes_reserved;
    budget->period = terms->period;
    budget->amount = terms->amount;
    budget->left = (int64_t)terms->amount;
    budget->refill.expire = refill;
    list_init(&budget->waiting);
    list_init(&budget->lenders);
}

void budget_init(void)
{
    uint64_t bytes = pages_count().free << PAGE_SHIFT;
    struct budget_terms all = {.bytes_limit = bytes - bytes / UNCHARGED_SHARE};
    budget_root = (struct budget){.object = {.references = 1, .kind = OBJECT_BUDGET}};
    budget_prepare(&budget_root, &all);
}

status_t budget_create(struct budget *parent, const struct budget_terms *terms,
                       struct budget **out_budget)
{
    if (terms->bytes_reserved > terms->bytes_limit || terms->amount > terms->period ||
        (terms->period != 0 && terms->amount == 0))
        return ERR_INVALID;
    if (parent->depth == BUDGET_DEPTH_MAX)
        return ERR_FULL;
#ifndef PLANTED_RESERVE
    if (!budget_take(parent, terms->bytes_reserved))
        return ERR_NO_MEMORY;
#endif
    struct budget *budget = object_create(parent, &budget_slab, OBJECT_BUDGET);
    if (budget == NULL) {
        budget_give(parent, terms->bytes_reserved);
        return ERR_NO_MEMORY;
    }
    budget_prepare(budget, terms);
    budget->depth = parent->depth + 1;
    budget->timed = terms->period != 0 ? budget : parent->timed;
    *out_budget = budget;
    return OK;
}

static bool is_nobody_waiting(const struct budget *budget)
{
    return list_is_empty(&budget->waiting) && list_is_empty(&budget->lenders);
}

void budget_destroy(struct object *object)
{
    struct budget *budget = budget_of(object);
    assert(budget->bytes_used == 0 && is_nobody_waiting(budget));
    deadline_remove(&budget->refill);
    budget_give(budget->object.budget, budget->bytes_reserved);
    object_free(&budget_slab, budget);
}

// How much of what `budget` uses its own reserve does not cover.
static uint64_t beyond_reserve(const struct budget *budget, uint64_t used)
{
    return used > budget->bytes_reserved ? used - budget->bytes_reserved : 0;
}

static void charge(struct budget *budget, const struct budget *end, uint64_t bytes, bool take)
{
    while (budget != end && bytes > 0) {
        uint64_t before = budget->bytes_used;
        uint64_t after = take ? before + bytes : before - bytes;
        budget->bytes_used = after;
        uint64_t more = beyond_reserve(budget, take ? after : before);
        bytes = more - beyond_reserve(budget, take ? before : after);
        budget = budget->object.budget;
    }
}

bool budget_take(struct budget *budget, uint64_t bytes)
{
    uint64_t wanted = bytes;
    for (struct budget *it = budget; it != NULL && wanted > 0; it = it->object.budget) {
        if (wanted > it->bytes_limit - it->bytes_used)
            return false;
        wanted = beyond_reserve(it, it->bytes_used + wanted) - beyond_reserve(it, it->bytes_used);
    }
    charge(budget, NULL, bytes, true);
    return true;
}

void budget_give(struct budget *budget, uint64_t bytes)
{
    assert(budget->bytes_used >= bytes);
    charge(budget, NULL, bytes, false);
}

paddr_t budget_page(struct budget *budget)
{
    if (!budget_take(budget, PAGE_SIZE))
        return PADDR_NONE;
    paddr_t page = page_allocate();
    if (page == PADDR_NONE)
        budget_give(budget, PAGE_SIZE);
    return page;
}

void budget_page_free(struct budget *budget, paddr_t page)
{
    page_free(page);
    budget_give(budget, PAGE_SIZE);
}

void *budget_page_pointer(struct budget *budget)
{
    paddr_t address = budget_page(budget);
    if (address == PADDR_NONE)
        return NULL;
    void *page = physical_pointer(address);
    page_clear(page);
    return page;
}

void budget_page_pointer_free(struct budget *budget, void *pointer)
{
    budget_page_free(budget, physical_of(pointer));
}

void *budget_allocate(struct budget *budget, struct slab *slab)
{
    if (!budget_take(budget, slab->object_bytes))
        return NULL;
    void *pointer = slab_allocate(slab);
    if (pointer == NULL)
        budget_give(budget, slab->object_bytes);
    else
        object_hold(&budget->object);
    return pointer;
}

void budget_free(struct budget *budget, struct slab *slab, void *pointer)
{
    slab_free(slab, pointer);
    budget_give(budget, slab->object_bytes);
    object_release(&budget->object);
}

void *object_create(struct budget *budget, struct slab *slab, enum object_kind kind)
{
    struct object *object = budget_allocate(budget, slab);
    if (object != NULL)
        object_init(object, kind, budget);
    return object;
}

void object_free(struct slab *slab, void *pointer)
{
    budget_free(((struct object *)pointer)->budget, slab, pointer);
}

// ---- time ----

// The next budget with a period above `budget`.
static struct budget *timed_above(const struct budget *budget)
{
    return budget->object.budget != NULL ? budget->object.budget->timed : NULL;
}

static void period_begin(struct budget *budget, uint64_t at)
{
    if (schedule_deadline(&budget->refill, at + budget->period))
        schedule_deadline(&budget->refill, arch_ticks() + budget->period);
}

struct budget *budget_without_time(const struct budget *budget)
{
    for (struct budget *it = budget->timed; it != NULL; it = timed_above(it)) {
        if (it->left <= 0)
            return it;
    }
    return NULL;
}

uint64_t budget_begin(struct budget *budget, uint64_t now)
{
    uint64_t end = UINT64_MAX;
    for (struct budget *it = budget->timed; it != NULL; it = timed_above(it)) {
        if (it->refill.heap == NULL)
            period_begin(it, now);
        if (it->left > 0)
            end = min_u64(end, now + (uint64_t)it->left);
    }
    return end;
}

void budget_spend(struct budget *budget, uint64_t ticks)
{
    for (struct budget *it = budget->timed; it != NULL; it = timed_above(it)) {
#ifndef PLANTED_TIME
        it->left -= (int64_t)ticks;
#endif
        it->spent += ticks;
    }
}

static bool wake_step(struct chore *chore)
{
    struct budget *budget = CONTAINER_OF(chore, struct budget, wake);
    for (uint32_t i = 0; i < WAKE_STEP && !is_nobody_waiting(budget); i++) {
        struct thread *thread = LIST_FIRST(&budget->waiting, struct thread, link);
        if (thread != NULL) {
            list_remove(&thread->link);
            schedule_ready(thread);
        } else {
            thread = LIST_FIRST(&budget->lenders, struct thread, lending);
            list_remove(&thread->lending);
            endpoint_lend(endpoint_server_of(thread));
        }
    }
    if (!is_nobody_waiting(budget))
        return false;
    budget->waking = false;
    object_release(&budget->object);
    return true;
}

// A period ends. The next begins at once if this one was used, else with the next use.
static void refill(struct deadline *deadline)
{
    struct budget *budget = CONTAINER_OF(deadline, struct budget, refill);
    int64_t amount = (int64_t)budget->amount;
    bool used = budget->left < amount;
    budget->left = budget->left < 0 ? budget->left + amount : amount;
    if (used)
        period_begin(budget, deadline->ticks);
    if (budget->left > 0 && !is_nobody_waiting(budget) && !budget->waking) {
        budget->waking = true;
        object_hold(&budget->object);
        chore_add(&budget->wake, wake_step);
    }
}
