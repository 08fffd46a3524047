// SPDX-License-Identifier: Apache-2.0
// Panic texts.
#include "boot/panic.h"

#include "arch/arch.h"
#include "boot/log.h"
#include "boot/machine.h"
#include "sched/process.h"

_Noreturn void panic(const char *cause, const char *what_to_do)
{
    log_set_console(true);
    log_line("PANIC: %s", cause);
    log_line("%s", what_to_do);
    if (machine.panic_power_off)
        arch_power(POWER_OFF);
    arch_halt();
}

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    log_set_console(true);
    log_line("assertion failed: %s at %s:%d", expression, file, line);
    panic("the kernel found itself in an impossible state",
          "this is a defect: please report the lines above; power-cycle to go on");
}

_Noreturn void panic_init_died(const struct process *init, const struct process_fault *fault)
{
    log_set_console(true);
    if (fault == NULL)
        log_line("init ended with code %d", init->exit_code);
    else
        log_line("init faulted: cause %lu address 0x%lx pc 0x%lx", fault->cause, fault->address,
                 fault->pc);
    for (uint32_t i = 0; fault != NULL && i < PROCESS_BACKTRACE_MAX && fault->backtrace[i]; i++)
        log_line("init was called from 0x%lx", fault->backtrace[i]);
    panic("init, which starts and restarts everything else, is gone",
          "boot the other slot, or an older bundle; if it repeats, report the lines above");
}
