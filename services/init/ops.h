// SPDX-License-Identifier: Apache-2.0
// init's state as its protocol handlers see it, and their table (abi/ipc/supervisor.h).
#pragma once

#include "launch.h"
#include "supervisor.h"

#include "abi/ipc/supervisor.h"
#include "abi/trace.h"
#include "ipc/server.h"

struct init {
    struct plan plan;
    struct launcher launcher;
    struct supervisor supervisor;
    struct ipc_server server;
    struct ipc_timer restart_timer;
    struct ipc_timer watch_timer;
    struct ipc_timer power_timer;
    uint32_t power_action;
    const struct trace_header *trace; // NULL: no memory is taken for it
    uint32_t console_row;             // who prints the log; PLAN_SERVICES_MAX: the kernel
};

extern const struct ipc_method *const init_methods;
extern const uint32_t init_method_count;
extern const struct supervisor_ops init_ops;

// In main.c: begins to stop everything and then ends the machine.
void init_power(struct init *init, uint32_t action);
// In main.c: looks who ended, restarts what is due and arms the timer for the rest.
void init_look(struct init *init);
