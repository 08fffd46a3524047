// SPDX-License-Identifier: Apache-2.0
// System calls on memory, processes and threads.
#include "trap/calls.h"

#include "boot/machine.h"
#include "cap/budget.h"
#include "cap/handle.h"
#include "ipc/signal.h"
#include "mem/memory.h"
#include "sched/process.h"
#include "sched/schedule.h"

#include "base/assert.h"

_Static_assert((int)PROTECT_READ == (int)RIGHT_READ && (int)PROTECT_WRITE == (int)RIGHT_WRITE &&
                   (int)PROTECT_EXECUTE == (int)RIGHT_EXECUTE,
               "what a mapping may do is what its handle may");

int64_t call_memory_create(struct thread *thread)
{
    struct budget *budget;
    struct memory *memory;
    struct handle_entry *pager = NULL;
    if (call_argument(thread, 1) > MEMORY_BY_PAGER)
        return ERR_INVALID;
    status_t status = call_budget_or_own(thread, 2, RIGHT_MANAGE, &budget);
    if (status != OK)
        return status;
    if (call_argument(thread, 1) == MEMORY_BY_PAGER) {
        pager = handle_find(&thread->process->handles, (handle_t)call_argument(thread, 3));
        if (pager == NULL || pager->object->kind != OBJECT_ENDPOINT)
            return ERR_BAD_HANDLE;
        if (!(pager->rights & RIGHT_CALL))
            return ERR_DENIED;
    }
    status = memory_create(budget, call_argument(thread, 0), (uint32_t)call_argument(thread, 1),
                           pager, &memory);
    if (status != OK)
        return status;
    return call_new_handle(thread, &memory->object, object_rights(OBJECT_MEMORY));
}

int64_t call_memory_map(struct thread *thread)
{
    struct process *process;
    struct handle_entry *entry;
    uint64_t protect = call_argument(thread, 5) & ~(uint64_t)PROTECT_REVOCABLE;
    bool may_vanish = call_argument(thread, 5) & PROTECT_REVOCABLE;
    if (protect > (PROTECT_READ | PROTECT_WRITE | PROTECT_EXECUTE))
        return ERR_INVALID;
    status_t status = call_process_or_self(thread, 0, RIGHT_MANAGE, &process);
    if (status == OK)
        status = call_lookup(thread, 1, OBJECT_MEMORY, (uint32_t)protect, &entry);
    if (status == OK && (entry->rights & RIGHT_REVOCABLE) && !may_vanish)
        status = ERR_DENIED;
    if (status != OK)
        return status;
    struct mapping wanted = {
        .address = call_argument(thread, 2),
        .offset = call_argument(thread, 3),
        .size_bytes = call_argument(thread, 4),
        .protect = (uint32_t)protect,
    };
    return space_map(&process->space, memory_of(entry->object), entry, &wanted);
}

int64_t call_memory_unmap(struct thread *thread)
{
    struct process *process;
    status_t status = call_process_or_self(thread, 0, RIGHT_MANAGE, &process);
    if (status == OK)
        status = space_unmap(&process->space, call_argument(thread, 1), call_argument(thread, 2));
    return status == ERR_AGAIN ? CALL_RESTART : status;
}

// The address is told to who holds the machine with RIGHT_PHYSICAL, not to who holds the memory.
int64_t call_memory_info(struct thread *thread)
{
    struct handle_entry *entry;
    struct object *authority;
    status_t status = call_lookup(thread, 0, OBJECT_MEMORY, 0, &entry);
    bool asks = (handle_t)call_argument(thread, 1) != HANDLE_NONE;
    if (status == OK && asks && (entry->rights & RIGHT_REVOCABLE))
        status = ERR_DENIED; // what is taken away is freed, and the device would not know
    if (status == OK && asks)
        status = call_object(thread, 1, OBJECT_MACHINE, RIGHT_PHYSICAL, &authority);
    if (status != OK)
        return status;
    const struct memory *memory = memory_of(entry->object);
    bool told = asks && memory->backing == MEMORY_RUN;
    thread->frame.argument[1] = (uint64_t)memory->page_count << PAGE_SHIFT;
    thread->frame.argument[2] = told ? memory->base : 0;
    return OK;
}

