// SPDX-License-Identifier: Apache-2.0
// From the trap to the system call's function and back out.
#include "trap/calls.h"

#include "arch/arch.h"
#include "cap/handle.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "trap/fault.h"

#define CALL_ENTRY(number, name) [number] = call_##name,
static int64_t (*const calls[SYSCALL_COUNT_MAX])(struct thread *) = {SYSCALL_LIST(CALL_ENTRY)};
#undef CALL_ENTRY

struct thread *trap_syscall(struct thread *thread);

struct thread *trap_syscall(struct thread *thread)
{
    kernel_lock();
    if (thread->state == THREAD_ENDED) {
        fault_stopped(thread);
        return schedule_leave();
    }
    uint64_t number = thread->frame.number;
    int64_t result = ERR_UNSUPPORTED;
    if (number < SYSCALL_COUNT_MAX && calls[number] != NULL)
        result = calls[number](thread);
    if (result > CALL_RESTART)
        thread_result(thread, result);
    else if (result == CALL_RESTART)
        thread->frame.pc -= CALL_BYTES;
    return schedule_leave_after(thread);
}

status_t call_object(struct thread *thread, uint32_t index, enum object_kind kind, uint32_t rights,
                     struct object **out_object)
{
    handle_t handle = (handle_t)call_argument(thread, index);
    return handle_object(&thread->process->handles, handle, kind, rights, out_object);
}

status_t call_lookup(struct thread *thread, uint32_t index, enum object_kind kind, uint32_t rights,
                     struct handle_entry **out_entry)
{
    handle_t handle = (handle_t)call_argument(thread, index);
    return handle_lookup(&thread->process->handles, handle, kind, rights, out_entry);
}

status_t call_signal(struct thread *thread, uint32_t index, uint64_t bits,
                     struct handle_entry **out_entry)
{
    handle_t handle = (handle_t)call_argument(thread, index);
    return handle_signal(&thread->process->handles, handle, bits, out_entry);
}

status_t call_process_or_self(struct thread *thread, uint32_t index, uint32_t rights,
                              struct process **out_process)
{
    if ((handle_t)call_argument(thread, index) == HANDLE_NONE) {
        *out_process = thread->process;
        return OK;
    }
    struct object *object;
    status_t status = call_object(thread, index, OBJECT_PROCESS, rights, &object);
    if (status == OK && process_of(object)->state >= PROCESS_EXITED)
        return ERR_BAD_STATE;
    if (status == OK)
        *out_process = process_of(object);
    return status;
}

int64_t call_new_handle(struct thread *thread, struct object *object, uint32_t rights)
{
    handle_t handle;
    status_t status = handle_insert(&thread->process->handles, object, rights, &handle);
    if (status == OK)
        return (int64_t)(uint64_t)handle;
    object_release(object);
    return status;
}
