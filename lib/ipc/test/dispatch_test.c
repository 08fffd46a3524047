// SPDX-License-Identifier: Apache-2.0
// Calls and refusals: what reaches a handler, what comes back, where handles end up, and what a
// retry does.
#include "base/test.h"
#include "echo_service.h"
#include "ipc/dispatch.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/signal.h"
#include "os/time.h"

static struct echo echo;
static handle_t client;

static void setup(void)
{
    handle_t endpoint, signal;
    ipc_host_reset();
    ipc_host_handles(&endpoint, &signal);
    echo_start(&echo, endpoint, signal);
    client = ipc_host_client(&echo.server, 7);
}

static void call_reaches_the_handler_and_returns(void)
{
    setup();
    struct echo_add_rep rep;
    CHECK_EQ(echo_add(client, &(struct echo_add_req){2, 3}, &rep, NULL), OK);
    CHECK_EQ(rep.sum, 5);
    CHECK_EQ(echo.last_badge, 7);
}

static void errors_come_back_and_leave_the_reply_alone(void)
{
    setup();
    struct echo_add_rep rep = {.sum = 42};
    CHECK_EQ(echo_add(client, &(struct echo_add_req){INT64_MAX, 1}, &rep, NULL), ERR_RANGE);
    CHECK_EQ(rep.sum, 42);
}

static void tails_travel_both_ways(void)
{
    setup();
    char out[8] = {0};
    struct echo_reverse_rep rep;
    struct ipc_extra extra = {
        .tail = "abc", .tail_size = 3, .reply_tail = out, .reply_tail_max = sizeof out};
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &rep, &extra), 3);
    CHECK_EQ(extra.reply_tail_size, 3);
    CHECK_BYTES(out, "cba", 3);
    extra.reply_tail_max = 2;
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &rep, &extra), ERR_TOO_LARGE);
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &rep, NULL), 0);
    static char large[MESSAGE_BYTES_MAX], back[MESSAGE_BYTES_MAX];
    extra = (struct ipc_extra){.tail = large,
                               .tail_size = sizeof large,
                               .reply_tail = back,
                               .reply_tail_max = sizeof back};
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &rep, &extra), ERR_TOO_LARGE);
    extra.tail_size = MESSAGE_BYTES_MAX - 8;
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &rep, &extra),
             MESSAGE_BYTES_MAX - 8);
}

// Straight to the dispatcher, as a hostile client could.
static status_t raw(uint32_t op, uint32_t size, uint32_t handle_count)
{
    static uint8_t bytes[2 * MESSAGE_BYTES_MAX];
    struct ipc_incoming incoming = {
        .op = op, .size = size, .bytes = bytes, .handle_count = handle_count};
    for (uint32_t i = 0; i < handle_count; i++)
        CHECK_EQ(os_signal_create(&incoming.handles[i]), OK);
    struct ipc_outgoing out;
    uint32_t before = os_host_handle_count() - handle_count;
    ipc_dispatch(&echo.server, &incoming, &out);
    if (out.status < 0)
        CHECK_EQ(os_host_handle_count(), before); // nothing leaks
    return out.status;
}

static void malformed_requests_never_reach_a_handler(void)
{
    setup();
    CHECK_EQ(raw(0, 16, 0), ERR_UNSUPPORTED);
    CHECK_EQ(raw(3, 16, 0), ERR_UNSUPPORTED); // a gap in the numbers
    CHECK_EQ(raw(echo_op_count, 16, 0), ERR_UNSUPPORTED);
    CHECK_EQ(raw(UINT32_MAX, 16, 0), ERR_UNSUPPORTED);
    CHECK_EQ(raw(1, 0, 0), ERR_BAD_MESSAGE);
    CHECK_EQ(raw(1, 15, 0), ERR_BAD_MESSAGE);
    CHECK_EQ(raw(1, 17, 0), ERR_BAD_MESSAGE); // a tail where none may be
    CHECK_EQ(raw(1, 16, 1), ERR_BAD_MESSAGE); // a handle where none may be
    CHECK_EQ(raw(4, 8, 3), ERR_BAD_MESSAGE);
    CHECK_EQ(raw(2, 7, 0), ERR_BAD_MESSAGE);
    CHECK_EQ(raw(2, MESSAGE_BYTES_MAX + 1, 0), ERR_BAD_MESSAGE);
    CHECK_EQ(echo.calls, 0);
    CHECK_EQ(raw(1, 16, 0), OK);
    CHECK_EQ(echo.calls, 1);
}

static void random_requests_do_no_harm(void)
{
    setup();
    uint64_t seed = 1;
    for (uint32_t i = 0; i < 50000; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t op = (uint32_t)(seed >> 60) % 9;
        if (op == 5)
            continue; // a deferred call needs a caller
        raw(op, (uint32_t)(seed >> 33) % 40, (uint32_t)(seed >> 50) % 5);
        os_handle_close(echo.kept);
        echo.kept = HANDLE_NONE;
        if (i % 500 == 0)
            setup();
    }
}

