// SPDX-License-Identifier: Apache-2.0
// Objects by kind: which function destroys one, and which rights its first handle carries.
#include "cap/budget.h"

#include "ipc/endpoint.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "mem/memory.h"
#include "sched/process.h"
#include "sched/thread.h"
#include "trap/interrupt.h"
#include "sched/timer.h"

#define MOVABLE (RIGHT_DUPLICATE | RIGHT_TRANSFER)

struct object_class {
    void (*destroy)(struct object *object); // NULL: static, never destroyed
    uint32_t rights;
};

static const struct object_class classes[] = {
    [OBJECT_PROCESS] = {process_destroy, RIGHT_READ | RIGHT_MANAGE | MOVABLE},
    [OBJECT_THREAD] = {thread_destroy, RIGHT_MANAGE | MOVABLE},
    [OBJECT_ENDPOINT] = {endpoint_destroy, RIGHT_CALL | RIGHT_RECEIVE | MOVABLE},
    [OBJECT_SIGNAL] = {signal_destroy, RIGHT_RAISE | RIGHT_WAIT | MOVABLE},
    [OBJECT_MEMORY] = {memory_destroy, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | MOVABLE},
    [OBJECT_INTERRUPT] = {interrupt_destroy, RIGHT_MANAGE | MOVABLE},
    [OBJECT_TIMER] = {timer_destroy, RIGHT_MANAGE | MOVABLE},
    [OBJECT_REPLY] = {reply_destroy, RIGHT_MANAGE | RIGHT_TRANSFER},
    [OBJECT_LOG] = {NULL, RIGHT_READ | RIGHT_WRITE | MOVABLE},
    [OBJECT_BUDGET] = {budget_destroy, RIGHT_READ | RIGHT_MANAGE | MOVABLE},
    [OBJECT_MACHINE] = {NULL, RIGHT_MANAGE | RIGHT_PHYSICAL | MOVABLE},
};

void object_release(struct object *object)
{
    if (object == NULL || --object->references > 0)
        return;
    if (classes[object->kind].destroy != NULL)
        classes[object->kind].destroy(object);
}

uint32_t object_rights(enum object_kind kind)
{
    return classes[kind].rights;
}
