// SPDX-License-Identifier: Apache-2.0
// Replies.
#include "ipc/reply.h"

#include "cap/budget.h"
#include "ipc/message.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "sched/trace.h"

static struct slab reply_slab = SLAB_INIT(sizeof(struct reply));

status_t reply_take(struct thread *server, struct reply **out_reply)
{
    struct thread *caller = server->serving;
    if (caller == NULL)
        return ERR_BAD_STATE;
    struct reply *reply = object_create(server->process->object.budget, &reply_slab, OBJECT_REPLY);
    if (reply == NULL)
        return ERR_NO_MEMORY;
    reply->caller = caller;
    caller->server = NULL;
    caller->reply = reply;
    server->serving = NULL;
    *out_reply = reply;
    return OK;
}

void reply_destroy(struct object *object)
{
    struct reply *reply = reply_of(object);
    if (reply->caller != NULL)
        thread_wake(reply->caller, ERR_PEER_DIED);
    object_free(&reply_slab, reply);
}

void reply_send(struct thread *sender, struct thread *caller, uint64_t info)
{
    if (caller == NULL) {
        message_drop(sender, info);
        return;
    }
    trace(TRACE_REPLY, sender, caller, info);
    status_t status = message_move(sender, caller, info);
    if (status != OK) {
        message_drop(sender, info);
        info = 0;
    }
    deadline_remove(&caller->deadline);
    if (caller->server != NULL)
        caller->server->serving = NULL;
    else
        caller->reply->caller = NULL;
    caller->server = NULL;
    caller->reply = NULL;
    thread_result(caller, status);
    caller->frame.argument[1] = info;
    caller->state = THREAD_READY;
}
