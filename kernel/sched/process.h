// SPDX-License-Identifier: Apache-2.0
// Processes: an address space, a handle table, threads. A process ends by exit, by a fault or by
// process_kill; its threads stop at once, handles, mappings and tables go in steps (sched/chore.h),
// then its watchers are told.
#pragma once

#include "ipc/signal.h"
#include "mem/space.h"
#include "sched/chore.h"

#include "abi/syscall.h"
#include "base/list.h"

#define THREADS_MAX  32u // per process
#define WATCHERS_MAX 4u  // per process

struct process_fault {
    uint64_t cause, address, pc;
    uint64_t registers[32];
    uint64_t backtrace[PROCESS_BACKTRACE_MAX];
};

struct process {
    struct object object;
    struct handle_table handles;
    struct space space;
    struct list_node threads;
    struct list_node unstarted; // process.link: made by this one; they end with it
    struct list_node link;      // creator's unstarted, while NEW
    uint32_t thread_count;
    uint32_t state; // enum process_state
    int32_t exit_code;
    uint32_t priority_max; // of its threads
    uint64_t cpu_ticks;
    bool done; // torn down: watchers told
    uint32_t close_cursor;
    struct chore chore;
    struct raiser watchers[WATCHERS_MAX]; // without a signal: free
    char name[PROCESS_NAME_MAX];
    struct process_fault fault; // FAULTED
    uint32_t id;                // from 1
    uint32_t trace_round;       // when its name was written last: sched/trace.c
    uint64_t trace_named;
};

static inline struct process *process_of(struct object *object)
{
    return (struct process *)(void *)object;
}

extern struct process *process_init; // the first process; when it ends the machine stops

// `creator` NULL: the kernel. Until it is started the process ends with its creator, so that
// nothing keeps what nobody can reach. `budget` pays for all it asks for. ERR_NO_MEMORY.
status_t process_create(struct process *creator, struct budget *budget, const uint64_t name[3],
                        struct process **out_process);
// The first thread runs: from now on it lives by itself.
void process_started(struct process *process, uint32_t priority_max);
void process_destroy(struct object *object);
// Ends it; later calls change nothing. `fault` NULL: it ended of itself or was killed.
void process_end(struct process *process, int32_t exit_code, const struct process_fault *fault);
// ERR_FULL, ERR_NO_MEMORY (of `payer`). Raised at once when the process is gone already.
status_t process_watch(struct process *process, struct budget *payer, struct handle_entry *origin,
                       uint64_t bits);
void process_describe(const struct process *process, struct process_info *out_info);
