// SPDX-License-Identifier: Apache-2.0
// The event loop's claims: bits, restarts, timers, closed badges, late answers, and a server that
// dies.
#include "base/test.h"
#include "echo_service.h"
#include "ipc/dispatch.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/signal.h"
#include "os/time.h"

static struct echo echo;
static handle_t client, endpoint, signal_handle;
static char trace[64];

static void note(char event)
{
    size_t length = strlen(trace);
    trace[length] = event;
    trace[length + 1] = '\0';
}

static void setup(void)
{
    ipc_host_reset();
    trace[0] = '\0';
    ipc_host_handles(&endpoint, &signal_handle);
    echo_start(&echo, endpoint, signal_handle);
    client = ipc_host_client(&echo.server, 7);
}

static void on_bit(void *self, uint64_t bits)
{
    note(*(char *)self);
    CHECK(bits != 0);
}

static void bits_run_their_handlers_once(void)
{
    setup();
    uint64_t a = ipc_server_bit(&echo.server, on_bit, "a");
    uint64_t b = ipc_server_bit(&echo.server, on_bit, "b");
    CHECK(a != b && a != echo.go_bit);
    ipc_server_on_bits(&echo.server, a | b, on_bit, "c");
    CHECK_EQ(os_signal_raise(signal_handle, b), OK);
    CHECK_EQ(os_signal_raise(signal_handle, b | 1ull << 20), OK); // nobody's bit is ignored
    CHECK_EQ(ipc_host_run(), 1);
    CHECK(strcmp(trace, "bc") == 0);
}

static void stopped(void *self)
{
    note('x');
}

static void a_peer_can_raise_its_bit_and_no_other(void)
{
    setup();
    handle_t peer, more;
    uint64_t bit = ipc_server_bit(&echo.server, on_bit, "a");
    ipc_server_on_stop(&echo.server, stopped, NULL);
    CHECK_EQ(ipc_server_signal(&echo.server, bit, &peer), OK);
    CHECK_EQ(os_signal_raise(peer, SYSTEM_BIT_STOP), ERR_DENIED);
    CHECK_EQ(os_signal_raise(peer, bit | SYSTEM_BIT_STOP), ERR_DENIED);
    CHECK_EQ(os_signal_raise(peer, echo.go_bit), ERR_DENIED);
    CHECK_EQ(os_handle_duplicate(peer, RIGHT_ALL, SYSTEM_BIT_STOP, &more), ERR_DENIED);
    CHECK_EQ(ipc_host_run(), 0);
    CHECK_EQ(os_signal_raise(peer, bit), OK);
    CHECK_EQ(ipc_host_run(), 1);
    CHECK(strcmp(trace, "a") == 0);
}

static void restart_bits_come_from_the_start_block(void)
{
    setup();
    os_host_start_entry("store", HANDLE_NONE, 3);
    CHECK_EQ(ipc_server_on_restart(&echo.server, "store", on_bit, "s"), OK);
    CHECK_EQ(ipc_server_on_restart(&echo.server, "nobody", on_bit, "n"), ERR_NOT_FOUND);
    CHECK_EQ(os_signal_raise(signal_handle, 1u << 3), OK);
    ipc_host_run();
    CHECK(strcmp(trace, "s") == 0);
}

static void on_timer(void *self)
{
    note(*(char *)self);
}

static void timers_fire_in_order_and_once(void)
{
    setup();
    struct ipc_timer a = {.run = on_timer, .self = "a"}, b = {.run = on_timer, .self = "b"};
    struct ipc_timer c = {.run = on_timer, .self = "c"};
    ipc_timer_start(&echo.server, &b, os_deadline(2 * OS_SECOND));
    ipc_timer_start(&echo.server, &a, os_deadline(OS_SECOND));
    ipc_timer_start(&echo.server, &c, os_deadline(OS_SECOND));
    CHECK_EQ(ipc_host_run(), 0); // the clock does not move by itself
    ipc_timer_stop(&c);
    ipc_host_run_for(3 * OS_SECOND);
    CHECK(strcmp(trace, "ab") == 0);
    ipc_host_run_for(3 * OS_SECOND);
    CHECK(strcmp(trace, "ab") == 0);
    ipc_timer_start(&echo.server, &a, os_deadline(OS_SECOND));
    ipc_timer_start(&echo.server, &a, os_deadline(5 * OS_SECOND)); // moved
    ipc_host_run_for(3 * OS_SECOND);
    CHECK(strcmp(trace, "ab") == 0);
    ipc_timer_stop(&a);
}

