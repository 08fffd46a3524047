// SPDX-License-Identifier: Apache-2.0
// A string of bytes read as a program for the kernel: what matters is picked from it.
#pragma once

#include "cap/handle.h"
#include "sched/thread.h"

#include <stddef.h>

#define PAGE_AT 0x30000000ull // where each process has a page
#define AREA_AT 0x60000000ull // where it maps

void program_begin(const uint8_t *bytes, size_t size);
bool program_has_more(void);
// 0 to `bound` - 1 by the next byte or two. Past the end everything is 0.
uint32_t pick(uint32_t bound);
// What hardly matters follows from what was picked before, so that a few bytes are an operation.
uint64_t noise(void);
void noise_begin(uint64_t seed);
struct handle_entry *entry_at(struct process *process, uint32_t slot);
// A handle of `process`, most often a live one.
handle_t some_handle(struct process *process);
// One of that kind, if there is one near the picked slot.
handle_t some_handle_of(struct process *process, uint32_t kind);
// Fills `thread`'s frame and page with the next call. `driver` neither ends nor waits.
void random_call(struct thread *thread, const struct thread *driver);
