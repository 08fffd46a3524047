// SPDX-License-Identifier: Apache-2.0
// Threads of one process, time slices, floating point across switches.
#include "check.h"

#define STACKS   0x70000000ull
#define WORKERS  4u
#define FLOATERS 2u

static volatile uint64_t counters[WORKERS];
static volatile bool stop;
static handle_t finished;
static volatile uint64_t float_errors;

static void worker(uint64_t index)
{
    while (!stop)
        counters[index]++;
    SYS2(signal_raise, finished, 1ull << index);
    SYS0(thread_exit);
}

static void floater(uint64_t index)
{
    double value = (double)index + 0.5;
    for (uint32_t i = 0; i < 2000; i++) {
        double before = value;
        SYS0(thread_yield);
        __asm__ volatile("" : "+f"(value)); // it stays in a register across the switch
        if (value != before)
            float_errors++;
        value += 1.0;
    }
    if (value != (double)index + 2000.5)
        float_errors++;
    SYS2(signal_raise, finished, 1ull << index);
    SYS0(thread_exit);
}

static handle_t thread_start(void (*entry)(uint64_t), uint64_t index, uint32_t priority)
{
    uint64_t base = STACKS + index * 0x10000;
    handle_t memory = (handle_t)SYS2(memory_create, 0x5000, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, base, 0, 0x5000, PROTECT_READ | PROTECT_WRITE);
    SYS1(handle_close, memory);
    int64_t thread =
        SYS(thread_create, (uintptr_t)entry, base + 0x4000, index, base + 0x4000, priority, 0)
            .value;
    CHECK(thread > 0);
    return (handle_t)thread;
}

static void wait_all(uint32_t count)
{
    for (uint64_t seen = 0; seen != (1ull << count) - 1;) {
        struct result result = SYS3(signal_wait, finished, UINT64_MAX, now() + 10000 * MILLISECOND);
        if (result.value != OK) {
            CHECK(result.value == OK);
            return;
        }
        seen |= result.a1;
    }
}

static void stacks_free(void)
{
    CHECK(SYS3(memory_unmap, HANDLE_NONE, STACKS, WORKERS * 0x10000).value == OK);
}

static bool all_counted(void)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        if (counters[i] == 0)
            return false;
    }
    return true;
}

// An emulator's host may take the time of several slices away: then the next ones are as good.
static void equals_share(void)
{
    claim("equal_threads_share_the_machine_and_a_higher_one_interrupts");
    handle_t threads[WORKERS];
    stop = false;
    for (uint32_t i = 0; i < WORKERS; i++)
        threads[i] = thread_start(worker, i, PRIORITY_LOW);
    handle_t nobody = (handle_t)SYS0(signal_create).value;
    for (uint32_t i = 0; i < 30 && !all_counted(); i++)
        SYS3(signal_wait, nobody, 1, now() + 100 * MILLISECOND);
    SYS1(handle_close, nobody);
    stop = true;
    wait_all(WORKERS);
    CHECK(all_counted());
    for (uint32_t i = 0; i < WORKERS; i++)
        SYS1(handle_close, threads[i]);
    stacks_free();
}

static void floats(void)
{
    claim("floating_point_survives_switches");
    for (uint32_t i = 0; i < FLOATERS; i++)
        SYS1(handle_close, thread_start(floater, i, PRIORITY_LOW));
    wait_all(FLOATERS);
    CHECK(float_errors == 0);
    stacks_free();
}

static void starts_no_higher_thread(void)
{
    int64_t value =
        SYS(thread_create, 0x100000, STACK_TOP, 0, MESSAGE_ADDRESS, PRIORITY_LOW + 1, 0).value;
    SYS1(process_exit, value == ERR_DENIED ? 1 : 0);
}

static void ceiling(void)
{
    claim("process_cannot_raise_itself_over_its_priority");
    struct child child = child_create("climber");
    child_start(&child, starts_no_higher_thread, PRIORITY_LOW);
    CHECK(child_wait(&child).exit_code == 1);
}

void threads_test(void)
{
    finished = (handle_t)SYS0(signal_create).value;
    equals_share();
    floats();
    ceiling();
    SYS1(handle_close, finished);
}
