// SPDX-License-Identifier: Apache-2.0
// Endpoints: where calls meet servers. Callers queue by priority, first come first served among
// equals; waiting servers queue in order. A hand-over never goes through a buffer: the message
// moves from the caller's registers or page to the server's when both are there, its handles with
// it.
#pragma once

#include "cap/object.h"
#include "sched/thread.h"

struct badge;

struct endpoint {
    struct object object;
    uint32_t receive_handles;   // 0: nobody can ever answer
    struct list_node callers;   // thread.link, SENDING
    struct list_node receivers; // thread.link, RECEIVING; all but `server`
    struct list_node closed;    // badge.link: to be reported
    // Received here last: if it waits (RECEIVING) it is the first to get a call, else queued
    // callers lend it their priority and time. NULL: none.
    struct thread *server;
};

static inline struct endpoint *endpoint_of(struct object *object)
{
    return (struct endpoint *)(void *)object;
}

// NULL when memory is exhausted.
struct endpoint *endpoint_create(struct budget *budget);
void endpoint_destroy(struct object *object);
// A handle with RIGHT_RECEIVE appears or goes; with the last, queued callers get ERR_PEER_DIED.
void endpoint_receiver_added(struct endpoint *endpoint);
void endpoint_receiver_removed(struct endpoint *endpoint);
// The last handle with `badge` is gone: reports it to a waiting server or queues the report.
void endpoint_badge_closed(struct endpoint *endpoint, struct badge *badge);
// Drops what a SENDING thread holds of the endpoint; it is off the queue already.
void endpoint_unqueue_caller(struct thread *thread);
void endpoint_forget_server(struct thread *thread);
// The server that a thread waits for; NULL: none, or none yet.
struct thread *endpoint_server_of(const struct thread *thread);
// Whom a server serves, or who waits for it, has changed: gives it the priority of the most urgent
// of them, or its own, and passes that on to whom it waits for itself.
void endpoint_lend(struct thread *server);
// A server works on behalf of `asker`, which has spent what `budget` had: what it lent ends.
// Queued, it waits for time and asks again; served already, the work goes on, on credit, as
// urgently as others want it, and it lends again when it has time.
void endpoint_lend_no_more(struct thread *asker, struct budget *budget);

struct handle_entry;

// call: the current thread's request in its frame and page. Returns OK when it was delivered or
// queued (the frame is then written by whoever completes it), else the error for a0.
status_t endpoint_call(struct thread *caller, struct handle_entry *entry);
// reply_receive, second half; `server`'s process has a handle to receive there. Fills the frame
// with the next event or makes the thread wait. The result is in the frame.
void endpoint_receive(struct thread *server, struct endpoint *endpoint, instant_ns_t deadline);
