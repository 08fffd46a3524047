// SPDX-License-Identifier: Apache-2.0
// Fixed-point conversion: ticks to nanoseconds with 16.48 bits, nanoseconds to ticks with 0.64
// bits.
#include "sched/clock.h"

#include "arch/arch.h"

#define NS_PER_SECOND 1000000000ull

__extension__ typedef unsigned __int128 u128_t;

struct clock_rate clock_rate;

// numerator * 2^shift / divisor by long division: there is no 128-bit divide here.
static uint64_t shifted_quotient(uint64_t numerator, uint32_t shift, uint64_t divisor)
{
    uint64_t quotient = numerator / divisor;
    uint64_t rest = numerator % divisor;
    for (uint32_t i = 0; i < shift; i++) {
        rest <<= 1;
        quotient <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
    }
    return quotient;
}

void clock_init(uint64_t timebase_hz, uint64_t boot_ticks)
{
    clock_rate.boot_ticks = boot_ticks;
    // Both rounded up: at a deadline's tick the clock must not read less.
    clock_rate.ns_per_tick = shifted_quotient(NS_PER_SECOND, CLOCK_FRACTION_BITS, timebase_hz) + 1;
    clock_rate.ticks_per_ns = shifted_quotient(timebase_hz, 64, NS_PER_SECOND) + 1;
}

uint64_t clock_span_ns(uint64_t ticks)
{
    return (uint64_t)((u128_t)ticks * clock_rate.ns_per_tick >> CLOCK_FRACTION_BITS);
}

uint64_t clock_span_ticks(uint64_t span_ns)
{
    return (uint64_t)((u128_t)span_ns * clock_rate.ticks_per_ns >> 64);
}

instant_ns_t clock_from_ticks(uint64_t ticks)
{
    return clock_span_ns(ticks - clock_rate.boot_ticks);
}

instant_ns_t clock_now(void)
{
    return clock_from_ticks(arch_ticks());
}

uint64_t clock_to_ticks(instant_ns_t instant)
{
    uint64_t ticks = clock_span_ticks(instant);
    uint64_t limit = UINT64_MAX - clock_rate.boot_ticks - 2;
    return instant == DEADLINE_NEVER || ticks > limit ? UINT64_MAX
                                                      : clock_rate.boot_ticks + ticks + 1;
}
