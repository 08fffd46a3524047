// SPDX-License-Identifier: Apache-2.0
// Choosing threads. A hart keeps its thread until something more urgent is ready, its slice ends
// while an equal waits, or it blocks. hand-overs (calls, replies) change hart.current directly and
// keep the slice: the caller's time is lent, too.
#include "sched/schedule.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "mem/bits.h"
#include "sched/chore.h"
#include "sched/clock.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/trace.h"

#include "base/assert.h"
#include "base/math.h"

struct hart harts[HARTS_MAX];
uint32_t hart_count;
uint64_t schedule_pending;
uint32_t kernel_lock_word;

static struct list_node ready[PRIORITY_COUNT];

static struct list_node *queue_of(uint32_t priority)
{
    struct list_node *queue = &ready[priority];
    if (queue->next == NULL)
        list_init(queue);
    schedule_pending |= 1ull << priority;
    return queue;
}

void schedule_ready(struct thread *thread)
{
    thread->state = THREAD_READY;
    list_append(queue_of(thread->priority), &thread->link);
}

void schedule_ready_front(struct thread *thread)
{
    thread->state = THREAD_READY;
    list_insert_after(queue_of(thread->priority), &thread->link);
}

void schedule_unready(struct thread *thread)
{
    list_remove(&thread->link);
    if (list_is_empty(&ready[thread->priority]))
        schedule_pending &= ~(1ull << thread->priority);
}

// Bit p: a thread of priority p is ready.
static uint32_t ready_priorities(void)
{
    return (uint32_t)schedule_pending;
}

static bool more_urgent_ready(const struct thread *thread)
{
    return ready_priorities() >> thread->priority > 1;
}

// Time is lent along calls: whoever waits for an answer pays for the work on it.
static struct process *payer_of(const struct thread *thread)
{
    for (uint32_t depth = 0; depth < LEND_DEPTH_MAX && thread->serving != NULL; depth++)
        thread = thread->serving;
    return thread->process;
}

void schedule_forget(const struct process *process)
{
    for (uint32_t i = 0; i < hart_count; i++) {
        if (harts[i].payer == process)
            harts[i].payer = NULL;
    }
}

static void timer_arm(struct hart *hart, uint64_t ticks)
{
    if (ticks >= hart->timer_armed)
        return;
    hart->timer_armed = ticks;
    arch_timer_arm(ticks);
}

static void hart_spend(struct hart *hart, uint64_t now)
{
    if (hart->payer != NULL) {
        hart->payer->cpu_ticks += now - hart->switched_at;
        budget_spend(hart->payer->object.budget, now - hart->switched_at);
    }
    hart->switched_at = now;
}

static void credit_set(struct hart *hart, bool on_credit)
{
    static uint32_t credits;
    if (hart->on_credit == on_credit)
        return;
    hart->on_credit = on_credit;
    credits += on_credit ? 1 : -1u;
    schedule_pending &= ~(1ull << PENDING_CREDIT);
    schedule_pending |= (uint64_t)(credits > 0) << PENDING_CREDIT;
}

// Until `current` stops it spends what `payer` has.
static void hart_charge(struct hart *hart, struct process *payer)
{
    struct budget *budget = payer->object.budget;
    hart->payer = payer;
    timer_arm(hart, budget_begin(budget, hart->switched_at));
    credit_set(hart, budget_without_time(budget) != NULL);
}

// The budget whose next period `thread` must wait for; NULL: it may run.
static struct budget *budget_to_wait_for(const struct thread *thread)
{
    return thread->serving != NULL ? NULL : budget_without_time(thread->process->object.budget);
}

static void hart_run(struct hart *hart, struct thread *thread)
{
    struct process *payer = payer_of(thread);
    hart_charge(hart, payer);
    thread->hart = hart;
    hart->current = thread;
    if (trace_is_on())
        trace_write_run(thread, payer);
    arch_thread_enter(thread);
}

void schedule_stop(struct thread *thread)
{
    struct hart *hart = hart_this();
    assert(hart->current == thread);
    hart_spend(hart, arch_ticks());
    credit_set(hart, false);
    hart->payer = NULL;
    hart->current = NULL;
    trace(TRACE_STOP, thread, NULL, 0);
    arch_thread_leave(thread);
}

void schedule_hand_over(struct thread *thread)
{
    struct hart *hart = hart_this();
    thread->state = THREAD_READY;
    if (hart->current == NULL && !more_urgent_ready(thread) && budget_to_wait_for(thread) == NULL)
        hart_run(hart, thread);
    else
        schedule_ready(thread);
}

void schedule_set_priority(struct thread *thread, uint32_t priority)
{
    bool queued = thread->state == THREAD_READY && !thread_is_running(thread) &&
                  !list_is_empty(&thread->link);
    if (thread->priority == priority)
        return;
    if (queued)
        schedule_unready(thread);
    thread->priority = (uint8_t)priority;
    if (queued)
        schedule_ready(thread);
}

