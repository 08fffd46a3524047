// SPDX-License-Identifier: Apache-2.0
// Processes for init's tests: what the host twin of lib/os has no use for elsewhere. A process
// remembers what it was given and how it was started; nothing runs.
#pragma once

#include "abi/message.h"
#include "abi/syscall.h"
#include "os/budget.h"

#include <stdbool.h>

#define FAKE_PROCESSES_MAX 32u

struct fake_process {
    handle_t handle;
    char name[PROCESS_NAME_MAX];
    uint32_t state; // enum process_state
    int32_t exit_code;
    uint32_t priority;
    struct start_block start;
    struct os_budget_terms terms;         // of the budget it was made on
    uint64_t patch_address, patch_offset; // a page of its text that is not as it should be
};

extern uint64_t fake_budget_bytes; // what budgets can still reserve
void fake_reset(void);
// The newest process of that name, or NULL.
struct fake_process *fake_process_find(const char *name);
// How many there are, ended ones included.
uint32_t fake_process_count(void);
// The start entry of that name, or NULL.
const struct start_entry *fake_entry(const struct fake_process *process, const char *name);
// Whether the kernel prints the log.
bool fake_log_console(void);
// Whether it writes a trace.
bool fake_traces(void);
