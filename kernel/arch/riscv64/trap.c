// SPDX-License-Identifier: Apache-2.0
// Traps that are no system calls: interrupts, page faults, floating point, everything a program may
// do wrong. Also waiting, and saving floating-point registers only of threads that changed them.
#include "arch/arch.h"
#include "boot/log.h"
#include "boot/panic.h"
#include "csr.h"
#include "hart.h"
#include "plic.h"
#include "sbi.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "trap/fault.h"

#define INSTRUCTION_BITS 0xffffffffull

void arch_frame_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument,
                     uint64_t message_address)
{
    thread->frame.pc = entry;
    thread->frame.sp = stack;
    thread->frame.argument[0] = argument;
    thread->frame.argument[1] = message_address;
    thread->frame.status = STATUS_UXL_64;
}

static __attribute__((noinline)) void float_leave(struct thread *thread)
{
    uint64_t status = thread->frame.status;
    CSR_WRITE(sstatus, status);
    float_save(thread->float_registers, &thread->float_control);
    thread->frame.status = (status & ~STATUS_FS_MASK) | STATUS_FS_CLEAN;
    thread->hart->float_owner = thread;
    thread->float_hart = thread->hart;
}

void arch_thread_leave(struct thread *thread)
{
    if ((thread->frame.status & STATUS_FS_MASK) == STATUS_FS_DIRTY)
        float_leave(thread);
}

void arch_thread_enter(struct thread *thread)
{
    uint64_t status = thread->frame.status & ~STATUS_FS_MASK;
    if (thread->float_hart != NULL && thread->float_hart == thread->hart &&
        thread->hart->float_owner == thread)
        status |= STATUS_FS_CLEAN;
    thread->frame.status = status;
}

void arch_thread_forget(struct thread *thread)
{
    if (thread->float_hart != NULL && thread->float_hart->float_owner == thread)
        thread->float_hart->float_owner = NULL;
}

// The thread's first use of floating point here: loads its registers.
static void float_enter(struct thread *thread)
{
    thread->frame.status |= STATUS_FS_CLEAN;
    CSR_WRITE(sstatus, thread->frame.status);
    float_load(thread->float_registers, &thread->float_control);
    thread->hart->float_owner = thread;
    thread->float_hart = thread->hart;
}

// Whether an instruction that trapped may be a floating-point one: its opcode, or a write to fcsr
// and its parts.
static bool is_float(uint64_t instruction)
{
    uint32_t opcode = instruction & 0x7f;
    if ((instruction & 3) != 3)
        return (instruction & 0x2000) != 0 && (instruction & 3) != 1; // c.fld c.fsd c.fldsp c.fsdsp
    if (opcode == 0x73)
        return instruction >> 20 >= 1 && instruction >> 20 <= 3;
    return opcode == 0x07 || opcode == 0x27 || (opcode >= 0x43 && opcode <= 0x53);
}

void arch_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

void arch_poll_interrupts(void)
{
    uint64_t pending = CSR_READ(sip);
    if (pending >> INTERRUPT_SOFTWARE & 1) {
        CSR_CLEAR(sip, 1u << INTERRUPT_SOFTWARE);
        hart_this()->kicked = false;
    }
    if (pending >> INTERRUPT_TIMER & 1)
        schedule_timer();
    if (hart_this()->index == 0 && (pending >> INTERRUPT_EXTERNAL & 1))
        plic_poll();
}

static uint32_t fault_access(uint64_t cause)
{
    if (cause == CAUSE_FETCH_FAULT)
        return PROTECT_EXECUTE;
    return cause == CAUSE_STORE_FAULT ? PROTECT_WRITE : PROTECT_READ;
}

static void exception(struct thread *thread, uint64_t cause, uint64_t value)
{
    if (cause >= CAUSE_FETCH_FAULT) {
        fault_page(thread, cause, value, fault_access(cause));
    } else if (cause == CAUSE_ILLEGAL && (thread->frame.status & STATUS_FS_MASK) == 0 &&
               (value == 0 || is_float(value & INSTRUCTION_BITS))) {
        float_enter(thread);
    } else {
        fault_end(thread, cause, value);
    }
}

struct thread *trap_other(struct thread *thread, uint64_t cause, uint64_t value)
{
    kernel_lock();
    if (thread->state == THREAD_ENDED)
        fault_stopped(thread);
    else if (cause & CAUSE_INTERRUPT)
        arch_poll_interrupts();
    else
        exception(thread, cause, value);
    return schedule_leave_after(thread);
}

_Noreturn void trap_kernel(uint64_t cause, uint64_t pc, uint64_t value, uint64_t stack, uint64_t ra)
{
    log_set_console(true);
    log_line("trap in the kernel: cause %lu pc 0x%lx value 0x%lx sp 0x%lx ra 0x%lx hart %u", cause,
             pc, value, stack, ra, hart_this()->index);
    panic("the kernel made a mistake",
          "this is a defect: please report the lines above; power-cycle to go on");
}
