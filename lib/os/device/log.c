// SPDX-License-Identifier: Apache-2.0
// A log line: "[seconds.milliseconds] service: text", written to the kernel's log in one call.
#include "os/log.h"

#include "base/math.h"
#include "os/start.h"
#include "os/syscall.h"
#include "os/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void log_vprintf(const char *format, va_list arguments)
{
    static char line[LOG_LINE_MAX];
    uint64_t ms = os_clock() / OS_MILLISECOND;
    int head = snprintf(line, sizeof line, "[%4" PRIu64 ".%03u] %s: ", ms / 1000,
                        (unsigned)(ms % 1000), os_name());
    int text = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
    size_t size = min_u64((uint64_t)(head + max_i32(text, 0)), sizeof line - 2);
    line[size++] = '\n';
    memcpy(os_message_page()->bytes, line, size);
    OS_SYSCALL(log_write, os_handle("log"), size);
}
