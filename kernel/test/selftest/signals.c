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

#define AGREED (1ull << 40)
#define STOP   (1ull << 63)

// A peer that was given one bit and tries every way to raise another: exits with how many worked.
static void raises_stop(void)
{
    handle_t signal = start_handle("signal");
    handle_t self = start_handle("process");
    int32_t worked = SYS2(signal_raise, signal, STOP).value != ERR_DENIED;
    worked += SYS2(signal_raise, signal, AGREED | STOP).value != ERR_DENIED;
    worked += SYS2(timer_create, signal, STOP).value != ERR_DENIED;
    worked += SYS3(process_watch, self, signal, STOP).value != ERR_DENIED;
    worked += SYS3(handle_duplicate, signal, RIGHT_ALL, STOP).value != ERR_DENIED;
    worked += SYS3(handle_duplicate, signal, RIGHT_ALL, UINT64_MAX).value != ERR_DENIED;
    worked += SYS2(signal_raise, duplicate(signal, RIGHT_ALL, 0), STOP).value != ERR_DENIED;
    worked += SYS3(process_watch, self, signal, AGREED).value != OK; // once it has ended
    SYS1(process_exit, (uint64_t)worked);
}

static void bits_of_a_handle(handle_t signal)
{
    claim("handle_raises_only_the_bits_it_was_given");
    handle_t narrow = duplicate(signal, RIGHT_ALL, 6);
    struct result info = SYS1(handle_info, narrow);
    CHECK(info.value == OBJECT_SIGNAL && info.a2 == 6);
    CHECK(SYS2(signal_raise, narrow, 7).value == ERR_DENIED);
    CHECK(SYS3(handle_duplicate, narrow, RIGHT_ALL, 7).value == ERR_DENIED);
    CHECK(SYS(interrupt_create, start_handle("machine"), 1, narrow, 8).value == ERR_DENIED);
    CHECK(SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NOW).value == ERR_TIMEOUT);
    CHECK(SYS2(signal_raise, narrow, 4).value == OK);
    CHECK(SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NOW).a1 == 4);
    SYS1(handle_close, narrow);
    claim("peer_cannot_raise_the_stop_bit");
    struct child child = child_create("peer");
    child_give(&child, "signal",
               duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER | RIGHT_DUPLICATE, AGREED));
    child_give(&child, "process", duplicate(child.process, RIGHT_READ | RIGHT_TRANSFER, 0));
    child_start(&child, raises_stop, PRIORITY_LOW);
    CHECK(child_wait(&child).exit_code == 0);
    CHECK(SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NOW).a1 == AGREED);
}

void signals_test(void)
{
    handle_t signal = (handle_t)SYS0(signal_create).value;
    masks(signal);
    bits_of_a_handle(signal);
    timers(signal);
    bound(signal);
    SYS1(handle_close, signal);
}
