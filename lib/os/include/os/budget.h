// SPDX-License-Identifier: Apache-2.0
// Budgets: what the processes that run on one may take of memory and processor time
// (abi/syscall.h).
#pragma once

#include "abi/syscall.h"

struct os_budget_terms {
    uint64_t bytes_limit;
    uint64_t bytes_reserved;       // set aside from the parent at once
    uint64_t period_ns, amount_ns; // both 0: no limit of time
};

// A budget below `parent` (HANDLE_NONE: the caller's own). ERR_NO_MEMORY: the parent has less left
// than is to be reserved; ERR_INVALID; ERR_FULL: nested too deep, or no room for the handle.
status_t os_budget_create(handle_t parent, const struct os_budget_terms *terms,
                          handle_t *out_budget);
status_t os_budget_info(handle_t budget, struct budget_info *out_info);
