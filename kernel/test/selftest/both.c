// SPDX-License-Identifier: Apache-2.0
// Every kind of call in registers, made both ways: fast (kernel/arch/riscv64/fast.S, which wants no
// deadline) and general (with one, far away). All registers of both sides must come out the same.
#include "check.h"

#define SHARED    0x68000000ull
#define FAR_NS    (3600ull * 1000 * MILLISECOND)
#define SLOTS     130u // handles that push one out of the table's first chunk
#define ASK_FAR   1u   // of a request's word: the caller waits with a deadline,
#define SERVE_FAR 2u   // the server replies and waits with one,
#define USE_FLOAT 4u   // the server uses floating point
#define WAYS      4u

enum { A0 = 10, A7 = 17, T4 = 29, T6 = 31 };

extern void registers_ecall(uint64_t x[32]);

// What the server found, for its client to compare.
struct seen {
    uint64_t x[32];
    uint64_t wrong; // registers of its own that changed
};

static const uint8_t word_registers[MESSAGE_WORDS] = {13, 14, 15, 16, 5, 6, 7, 28};
static const uint8_t kept[] = {1, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

static void pattern(uint64_t x[32], uint64_t seed)
{
    for (uint32_t i = 1; i < 32; i++)
        x[i] = (seed + i) * 0x9e3779b97f4a7c15ull;
}

// How many registers that a system call keeps, or clears, are not as they should be.
static uint64_t wrong_count(const uint64_t before[32], const uint64_t after[32])
{
    uint64_t wrong = 0;
    for (uint32_t i = T4; i <= T6; i++)
        wrong += after[i] != 0;
    for (uint32_t i = 0; i < sizeof kept; i++)
        wrong += after[kept[i]] != before[kept[i]];
    return wrong + (after[A7] != before[A7]);
}

static void float_put(double value)
{
    __asm__ volatile("fmv.d f8, %0" ::"f"(value) : "fs0");
}

static double float_get(void)
{
    double value;
    __asm__ volatile("fmv.d %0, f8" : "=f"(value));
    return value;
}

static void server(void)
{
    struct seen *seen = (struct seen *)SHARED;
    uint64_t x[32], before[32], wrong = 0;
    pattern(before, 77);
    before[A0 + 1] = REPLY_NONE;
    before[A0 + 2] = DEADLINE_NEVER;
    for (;;) {
        before[A0] = start_handle("self");
        before[A7] = SYSCALL_reply_receive;
        for (uint32_t i = 0; i < 32; i++)
            x[i] = before[i];
        registers_ecall(x);
        wrong += wrong_count(before, x);
        for (uint32_t i = 0; i < 32; i++)
            seen->x[i] = x[i];
        seen->wrong = wrong;
        uint32_t way = message_word(x[A0 + 1]);
        if (way & USE_FLOAT) {
            seen->wrong += float_get() != 0 && float_get() != 2.5;
            float_put(2.5);
        }
        pattern(before, x[word_registers[0]]);
        for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
            before[word_registers[i]] = ~x[word_registers[i]];
        before[A0 + 1] = message_info(way + 100, message_size(x[A0 + 1]), 0);
        before[A0 + 2] = way & SERVE_FAR ? now() + FAR_NS : DEADLINE_NEVER;
    }
}

// One call; its registers afterwards in `x`, what its server saw in `seen`.
static void make(handle_t endpoint, uint32_t size, uint32_t way, uint64_t x[32], struct seen *seen)
{
    uint64_t before[32];
    pattern(before, 5);
    before[A0] = endpoint;
    before[A0 + 1] = message_info(way, size, 0);
    before[A0 + 2] = way & ASK_FAR ? now() + FAR_NS : DEADLINE_NEVER;
    before[A7] = SYSCALL_call;
    for (uint32_t i = 0; i < 32; i++)
        x[i] = before[i];
    registers_ecall(x);
    *seen = *(const struct seen *)SHARED;
    CHECK(x[A0] == OK && x[A0 + 1] == message_info(way + 100, size, 0));
    CHECK(wrong_count(before, x) == 0 && seen->wrong == 0);
    for (uint32_t i = 0; i < MESSAGE_WORDS; i++) {
        CHECK(seen->x[word_registers[i]] == before[word_registers[i]]);
        CHECK(x[word_registers[i]] == ~before[word_registers[i]]);
    }
    CHECK(seen->x[A0] == RECEIVED_CALL && seen->x[A0 + 1] == before[A0 + 1]);
}

static void compare(handle_t endpoint, uint64_t badge, uint32_t flags)
{
    struct seen seen;
    uint64_t x[32];
    for (uint32_t size = 0; size <= MESSAGE_REGISTER_BYTES; size += 4) {
        for (uint32_t way = 0; way < WAYS; way++) {
            make(endpoint, size, way | flags, x, &seen);
            CHECK(seen.x[A0 + 2] == badge);
        }
    }
}

static handle_t far_handle(handle_t endpoint)
{
    handle_t handle = HANDLE_NONE;
    for (uint32_t i = 0; i < SLOTS; i++)
        handle = duplicate(endpoint, RIGHT_CALL, 0);
    return handle;
}

void both_ways_test(void)
{
    handle_t memory = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, SHARED, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    static const uint32_t priorities[] = {1, PRIORITY_SERVER, PRIORITY_COUNT - 1};
    handle_t first = HANDLE_NONE;
    for (uint32_t i = 0; i < sizeof priorities / sizeof priorities[0]; i++) {
        claim("calls_are_the_same_both_ways");
        handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
        struct child child = child_create("both");
        child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
        SYS(memory_map, child.process, memory, SHARED, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
        child_start(&child, server, priorities[i]);
        compare(endpoint, 0, 0);
        compare(duplicate(endpoint, RIGHT_CALL, 7), 7, 0);
        claim("floating_point_is_each_threads_own_both_ways");
        float_put(1.5);
        compare(endpoint, 0, USE_FLOAT);
        CHECK(float_get() == 1.5);
        float_put(3.5);
        compare(endpoint, 0, USE_FLOAT);
        CHECK(float_get() == 3.5);
        if (first == HANDLE_NONE)
            first = far_handle(endpoint);
        claim("a_handle_in_a_far_slot_calls");
        if (i == 0)
            compare(first, 0, 0);
        child_kill(&child);
    }
    SYS3(memory_unmap, HANDLE_NONE, SHARED, PAGE_SIZE);
}