static void closed_badges_are_reported(void)
{
    setup();
    struct echo_open_rep rep;
    struct ipc_extra extra = {0};
    CHECK_EQ(echo_open(client, &(struct echo_open_req){0}, &rep, &extra), OK);
    handle_t session = extra.reply_handles[0], second;
    CHECK(rep.badge > 1ull << 32);
    CHECK_EQ(os_handle_duplicate(session, RIGHT_ALL, 0, &second), OK);
    struct echo_add_rep sum;
    CHECK_EQ(echo_add(session, &(struct echo_add_req){1, 1}, &sum, NULL), OK);
    CHECK_EQ(echo.last_badge, rep.badge);
    os_handle_close(session);
    ipc_host_run();
    CHECK_EQ(echo.closed_badge, 0);
    os_handle_close(second);
    ipc_host_run();
    CHECK_EQ(echo.closed_badge, rep.badge);
}

static void late_answers_reach_their_caller(void)
{
    setup();
    struct echo_wait_rep rep;
    CHECK_EQ(os_signal_raise(signal_handle, echo.go_bit), OK);
    CHECK_EQ(echo_wait(client, &(struct echo_wait_req){5}, &rep, NULL), OK);
    CHECK_EQ(rep.token, 5);
    CHECK_EQ(echo_wait(client, &(struct echo_wait_req){-5}, &rep, NULL), ERR_INVALID);
}

static void a_missed_deadline_frees_the_caller(void)
{
    setup();
    struct echo_wait_rep rep;
    struct ipc_extra extra = {.deadline = os_deadline(OS_SECOND)};
    instant_ns_t before = os_clock();
    CHECK_EQ(echo_wait(client, &(struct echo_wait_req){5}, &rep, &extra), ERR_TIMEOUT);
    CHECK_EQ(os_clock() - before, OS_SECOND);
    CHECK_EQ(os_signal_raise(signal_handle, echo.go_bit), OK);
    ipc_host_run(); // the answer that comes too late is dropped
    CHECK_EQ(os_host_object(echo.reply), 0);
}

static void drop_reply(void *self, uint64_t bits)
{
    os_handle_close(echo.reply);
}

static void a_dropped_reply_is_a_dead_peer(void)
{
    setup();
    struct echo_wait_rep rep;
    uint64_t bit = ipc_server_bit(&echo.server, drop_reply, NULL);
    CHECK_EQ(os_signal_raise(signal_handle, bit), OK);
    CHECK_EQ(echo_wait(client, &(struct echo_wait_req){5}, &rep, NULL), ERR_PEER_DIED);
}

static void a_killed_server_comes_back_under_the_same_endpoint(void)
{
    setup();
    struct echo_add_rep rep;
    ipc_host_kill(&echo.server);
    CHECK_EQ(echo_add(client, &(struct echo_add_req){1, 2}, &rep, NULL), ERR_PEER_DIED);
    echo_start(&echo, endpoint, signal_handle);
    CHECK_EQ(echo_add(client, &(struct echo_add_req){1, 2}, &rep, NULL), OK);
    CHECK_EQ(echo.last_badge, 7);
}

static void fresh_badges_do_not_repeat_over_restarts(void)
{
    setup();
    uint64_t first = ipc_server_badge(&echo.server);
    ipc_host_run_for(OS_MILLISECOND);
    ipc_host_kill(&echo.server);
    echo_start(&echo, endpoint, signal_handle);
    CHECK(ipc_server_badge(&echo.server) > first);
}

static void on_stop(void *self)
{
    note('x');
}

static void stop_runs_the_last_handler(void)
{
    setup();
    ipc_server_on_stop(&echo.server, on_stop, NULL);
    CHECK(ipc_server_handle_bits(&echo.server, echo.go_bit << 1));
    CHECK(!ipc_server_handle_bits(&echo.server, 1ull << 63));
    CHECK(strcmp(trace, "x") == 0);
}

TEST_MAIN(TEST(bits_run_their_handlers_once), TEST(a_peer_can_raise_its_bit_and_no_other),
          TEST(restart_bits_come_from_the_start_block), TEST(timers_fire_in_order_and_once),
          TEST(closed_badges_are_reported), TEST(late_answers_reach_their_caller),
          TEST(a_missed_deadline_frees_the_caller), TEST(a_dropped_reply_is_a_dead_peer),
          TEST(a_killed_server_comes_back_under_the_same_endpoint),
          TEST(fresh_badges_do_not_repeat_over_restarts), TEST(stop_runs_the_last_handler))
