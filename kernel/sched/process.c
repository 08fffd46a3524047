// SPDX-License-Identifier: Apache-2.0
// Processes: birth, end, and taking one apart in steps.
#include "sched/process.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "boot/panic.h"
#include "ipc/signal.h"
#include "sched/clock.h"
#include "sched/schedule.h"
#include "sched/trace.h"
#include "sched/thread.h"

#include "base/assert.h"

#define CLOSE_STEP 16u // handles closed in one step

struct process *process_init;
static struct slab process_slab = SLAB_INIT(sizeof(struct process));

status_t process_create(struct process *creator, struct budget *budget, const uint64_t name[3],
                        struct process **out_process)
{
    struct process *process = object_create(budget, &process_slab, OBJECT_PROCESS);
    if (process == NULL)
        return ERR_NO_MEMORY;
    status_t status = space_init(&process->space, budget);
    if (status != OK) {
        object_free(&process_slab, process);
        return status;
    }
    handle_table_init(&process->handles, budget);
    list_init(&process->threads);
    list_init(&process->unstarted);
    list_init(&process->link);
    static uint32_t processes;
    process->id = ++processes;
    if (creator != NULL)
        list_append(&creator->unstarted, &process->link);
    for (uint32_t i = 0; i < PROCESS_NAME_MAX - 1; i++)
        process->name[i] = (char)(name[i / 8] >> i % 8 * 8);
    *out_process = process;
    return OK;
}

void process_started(struct process *process, uint32_t priority_max)
{
    process->state = PROCESS_RUNNING;
    process->priority_max = priority_max;
    list_remove(&process->link);
    if (trace_is_on())
        trace_write_process(TRACE_START, process, 0);
}

static bool space_in_use(const struct process *process)
{
    bool used = false;
    for (uint32_t i = 0; i < hart_count; i++) {
        struct hart *hart = &harts[i];
        if (hart->space != &process->space)
            continue;
        if (hart == hart_this() && (hart->current == NULL || hart->current->process != process))
            arch_space_activate(NULL);
        else
            used = true;
        if (used && hart != hart_this())
            arch_hart_kick(hart);
    }
    return used;
}

// One bounded step of taking a process apart: handles first, so that servers learn of it, then
// memory.
static bool process_finish_step(struct chore *chore)
{
    struct process *process = CONTAINER_OF(chore, struct process, chore);
    if (space_in_use(process))
        return false;
    struct process *unstarted = LIST_FIRST(&process->unstarted, struct process, link);
    if (unstarted != NULL) {
        process_end(unstarted, 0, NULL);
        return false;
    }
    for (uint32_t step = 0; step < CLOSE_STEP; step++) {
        if (!handle_table_close_next(&process->handles, &process->close_cursor))
            break;
    }
    if (process->handles.used > 0 || !space_finish_step(&process->space))
        return false;
    handle_table_finish(&process->handles);
    schedule_forget(process);
    process->done = true;
    for (uint32_t i = 0; i < WATCHERS_MAX; i++) {
        raiser_raise(&process->watchers[i]);
        raiser_finish(&process->watchers[i]);
    }
    object_release(&process->object);
    return true;
}

void process_end(struct process *process, int32_t exit_code, const struct process_fault *fault)
{
    if (process->state >= PROCESS_EXITED)
        return;
    list_remove(&process->link);
    process->state = fault != NULL ? PROCESS_FAULTED : PROCESS_EXITED;
    process->exit_code = fault != NULL ? ERR_FAULT : exit_code;
    if (fault != NULL)
        process->fault = *fault;
    if (trace_is_on())
        trace_write_process(TRACE_END, process, (uint64_t)process->exit_code);
    if (process == process_init)
        panic_init_died(process, fault);
    object_hold(&process->object);
    while (!list_is_empty(&process->threads))
        thread_end(CONTAINER_OF(process->threads.next, struct thread, process_link));
    chore_add(&process->chore, process_finish_step);
}

void process_destroy(struct object *object)
{
    struct process *process = process_of(object);
    if (!process->done) {
        // Never started, or its last thread is just gone: take it apart, then come back here.
        assert(process->thread_count == 0);
        process->state = PROCESS_EXITED;
        list_remove(&process->link);
        object_hold(object);
        chore_add(&process->chore, process_finish_step);
        return;
    }
    object_free(&process_slab, process);
}

status_t process_watch(struct process *process, struct budget *payer, struct handle_entry *origin,
                       uint64_t bits)
{
    if (process->done) {
        signal_raise(signal_of(origin->object), bits);
        return OK;
    }
    for (uint32_t i = 0; i < WATCHERS_MAX; i++) {
        if (process->watchers[i].signal == NULL)
            return raiser_init(&process->watchers[i], payer, origin, bits);
    }
    return ERR_FULL;
}

void process_describe(const struct process *process, struct process_info *out_info)
{
    *out_info = (struct process_info){
        .state = process->state,
        .exit_code = process->exit_code,
        .cpu_ns = clock_span_ns(process->cpu_ticks),
        .memory_bytes = process->object.budget->bytes_used,
        .handle_count = process->handles.used,
        .thread_count = process->thread_count,
    };
    for (uint32_t i = 0; i < PROCESS_NAME_MAX; i++)
        out_info->name[i] = process->name[i];
    if (process->state != PROCESS_FAULTED)
        return;
    out_info->fault_cause = process->fault.cause;
    out_info->fault_address = process->fault.address;
    out_info->fault_pc = process->fault.pc;
    for (uint32_t i = 0; i < 32; i++)
        out_info->registers[i] = process->fault.registers[i];
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX; i++)
        out_info->backtrace[i] = process->fault.backtrace[i];
}
