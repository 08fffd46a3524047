// SPDX-License-Identifier: Apache-2.0
// The goldfish real-time clock: nanoseconds since 1970 in two 32-bit registers. Reading the low one
// latches the high one (source: the Android emulator's goldfish device documentation, "RTC").
#pragma once

#include <stdint.h>

// `registers` are the device's; two 32-bit words at its start.
uint64_t clock_unix_ns(const volatile uint32_t *registers);
