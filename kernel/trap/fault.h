// SPDX-License-Identifier: Apache-2.0
// What a program did wrong ends the program, never the kernel.
#pragma once

#include "sched/thread.h"

// A page fault: makes a touched page present, or ends the process.
void fault_page(struct thread *thread, uint64_t cause, uint64_t address, uint32_t protect);
// Ends the thread's process as FAULTED and keeps its registers for process_info.
void fault_end(struct thread *thread, uint64_t cause, uint64_t address);
// The thread was ended by another hart while it ran here: leaves it for good.
void fault_stopped(struct thread *thread);
