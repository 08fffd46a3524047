// SPDX-License-Identifier: Apache-2.0
// The host twin of the system calls: handles, endpoints, signals and memories as plain objects in
// one process, and a virtual clock. For tests only: a whole service and its clients run in one
// thread, deterministic, under sanitizers. All "processes" share one handle table; a handle moved
// by a message gets a new value, so that using the old one shows.
#pragma once

#include "abi/types.h"

#include <stdbool.h>

// Forgets everything: every handle, the start entries, the clock back to 1 s. Call first in each
// test.
void os_host_reset(void);
// Live handles, to find leaks: compare before and after.
uint32_t os_host_handle_count(void);
// Adds an entry to the simulated start block, or replaces the one of that name.
void os_host_start_entry(const char *name, handle_t handle, uint32_t value);
// Moves the virtual clock forward.
void os_host_clock_advance(uint64_t duration_ns);
// The last line logged, and whether lines also go to stderr (default: no).
const char *os_host_log_last(void);
void os_host_log_show(bool on);
// Makes the n-th following allocation of an object or handle fail (1: the next); 0: none.
void os_host_fail_after(uint32_t count);

// For lib/ipc's host transport alone.
// Takes `handle` out of the table and puts its object back under a new value, as a message does.
// HANDLE_NONE if stale.
handle_t os_host_handle_move(handle_t handle);
// An identity of the object behind a handle (for comparing), or 0.
uint64_t os_host_object(handle_t handle);
// Bits of a signal that are raised, taken and cleared.
uint64_t os_host_signal_take(handle_t signal);
// Called when the last handle of an endpoint with that badge is gone.
void os_host_on_closed(void (*closed)(uint64_t endpoint_object, uint64_t badge));
// Called while os_signal_wait or os_sleep waits until `deadline`: does one step of other work;
// false: nothing to do.
void os_host_on_idle(bool (*step)(instant_ns_t deadline));
