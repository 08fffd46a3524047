// SPDX-License-Identifier: Apache-2.0
// Pairs of processes that call each other and nobody else, one pair a hart, for a while: how many
// round trips there are, and whether each answer is the right one. Prints `pairs: harts H trips T
// wrong W`. tests/boards asks whether any is wrong, tests/perf how many there are.
#include "user.h"

#define RESULTS     0x68000000ull // what a caller sees of the page it shares with the first process
#define PAIRS_MAX   16u
#define CALLER      8u
#define SERVER      16u
#define DURATION_NS (100 * MILLISECOND)

struct pair {
    volatile uint64_t stop, trips, wrong;
};

extern void run(void);

static void server(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    for (uint64_t info = REPLY_NONE;;) {
        info = receive(self, info, DEADLINE_NEVER, &words).a1;
        words.word[1] = ~words.word[0];
    }
}

static void caller(void)
{
    struct pair *pair = (struct pair *)RESULTS;
    handle_t endpoint = start_handle("server");
    uint64_t state = pair->trips, trips = 0;
    while (pair->stop == 0) {
        struct words words = {{random_from(&state), 0}};
        uint64_t asked = words.word[0];
        struct result result = call(endpoint, message_info(0, 2 * sizeof(uint64_t), 0), &words);
        if (result.value != OK || words.word[0] != asked || words.word[1] != ~asked)
            pair->wrong++;
        pair->trips = ++trips;
    }
    SYS1(process_exit, 0);
}

static struct child pair_start(uint64_t index)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child served = child_create("server");
    child_give(&served, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&served, server, SERVER);
    struct child calls = child_create("caller");
    child_give(&calls, "server", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 0));
    handle_t memory = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
    SYS(memory_map, calls.process, memory, RESULTS, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    uint64_t here = RESULTS + index * PAGE_SIZE;
    SYS(memory_map, HANDLE_NONE, memory, here, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    SYS1(handle_close, memory);
    ((struct pair *)here)->trips = index; // its seed, until it counts
    child_start(&calls, caller, CALLER);
    return calls;
}

void run(void)
{
    SYS1(machine_info, start_handle("log"));
    uint64_t harts = ((const struct machine_info *)(const void *)message->bytes)->hart_count;
    struct child callers[PAIRS_MAX];
    harts = harts < PAIRS_MAX ? harts : PAIRS_MAX;
    for (uint64_t i = 0; i < harts; i++)
        callers[i] = pair_start(i);
    handle_t nobody = (handle_t)SYS0(signal_create).value;
    uint64_t before = 0, trips = 0, wrong = 0;
    struct pair *pair = (struct pair *)RESULTS;
    // Before it counts they find a hart each.
    SYS3(signal_wait, nobody, 1, now() + DURATION_NS / 2);
    for (uint64_t i = 0; i < harts; i++)
        before += ((struct pair *)(RESULTS + i * PAGE_SIZE))->trips;
    SYS3(signal_wait, nobody, 1, now() + DURATION_NS);
    for (uint64_t i = 0; i < harts; i++) {
        pair = (struct pair *)(RESULTS + i * PAGE_SIZE);
        trips += pair->trips;
        pair->stop = 1;
    }
    for (uint64_t i = 0; i < harts; i++) {
        child_wait(&callers[i]);
        pair = (struct pair *)(RESULTS + i * PAGE_SIZE);
        wrong += pair->wrong;
    }
    print("pairs: harts ");
    print_number(harts);
    print(" trips ");
    print_number(trips - before);
    print(" wrong ");
    print_number(wrong);
    print("\n");
    SYS2(machine_power, start_handle("machine"), POWER_OFF);
}
