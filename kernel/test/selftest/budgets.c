// SPDX-License-Identifier: Apache-2.0
// Budgets: what a program may take of memory and time, and that it gets no more, whatever it does.
#include "check.h"

#define KIB      1024u
#define MIB      (1024u * KIB)
#define AREA     0x60000000ull
#define AREA_MIB 16u
#define PERIOD   (10u * MILLISECOND)
#define AMOUNT   (2u * MILLISECOND)
#define PERIODS  20u
#define HIGHEST  (PRIORITY_COUNT - 1)
#define SERVE_NS (5u * MILLISECOND)
#define URGENT   (PRIORITY_SERVER + 4u)
#define SLACK_NS (MILLISECOND / 4u)

// The emulator counts instructions: time is what was executed, and every bound is exact. Elsewhere
// the host may stop us for any time, which counts as spent.
static bool exact;

static handle_t budget_of_bytes(handle_t parent, uint64_t limit, uint64_t reserved)
{
    int64_t budget = SYS(budget_create, parent, limit, reserved, 0, 0).value;
    CHECK(budget > 0);
    return (handle_t)budget;
}

static struct budget_info info_of(handle_t budget)
{
    CHECK(SYS1(budget_info, budget).value == OK);
    return *(const struct budget_info *)(const void *)message->bytes;
}

static void refusals(void)
{
    claim("budgets_refuse_what_makes_no_sense");
    handle_t budget = budget_of_bytes(HANDLE_NONE, MIB, 0);
    CHECK(SYS(budget_create, budget, MIB, 2 * MIB, 0, 0).value == ERR_INVALID);
    CHECK(SYS(budget_create, budget, MIB, 0, PERIOD, PERIOD + 1).value == ERR_INVALID);
    CHECK(SYS(budget_create, budget, MIB, 0, PERIOD, 0).value == ERR_INVALID);
    CHECK(SYS(budget_create, budget, MIB, 0, 1000, 500).value == ERR_INVALID);
    CHECK(SYS(budget_create, budget, 4 * MIB, 2 * MIB, 0, 0).value == ERR_NO_MEMORY);
    CHECK(SYS(budget_create, start_handle("log"), MIB, 0, 0, 0).value == ERR_BAD_HANDLE);
    handle_t weak = duplicate(budget, RIGHT_READ, 0);
    CHECK(SYS(budget_create, weak, MIB, 0, 0, 0).value == ERR_DENIED);
    CHECK(SYS3(memory_create, PAGE_SIZE, 0, weak).value == ERR_DENIED);
    handle_t nested = budget;
    uint32_t depth = 0;
    for (int64_t below = budget; below > 0; depth++) {
        nested = (handle_t)below;
        below = SYS(budget_create, nested, MIB, 0, 0, 0).value;
        CHECK(below > 0 || below == ERR_FULL);
    }
    CHECK(depth >= 4);
}

static void bytes_come_back(void)
{
    claim("objects_are_charged_and_come_back");
    handle_t budget = budget_of_bytes(HANDLE_NONE, 64 * KIB, 0);
    uint64_t before = info_of(budget).bytes_used;
    uint32_t count = 0;
    static handle_t memories[64];
    for (int64_t memory; count < 64; memories[count++] = (handle_t)memory) {
        memory = SYS3(memory_create, 4 * PAGE_SIZE, MEMORY_CONTIGUOUS, budget).value;
        if (memory < 0) {
            CHECK(memory == ERR_NO_MEMORY);
            break;
        }
    }
    CHECK(count == 3 && info_of(budget).bytes_used > 48 * KIB);
    for (uint32_t i = 0; i < count; i++)
        SYS1(handle_close, memories[i]);
    for (uint32_t i = 0; i < 100 && info_of(budget).bytes_used != before; i++)
        SYS0(thread_yield);
    CHECK(info_of(budget).bytes_used == before);
    SYS1(handle_close, budget);
}

// ---- programs that take all they can ----

static void eat_memory(void)
{
    handle_t memory = (handle_t)SYS2(memory_create, AREA_MIB * MIB, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, AREA, 0, AREA_MIB * MIB, PROTECT_READ | PROTECT_WRITE);
    for (uint64_t at = 0; at < AREA_MIB * MIB; at += PAGE_SIZE)
        *(volatile uint8_t *)(AREA + at) = 1;
    SYS1(process_exit, 4);
}

