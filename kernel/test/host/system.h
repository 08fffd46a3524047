// SPDX-License-Identifier: Apache-2.0
// The whole portable kernel as a machine that is driven by bytes: each operation (a system call of
// the current thread, a page touched, a process born or killed, time that goes by) takes a few of
// them, so any string of bytes is a program, and a changed byte a program like it.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct system_result {
    uint32_t operations;
    uint32_t touches[2]; // of pages by a pager: asked, answered
    uint32_t failures;   // of checks; a kernel that asserts or panics aborts
    uint64_t free_pages; // when everything was freed
};

// Runs a new system until the bytes are used up, then takes it apart.
struct system_result system_run(const uint8_t *bytes, size_t size);
