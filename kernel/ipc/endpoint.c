// SPDX-License-Identifier: Apache-2.0
// Calls and receiving. Invariants: a SENDING thread is queued and holds its endpoint and badge; a
// CALLING thread has exactly one of server and reply, which points back at it.
#include "ipc/endpoint.h"

#include "cap/badge.h"
#include "cap/budget.h"
#include "cap/handle.h"
#include "ipc/message.h"
#include "ipc/signal.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "sched/trace.h"

#include "abi/syscall.h"
#include "base/assert.h"

static struct slab endpoint_slab = SLAB_INIT(sizeof(struct endpoint));

struct endpoint *endpoint_create(struct budget *budget)
{
    struct endpoint *endpoint = object_create(budget, &endpoint_slab, OBJECT_ENDPOINT);
    if (endpoint == NULL)
        return NULL;
    list_init(&endpoint->callers);
    list_init(&endpoint->receivers);
    list_init(&endpoint->closed);
    return endpoint;
}

// The thread that gets the next call; NULL: nobody waits.
static struct thread *receiver_first(const struct endpoint *endpoint)
{
    struct thread *server = endpoint->server;
    if (server != NULL && server->state == THREAD_RECEIVING)
        return server;
    return LIST_FIRST(&endpoint->receivers, struct thread, link);
}

static struct badge *closed_take(struct endpoint *endpoint)
{
    struct badge *badge = LIST_FIRST(&endpoint->closed, struct badge, link);
    if (badge != NULL)
        list_remove(&badge->link);
    return badge;
}

void endpoint_destroy(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    assert(list_is_empty(&endpoint->callers) && receiver_first(endpoint) == NULL);
    for (struct badge *badge; (badge = closed_take(endpoint)) != NULL;)
        badge_destroy(badge);
    if (endpoint->server != NULL)
        endpoint->server->home = NULL;
    object_free(&endpoint_slab, endpoint);
}

void endpoint_receiver_added(struct endpoint *endpoint)
{
    endpoint->receive_handles++;
}

void endpoint_receiver_removed(struct endpoint *endpoint)
{
    if (--endpoint->receive_handles > 0)
        return;
    object_hold(&endpoint->object);
    while (!list_is_empty(&endpoint->callers))
        thread_wake(CONTAINER_OF(endpoint->callers.next, struct thread, link), ERR_PEER_DIED);
    // A thread of a process that closed its own handle while another of its threads waits here.
    for (struct thread *server; (server = receiver_first(endpoint)) != NULL;)
        thread_wake(server, ERR_BAD_HANDLE);
    object_release(&endpoint->object);
}

void endpoint_unqueue_caller(struct thread *thread)
{
    struct endpoint *endpoint = thread->endpoint;
    struct badge *badge = thread->badge;
    thread->endpoint = NULL;
    thread->badge = NULL;
    if (badge != NULL)
        badge_release(badge);
    if (endpoint->server != NULL && endpoint->server->lender == thread)
        endpoint_lend(endpoint->server);
    object_release(&endpoint->object);
}

void endpoint_forget_server(struct thread *thread)
{
    if (thread->home != NULL && thread->home->server == thread)
        thread->home->server = NULL;
    thread->home = NULL;
    if (thread->lender != NULL)
        endpoint_lend(thread);
}

static void event_fill(struct thread *server, int64_t event, uint64_t info, uint64_t badge)
{
    thread_result(server, event);
    server->frame.argument[1] = info;
    server->frame.argument[2] = badge;
}

void endpoint_badge_closed(struct endpoint *endpoint, struct badge *badge)
{
    struct thread *server = receiver_first(endpoint);
    if (endpoint->receive_handles == 0) {
        badge_destroy(badge);
    } else if (server != NULL) {
        thread_wake(server, RECEIVED_CLOSED);
        event_fill(server, RECEIVED_CLOSED, 0, badge->value);
        badge_destroy(badge);
    } else {
        list_append(&endpoint->closed, &badge->link);
    }
}

// `caller`'s request, moved already, is now `server`'s to answer.
static void serve(struct thread *server, struct thread *caller, uint64_t info, uint64_t badge)
{
    event_fill(server, RECEIVED_CALL, info, badge);
    server->serving = caller;
    caller->server = server;
    caller->state = THREAD_CALLING;
    if (caller->priority > server->priority)
        schedule_set_priority(server, caller->priority);
}

static void caller_insert(struct endpoint *endpoint, struct thread *caller)
{
    struct list_node *place = endpoint->callers.previous;
    while (place != &endpoint->callers &&
           CONTAINER_OF(place, struct thread, link)->priority < caller->priority)
        place = place->previous;
    list_insert_after(place, &caller->link);
}

// Returns the priority that `server` should have, and who lends it from the queue, or NULL.
static uint32_t priority_lent(const struct thread *server, struct thread **out_lender)
{
    struct thread *first =
        server->home != NULL ? LIST_FIRST(&server->home->callers, struct thread, link) : NULL;
    struct thread *caller = server->serving;
    uint32_t priority = server->own_priority;
    if (caller != NULL && caller->priority > priority && schedule_has_time(caller))
        priority = caller->priority;
    *out_lender = first != NULL && first->priority > priority ? first : NULL;
    return *out_lender != NULL ? first->priority : priority;
}

