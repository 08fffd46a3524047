// SPDX-License-Identifier: Apache-2.0
// What assembly and the C of this folder call of each other.
#pragma once

#include "sched/hart.h"
#include "sched/thread.h"

// start.S: another hart's first instruction; jump to a function on another stack.
void start_other(void);
_Noreturn void start_on_stack(uint64_t stack_top, void (*function)(void));
// start.c: called from start.S.
uint64_t early_map(uint64_t image, uint64_t device_tree);
_Noreturn void start_machine(uint64_t hart_id, uint64_t device_tree, uint64_t image,
                             uint64_t ticks);
_Noreturn void start_hart(void);
// trap.S.
void trap_entry(void);
_Noreturn void thread_resume(struct thread *thread);
bool probe_stimecmp(struct hart *hart);
void float_save(uint64_t registers[32], uint64_t *control);
void float_load(const uint64_t registers[32], const uint64_t *control);
// trap.c and trap/syscall.c: called from trap.S; return the thread to run.
struct thread *trap_syscall(struct thread *thread);
struct thread *trap_other(struct thread *thread, uint64_t cause, uint64_t value);
_Noreturn void trap_kernel(uint64_t cause, uint64_t pc, uint64_t value, uint64_t stack,
                           uint64_t ra);
// Opens this hart's interrupts and learns its timer.
void hart_open(struct hart *hart);
