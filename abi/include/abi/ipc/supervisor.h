// SPDX-License-Identifier: Apache-2.0
// init as others see it: what runs, and (developer images, and for power the console and the stage)
// control of it.
#pragma once

#include "abi/ipc/interface.h"
#include "abi/plan.h"
#include "abi/syscall.h"

// Row `index` of the running form's services; ERR_NOT_FOUND past the last.
struct supervisor_service_req {
    uint32_t index;
    uint32_t reserved;
};
struct supervisor_service_rep {
    char name[PLAN_NAME_MAX];
    uint32_t state; // enum process_state
    uint32_t restarts;
    uint64_t cpu_ns;
    uint64_t memory_bytes;
    uint32_t handle_count;
    int32_t last_exit; // exit code or -cause of the last end
    uint64_t started_ns;
};

// Ends a service at once, as a crash would; init restarts it. Developer images only (ERR_DENIED),
// ERR_NOT_FOUND.
struct supervisor_kill_req {
    char name[PLAN_NAME_MAX];
};
IPC_EMPTY(supervisor_kill_rep)

// POWER_OFF or POWER_REBOOT, after asking every service to stop (at most one second).
struct supervisor_power_req {
    uint32_t action;
    uint32_t reserved;
};
IPC_EMPTY(supervisor_power_rep)

// The running form, its row of the plan, and the machine.
IPC_EMPTY(supervisor_device_req)
struct supervisor_device_rep {
    struct plan_form form;
    struct machine_info machine;
    uint32_t developer; // 0 or 1
    uint32_t reserved;
};

// The caller prints the log from now on (taken 1) and the kernel no longer does; or gives it back
// (0). The kernel prints again by itself when the taker ends.
struct supervisor_console_req {
    uint32_t taken;
    uint32_t reserved;
};
IPC_EMPTY(supervisor_console_rep)

// Begins to trace (1, forgetting what was there) or ends it and gives the memory back (0).
// Developer images only (ERR_DENIED). ERR_NO_MEMORY.
struct supervisor_trace_req {
    uint32_t on;
    uint32_t reserved;
};
IPC_EMPTY(supervisor_trace_rep)

// At most `size_bytes` of header and records (abi/trace.h) from `offset_bytes` on, as the tail.
// Ends the recording, so that reading does not write over what is read. ERR_BAD_STATE: not on.
struct supervisor_trace_read_req {
    uint64_t offset_bytes;
    uint32_t size_bytes;
    uint32_t reserved;
};
struct supervisor_trace_read_rep {
    uint64_t total_bytes;
};

#define SUPERVISOR_METHODS(M)                                                                      \
    M(supervisor, 1, service, IPC_RETRY)                                                           \
    M(supervisor, 2, kill, 0)                                                                      \
    M(supervisor, 3, power, 0)                                                                     \
    M(supervisor, 4, device, IPC_RETRY)                                                            \
    M(supervisor, 5, console, IPC_RETRY)                                                           \
    M(supervisor, 6, trace, 0)                                                                     \
    M(supervisor, 7, trace_read, IPC_RETRY | IPC_REPLY_TAIL)
IPC_INTERFACE(supervisor, SUPERVISOR_METHODS)
