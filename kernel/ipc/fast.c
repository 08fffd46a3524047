// SPDX-License-Identifier: Apache-2.0
// The fast paths. Every condition stands before the first change, so giving up is free.
#include "ipc/fast.h"

#include "arch/arch.h"
#include "cap/badge.h"
#include "cap/handle.h"
#include "ipc/endpoint.h"
#include "ipc/signal.h"
#include "sched/chore.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"

#include "abi/syscall.h"

// No handles, at most 64 bytes, unused bits clear: the message is in the registers.
static inline bool in_registers(uint64_t info)
{
    return (info >> 32 & 0xffff) == 0 && message_size(info) <= MESSAGE_REGISTER_BYTES;
}

// Nothing ready is as urgent, and no chore waits: the way out has nothing to decide.
static inline bool may_hand_over(uint32_t priority)
{
    return ready_bitmap >> priority == 0 && chore_first == NULL;
}

// The caller's handle of argument 0 if it is to an endpoint, with `right`.
static inline struct handle_entry *endpoint_find(struct thread *thread, uint32_t right)
{
    struct handle_entry *entry =
        handle_find(&thread->process->handles, (handle_t)thread->frame.argument[0]);
    if (entry == NULL || entry->object->kind != OBJECT_ENDPOINT || !(entry->rights & right))
        return NULL;
    return entry;
}

static inline void words_move(struct thread *to, const struct thread *from, uint64_t info)
{
    uint32_t words = (message_size(info) + 7) / 8;
    for (uint32_t i = 0; i < words; i++)
        to->frame.words[i] = from->frame.words[i];
}

// `from` stops, `to` runs here; leaves the kernel.
static inline struct thread *hand_over(struct thread *from, struct thread *to)
{
    struct hart *hart = hart_this();
    uint64_t now = arch_ticks();
    from->process->cpu_ticks += now - hart->switched_at;
    hart->switched_at = now;
    from->running = false;
    arch_thread_leave(from);
    to->hart = hart;
    to->stack_top = hart->stack_top;
    to->running = true;
    to->state = THREAD_READY;
    hart->current = to;
    arch_thread_enter(to);
    if (hart->space != &to->process->space)
        arch_space_activate(&to->process->space);
    kernel_unlock();
    return to;
}

struct thread *fast_call(struct thread *caller)
{
    uint64_t info = caller->frame.argument[1];
    struct handle_entry *entry = endpoint_find(caller, RIGHT_CALL);
    if (entry == NULL)
        return NULL;
    struct thread *server = LIST_FIRST(&endpoint_of(entry->object)->receivers, struct thread, link);
    if (server == NULL || !in_registers(info) || caller->frame.argument[2] != DEADLINE_NEVER ||
        server->deadline.heap != NULL || caller->state != THREAD_READY ||
        !may_hand_over(caller->priority))
        return NULL;
    list_remove(&server->link);
    words_move(server, caller, info);
    server->frame.argument[0] = RECEIVED_CALL;
    server->frame.argument[1] = info;
    server->frame.argument[2] = entry->badge != NULL ? entry->badge->value : 0;
    server->serving = caller;
    caller->server = server;
    caller->state = THREAD_CALLING;
    if (caller->priority > server->priority)
        server->priority = caller->priority;
    return hand_over(caller, server);
}

struct thread *fast_reply_receive(struct thread *server)
{
    uint64_t info = server->frame.argument[1];
    struct thread *caller = server->serving;
    struct handle_entry *entry = endpoint_find(server, RIGHT_RECEIVE);
    if (entry == NULL || caller == NULL || !in_registers(info) ||
        server->frame.argument[2] != DEADLINE_NEVER || server->state != THREAD_READY)
        return NULL;
    struct endpoint *endpoint = endpoint_of(entry->object);
    if (endpoint->server != server || !list_is_empty(&endpoint->callers) ||
        !list_is_empty(&endpoint->closed) || caller->deadline.heap != NULL ||
        (server->bound != NULL && server->bound->bits != 0) || !may_hand_over(caller->priority))
        return NULL;
    words_move(caller, server, info);
    caller->frame.argument[0] = OK;
    caller->frame.argument[1] = info;
    caller->server = NULL;
    server->serving = NULL;
    server->priority = server->own_priority;
    server->state = THREAD_RECEIVING;
    list_append(&endpoint->receivers, &server->link);
    return hand_over(server, caller);
}
