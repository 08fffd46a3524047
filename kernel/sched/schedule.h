// SPDX-License-Identifier: Apache-2.0
// Who runs: 32 fixed priorities, first come first served among equals, with a time slice only while
// an equal waits. Each hart has its queues. A thread that becomes ready goes to the hart it ran on
// last, or to one with nothing, or only something lesser, to do, which is kicked; a hart that has
// no thread takes the most urgent of all queues (docs/decisions/0042).
//
// Time is spent by who asked: a server's work is its caller's, or who lends it the priority to do
// it, through nested calls. A thread whose own budget is spent waits for the budget's next period.
// What it lent ends with it: a server that answers it goes on, on credit, which the budget pays
// back before anything else, but no more urgently than others want it (docs/decisions/0047).
#pragma once

#include "sched/hart.h"
#include "sched/lock.h"
#include "sched/thread.h"

#define SLICE_NS 5000000u

// Reasons in hart.pending, above the ready priorities.
#define PENDING_CHORE  32u // a chore may wait
#define PENDING_CREDIT 33u // `current` answers a caller whose budget is spent
#define PENDING_TRACE  34u // what happens is written down
#define PENDING_PAYER  35u // what `current` does may be another's by now

static inline bool thread_is_running(const struct thread *thread)
{
    return thread->hart != NULL && thread->hart->current == thread;
}

#define LEND_DEPTH_MAX 8u // servers calling servers: how far priority and time are lent

// Makes a thread ready at the end (or front) of its priority's queue.
void schedule_ready(struct thread *thread);
void schedule_ready_front(struct thread *thread);
// Takes a ready, not running thread out of its queue.
void schedule_unready(struct thread *thread);
// This hart's current thread no longer runs; something else will be chosen on the way out.
void schedule_stop(struct thread *thread);
// Gives this hart to `thread` if nothing more urgent is ready and the hart has no thread, else
// makes it ready.
void schedule_hand_over(struct thread *thread);
// The same to a server that now serves who ran here until now: the payer stays, as in fast.S.
void schedule_lend(struct thread *thread);
// A thread's priority changes, wherever it is.
void schedule_change_priority(struct thread *thread, uint32_t priority);
static inline void schedule_set_priority(struct thread *thread, uint32_t priority)
{
    if (thread->priority != priority)
        schedule_change_priority(thread, priority);
}
// Who pays for what `thread` does has time left.
bool schedule_has_time(struct thread *thread);
// A process is gone: no hart charges it any more.
void schedule_forget(const struct process *process);
// `thread` works for another caller, or for itself, from now on.
void schedule_payer_changed(const struct thread *thread);
// Moves this hart's current thread behind its equals.
void schedule_yield(void);
// Handles expired deadlines and slices; called on a timer interrupt.
void schedule_timer(void);
// Arms a deadline on this hart. True if it has passed (then it is not armed).
bool schedule_deadline(struct deadline *deadline, uint64_t ticks);
// The way out of the kernel: does a chore's step, chooses the thread to run, waits if there is
// none. Enters with the locks held, returns with them released.
struct thread *schedule_leave(void);
// The same after something `thread` caused: at once when it goes on and nobody else wants to run.
static inline struct thread *schedule_leave_after(struct thread *thread)
{
    struct hart *hart = hart_this();
    if (hart->pending != 0 || hart->current != thread)
        return schedule_leave();
    kernel_unlock();
    return thread;
}
