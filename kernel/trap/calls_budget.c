// SPDX-License-Identifier: Apache-2.0
// System calls on budgets.
#include "trap/calls.h"

#include "cap/budget.h"
#include "sched/clock.h"
#include "sched/process.h"

#define PERIOD_MIN_NS 100000u
#define PERIOD_MAX_NS (1ull << 50) // thirteen days

status_t call_budget_or_own(struct thread *thread, uint32_t index, uint32_t rights,
                            struct budget **out_budget)
{
    if ((handle_t)call_argument(thread, index) == HANDLE_NONE) {
        *out_budget = thread->process->object.budget;
        return OK;
    }
    struct object *object;
    status_t status = call_object(thread, index, OBJECT_BUDGET, rights, &object);
    if (status == OK)
        *out_budget = budget_of(object);
    return status;
}

int64_t call_budget_create(struct thread *thread)
{
    struct budget *parent, *budget;
    uint64_t period_ns = call_argument(thread, 3);
    uint64_t amount_ns = call_argument(thread, 4);
    if (amount_ns > period_ns || (period_ns != 0 && period_ns < PERIOD_MIN_NS) ||
        period_ns > PERIOD_MAX_NS)
        return ERR_INVALID;
    status_t status = call_budget_or_own(thread, 0, RIGHT_MANAGE, &parent);
    if (status != OK)
        return status;
    struct budget_terms terms = {
        .bytes_limit = call_argument(thread, 1),
        .bytes_reserved = call_argument(thread, 2),
        .period = clock_span_ticks(period_ns),
        .amount = clock_span_ticks(amount_ns),
    };
    status = budget_create(parent, &terms, &budget);
    return status == OK ? call_new_handle(thread, &budget->object, object_rights(OBJECT_BUDGET))
                        : status;
}

int64_t call_budget_info(struct thread *thread)
{
    struct budget *budget;
    status_t status = call_budget_or_own(thread, 0, RIGHT_READ, &budget);
    if (status != OK)
        return status;
    struct budget_info *info = (struct budget_info *)(void *)thread->message->bytes;
    *info = (struct budget_info){
        .bytes_limit = budget->bytes_limit,
        .bytes_reserved = budget->bytes_reserved,
        .bytes_used = budget->bytes_used,
        .period_ns = clock_span_ns(budget->period),
        .amount_ns = clock_span_ns(budget->amount),
        .left_ns = budget->left < 0 ? -(int64_t)clock_span_ns((uint64_t)-budget->left)
                                    : (int64_t)clock_span_ns((uint64_t)budget->left),
        .spent_ns = clock_span_ns(budget->spent),
    };
    return OK;
}