void schedule_yield(void)
{
    struct thread *thread = hart_this()->current;
    if (thread == NULL || !(ready_priorities() >> thread->priority))
        return;
    schedule_stop(thread);
    schedule_ready(thread);
}

bool schedule_deadline(struct deadline *deadline, uint64_t ticks)
{
    struct hart *hart = hart_this();
    if (ticks <= arch_ticks())
        return true;
    deadline->ticks = ticks;
    deadline_insert(&hart->deadlines, deadline);
    timer_arm(hart, ticks);
    return false;
}

// What `current` does may be another's by now, and may have to wait.
static void hart_charge_again(struct hart *hart)
{
    struct thread *thread = hart->current;
    struct process *payer = payer_of(thread);
    struct budget *budget = budget_to_wait_for(thread);
    if (budget == NULL) {
        if (trace_is_on() && payer != hart->payer)
            trace_write_run(thread, payer);
        hart_charge(hart, payer);
        return;
    }
    schedule_stop(thread);
    list_append(&budget->waiting, &thread->link);
}

void schedule_timer(void)
{
    struct hart *hart = hart_this();
    uint64_t now = arch_ticks();
    hart_spend(hart, now);
    while (hart->deadlines != NULL && hart->deadlines->ticks <= now) {
        struct deadline *expired = hart->deadlines;
        deadline_remove(expired);
        expired->expire(expired);
    }
    if (hart->slice_end <= now) {
        hart->slice_end = UINT64_MAX;
        schedule_yield();
    }
    uint64_t next = hart->deadlines != NULL ? hart->deadlines->ticks : UINT64_MAX;
    hart->timer_armed = min_u64(next, hart->slice_end);
    arch_timer_arm(hart->timer_armed);
    if (hart->current != NULL)
        hart_charge_again(hart);
}

// The first that has time; those before it go to wait for theirs.
static struct thread *take_most_urgent(void)
{
    while (ready_priorities() != 0) {
        uint32_t priority = bit_highest(ready_priorities());
        struct thread *thread = CONTAINER_OF(ready[priority].next, struct thread, link);
        schedule_unready(thread);
        struct budget *budget = budget_to_wait_for(thread);
        if (budget == NULL)
            return thread;
        list_append(&budget->waiting, &thread->link);
    }
    return NULL;
}

// A ready thread is left over: starts this hart's slice if it is an equal, and wakes a hart that
// should run it.
static void share_ready(struct hart *hart)
{
    if (hart->slice_end == UINT64_MAX && (ready_priorities() >> hart->current->priority & 1)) {
        hart->slice_end = clock_to_ticks(clock_now() + SLICE_NS);
        timer_arm(hart, hart->slice_end);
    }
    if (hart_count == 1)
        return;
    uint32_t top = bit_highest(ready_priorities());
    struct hart *best = NULL;
    uint32_t best_priority = top;
    for (uint32_t i = 0; i < hart_count; i++) {
        struct hart *other = &harts[i];
        if (other == hart || !other->online || other->kicked)
            continue;
        if (other->idle) {
            best = other;
            break;
        }
        if (other->current != NULL && other->current->priority < best_priority) {
            best = other;
            best_priority = other->current->priority;
        }
    }
    if (best != NULL) {
        best->kicked = true;
        arch_hart_kick(best);
    }
}

static void hart_idle(struct hart *hart)
{
    if (hart->space != NULL)
        arch_space_activate(NULL);
    hart->idle = true;
    trace(TRACE_IDLE, NULL, NULL, 0);
    kernel_unlock();
    uint64_t since = arch_ticks();
    arch_wait();
    hart->switched_at = arch_ticks();
    hart->idle_ticks += hart->switched_at - since;
    kernel_lock();
    hart->idle = false;
    trace(TRACE_WAKE, NULL, NULL, hart->switched_at);
    arch_poll_interrupts();
}

// Chooses the thread to run; NULL: none is ready.
static struct thread *choose(struct hart *hart)
{
    if (hart->current != NULL && hart->payer != payer_of(hart->current)) {
        hart_spend(hart, arch_ticks());
        hart_charge_again(hart);
    }
    struct thread *thread = hart->current;
    if (thread != NULL && more_urgent_ready(thread)) {
        schedule_stop(thread);
        schedule_ready_front(thread);
        thread = NULL;
    }
    if (thread == NULL) {
        thread = take_most_urgent();
        hart->slice_end = UINT64_MAX;
        if (thread != NULL)
            hart_run(hart, thread);
    }
    return thread;
}

struct thread *schedule_leave(void)
{
    struct hart *hart = hart_this();
    if (schedule_pending >> PENDING_CHORE & 1)
        chore_step();
    struct thread *thread = choose(hart);
    while (thread == NULL) {
        if (chore_step()) {
            // Another hart may have to leave the process that is being taken apart.
            kernel_lock_relax();
        } else {
            hart_idle(hart);
        }
        thread = choose(hart);
    }
    if (ready_priorities() != 0)
        share_ready(hart);
    if (hart->space != &thread->process->space)
        arch_space_activate(&thread->process->space);
    kernel_unlock();
    return thread;
}
