// SPDX-License-Identifier: Apache-2.0
// Threads. Kernel stacks belong to harts, not to threads: a thread that waits is only this struct,
// its registers in `frame`, and a place in some queue; what completes the wait writes the results
// into the frame. So a hand-over is a change of hart.current and nothing else.
#pragma once

#include "cap/object.h"
#include "sched/deadline.h"
#include "sched/frame.h"

#include "abi/message.h"
#include "base/list.h"

struct badge;
struct endpoint;
struct hart;
struct memory;
struct paging;
struct process;
struct reply;
struct signal;

enum thread_state {
    THREAD_READY,     // in a ready queue, or `current` of a hart
    THREAD_SENDING,   // queued at thread.endpoint
    THREAD_CALLING,   // its request is with thread.server or thread.reply
    THREAD_RECEIVING, // waits at thread.endpoint (and its bound signal)
    THREAD_WAITING,   // waits for thread.waited, a signal
    THREAD_ENDED,
};

struct thread {
    struct frame frame; // first: trap.S stores here
    struct hart *hart;  // running or queued there, else where it ran last; NULL: nowhere yet
    struct object object;
    struct process *process; // counted
    uint8_t state;           // enum thread_state
    uint8_t priority;        // effective: own, or lent by `serving` or `lender`
    uint8_t own_priority;
    struct list_node link;         // ready queue, endpoint.callers or receivers, signal.waiters
    struct list_node process_link; // process.threads
    struct deadline deadline;
    struct message_page *message;  // the page, in the direct map
    struct memory *message_memory; // counted
    // What it asks for while it waits.
    struct endpoint *endpoint; // SENDING; counted
    struct endpoint *home;     // it is that one's `server`; not counted
    struct badge *badge;       // SENDING; counted
    uint64_t info;             // SENDING: the request's
    struct signal *waited;     // WAITING
    uint64_t wait_mask;
    // Who serves whom.
    struct thread *serving; // the caller it must answer
    struct thread *server;  // CALLING: who serves it, or
    struct reply *reply;    // CALLING: the reply object that will
    struct signal *bound;   // counted
    struct thread *lender;  // SENDING, first at `home`: its priority and time are used; NULL: none
    struct list_node lending; // budget.lenders
    // Floating point, arch only.
    uint64_t float_registers[32];
    uint64_t float_control;
    struct hart *float_hart; // where they may still be loaded
    struct paging *paging;   // its faults that pagers answer (trap/pager.h); NULL: had none
    uint32_t id;             // from 1
};

struct thread_options {
    struct process *process;
    uint64_t entry, stack_top, argument;
    uint64_t message_address; // page aligned, in a writable anonymous mapping
    uint32_t priority;
};

// A new thread with one reference for the caller and one for its running life; it is ready, not yet
// queued. ERR_INVALID, ERR_FULL (threads per process), ERR_NO_MEMORY.
status_t thread_create(const struct thread_options *options, struct thread **out_thread);
void thread_destroy(struct object *object);
// Takes a thread out of whatever it does, for ever. Its caller learns ERR_PEER_DIED. Drops its
// life's reference.
void thread_end(struct thread *thread);
// Sets what the interrupted system call returns.
static inline void thread_result(struct thread *thread, int64_t value)
{
    thread->frame.argument[0] = (uint64_t)value;
}
// Arms the deadline of a wait; true if it has passed already (nothing is armed).
bool thread_wait_until(struct thread *thread, instant_ns_t deadline);
// Ends a wait: unqueues it, disarms its deadline, sets the result and makes it ready.
void thread_wake(struct thread *thread, int64_t result);
// A SENDING thread leaves its queue as if it had not asked yet: once it runs, it asks again. It is
// READY, and in no queue.
void thread_retract(struct thread *thread);

static inline struct thread *thread_of(struct object *object)
{
    return CONTAINER_OF(object, struct thread, object);
}
