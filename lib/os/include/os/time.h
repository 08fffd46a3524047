// SPDX-License-Identifier: Apache-2.0
// The monotonic clock. On the host it is virtual and moves only when nothing else can.
#pragma once

#include "abi/types.h"

#define OS_MILLISECOND 1000000ull // nanoseconds
#define OS_SECOND      1000000000ull

instant_ns_t os_clock(void);
void os_sleep(uint64_t duration_ns);
// The deadline `duration_ns` from now.
instant_ns_t os_deadline(uint64_t duration_ns);
