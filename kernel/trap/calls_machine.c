// SPDX-License-Identifier: Apache-2.0
// System calls on time, interrupts, the log and the machine.
#include "trap/calls.h"

#include "arch/arch.h"
#include "boot/log.h"
#include "boot/machine.h"
#include "ipc/signal.h"
#include "mem/memory.h"
#include "sched/clock.h"
#include "sched/process.h"
#include "sched/hart.h"
#include "sched/timer.h"
#include "sched/trace.h"
#include "trap/interrupt.h"

int64_t call_clock(struct thread *thread)
{
    (void)thread;
    return (int64_t)clock_now();
}

int64_t call_timer_create(struct thread *thread)
{
    struct handle_entry *signal;
    uint64_t bits = call_argument(thread, 1);
    status_t status = call_signal(thread, 0, bits, &signal);
    if (status != OK)
        return status;
    struct timer *timer = timer_create(thread->process->object.budget, signal, bits);
    if (timer == NULL)
        return ERR_NO_MEMORY;
    return call_new_handle(thread, &timer->object, object_rights(OBJECT_TIMER));
}

int64_t call_timer_set(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_TIMER, RIGHT_MANAGE, &object);
    if (status == OK)
        timer_set(timer_of(object), call_argument(thread, 1));
    return status;
}

int64_t call_interrupt_create(struct thread *thread)
{
    struct object *object;
    struct handle_entry *signal;
    status_t status = call_object(thread, 0, OBJECT_MACHINE, RIGHT_MANAGE, &object);
    if (status == OK)
        status = call_signal(thread, 2, call_argument(thread, 3), &signal);
    if (status != OK)
        return status;
    if (call_argument(thread, 1) > UINT32_MAX)
        return ERR_INVALID;
    struct interrupt *interrupt;
    status = interrupt_create(thread->process->object.budget, (uint32_t)call_argument(thread, 1),
                              signal, call_argument(thread, 3), &interrupt);
    if (status != OK)
        return status;
    return call_new_handle(thread, &interrupt->object, object_rights(OBJECT_INTERRUPT));
}

int64_t call_interrupt_done(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_INTERRUPT, RIGHT_MANAGE, &object);
    if (status == OK)
        interrupt_done(interrupt_of(object));
    return status;
}

int64_t call_log_write(struct thread *thread)
{
    struct object *object;
    uint64_t size = call_argument(thread, 1);
    status_t status = call_object(thread, 0, OBJECT_LOG, RIGHT_WRITE, &object);
    if (status != OK)
        return status;
    if (size > MESSAGE_BYTES_MAX)
        return ERR_TOO_LARGE;
    log_write((const char *)thread->message->bytes, size);
    return OK;
}

int64_t call_log_read(struct thread *thread)
{
    struct object *object;
    uint64_t position = call_argument(thread, 1);
    status_t status = call_object(thread, 0, OBJECT_LOG, RIGHT_READ, &object);
    if (status != OK)
        return status;
    size_t size = log_read(&position, (char *)thread->message->bytes, MESSAGE_BYTES_MAX);
    thread->frame.argument[1] = position;
    return (int64_t)size;
}

int64_t call_log_console(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_MACHINE, RIGHT_MANAGE, &object);
    if (status == OK)
        log_set_console(call_argument(thread, 1) != 0);
    return status;
}

int64_t call_machine_info(struct thread *thread)
{
    struct object *object;
    status_t status = call_object(thread, 0, OBJECT_LOG, 0, &object);
    if (status != OK)
        return status;
    struct pages_counts pages = pages_count();
    uint64_t idle_ticks = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        idle_ticks += harts[i].idle_ticks;
    struct machine_info *info = (struct machine_info *)(void *)thread->message->bytes;
    *info = (struct machine_info){
        .memory_bytes = pages.total << PAGE_SHIFT,
        .memory_free_bytes = pages.free << PAGE_SHIFT,
        .kernel_bytes = machine.kernel_bytes,
        .timebase_hz = machine.timebase_hz,
        .boot_ns = machine.boot_ns,
        .hart_count = hart_count,
        .boot_hart = (uint32_t)harts[0].id,
        .idle_ns = clock_span_ns(idle_ticks),
    };
    return OK;
}

int64_t call_machine_power(struct thread *thread)
{
    struct object *object;
    uint64_t action = call_argument(thread, 1);
    status_t status = call_object(thread, 0, OBJECT_MACHINE, RIGHT_MANAGE, &object);
    if (status != OK)
        return status;
    if (action > POWER_REBOOT)
        return ERR_INVALID;
    arch_power((uint32_t)action);
    return ERR_UNSUPPORTED;
}

int64_t call_trace_set(struct thread *thread)
{
    struct object *object, *memory = NULL;
    status_t status = call_object(thread, 0, OBJECT_MACHINE, RIGHT_MANAGE, &object);
    if (status == OK && (handle_t)call_argument(thread, 1) != HANDLE_NONE)
        status = call_object(thread, 1, OBJECT_MEMORY, RIGHT_WRITE, &memory);
    return status == OK ? trace_set(memory != NULL ? memory_of(memory) : NULL) : status;
}
