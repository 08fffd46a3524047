// SPDX-License-Identifier: Apache-2.0
// A hart and what it runs. hart_this() (arch/inline.h) is the one executing; fields are guarded by
// the kernel's locks (sched/lock.h), but for those the architecture's code keeps for itself.
#pragma once

#include "sched/deadline.h"

#include "abi/types.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#define HARTS_MAX  64u
#define CACHE_LINE 64 // bytes

struct process;
struct thread;
struct space;

struct hart {
    _Alignas(CACHE_LINE) uint32_t lock; // sched/lock.h
    // What this hart has to look at on its way out of the kernel: bit p, a thread of priority p is
    // ready here; the others are PENDING_*. Nothing above a running thread's priority: it goes on.
    uint64_t pending;
    struct thread *current; // running or about to; NULL: none yet
    struct space *space;    // whose page table is active; NULL: the kernel's
    struct deadline *deadlines;
    uint64_t timer_armed; // ticks, UINT64_MAX: none
    uint64_t slice_end;   // ticks, UINT64_MAX: no slice running
    // Who pays for the time since `switched_at` (ticks): the process that asked for what `current`
    // does, or the last one did, at the far end of calls; NULL: nothing ran, or that process is
    // gone.
    struct process *payer;
    uint64_t switched_at;
    uint64_t bit;   // 1 << index: in space.harts
    uint32_t index; // dense, the boot hart is 0
    bool online, kicked;
    bool has_others; // this machine may start more harts than one: locks are needed
    // The architecture's own.
    uint64_t id; // the firmware's number
    uint64_t stack_top;
    uint64_t probe_resume;      // where a trap in the kernel continues; 0: it is our mistake
    struct thread *float_owner; // whose floating-point registers are loaded
    uint64_t idle_ticks;        // spent waiting for work since boot
    struct list_node ready[PRIORITY_COUNT]; // thread.link, first come first served
};

extern struct hart harts[HARTS_MAX];
extern uint32_t hart_count; // online
