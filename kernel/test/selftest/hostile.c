// SPDX-License-Identifier: Apache-2.0
// A child that makes every system call with nonsense, by seed, many times. It may end in any way;
// the kernel may not.
#include "check.h"

#define ROUNDS 20000u
#define SEEDS  4u

static uint64_t random_state;

static uint64_t random_next(void)
{
    return random_from(&random_state);
}

// Mostly near something that means something.
static uint64_t argument(void)
{
    static const uint64_t interesting[] = {
        0,
        1,
        2,
        8,
        PAGE_SIZE,
        0x10000,
        0x30000000,
        0x60000000,
        USER_END - PAGE_SIZE,
        USER_END,
        UINT64_MAX,
        0xffffffff80000000ull,
        0xffffffc080000000ull,
        1ull << 63,
        0x7fffffff,
        0x1000000,
    };
    uint64_t pick = random_next();
    switch (pick % 4) {
    case 0:
        return interesting[pick / 4 % 16];
    case 1:
        return 0x10000 * (1 + pick / 4 % 3) + pick / 16 % 24; // handle-like
    case 2:
        return (pick / 4 % 64) * PAGE_SIZE;
    default:
        return random_next() >> pick / 4 % 64;
    }
}

static void screams(void)
{
    random_state = message->bytes[0] + start_handle("seed");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t number = random_next() % (SYSCALL_COUNT_MAX + 2);
        if (number == SYSCALL_process_exit || number == SYSCALL_thread_exit ||
            number == SYSCALL_log_write)
            continue;
        uint64_t deadline_limit = number == SYSCALL_call || number == SYSCALL_reply_receive ||
                                  number == SYSCALL_signal_wait;
        uint64_t third = deadline_limit ? random_next() % 2 * 1000 : argument();
        for (uint32_t h = 0; h < MESSAGE_HANDLES_MAX; h++)
            message->handles[h] = (handle_t)argument();
        const uint64_t arguments[6] = {argument(), argument(), third,
                                       argument(), argument(), argument()};
        syscall6(number, arguments);
    }
}

void hostile_test(void)
{
    claim("nonsense_calls_never_hurt_the_kernel");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct child child = child_create("screamer");
        child_give(
            &child, "endpoint",
            duplicate(endpoint, RIGHT_CALL | RIGHT_RECEIVE | RIGHT_TRANSFER | RIGHT_DUPLICATE, 0));
        child_give(&child, "signal", (handle_t)SYS0(signal_create).value);
        child_give(&child, "seed", (handle_t)SYS2(memory_create, (1 + seed) * PAGE_SIZE, 0).value);
        child_start(&child, screams, PRIORITY_LOW);
        CHECK(child_wait(&child).state >= PROCESS_EXITED);
    }
    SYS1(handle_close, endpoint);
}