static void hoard_handles(void)
{
    int64_t status;
    do {
        status = SYS0(signal_create).value;
    } while (status > 0);
    SYS1(process_exit, (uint64_t)status);
}

static void bear_processes(void)
{
    int64_t status;
    do {
        status = SYS3(process_create, 1, 0, 0).value;
    } while (status > 0);
    SYS1(process_exit, (uint64_t)status);
}

static void spin(void)
{
    for (;;)
        __asm__ volatile("");
}

// For a while: a kernel that forgets limits shall fail, not stand still.
static void pester(void)
{
    handle_t endpoint = start_handle("server");
    struct words words = {{0}};
    for (uint64_t end = now() + 2u * PERIODS * PERIOD; now() < end;)
        call(endpoint, message_info(1, 0, 0), &words);
    SYS1(process_exit, 0);
}

static struct process_info ending(void (*program)(void), uint64_t limit)
{
    handle_t budget = budget_of_bytes(HANDLE_NONE, limit, 0);
    struct child child = child_create_on(budget, "greedy");
    child_start(&child, program, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    struct budget_info left = info_of(budget);
    CHECK(left.bytes_used <= left.bytes_limit);
    SYS1(handle_close, budget);
    return info;
}

static void greed_ends_the_greedy(void)
{
    claim("a_memory_eater_faults_at_its_limit");
    struct process_info info = ending(eat_memory, 2 * MIB);
    CHECK(info.state == PROCESS_FAULTED && info.fault_address > AREA + MIB);
    claim("a_handle_hoarder_is_refused");
    info = ending(hoard_handles, 256 * KIB);
    CHECK(info.exit_code == ERR_FULL || info.exit_code == ERR_NO_MEMORY);
    claim("a_fork_bomb_is_refused");
    info = ending(bear_processes, 2 * MIB);
    CHECK(info.exit_code == ERR_FULL || info.exit_code == ERR_NO_MEMORY);
}

static void promises_are_kept(void)
{
    claim("what_is_reserved_is_there_when_others_took_all");
    handle_t parent = budget_of_bytes(HANDLE_NONE, 4 * MIB, 4 * MIB);
    handle_t careful = budget_of_bytes(parent, 2 * MIB, MIB);
    handle_t greedy = budget_of_bytes(parent, 4 * MIB, 0);
    uint32_t taken = 0;
    while (SYS3(memory_create, 16 * PAGE_SIZE, MEMORY_CONTIGUOUS, greedy).value > 0)
        taken++;
    CHECK(taken >= 40 && taken <= 48);
    CHECK(SYS3(memory_create, 15 * 16 * PAGE_SIZE, MEMORY_CONTIGUOUS, careful).value > 0);
    CHECK(SYS3(memory_create, 32 * PAGE_SIZE, MEMORY_CONTIGUOUS, careful).value == ERR_NO_MEMORY);
}

static void sleep_until(uint64_t instant)
{
    static handle_t never;
    if (never == HANDLE_NONE)
        never = (handle_t)SYS0(signal_create).value;
    SYS3(signal_wait, never, 1, instant);
}

// Sleeps for PERIODS of a budget, and on until it has spent `least`: the host may stop us
// meanwhile.
static struct budget_info watch(handle_t budget, uint64_t begin, uint64_t least)
{
    struct budget_info info;
    uint32_t periods = PERIODS;
    do {
        sleep_until(begin + (uint64_t)periods * PERIOD);
        info = info_of(budget);
    } while (info.spent_ns < least && ++periods < 100 * PERIODS);
    return info;
}

static void time_is_limited(void)
{
    claim("a_spinner_gets_its_time_in_every_period_and_no_more");
    handle_t budget = (handle_t)SYS(budget_create, HANDLE_NONE, MIB, 0, PERIOD, AMOUNT).value;
    struct child child = child_create_on(budget, "spinner");
    child_start(&child, spin, HIGHEST);
    uint64_t begin = now();
    struct budget_info info = watch(budget, begin, AMOUNT);
    uint64_t periods = (now() - begin) / PERIOD;
    CHECK(info.spent_ns >= (exact ? (periods - 1) * AMOUNT : AMOUNT));
    CHECK((int64_t)info.spent_ns + info.left_ns <= (int64_t)((periods + 2) * AMOUNT));
    CHECK(!exact || info.spent_ns <= (periods + 1) * AMOUNT);
    child_kill(&child);
    SYS1(handle_close, budget);
}

static void slow_server(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        receive(self, info, DEADLINE_NEVER, &words);
        for (uint64_t end = now() + SERVE_NS; now() < end;)
            continue;
        words.word[0]++;
        info = message_info(0, 8, 0);
    }
}

