// SPDX-License-Identifier: Apache-2.0
// The kernel's log: a ring of the last 64 KiB of bytes that the kernel and holders of the log
// handle wrote, numbered from the first byte ever; also sent to the firmware's console until a
// console of the system takes over.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_BYTES (64u * 1024)

void log_write(const char *bytes, size_t size);
// A line of the kernel's own: "kernel: " + text + newline. Understands %s %u %d %x %lu %lx.
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Copies up to `size` bytes from position `*position` (or the oldest kept) on; advances it and
// returns the count.
size_t log_read(uint64_t *position, char *bytes, size_t size);
// Whether the kernel itself writes the log to the console.
void log_set_console(bool on);
