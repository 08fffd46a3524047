// SPDX-License-Identifier: Apache-2.0
// Nanoseconds since boot and timebase ticks, converted by multiplication with reciprocals computed
// once. A deadline in ticks is never early: at that tick the clock reads at least the deadline.
#pragma once

#include "abi/types.h"

#define CLOCK_HZ_MIN        16384u // what the fixed-point factors can express
#define CLOCK_HZ_MAX        999999999u

#define CLOCK_FRACTION_BITS 48u

struct clock_rate {
    uint64_t boot_ticks;
    uint64_t ns_per_tick;  // 16.48
    uint64_t ticks_per_ns; // 0.64
};

extern struct clock_rate clock_rate; // read by the architecture's shortest system call

// `boot_ticks` is time zero; the rate lies in the bounds above.
void clock_init(uint64_t timebase_hz, uint64_t boot_ticks);
instant_ns_t clock_now(void);
instant_ns_t clock_from_ticks(uint64_t ticks);
uint64_t clock_span_ns(uint64_t ticks);
uint64_t clock_span_ticks(uint64_t span_ns);
// UINT64_MAX for DEADLINE_NEVER and what does not fit.
uint64_t clock_to_ticks(instant_ns_t instant);
