// SPDX-License-Identifier: Apache-2.0
// The wall clock, from the real-time clock device.
#pragma once

#include "abi/ipc/interface.h"

IPC_EMPTY(rtc_now_req)
struct rtc_now_rep {
    uint64_t unix_ns;  // nanoseconds since 1970-01-01 UTC
    uint64_t clock_ns; // the monotonic clock at that moment
};

#define RTC_METHODS(M) M(rtc, 1, now, IPC_RETRY)
IPC_INTERFACE(rtc, RTC_METHODS)
