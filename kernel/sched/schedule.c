// SPDX-License-Identifier: Apache-2.0
// Choosing threads. A hart keeps its thread until something more urgent is ready, its slice ends
// while an equal waits, or it blocks; then it takes the most urgent, from another hart's queue if
// that has a more urgent one. Hand-overs (calls, replies) change hart.current directly and keep the
// slice: the caller's time is lent, too.
#include "sched/schedule.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "ipc/endpoint.h"
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

// Kept out of the way that one hart alone goes: what it needs to save there costs more than a call.
#define SEVERAL_HARTS __attribute__((noinline))

// The count grows under the first lock while harts start, so it is read again each time.
SEVERAL_HARTS void kernel_lock_all(void)
{
    for (uint32_t i = 0; i < hart_count; i++) {
        uint32_t *lock = &harts[i].lock;
        // Pairs with the release in kernel_unlock_all and fast.S.
        while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0) {
            while (__atomic_load_n(lock, __ATOMIC_RELAXED) != 0)
                hart_pause();
        }
    }
}

// The first comes last: until then whoever waits for it has none of the others.
SEVERAL_HARTS void kernel_unlock_all(void)
{
    for (uint32_t i = hart_count; i-- > 0;)
        __atomic_store_n(&harts[i].lock, 0, __ATOMIC_RELEASE);
}

// Bit p: a thread of priority p is ready here.
static uint32_t ready_priorities(const struct hart *hart)
{
    return (uint32_t)hart->pending;
}

static bool more_urgent_ready(const struct hart *hart, const struct thread *thread)
{
    return ready_priorities(hart) >> thread->priority > 1;
}

// One more than the priority of the most urgent thread a hart runs or will run; 0: it has none.
static uint32_t urgency(const struct hart *hart)
{
    uint32_t ready = ready_priorities(hart);
    uint32_t running = hart->current != NULL ? hart->current->priority + 1u : 0;
    return ready == 0 ? running : (uint32_t)max_u64(running, bit_highest(ready) + 1);
}

// Makes it enter the kernel soon and look at what is pending.
SEVERAL_HARTS static void hart_kick(struct hart *hart)
{
    if (hart == hart_this() || hart->kicked)
        return;
    hart->kicked = true;
    arch_hart_kick(hart);
}

// One hart of several for `thread`: where it ran last, unless that has something as urgent and
// another has less to do. It is kicked if it shall run the thread at once.
SEVERAL_HARTS static struct hart *hart_choose(const struct thread *thread)
{
    struct hart *best = thread->hart != NULL ? thread->hart : hart_this();
    struct hart *last = best;
    uint32_t least = urgency(best);
    for (uint32_t i = 0; i < hart_count && least > 0; i++) {
        if (harts[i].online && urgency(&harts[i]) < least) {
            best = &harts[i];
            least = urgency(best);
        }
    }
    bool waits = least > thread->priority;
    best = waits ? last : best;
    // An equal that runs there gets a slice from now on.
    bool shares = urgency(best) == thread->priority + 1u && best->slice_end == UINT64_MAX;
    if (!waits || shares)
        hart_kick(best);
    return best;
}

static struct list_node *queue_for(struct thread *thread)
{
    struct hart *hart = hart_count > 1 ? hart_choose(thread) : hart_this();
    struct list_node *queue = &hart->ready[thread->priority];
    if (queue->next == NULL)
        list_init(queue);
    hart->pending |= 1ull << thread->priority;
    thread->hart = hart;
    thread->state = THREAD_READY;
    return queue;
}

void schedule_ready(struct thread *thread)
{
    list_append(queue_for(thread), &thread->link);
}

void schedule_ready_front(struct thread *thread)
{
    list_insert_after(queue_for(thread), &thread->link);
}

void schedule_unready(struct thread *thread)
{
    struct hart *hart = thread->hart;
    list_remove(&thread->link);
    if (list_is_empty(&hart->ready[thread->priority]))
        hart->pending &= ~(1ull << thread->priority);
}

// Time is lent along calls: who asked for what `thread` does pays; itself when nobody did.
static struct thread *asker_of(struct thread *thread)
{
    for (uint32_t depth = 0; depth < LEND_DEPTH_MAX; depth++) {
        struct thread *next = thread->lender != NULL ? thread->lender : thread->serving;
        if (next == NULL)
            break;
        thread = next;
    }
    return thread;
}

static struct process *payer_of(struct thread *thread)
{
    return asker_of(thread)->process;
}

