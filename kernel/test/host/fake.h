// SPDX-License-Identifier: Apache-2.0
// A processor for host tests: page tables are one page per space that only counts, time moves when
// told.
#pragma once

#include "arch/arch.h"
#include "sched/hart.h"

#include <setjmp.h>

extern uint64_t fake_ticks;
// Where a hart goes that waits or lets others go first: its stay in the kernel is given up there,
// and goes on with schedule_leave when it is its turn again. Without `fake_can_wait` it aborts.
extern jmp_buf fake_wait;
#define FAKE_WAITS  1 // until fake_interrupted
#define FAKE_PAUSED 2
extern bool fake_can_wait;
extern uint32_t fake_active_roots;
extern uint32_t fake_blocks; // mapped, ever

// Memory and one hart; every test starts with it, the first call counts (slabs keep their pages).
void fake_start(void);
// That many harts as they start and the time of then, when nothing is left of what ran there.
void fake_harts_reset(uint32_t count);
// Whether an interrupt waits for the hart whose turn it is.
bool fake_interrupted(void);
// Fresh memory for tests of the page allocator alone.
void fake_memory_reset(void);
// A pseudo-random number by splitmix64.
uint64_t fake_random(uint64_t *state);
