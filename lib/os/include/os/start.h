// SPDX-License-Identifier: Apache-2.0
// What a program was given when it started: named handles and values, from its start block
// (abi/message.h). On the device lib/os has copied it before main runs; on the host a test fills it
// (os/host.h).
#pragma once

#include "abi/message.h"

#include <stdbool.h>

// The handle of that name, or HANDLE_NONE. The program keeps it; asking again yields the same one.
handle_t os_handle(const char *name);
// The value of that name; `otherwise` if there is no such entry.
uint32_t os_value(const char *name, uint32_t otherwise);
// True if there is an entry of that name.
bool os_has(const char *name);
// On the device: the random bytes this instance was started with, and a number made from the first
// eight of them.
const uint8_t *os_start_seed(void);
uint64_t os_start_number(void);
// The whole argument line, NUL-terminated.
const char *os_arguments(void);
// The program's name as init started it ("notes"); the host: "test".
const char *os_name(void);