static struct child server_start(handle_t endpoint)
{
    struct child server = child_create("slow");
    child_give(&server, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&server, slow_server, PRIORITY_SERVER);
    return server;
}

static struct child client_start(handle_t endpoint, handle_t budget, uint32_t priority)
{
    struct child client = child_create_on(budget, "client");
    child_give(&client, "server", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 0));
    child_start(&client, pester, priority);
    return client;
}

static void servers_are_paid_by_who_asks(void)
{
    claim("a_servers_work_is_its_callers_and_is_finished_on_credit");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child server = server_start(endpoint);
    handle_t budget = (handle_t)SYS(budget_create, HANDLE_NONE, MIB, 0, PERIOD, AMOUNT).value;
    struct child client = client_start(endpoint, budget, PRIORITY_LOW);
    uint64_t begin = now();
    struct budget_info info = watch(budget, begin, SERVE_NS);
    uint64_t periods = (now() - begin) / PERIOD;
    CHECK(info.spent_ns >= SERVE_NS);
    CHECK((int64_t)info.spent_ns + info.left_ns <= (int64_t)((periods + 2) * AMOUNT));
    CHECK(!exact || info.spent_ns <= (periods + 1) * AMOUNT + SERVE_NS);
    // Meanwhile others are served: at most one request of the client's stands before them.
    begin = now();
    struct words words = {{0}};
    CHECK(call(endpoint, message_info(1, 0, 0), &words).value == OK);
    CHECK(!exact || now() - begin < 3 * SERVE_NS);
    child_kill(&client);
    child_kill(&server);
    SYS1(handle_close, budget);
    SYS1(handle_close, endpoint);
}

// More urgent than the server, less than who waits for it: for how long nothing of it ran, at most.
static void spin_and_tell(void)
{
    uint64_t begin = now(), last = begin, longest = 0;
    while (last - begin < PERIODS * PERIOD) {
        uint64_t time = now();
        longest = time - last > longest ? time - last : longest;
        last = time;
    }
    SYS1(process_exit, longest / 1000);
}

static void loans_end_with_the_lenders_time(void)
{
    claim("a_lent_priority_ends_with_the_lenders_time");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child server = server_start(endpoint);
    struct words words = {{0}};
    // Whoever received once can be lent something.
    CHECK(call(endpoint, message_info(1, 0, 0), &words).value == OK);
    struct child patient = client_start(endpoint, HANDLE_NONE, PRIORITY_LOW);
    handle_t budget = (handle_t)SYS(budget_create, HANDLE_NONE, MIB, 0, PERIOD, AMOUNT).value;
    struct child poor = client_start(endpoint, budget, HIGHEST);
    struct child urgent = child_create("urgent");
    child_start(&urgent, spin_and_tell, URGENT);
    struct process_info info = child_wait(&urgent);
    CHECK(info.state == PROCESS_EXITED && (!exact || info.exit_code > 0));
    CHECK(!exact || info.exit_code <= (int64_t)(AMOUNT + SLACK_NS) / 1000);
    // It lends anew in every period, or the server would not have run at all.
    CHECK(!exact || info_of(budget).spent_ns >= (PERIODS - 2) * AMOUNT);
    child_kill(&poor);
    child_kill(&patient);
    child_kill(&server);
    SYS1(handle_close, budget);
    SYS1(handle_close, endpoint);
}

void budgets_test(void)
{
    exact = start_has_argument("selftest.exact");
    refusals();
    bytes_come_back();
    greed_ends_the_greedy();
    promises_are_kept();
    time_is_limited();
    servers_are_paid_by_who_asks();
    loans_end_with_the_lenders_time();
}