static void timer_arm(struct hart *hart, uint64_t ticks)
{
    if (ticks >= hart->timer_armed)
        return;
    hart->timer_armed = ticks;
    arch_timer_arm(ticks);
}

// What was run since `switched_at` is paid.
static void hart_spend(struct hart *hart, uint64_t now)
{
    if (hart->payer != NULL) {
        hart->payer->cpu_ticks += now - hart->switched_at;
        budget_spend(hart->payer->object.budget, now - hart->switched_at);
    }
    hart->switched_at = now;
}

__attribute__((noinline)) static void hart_charge_timed(struct hart *hart, struct budget *budget)
{
    timer_arm(hart, budget_begin(budget, hart->switched_at));
    if (budget_without_time(budget) != NULL)
        hart->pending |= 1ull << PENDING_CREDIT;
}

// From `switched_at` on this hart spends what `payer` has; NULL: nobody's.
static void hart_charge(struct hart *hart, struct process *payer)
{
    hart->payer = payer;
    hart->pending &= ~(1ull << PENDING_CREDIT | 1ull << PENDING_PAYER);
    if (payer != NULL && payer->object.budget->timed != NULL)
        hart_charge_timed(hart, payer->object.budget);
}

void schedule_forget(const struct process *process)
{
    for (uint32_t i = 0; i < hart_count; i++) {
        if (harts[i].payer != process)
            continue;
        hart_spend(&harts[i], arch_ticks());
        harts[i].payer = NULL;
        harts[i].pending |= 1ull << PENDING_PAYER;
    }
}

void schedule_payer_changed(const struct thread *thread)
{
    if (!thread_is_running(thread))
        return;
    thread->hart->pending |= 1ull << PENDING_PAYER;
    hart_kick(thread->hart);
}

static struct budget *process_without_time(const struct process *process)
{
    return budget_without_time(process->object.budget);
}

bool schedule_has_time(struct thread *thread)
{
    return process_without_time(payer_of(thread)) == NULL;
}

static inline void hart_run(struct hart *hart, struct thread *thread, struct process *payer)
{
    thread->hart = hart;
    hart->current = thread;
    arch_thread_enter(thread);
    if (payer != hart->payer)
        hart_charge(hart, payer);
    if (__builtin_expect(trace_is_on(), 0))
        trace_write_run(thread, payer);
}

__attribute__((noinline)) static void stop_told(struct thread *thread)
{
    trace_write(TRACE_STOP, thread, NULL, 0);
    arch_thread_leave(thread);
}

void schedule_stop(struct thread *thread)
{
    struct hart *hart = hart_this();
    assert(hart->current == thread);
    hart->current = NULL;
    if (__builtin_expect(trace_is_on(), 0))
        stop_told(thread);
    else
        arch_thread_leave(thread);
}

__attribute__((noinline)) static void hart_run_for_other(struct hart *hart, struct thread *thread,
                                                         struct process *payer)
{
    hart_spend(hart, arch_ticks());
    hart_run(hart, thread, payer);
}

void schedule_hand_over(struct thread *thread)
{
    struct hart *hart = hart_this();
    thread->state = THREAD_READY;
    struct process *payer = payer_of(thread);
    if (hart->current != NULL || more_urgent_ready(hart, thread) ||
        process_without_time(payer) != NULL) {
        schedule_ready(thread);
        return;
    }
    // From a caller to its server and back the payer stays.
    if (payer == hart->payer)
        hart_run(hart, thread, payer);
    else
        hart_run_for_other(hart, thread, payer);
}

void schedule_lend(struct thread *thread)
{
    struct hart *hart = hart_this();
    if (hart->pending >> thread->priority != 0) {
        schedule_hand_over(thread);
        return;
    }
    thread->state = THREAD_READY;
    thread->hart = hart;
    hart->current = thread;
    arch_thread_enter(thread);
}

void schedule_change_priority(struct thread *thread, uint32_t priority)
{
    bool queued = thread->state == THREAD_READY && !thread_is_running(thread) &&
                  !list_is_empty(&thread->link);
    if (queued)
        schedule_unready(thread);
    thread->priority = (uint8_t)priority;
    if (queued)
        schedule_ready(thread);
}

