// SPDX-License-Identifier: Apache-2.0
// Faults.
#include "trap/fault.h"

#include "arch/arch.h"
#include "boot/log.h"
#include "cap/budget.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "sched/trace.h"
#include "trap/pager.h"

void fault_page(struct thread *thread, uint64_t cause, uint64_t address, uint32_t protect)
{
    status_t status = OK;
    if (pager_answered(thread))
        status = pager_finish(thread, &cause, &address, &protect);
    if (status == OK) {
        status = space_fault(&thread->process->space, address, protect);
        if (status == OK)
            trace(TRACE_PAGE, thread, NULL, address);
    }
    if (status == ERR_AGAIN)
        status = pager_ask(thread, cause, address, protect);
    if (status == ERR_NO_MEMORY) {
        const struct budget *budget = thread->process->object.budget;
        log_line("%s touched a page and memory is exhausted: it has %lu of its %lu KiB",
                 thread->process->name, budget->bytes_used >> 10, budget->bytes_limit >> 10);
    }
    if (status != OK)
        fault_end(thread, cause, address);
}

// Programs keep frame records: below where s0 points lie the return address and the caller's s0. A
// leaf function stores its caller's s0 alone, in the first place; its return address is in ra. All
// of it is the program's word: every address is looked up in its own space, addresses only rise,
// and what does not fit ends the walk.
static void fault_trace(struct space *space, uint64_t record, uint64_t *backtrace)
{
    uint32_t count = 0;
    for (uint32_t step = 0; step < PROCESS_BACKTRACE_MAX; step++) {
        uint64_t first, next;
        if (record % 16 != 0 || !space_peek(space, record - 8, &first) ||
            !space_peek(space, record - 16, &next))
            return;
        if (space_allows(space, first, PROTECT_EXECUTE))
            backtrace[count++] = first;
        else if (step == 0)
            next = first;
        else
            return;
        if (next <= record)
            return;
        record = next;
    }
}

void fault_end(struct thread *thread, uint64_t cause, uint64_t address)
{
    struct process_fault fault = {.cause = cause, .address = address, .pc = thread->frame.pc};
    const struct frame *frame = &thread->frame;
    uint64_t *x = fault.registers;
    x[1] = frame->ra;
    x[2] = frame->sp;
    x[3] = frame->gp;
    x[4] = frame->tp;
    x[8] = frame->saved[0];
    x[9] = frame->saved[1];
    x[17] = frame->number;
    for (uint32_t i = 2; i < 12; i++)
        x[16 + i] = frame->saved[i];
    for (uint32_t i = 0; i < 3; i++)
        x[10 + i] = frame->argument[i];
    for (uint32_t i = 0; i < 4; i++)
        x[13 + i] = frame->words[i];
    for (uint32_t i = 0; i < 3; i++)
        x[5 + i] = frame->words[4 + i];
    x[28] = frame->words[7];
    for (uint32_t i = 0; i < 3; i++)
        x[29 + i] = frame->temporary[i];
    trace(TRACE_FAULT, thread, NULL, fault.pc);
    fault_trace(&thread->process->space, frame->saved[0], fault.backtrace);
    log_line("%s faulted: cause %lu address 0x%lx pc 0x%lx", thread->process->name, cause, address,
             fault.pc);
    process_end(thread->process, 0, &fault);
}

void fault_stopped(struct thread *thread)
{
    schedule_stop(thread);
    object_release(&thread->object);
}
