// SPDX-License-Identifier: Apache-2.0
// The clock's two registers, in the order that makes them one value.
#include "clock.h"

#define TIME_LOW  0
#define TIME_HIGH 1

uint64_t clock_unix_ns(const volatile uint32_t *registers)
{
    uint64_t low = registers[TIME_LOW];
    return (uint64_t)registers[TIME_HIGH] << 32 | low;
}
