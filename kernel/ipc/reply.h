// SPDX-License-Identifier: Apache-2.0
// Answering a caller: at once with reply_receive, or later through a reply object made by
// reply_take. A reply object answers once; destroyed unused, it answers ERR_PEER_DIED.
#pragma once

#include "cap/object.h"
#include "sched/thread.h"

struct reply {
    struct object object;
    struct thread *caller; // CALLING; NULL: it died or gave up
};

static inline struct reply *reply_of(struct object *object)
{
    return (struct reply *)(void *)object;
}

// A reply object for the caller that `server` is serving. ERR_BAD_STATE (none), ERR_NO_MEMORY.
status_t reply_take(struct thread *server, struct reply **out_reply);
void reply_destroy(struct object *object);
// Sends `sender`'s message as the answer to `caller` (NULL: nobody listens any more; the message is
// dropped) and makes it ready. The message was checked. The caller learns it if there is no room
// for the handles.
void reply_send(struct thread *sender, struct thread *caller, uint64_t info);
