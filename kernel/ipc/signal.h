// SPDX-License-Identifier: Apache-2.0
// Signals: a word of 64 bits that anyone with the right can raise and somebody waits for, either on
// purpose (signal_wait with a mask) or beside an endpoint (the signal bound to a receiving thread).
// Raising never blocks and never allocates; bits raised twice before they are taken are one event.
#pragma once

#include "cap/derive.h"
#include "sched/thread.h"

struct signal {
    struct object object;
    uint64_t bits;
    struct list_node waiters; // thread.link, WAITING
    struct thread *bound;     // its reply_receive waits for this, too
};

// What raises bits of a signal later: part of a timer, an interrupt, a watch. Revoking the handle
// it was made with leaves it without a signal.
struct raiser {
    struct signal *signal; // counted; NULL: raises nothing
    uint64_t bits;
    struct tether *tether;
};

static inline struct signal *signal_of(struct object *object)
{
    return (struct signal *)(void *)object;
}

// NULL when memory is exhausted.
struct signal *signal_create(struct budget *budget);
void signal_destroy(struct object *object);
void signal_raise(struct signal *signal, uint64_t bits);
// The raised bits of `mask`, cleared.
uint64_t signal_take(struct signal *signal, uint64_t mask);
// Makes the running thread wait for `mask`; the frame gets the result.
void signal_wait(struct thread *thread, struct signal *signal, uint64_t mask,
                 instant_ns_t deadline);
// ERR_EXISTS: bound to another thread.
status_t signal_bind(struct thread *thread, struct signal *signal);
void signal_unbind(struct thread *thread);

// `origin`: a handle that may raise `bits`. ERR_NO_MEMORY.
status_t raiser_init(struct raiser *raiser, struct budget *payer, struct handle_entry *origin,
                     uint64_t bits);
void raiser_raise(const struct raiser *raiser);
// A raiser without a signal is accepted.
void raiser_finish(struct raiser *raiser);