struct thread *endpoint_server_of(const struct thread *thread)
{
    if (thread->state == THREAD_CALLING)
        return thread->server;
    return thread->state == THREAD_SENDING ? thread->endpoint->server : NULL;
}

void endpoint_lend(struct thread *server)
{
    for (uint32_t depth = 0; depth < LEND_DEPTH_MAX && server != NULL; depth++) {
        uint32_t priority = priority_lent(server, &server->lender);
        schedule_payer_changed(server);
        if (server->priority != priority)
            schedule_change_priority(server, priority);
        if (server->state == THREAD_SENDING) {
            list_remove(&server->link);
            caller_insert(server->endpoint, server);
        }
        server = endpoint_server_of(server);
    }
}

void endpoint_lend_no_more(struct thread *asker, struct budget *budget)
{
    if (asker->state != THREAD_SENDING || asker->serving != NULL) {
        list_remove(&asker->lending);
        list_append(&budget->lenders, &asker->lending);
        endpoint_lend(endpoint_server_of(asker));
        return;
    }
    thread_retract(asker);
    list_append(&budget->waiting, &asker->link);
}

static void caller_queue(struct endpoint *endpoint, struct thread *caller, struct badge *badge)
{
    caller_insert(endpoint, caller);
    caller->state = THREAD_SENDING;
    trace(TRACE_CALL, caller, NULL, caller->info);
    caller->endpoint = endpoint;
    object_hold(&endpoint->object);
    caller->badge = badge;
    if (badge != NULL)
        badge_hold(badge);
    if (endpoint->server != NULL && endpoint->server->priority < caller->priority)
        endpoint_lend(endpoint->server);
}

status_t endpoint_call(struct thread *caller, struct handle_entry *entry)
{
    struct endpoint *endpoint = endpoint_of(entry->object);
    struct badge *badge = entry->badge;
    uint64_t info = caller->frame.argument[1];
    instant_ns_t deadline = caller->frame.argument[2];
    struct thread *server = receiver_first(endpoint);
    if (server == NULL) {
        status_t status = message_check(caller, info);
        if (status != OK)
            return status;
        if (endpoint->receive_handles == 0)
            return ERR_PEER_DIED;
        if (thread_wait_until(caller, deadline))
            return ERR_TIMEOUT;
        caller->info = info;
        schedule_stop(caller);
        caller_queue(endpoint, caller, badge);
        return OK;
    }
    uint64_t badge_value = badge != NULL ? badge->value : 0;
    if (thread_wait_until(caller, deadline))
        return ERR_TIMEOUT;
    status_t status = message_move(caller, server, info);
    if (status != OK) {
        deadline_remove(&caller->deadline);
        return status;
    }
    list_remove(&server->link);
    deadline_remove(&server->deadline);
    trace(TRACE_CALL, caller, server, info);
    schedule_stop(caller);
    serve(server, caller, info, badge_value);
    schedule_lend(server);
    return OK;
}

// Delivers the first queued caller whose message still stands; the others get their error. False:
// none left.
static bool receive_queued(struct thread *server, struct endpoint *endpoint)
{
    while (!list_is_empty(&endpoint->callers)) {
        struct thread *caller = CONTAINER_OF(endpoint->callers.next, struct thread, link);
        uint64_t badge = caller->badge != NULL ? caller->badge->value : 0;
        status_t status = message_move(caller, server, caller->info);
        if (status != OK) {
            thread_wake(caller, status);
            continue;
        }
        list_remove(&caller->link);
        uint64_t info = caller->info;
        trace(TRACE_SERVE, server, caller, info);
        serve(server, caller, info, badge);
        endpoint_unqueue_caller(caller);
        return true;
    }
    return false;
}

// Remembers that `server` receives here, for lending it the priority of queued callers.
static void server_note(struct thread *server, struct endpoint *endpoint)
{
    if (endpoint->server == server)
        return;
    endpoint_forget_server(server);
    struct thread *last = endpoint->server;
    if (last != NULL) {
        endpoint_forget_server(last);
        if (last->state == THREAD_RECEIVING)
            list_append(&endpoint->receivers, &last->link);
    }
    endpoint->server = server;
    server->home = endpoint;
}

// What is there for a server without waiting.
static bool event_take(struct thread *server, struct endpoint *endpoint)
{
    if (server->bound != NULL && server->bound->bits != 0) {
        event_fill(server, RECEIVED_SIGNAL, signal_take(server->bound, UINT64_MAX), 0);
        return true;
    }
    struct badge *closed = closed_take(endpoint);
    if (closed == NULL)
        return receive_queued(server, endpoint);
    event_fill(server, RECEIVED_CLOSED, 0, closed->value);
    badge_destroy(closed);
    return true;
}

void endpoint_receive(struct thread *server, struct endpoint *endpoint, instant_ns_t deadline)
{
    server_note(server, endpoint);
    if (event_take(server, endpoint)) {
        if (server->serving == NULL)
            endpoint_lend(server);
        schedule_payer_changed(server);
        return;
    }
    if (thread_wait_until(server, deadline)) {
        thread_result(server, ERR_TIMEOUT);
        return;
    }
    schedule_stop(server);
    server->state = THREAD_RECEIVING;
}
