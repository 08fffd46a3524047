// SPDX-License-Identifier: Apache-2.0
// The selftest's list: each test is a claim; a failed check prints its line.
#pragma once

#include "user.h"

#define PRIORITY_LOW    8u
#define PRIORITY_SERVER 12u

// What children may use of init: none; so failures of theirs are told by exit codes.
void check(bool passed, const char *text, int line);
#define CHECK(condition) check((condition), #condition, __LINE__)

void messages_test(void);
void both_ways_test(void);
void handles_test(void);
void signals_test(void);
void revoke_test(void);
void memory_test(void);
void pager_test(void);
void faults_test(void);
void death_test(void);
void threads_test(void);
void budgets_test(void);
void hostile_test(void);
// Begins a claim; ends the one before.
void claim(const char *name);
// All of the above, and their sum.
void claims_run(void);
void machine_off(void);