void schedule_yield(void)
{
    struct hart *hart = hart_this();
    struct thread *thread = hart->current;
    if (thread == NULL || !(ready_priorities(hart) >> thread->priority))
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

// What `current` does may be another's by now, who may have no time left.
static void hart_charge_again(struct hart *hart)
{
    struct thread *thread = hart->current;
    struct process *payer = payer_of(thread);
    if (trace_is_on() && payer != hart->payer)
        trace_write_run(thread, payer);
    hart_charge(hart, payer);
    if (process_without_time(payer) != NULL) {
        schedule_stop(thread);
        schedule_ready_front(thread);
    }
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

// The hart whose queue has the most urgent thread, `hart` itself among equals.
SEVERAL_HARTS static struct hart *most_urgent_queue(struct hart *hart)
{
    struct hart *most = hart;
    for (uint32_t i = 0; i < hart_count; i++) {
        uint32_t ready = ready_priorities(&harts[i]), best = ready_priorities(most);
        if ((ready & ~best) > best) // its highest bit is the higher one
            most = &harts[i];
    }
    return most;
}

// `thread`, off its queue, would run for `asker`, who has spent what `budget` had. True: it may, on
// credit. Else it waits for time if it is the asker, or it is a server that loses what was lent and
// is ready as what it is without.
__attribute__((noinline)) static bool may_run_on_credit(struct thread *thread, struct thread *asker,
                                                        struct budget *budget)
{
    if (asker == thread) {
        list_append(&budget->waiting, &thread->link);
        return false;
    }
    uint32_t priority = thread->priority;
#ifndef PLANTED_LOAN
    endpoint_lend_no_more(asker, budget);
#endif
    if (thread->priority == priority && asker_of(thread) == asker)
        return true;
    schedule_ready_front(thread);
    return false;
}

// The first that may run, and who pays for it.
static struct thread *take_most_urgent(struct hart *hart, struct process **out_payer)
{
    for (;;) {
        struct hart *from = hart_count > 1 ? most_urgent_queue(hart) : hart;
        if (ready_priorities(from) == 0)
            return NULL;
        uint32_t priority = bit_highest(ready_priorities(from));
        struct thread *thread = CONTAINER_OF(from->ready[priority].next, struct thread, link);
        schedule_unready(thread);
        struct thread *asker = asker_of(thread);
        struct budget *budget = process_without_time(asker->process);
        *out_payer = asker->process;
        if (budget == NULL || may_run_on_credit(thread, asker, budget))
            return thread;
    }
}

static void hart_idle(struct hart *hart)
{
    if (hart->space != NULL)
        arch_space_activate(NULL);
    trace(TRACE_IDLE, NULL, NULL, 0);
    kernel_unlock();
    uint64_t since = arch_ticks();
    arch_wait();
    hart->switched_at = arch_ticks();
    hart->idle_ticks += hart->switched_at - since;
    kernel_lock();
    trace(TRACE_WAKE, NULL, NULL, hart->switched_at);
    arch_poll_interrupts();
}

// Chooses the thread to run; NULL: none is ready.
static struct thread *choose(struct hart *hart)
{
    if (hart->current != NULL && hart->pending >> PENDING_PAYER & 1) {
        hart_spend(hart, arch_ticks());
        hart_charge_again(hart);
    }
    struct thread *thread = hart->current;
    if (thread != NULL && !more_urgent_ready(hart, thread))
        return thread;
    // What was run must be paid before it is asked who has time left.
    hart_spend(hart, arch_ticks());
    if (thread != NULL) {
        schedule_stop(thread);
        schedule_ready_front(thread);
    }
    struct process *payer;
    thread = take_most_urgent(hart, &payer);
    hart->slice_end = UINT64_MAX;
    if (thread != NULL)
        hart_run(hart, thread, payer);
    else
        hart_charge(hart, NULL);
    return thread;
}

// An equal waits: `current` gets a slice from now on.
static void slice_begin(struct hart *hart)
{
    if (hart->slice_end == UINT64_MAX && (ready_priorities(hart) >> hart->current->priority & 1)) {
        hart->slice_end = clock_to_ticks(clock_now() + SLICE_NS);
        timer_arm(hart, hart->slice_end);
    }
}

// Until there is one to run.
static __attribute__((noinline)) void choose_or_wait(struct hart *hart)
{
    if (hart->pending >> PENDING_CHORE & 1)
        chore_step();
    while (choose(hart) == NULL) {
        if (chore_step()) {
            // Another hart may have to leave the process that is being taken apart.
            kernel_lock_relax();
        } else {
            hart_idle(hart);
        }
    }
    slice_begin(hart);
}

struct thread *schedule_leave(void)
{
    struct hart *hart = hart_this();
    if (hart->pending != 0 || hart->current == NULL)
        choose_or_wait(hart);
    struct thread *thread = hart->current;
    if (hart->space != &thread->process->space)
        arch_space_activate(&thread->process->space);
    kernel_unlock();
    return thread;
}
