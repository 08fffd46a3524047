// SPDX-License-Identifier: Apache-2.0
// A hart and what it runs. hart_this() (arch/inline.h) is the one executing; fields are guarded by
// the kernel lock, but for those the architecture's code keeps for itself.
#pragma once

#include "sched/deadline.h"

#include <stdbool.h>
#include <stdint.h>

#define HARTS_MAX 64u

struct process;
struct thread;
struct space;

struct hart {
    struct thread *current; // running or about to; NULL: none yet
    struct space *space;    // whose page table is active; NULL: the kernel's
    struct deadline *deadlines;
    uint64_t timer_armed; // ticks, UINT64_MAX: none
    uint64_t slice_end;   // ticks, UINT64_MAX: no slice running
    // Who pays for the time since `switched_at` (ticks): the process that asked for what `current`
    // does, at the far end of calls; NULL: nothing runs, or that process is gone.
    struct process *payer;
    uint64_t switched_at;
    uint64_t bit;   // 1 << index: in space.harts
    uint32_t index; // dense, the boot hart is 0
    bool online, idle, kicked;
    bool on_credit; // `current` answers a caller whose budget is spent
    // The architecture's own.
    uint64_t id; // the firmware's number
    uint64_t stack_top;
    uint64_t probe_resume;      // where a trap in the kernel continues; 0: it is our mistake
    struct thread *float_owner; // whose floating-point registers are loaded
    uint64_t idle_ticks;        // spent waiting for work since boot
};

extern struct hart harts[HARTS_MAX];
extern uint32_t hart_count; // online
