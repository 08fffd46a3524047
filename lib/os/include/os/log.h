// SPDX-License-Identifier: Apache-2.0
// The system log. A line is "service: text", at most LOG_LINE_MAX bytes; longer ones are cut. Never
// blocks, never fails.
#pragma once

#include <stdarg.h>
#include <stdint.h>

#define LOG_LINE_MAX 256u

// printf into the log; one call is one line, without a newline at the end. Numbers, %s, %c, %p, %x
// only.
void log_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
