// SPDX-License-Identifier: Apache-2.0
// Signals.
#include "ipc/signal.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "sched/schedule.h"
#include "sched/trace.h"

#include "abi/syscall.h"
#include "base/assert.h"

static struct slab signal_slab = SLAB_INIT(sizeof(struct signal));

struct signal *signal_create(struct budget *budget)
{
    struct signal *signal = object_create(budget, &signal_slab, OBJECT_SIGNAL);
    if (signal == NULL)
        return NULL;
    list_init(&signal->waiters);
    return signal;
}

void signal_destroy(struct object *object)
{
    struct signal *signal = signal_of(object);
    assert(list_is_empty(&signal->waiters) && signal->bound == NULL);
    object_free(&signal_slab, signal);
}

uint64_t signal_take(struct signal *signal, uint64_t mask)
{
    uint64_t taken = signal->bits & mask;
    signal->bits &= ~taken;
    return taken;
}

static void waiter_wake(struct thread *thread, uint64_t bits)
{
    trace(TRACE_SIGNAL, hart_this()->current, thread, bits);
    thread_wake(thread, OK);
    thread->frame.argument[1] = bits;
}

void signal_raise(struct signal *signal, uint64_t bits)
{
    signal->bits |= bits;
    struct list_node *it = signal->waiters.next;
    while (it != &signal->waiters && signal->bits != 0) {
        struct thread *thread = CONTAINER_OF(it, struct thread, link);
        it = it->next;
        if (signal->bits & thread->wait_mask)
            waiter_wake(thread, signal_take(signal, thread->wait_mask));
    }
    struct thread *bound = signal->bound;
    if (signal->bits != 0 && bound != NULL && bound->state == THREAD_RECEIVING) {
        thread_wake(bound, RECEIVED_SIGNAL);
        bound->frame.argument[1] = signal_take(signal, UINT64_MAX);
        trace(TRACE_SIGNAL, hart_this()->current, bound, bound->frame.argument[1]);
        bound->frame.argument[2] = 0;
    }
}

void signal_wait(struct thread *thread, struct signal *signal, uint64_t mask, instant_ns_t deadline)
{
    uint64_t bits = signal_take(signal, mask);
    if (bits != 0) {
        thread_result(thread, OK);
        thread->frame.argument[1] = bits;
        return;
    }
    if (thread_wait_until(thread, deadline)) {
        thread_result(thread, ERR_TIMEOUT);
        return;
    }
    schedule_stop(thread);
    thread->state = THREAD_WAITING;
    thread->waited = signal;
    thread->wait_mask = mask;
    object_hold(&signal->object);
    list_append(&signal->waiters, &thread->link);
}

status_t signal_bind(struct thread *thread, struct signal *signal)
{
    if (signal->bound == thread)
        return OK;
    if (signal->bound != NULL)
        return ERR_EXISTS;
    signal_unbind(thread);
    object_hold(&signal->object);
    signal->bound = thread;
    thread->bound = signal;
    return OK;
}

void signal_unbind(struct thread *thread)
{
    struct signal *signal = thread->bound;
    if (signal == NULL)
        return;
    signal->bound = NULL;
    thread->bound = NULL;
    object_release(&signal->object);
}

static bool raiser_take(struct tether *tether)
{
    raiser_finish(tether->owner);
    return true;
}

status_t raiser_init(struct raiser *raiser, struct budget *payer, struct handle_entry *origin,
                     uint64_t bits)
{
    struct tether wanted = {.take = raiser_take, .owner = raiser};
    struct tether *tether = NULL;
    if (derive_revocable(origin) && tether_create(payer, origin, &wanted, &tether) != OK)
        return ERR_NO_MEMORY;
    object_hold(origin->object);
    *raiser = (struct raiser){signal_of(origin->object), bits, tether};
    return OK;
}

void raiser_raise(const struct raiser *raiser)
{
    if (raiser->signal != NULL)
        signal_raise(raiser->signal, raiser->bits);
}

void raiser_finish(struct raiser *raiser)
{
    if (raiser->signal == NULL)
        return;
    tether_destroy(raiser->tether);
    object_release(&raiser->signal->object);
    *raiser = (struct raiser){0};
}
