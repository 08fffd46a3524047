// SPDX-License-Identifier: Apache-2.0
// Calls that need the machine, the log's reading right, or a process handle: init's and the
// console's business. Device only.
#pragma once

#include "abi/syscall.h"

#include <stdbool.h>

// Copies bytes of the kernel's log from `position` on, at most MESSAGE_BYTES_MAX; returns how many
// (0: none yet) and where to go on. ERR_DENIED.
status_t os_log_read(handle_t log, uint64_t position, void *bytes, uint32_t size_max,
                     uint64_t *out_next);
// Whether the kernel itself prints the log on its early console.
status_t os_log_console(handle_t machine, bool on);
status_t os_machine_info(handle_t log, struct machine_info *out_info);
// POWER_OFF or POWER_REBOOT; returns only an error.
status_t os_machine_power(handle_t machine, uint32_t action);
// The kernel writes what happens to a contiguous memory (abi/trace.h); HANDLE_NONE: no longer.
status_t os_trace_set(handle_t machine, handle_t memory);
// A memory for device registers. ERR_DENIED, ERR_INVALID (that is RAM).
status_t os_memory_device(handle_t machine, uint64_t physical, uint64_t size_bytes,
                          handle_t *out_memory);
// Where a contiguous memory lies; ERR_DENIED without RIGHT_PHYSICAL, ERR_INVALID if not contiguous.
status_t os_memory_physical(handle_t memory, handle_t machine, uint64_t *out_physical);
status_t os_interrupt_create(handle_t machine, uint32_t number, handle_t signal, uint64_t bits,
                             handle_t *out_interrupt);
