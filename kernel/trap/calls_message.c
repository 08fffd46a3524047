// SPDX-License-Identifier: Apache-2.0
// System calls on endpoints, replies, handles and signals.
#include "trap/calls.h"

#include "cap/derive.h"
#include "ipc/endpoint.h"
#include "ipc/message.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "sched/process.h"
#include "sched/schedule.h"

int64_t call_call(struct thread *thread)
{
    struct handle_entry *entry =
        handle_find(&thread->process->handles, (handle_t)thread->frame.argument[0]);
    if (entry == NULL || entry->object->kind != OBJECT_ENDPOINT)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_CALL))
        return ERR_DENIED;
    status_t status = endpoint_call(thread, entry);
    return status == OK ? CALL_DONE : status;
}

int64_t call_reply_receive(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_ENDPOINT, RIGHT_RECEIVE, &object);
    uint64_t info = thread->frame.argument[1];
    instant_ns_t deadline = thread->frame.argument[2];
    if (status == OK && info != REPLY_NONE)
        status = message_check(thread, info);
    if (status != OK)
        return status;
    struct thread *caller = thread->serving;
    if (info != REPLY_NONE)
        reply_send(thread, caller, info);
    else if (caller != NULL)
        thread_wake(caller, ERR_PEER_DIED); // forgotten: neither answered nor taken
    thread->lender = NULL;
    schedule_set_priority(thread, thread->own_priority);
    // The reply may have taken the endpoint's own handle along, or closed it.
    if (info != REPLY_NONE && message_handle_count(info) > 0)
        status = call_object(thread, 0, OBJECT_ENDPOINT, RIGHT_RECEIVE, &object);
    if (status == OK)
        endpoint_receive(thread, endpoint_of(object), deadline);
    else
        thread_result(thread, status);
    if (info != REPLY_NONE && caller != NULL)
        schedule_hand_over(caller);
    return CALL_DONE;
}

int64_t call_reply_take(struct thread *thread)
{
    struct reply *reply;
    status_t status = handle_reserve(&thread->process->handles, 1);
    if (status == OK)
        status = reply_take(thread, &reply);
    if (status != OK)
        return status;
    endpoint_lend(thread);
    return call_new_handle(thread, &reply->object, object_rights(OBJECT_REPLY));
}

int64_t call_reply(struct thread *thread)
{
    struct object *object;
    uint64_t info = thread->frame.argument[1];
    status_t status = call_object(thread, 0, OBJECT_REPLY, RIGHT_MANAGE, &object);
    if (status == OK)
        status = message_check(thread, info);
    if (status != OK)
        return status;
    handle_t handle = (handle_t)thread->frame.argument[0];
    struct thread *caller = reply_of(object)->caller;
    for (uint32_t i = 0; i < message_handle_count(info); i++) {
        if (thread->message->handles[i] == handle)
            return ERR_BAD_HANDLE; // it cannot send itself
    }
    reply_send(thread, caller, info);
    handle_close(&thread->process->handles, handle);
    if (caller != NULL)
        schedule_ready(caller);
    return OK;
}

int64_t call_endpoint_create(struct thread *thread)
{
    struct endpoint *endpoint = endpoint_create(thread->process->object.budget);
    if (endpoint == NULL)
        return ERR_NO_MEMORY;
    return call_new_handle(thread, &endpoint->object, object_rights(OBJECT_ENDPOINT));
}

int64_t call_handle_duplicate(struct thread *thread)
{
    handle_t handle;
    status_t status =
        handle_duplicate(&thread->process->handles, (handle_t)call_argument(thread, 0),
                         (uint32_t)call_argument(thread, 1), call_argument(thread, 2), &handle);
    return status == OK ? (int64_t)(uint64_t)handle : status;
}

int64_t call_handle_close(struct thread *thread)
{
    return handle_close(&thread->process->handles, (handle_t)call_argument(thread, 0));
}

int64_t call_handle_revoke(struct thread *thread)
{
    status_t status = handle_revoke(&thread->process->handles, (handle_t)call_argument(thread, 0));
    return status == ERR_AGAIN ? CALL_RESTART : status;
}

int64_t call_handle_give(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_PROCESS, RIGHT_MANAGE, &object);
    if (status != OK)
        return status;
    struct process *process = process_of(object);
    struct handle_table *from = &thread->process->handles;
    struct handle_entry *entry = handle_find(from, (handle_t)call_argument(thread, 1));
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    if (!(entry->rights & RIGHT_TRANSFER))
        return ERR_DENIED;
    if (process->state >= PROCESS_EXITED)
        return ERR_BAD_STATE;
    status = handle_reserve(&process->handles, 1);
    if (status != OK)
        return status;
    return (int64_t)(uint64_t)handle_move(from, (handle_t)call_argument(thread, 1),
                                          &process->handles);
}

int64_t call_handle_info(struct thread *thread)
{
    struct handle_entry *entry =
        handle_find(&thread->process->handles, (handle_t)call_argument(thread, 0));
    if (entry == NULL)
        return ERR_BAD_HANDLE;
    thread->frame.argument[1] = entry->rights;
    thread->frame.argument[2] = handle_badge(entry);
    return entry->object->kind;
}

int64_t call_signal_create(struct thread *thread)
{
    struct signal *signal = signal_create(thread->process->object.budget);
    if (signal == NULL)
        return ERR_NO_MEMORY;
    return call_new_handle(thread, &signal->object, object_rights(OBJECT_SIGNAL));
}

int64_t call_signal_raise(struct thread *thread)
{
    struct handle_entry *entry;
    uint64_t bits = call_argument(thread, 1);
    status_t status = call_signal(thread, 0, bits, &entry);
    if (status == OK)
        signal_raise(signal_of(entry->object), bits);
    return status;
}

int64_t call_signal_wait(struct thread *thread)
{
    struct object *object;
    uint64_t mask = call_argument(thread, 1);
    status_t status = call_object(thread, 0, OBJECT_SIGNAL, RIGHT_WAIT, &object);
    if (status != OK)
        return status;
    if (mask == 0)
        return ERR_INVALID;
    signal_wait(thread, signal_of(object), mask, call_argument(thread, 2));
    return CALL_DONE;
}

int64_t call_signal_bind(struct thread *thread)
{
    if ((handle_t)call_argument(thread, 0) == HANDLE_NONE) {
        signal_unbind(thread);
        return OK;
    }
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_SIGNAL, RIGHT_WAIT, &object);
    return status == OK ? signal_bind(thread, signal_of(object)) : status;
}