int64_t call_memory_device(struct thread *thread)
{
    struct object *object;
    uint64_t start = call_argument(thread, 1);
    uint64_t size = call_argument(thread, 2);
    status_t status = call_object(thread, 0, OBJECT_MACHINE, RIGHT_MANAGE, &object);
    if (status != OK)
        return status;
    if (start % PAGE_SIZE != 0 || size % PAGE_SIZE != 0 || size == 0 || size > 1ull << 40 ||
        start > (1ull << 55) || ranges_overlap(&machine.memory, start, start + size) ||
        ranges_overlap(&machine.reserved, start, start + size))
        return ERR_INVALID;
    struct memory *memory =
        memory_create_range(thread->process->object.budget, MEMORY_DEVICE, start, size);
    if (memory == NULL)
        return ERR_NO_MEMORY;
    return call_new_handle(thread, &memory->object,
                           object_rights(OBJECT_MEMORY) & ~(uint32_t)RIGHT_EXECUTE);
}

int64_t call_process_create(struct thread *thread)
{
    struct budget *budget;
    struct process *process;
    status_t status = call_budget_or_own(thread, 3, RIGHT_MANAGE, &budget);
    if (status == OK)
        status = process_create(thread->process, budget, thread->frame.argument, &process);
    if (status != OK)
        return status;
    return call_new_handle(thread, &process->object, object_rights(OBJECT_PROCESS));
}

// A new thread of `options`, made ready; returns it with the caller's reference.
static status_t thread_start(const struct thread_options *options, struct thread **out_thread)
{
    if (options->entry < USER_BASE || options->entry >= USER_END || options->stack_top % 16 != 0)
        return ERR_INVALID;
    status_t status = thread_create(options, out_thread);
    if (status == OK)
        schedule_ready(*out_thread);
    return status;
}

int64_t call_process_start(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_PROCESS, RIGHT_MANAGE, &object);
    if (status != OK)
        return status;
    struct process *process = process_of(object);
    if (process->state != PROCESS_NEW)
        return ERR_BAD_STATE;
    if (call_argument(thread, 4) >= PRIORITY_COUNT)
        return ERR_INVALID;
    if (call_argument(thread, 4) > thread->process->priority_max)
        return ERR_DENIED;
    struct thread *first;
    struct thread_options options = {
        .process = process,
        .entry = call_argument(thread, 1),
        .stack_top = call_argument(thread, 2),
        .argument = call_argument(thread, 3),
        .message_address = call_argument(thread, 3),
        .priority = (uint32_t)call_argument(thread, 4),
    };
    status = thread_start(&options, &first);
    if (status != OK)
        return status;
    process_started(process, options.priority);
    object_release(&first->object);
    return OK;
}

int64_t call_process_kill(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_PROCESS, RIGHT_MANAGE, &object);
    if (status != OK)
        return status;
    process_end(process_of(object), (int32_t)call_argument(thread, 1), NULL);
    return process_of(object) == thread->process ? CALL_DONE : OK;
}

int64_t call_process_info(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_PROCESS, RIGHT_READ, &object);
    if (status == OK)
        process_describe(process_of(object), (struct process_info *)(void *)thread->message->bytes);
    return status;
}

int64_t call_process_watch(struct thread *thread)
{
    struct object *process;
    struct handle_entry *signal;
    status_t status = call_object(thread, 0, OBJECT_PROCESS, RIGHT_READ, &process);
    if (status == OK)
        status = call_signal(thread, 1, call_argument(thread, 2), &signal);
    if (status != OK)
        return status;
    return process_watch(process_of(process), thread->process->object.budget, signal,
                         call_argument(thread, 2));
}

int64_t call_process_exit(struct thread *thread)
{
    process_end(thread->process, (int32_t)call_argument(thread, 0), NULL);
    return CALL_DONE;
}

int64_t call_thread_create(struct thread *thread)
{
    if (call_argument(thread, 4) >= PRIORITY_COUNT)
        return ERR_INVALID;
    if (call_argument(thread, 4) > thread->process->priority_max)
        return ERR_DENIED;
    status_t status = handle_reserve(&thread->process->handles, 1);
    if (status != OK)
        return status;
    struct thread *created;
    struct thread_options options = {
        .process = thread->process,
        .entry = call_argument(thread, 0),
        .stack_top = call_argument(thread, 1),
        .argument = call_argument(thread, 2),
        .message_address = call_argument(thread, 3),
        .priority = (uint32_t)call_argument(thread, 4),
    };
    status = thread_start(&options, &created);
    if (status != OK)
        return status;
    return call_new_handle(thread, &created->object, object_rights(OBJECT_THREAD));
}

int64_t call_thread_exit(struct thread *thread)
{
    thread_end(thread);
    return CALL_DONE;
}

int64_t call_thread_yield(struct thread *thread)
{
    thread_result(thread, OK);
    schedule_yield();
    return CALL_DONE;
}
