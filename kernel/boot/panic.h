// SPDX-License-Identifier: Apache-2.0
// The end of the machine: what a person reads when the kernel or init cannot go on, and what to do
// about it.
#pragma once

#include "base/assert.h"

struct process;
struct process_fault;

// Prints "PANIC: " with the cause and what to do, then powers off (boot argument
// nexus.panic=poweroff) or halts.
_Noreturn void panic(const char *cause, const char *what_to_do);
// init is the root of everything: without it nothing can be restarted.
_Noreturn void panic_init_died(const struct process *init, const struct process_fault *fault);
