// SPDX-License-Identifier: Apache-2.0
// Signals and timers.
#include "check.h"

static void masks(handle_t signal)
{
    claim("signal_keeps_bits_until_they_are_taken");
    SYS2(signal_raise, signal, 6);
    SYS2(signal_raise, signal, 8);
    struct result result = SYS3(signal_wait, signal, 2, DEADLINE_NOW);
    CHECK(result.value == OK && result.a1 == 2);
    result = SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NEVER);
    CHECK(result.value == OK && result.a1 == 12);
    CHECK(SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NOW).value == ERR_TIMEOUT);
    CHECK(SYS3(signal_wait, signal, 0, DEADLINE_NOW).value == ERR_INVALID);
}

static void timers(handle_t signal)
{
    claim("timer_raises_at_its_deadline_not_before");
    int64_t timer = SYS2(timer_create, signal, 16).value;
    CHECK(timer > 0);
    uint64_t deadline = now() + 2 * MILLISECOND;
    SYS2(timer_set, (handle_t)timer, deadline);
    struct result result = SYS3(signal_wait, signal, 16, DEADLINE_NEVER);
    CHECK(result.value == OK && result.a1 == 16 && now() >= deadline);
    deadline = now() + 500 * MILLISECOND; // far enough for a host that stops us meanwhile
    SYS2(timer_set, (handle_t)timer, deadline);
    SYS2(timer_set, (handle_t)timer, DEADLINE_NEVER);
    CHECK(SYS3(signal_wait, signal, 16, deadline + MILLISECOND).value == ERR_TIMEOUT);
    SYS2(timer_set, (handle_t)timer, 1);
    CHECK(SYS3(signal_wait, signal, 16, DEADLINE_NOW).value == OK);
    SYS1(handle_close, (handle_t)timer);
}

static void bound(handle_t signal)
{
    claim("receive_also_waits_for_the_bound_signal");
    struct words words = {{0}};
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    CHECK(SYS1(signal_bind, signal).value == OK);
    SYS2(signal_raise, signal, 3);
    struct result result = receive(endpoint, REPLY_NONE, DEADLINE_NEVER, &words);
    CHECK(result.value == RECEIVED_SIGNAL && result.a1 == 3);
    handle_t timer = (handle_t)SYS2(timer_create, signal, 4).value;
    SYS2(timer_set, timer, now() + MILLISECOND);
    result = receive(endpoint, REPLY_NONE, DEADLINE_NEVER, &words);
    CHECK(result.value == RECEIVED_SIGNAL && result.a1 == 4);
    CHECK(receive(endpoint, REPLY_NONE, now() + MILLISECOND, &words).value == ERR_TIMEOUT);
    SYS1(signal_bind, HANDLE_NONE);
    SYS2(signal_raise, signal, 3);
    CHECK(receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words).value == ERR_TIMEOUT);
    SYS1(handle_close, timer);
    SYS1(handle_close, endpoint);
}

void signals_test(void)
{
    handle_t signal = (handle_t)SYS0(signal_create).value;
    masks(signal);
    timers(signal);
    bound(signal);
    SYS1(handle_close, signal);
}