static void handles_move_and_unclaimed_ones_are_closed(void)
{
    setup();
    struct echo_swap_rep rep;
    struct ipc_extra extra = {.handle_count = 2};
    CHECK_EQ(os_signal_create(&extra.handles[0]), OK);
    CHECK_EQ(os_signal_create(&extra.handles[1]), OK);
    uint64_t object = os_host_object(extra.handles[0]);
    handle_t sent = extra.handles[0];
    uint32_t before = os_host_handle_count();
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &rep, &extra), OK);
    CHECK_EQ(os_host_handle_count(), before - 1); // one kept by echo, one closed
    CHECK_EQ(extra.handles[0], HANDLE_NONE);
    CHECK_EQ(os_host_object(sent), 0); // the old value is stale
    CHECK_EQ(os_host_object(echo.kept), object);
    extra.handle_count = 0;
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &rep, &extra), OK);
    CHECK_EQ(extra.reply_handle_count, 1);
    CHECK_EQ(os_host_object(extra.reply_handles[0]), object);
}

static void handles_of_an_error_reply_are_closed(void)
{
    setup();
    struct echo_swap_rep rep;
    CHECK_EQ(os_signal_create(&echo.kept), OK);
    echo.swap_status = ERR_IO;
    uint32_t before = os_host_handle_count();
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &rep, NULL), ERR_IO);
    CHECK_EQ(os_host_handle_count(), before - 1);
}

static void a_caller_that_cannot_take_handles_leaks_none(void)
{
    setup();
    struct echo_swap_rep rep;
    CHECK_EQ(os_signal_create(&echo.kept), OK);
    uint32_t before = os_host_handle_count();
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &rep, NULL), ERR_TOO_LARGE);
    CHECK_EQ(os_host_handle_count(), before - 1);
}

static void rights_are_needed_to_call_and_to_send(void)
{
    setup();
    struct echo_add_rep rep;
    struct echo_add_req req = {1, 1};
    handle_t mute;
    CHECK_EQ(os_handle_duplicate(client, RIGHT_TRANSFER, 0, &mute), OK);
    CHECK_EQ(echo_add(mute, &req, &rep, NULL), ERR_DENIED);
    CHECK_EQ(echo_add(HANDLE_NONE, &req, &rep, NULL), ERR_BAD_HANDLE);
    os_handle_close(client);
    CHECK_EQ(echo_add(client, &req, &rep, NULL), ERR_BAD_HANDLE); // stale
    client = ipc_host_client(&echo.server, 8);
    struct ipc_extra extra = {.handle_count = 1, .handles = {mute}};
    struct echo_swap_rep swapped;
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &swapped, &extra), OK);
    extra = (struct ipc_extra){.handle_count = 1};
    CHECK_EQ(os_handle_duplicate(client, RIGHT_CALL | RIGHT_DUPLICATE, 0, &extra.handles[0]), OK);
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &swapped, &extra), ERR_DENIED);
    CHECK(extra.handles[0] != HANDLE_NONE); // not delivered: still ours
}

static void retry_repeats_until_the_server_is_back(void)
{
    setup();
    struct echo_add_rep rep;
    ipc_host_lose(&echo.server, IPC_TRIES_MAX - 1);
    CHECK_EQ(echo_add(client, &(struct echo_add_req){2, 2}, &rep, NULL), OK);
    CHECK_EQ(rep.sum, 4);
    ipc_host_lose(&echo.server, IPC_TRIES_MAX);
    CHECK_EQ(echo_add(client, &(struct echo_add_req){2, 2}, &rep, NULL), ERR_PEER_DIED);
    ipc_host_lose(&echo.server, 1);
    struct echo_reverse_rep reversed; // may not be repeated
    CHECK_EQ(echo_reverse(client, &(struct echo_reverse_req){0}, &reversed, NULL), ERR_PEER_DIED);
}

static void retry_sends_its_handles_again(void)
{
    setup();
    struct echo_swap_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_signal_create(&extra.handles[0]), OK);
    uint64_t object = os_host_object(extra.handles[0]);
    uint32_t before = os_host_handle_count();
    ipc_host_lose(&echo.server, 2);
    CHECK_EQ(echo_swap(client, &(struct echo_swap_req){0}, &rep, &extra), OK);
    CHECK_EQ(os_host_object(echo.kept), object);
    CHECK_EQ(os_host_handle_count(), before);
    CHECK_EQ(extra.handles[0], HANDLE_NONE);
}

TEST_MAIN(TEST(call_reaches_the_handler_and_returns),
          TEST(errors_come_back_and_leave_the_reply_alone), TEST(tails_travel_both_ways),
          TEST(malformed_requests_never_reach_a_handler), TEST(random_requests_do_no_harm),
          TEST(handles_move_and_unclaimed_ones_are_closed),
          TEST(handles_of_an_error_reply_are_closed),
          TEST(a_caller_that_cannot_take_handles_leaks_none),
          TEST(rights_are_needed_to_call_and_to_send), TEST(retry_repeats_until_the_server_is_back),
          TEST(retry_sends_its_handles_again))
