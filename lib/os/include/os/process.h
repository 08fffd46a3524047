// SPDX-License-Identifier: Apache-2.0
// Making, watching and ending processes: for init. Device only.
#pragma once

#include "abi/syscall.h"

// A new process without threads, paid for by `budget` (HANDLE_NONE: the caller's own); `name` is
// cut to PROCESS_NAME_MAX - 1. ERR_NO_MEMORY, ERR_FULL.
status_t os_process_create(const char *name, handle_t budget, handle_t *out_process);
// Starts its first thread. Addresses are in that process and must be mapped there.
struct os_process_start {
    uint64_t entry;
    uint64_t stack_top;
    uint64_t message_page;
    uint32_t priority; // 0 to 31
};
status_t os_process_start(handle_t process, const struct os_process_start *start);
status_t os_process_kill(handle_t process, int32_t exit_code);
status_t os_process_info(handle_t process, struct process_info *out_info);
// `signal` gets `bits` raised when the process ends.
status_t os_process_watch(handle_t process, handle_t signal, uint64_t bits);
_Noreturn void os_process_exit(int32_t exit_code);
// Moves a handle into that process and tells its value there.
status_t os_handle_give(handle_t process, handle_t handle, handle_t *out_value);
// Maps into another process at a fixed address.
struct os_mapping {
    uint64_t address, offset, size_bytes;
    uint32_t protect;
};
status_t os_process_map(handle_t process, handle_t memory, const struct os_mapping *mapping);
