// SPDX-License-Identifier: Apache-2.0
// Death in the middle of things: of servers, callers, and of queued calls.
#include "check.h"

static void answers_once_then_exits(void)
{
    struct words words = {{0}};
    receive(start_handle("self"), REPLY_NONE, DEADLINE_NEVER, &words);
    SYS1(process_exit, 4);
}

static void answers(void)
{
    struct words words = {{0}};
    struct result event = receive(start_handle("self"), REPLY_NONE, DEADLINE_NEVER, &words);
    while (event.value >= 0)
        event = receive(start_handle("self"), message_info(message_word(event.a1) + 1, 0, 0),
                        DEADLINE_NEVER, &words);
}

static void calls_and_reports(void)
{
    struct words words = {{0}};
    struct result result = call(start_handle("server"), message_info(10, 0, 0), &words);
    SYS1(process_exit, result.value == OK ? message_word(result.a1) : (uint64_t)result.value);
}

static void sleeps(void)
{
    SYS3(signal_wait, SYS0(signal_create).value, 1, DEADLINE_NEVER);
}

static struct child server_start(handle_t endpoint, void (*entry)(void))
{
    struct child child = child_create("server");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&child, entry, PRIORITY_SERVER);
    return child;
}

static void server_dies(handle_t endpoint)
{
    claim("call_fails_when_its_server_dies");
    struct words words = {{0}};
    struct child server = server_start(endpoint, answers_once_then_exits);
    CHECK(call(endpoint, 0, &words).value == ERR_PEER_DIED);
    struct process_info info = child_wait(&server);
    CHECK(info.state == PROCESS_EXITED && info.exit_code == 4);
}

static void queued_call_survives(handle_t endpoint)
{
    claim("queued_call_waits_for_the_next_server");
    struct child caller = child_create("caller");
    child_give(&caller, "server", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 3));
    child_start(&caller, calls_and_reports, PRIORITY_LOW);
    SYS3(signal_wait, SYS0(signal_create).value, 1, now() + 5 * MILLISECOND);
    struct child first = child_create("sleeper");
    child_give(&first, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&first, sleeps, PRIORITY_SERVER);
    child_kill(&first);
    struct child server = server_start(endpoint, answers);
    struct process_info info = child_wait(&caller);
    CHECK(info.state == PROCESS_EXITED && info.exit_code == 11);
    child_kill(&server);
}

static void last_receiver_goes(void)
{
    claim("call_fails_when_nobody_can_ever_receive");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    handle_t caller_end = duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE, 0);
    struct child caller = child_create("caller");
    child_give(&caller, "server", duplicate(caller_end, RIGHT_CALL | RIGHT_TRANSFER, 0));
    child_start(&caller, calls_and_reports, PRIORITY_LOW);
    SYS3(signal_wait, SYS0(signal_create).value, 1, now() + 5 * MILLISECOND);
    SYS1(handle_close, endpoint);
    struct process_info info = child_wait(&caller);
    CHECK(info.exit_code == ERR_PEER_DIED);
    struct words words = {{0}};
    CHECK(call(caller_end, 0, &words).value == ERR_PEER_DIED);
    SYS1(handle_close, caller_end);
}

static void caller_dies(handle_t endpoint)
{
    claim("killed_caller_leaves_the_queue_and_its_badge_closes");
    struct child caller = child_create("caller");
    child_give(&caller, "server", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 9));
    child_start(&caller, calls_and_reports, PRIORITY_LOW);
    SYS3(signal_wait, SYS0(signal_create).value, 1, now() + 5 * MILLISECOND);
    child_kill(&caller);
    struct words words = {{0}};
    struct result event = receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words);
    while (event.value == RECEIVED_CLOSED && event.a2 != 9)
        event = receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words);
    CHECK(event.value == RECEIVED_CLOSED && event.a2 == 9);
    CHECK(receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words).value == ERR_TIMEOUT);
}

static void reply_object_dies(handle_t endpoint)
{
    claim("dropped_reply_object_answers_peer_died");
    struct child caller = child_create("caller");
    child_give(&caller, "server", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 0));
    child_start(&caller, calls_and_reports, PRIORITY_LOW);
    struct words words = {{0}};
    CHECK(receive(endpoint, REPLY_NONE, DEADLINE_NEVER, &words).value == RECEIVED_CALL);
    handle_t reply = (handle_t)SYS0(reply_take).value;
    CHECK(SYS0(reply_take).value == ERR_BAD_STATE);
    CHECK(SYS1(handle_close, reply).value == OK);
    CHECK(child_wait(&caller).exit_code == ERR_PEER_DIED);
}

static uint64_t free_bytes(void)
{
    SYS1(machine_info, start_handle("log"));
    return ((const struct machine_info *)(const void *)message->bytes)->memory_free_bytes;
}

static void everything_returns(void)
{
    claim("dead_process_gives_all_memory_back");
    uint64_t before = 0;
    for (uint32_t i = 0; i < 12; i++) {
        struct child child = child_create("sleeper");
        child_start(&child, sleeps, PRIORITY_LOW);
        SYS3(signal_wait, SYS0(signal_create).value, 1, now() + MILLISECOND);
        child_kill(&child);
        for (uint32_t j = 0; j < 100; j++)
            SYS0(thread_yield);
        if (i == 3)
            before = free_bytes();
    }
    CHECK(free_bytes() + 2 * PAGE_SIZE >= before);
}

void death_test(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    server_dies(endpoint);
    queued_call_survives(endpoint);
    last_receiver_goes();
    caller_dies(endpoint);
    reply_object_dies(endpoint);
    everything_returns();
    SYS1(handle_close, endpoint);
}
