// SPDX-License-Identifier: Apache-2.0
// A processor for host tests: page tables are one page per space that only counts, time moves when
// told.
#pragma once

#include "arch/arch.h"
#include "sched/hart.h"

extern uint64_t fake_ticks;
extern uint64_t fake_timer; // what arch_timer_arm asked for
extern uint32_t fake_active_roots;

// Memory and one hart; every test starts with it, the first call counts (slabs keep their pages).
void fake_start(void);
// The hart as it starts and the time of then, when nothing is left of what ran there.
void fake_hart_reset(void);
// Fresh memory for tests of the page allocator alone.
void fake_memory_reset(void);
// A pseudo-random number by splitmix64.
uint64_t fake_random(uint64_t *state);
