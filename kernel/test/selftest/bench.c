// SPDX-License-Identifier: Apache-2.0
// The bench: executed instructions of the kernel's paths, counted with rdinstret under the
// emulator's -icount (one hart). Prints `bench: name value` lines: medians, the counting itself
// taken off. tests/perf/kernel.py runs it.
#include "user.h"

#define ROUNDS       65u
#define SHARED       0x68000000ull // a page that parent and child see
#define AREA         0x60000000ull
#define PIECES       0x64000000ull
#define LOW          8u
#define HIGH         16u
#define IDLE_NS      (10ull * 1000 * MILLISECOND)
#define OP_ECHO      1u
#define OP_PAGE      2u
#define OP_TAKE      3u
#define PAGE_MESSAGE 4032u

extern void run(void);
void idle_mark(void);

static uint64_t samples[ROUNDS];
static uint64_t overhead;

static inline uint64_t instructions(void)
{
    uint64_t value;
    __asm__ volatile("rdinstret %0" : "=r"(value)::"memory");
    return value;
}

static uint64_t median(void)
{
    for (uint32_t i = 1; i < ROUNDS; i++) {
        uint64_t value = samples[i];
        uint32_t at = i;
        for (; at > 0 && samples[at - 1] > value; at--)
            samples[at] = samples[at - 1];
        samples[at] = value;
    }
    return samples[ROUNDS / 2];
}

static void report(const char *name, uint64_t value)
{
    print("bench: ");
    print(name);
    print(" ");
    print_number(value);
    print("\n");
}

static void report_samples(const char *name)
{
    report(name, median() - overhead);
}

static void server(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        struct result event = receive(self, info, DEADLINE_NEVER, &words);
        switch (message_word(event.a1)) {
        case OP_ECHO:
        case OP_PAGE:
            info = event.a1;
            break;
        default: // keeps the handle it is sent
            SYS1(handle_close, message->handles[0]);
            info = message_info(0, 0, 0);
        }
    }
}

// A message without words, whose registers carry nothing.
static inline uint64_t exchange_nothing(uint64_t number, uint64_t handle, uint64_t info)
{
    register uint64_t a0 __asm__("a0") = handle;
    register uint64_t a1 __asm__("a1") = info;
    register uint64_t a2 __asm__("a2") = DEADLINE_NEVER;
    register uint64_t a7 __asm__("a7") = number;
    __asm__ volatile("li a3, 0\n li a4, 0\n li a5, 0\n li a6, 0\n"
                     "li t0, 0\n li t1, 0\n li t2, 0\n li t3, 0\n ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2)
                     : "r"(a7)
                     : "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return a1;
}

static void empty_server(void)
{
    handle_t self = start_handle("self");
    for (uint64_t info = REPLY_NONE;;)
        info = exchange_nothing(SYSCALL_reply_receive, self, info);
}

// Notes when a request arrives; keeps no handle.
static void stamping_server(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        receive(self, info, DEADLINE_NEVER, &words);
        *(volatile uint64_t *)SHARED = instructions();
        SYS1(handle_close, message->handles[0]);
        info = message_info(0, 0, 0);
    }
}

static void waiter(void)
{
    handle_t signal = start_handle("signal");
    for (;;) {
        SYS3(signal_wait, signal, 1, DEADLINE_NEVER);
        *(volatile uint64_t *)SHARED = instructions();
    }
}

// Less urgent than the waiter, which therefore runs before the call returns.
static void raiser(void)
{
    volatile uint64_t *shared = (volatile uint64_t *)SHARED;
    handle_t signal = start_handle("signal");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        SYS2(signal_raise, signal, 1);
        shared[1 + i] = shared[0] - before;
    }
    SYS1(process_exit, 0);
}

// The four instructions round the call are counted by `overhead`, so they are the same everywhere.
static void measure_call(const char *name, handle_t endpoint, uint64_t info)
{
    struct words words = {{1, 2, 3, 4, 5, 6, 7, 8}};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        syscall_message(SYSCALL_call, endpoint, info, DEADLINE_NEVER, &words);
        samples[i] = instructions() - before;
    }
    report_samples(name);
}

// The caller computes with floating point between two calls.
static void measure_float_call(handle_t endpoint)
{
    struct words words = {{0}};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        __asm__ volatile("fmv.d.x fa0, %0" ::"r"((uint64_t)i) : "fa0");
        uint64_t before = instructions();
        syscall_message(SYSCALL_call, endpoint, message_info(OP_ECHO, 64, 0), DEADLINE_NEVER,
                        &words);
        samples[i] = instructions() - before;
    }
    report_samples("ipc_64_bytes_float");
}

static void measure_handle(handle_t endpoint)
{
    struct words words = {{0}};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        message->handles[0] = (handle_t)SYS0(signal_create).value;
        uint64_t before = instructions();
        syscall_message(SYSCALL_call, endpoint, message_info(OP_TAKE, 0, 1), DEADLINE_NEVER,
                        &words);
        samples[i] = instructions() - before;
    }
    report_samples("ipc_handle_and_close");
}

static void measure_calls(void)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        samples[i] = instructions() - before;
    }
    overhead = 0;
    overhead = median();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        SYS0(clock);
        samples[i] = instructions() - before;
    }
    report_samples("syscall_clock");
    handle_t signal = (handle_t)SYS0(signal_create).value;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        SYS2(signal_raise, signal, 1);
        samples[i] = instructions() - before;
    }
    report_samples("signal_raise_nobody_waits");
    SYS1(handle_close, signal);
}

static void measure_handles(void)
{
    static uint64_t closing[ROUNDS];
    handle_t signal = (handle_t)SYS0(signal_create).value;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        int64_t copy = SYS3(handle_duplicate, signal, RIGHT_ALL, 0).value;
        uint64_t between = instructions();
        SYS1(handle_close, (handle_t)copy);
        closing[i] = instructions() - between;
        samples[i] = between - before;
    }
    report_samples("handle_copy");
    for (uint32_t i = 0; i < ROUNDS; i++)
        samples[i] = closing[i];
    report_samples("handle_close");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        SYS3(handle_duplicate, signal, RIGHT_ALL | RIGHT_REVOCABLE, 0);
        uint64_t before = instructions();
        SYS1(handle_revoke, signal);
        samples[i] = instructions() - before;
    }
    report_samples("handle_revoke_one");
    SYS1(handle_close, signal);
}

static void measure_empty(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = child_create("empty");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&child, empty_server, HIGH);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        exchange_nothing(SYSCALL_call, endpoint, message_info(OP_ECHO, 0, 0));
        samples[i] = instructions() - before;
    }
    report_samples("ipc_empty");
    child_kill(&child);
}

static void measure_ipc(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = child_create("server");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&child, server, HIGH);
    measure_call("ipc_64_bytes", endpoint, message_info(OP_ECHO, 64, 0));
    measure_float_call(endpoint);
    measure_call("ipc_256_bytes", endpoint, message_info(OP_PAGE, 256, 0));
    measure_call("ipc_page", endpoint, message_info(OP_PAGE, PAGE_MESSAGE, 0));
    measure_handle(endpoint);
    child_kill(&child);
}

// A page at SHARED here and in the child.
static handle_t shared_memory;

static void share_with(const struct child *child)
{
    SYS(memory_map, child->process, shared_memory, SHARED, 0, PAGE_SIZE,
        PROTECT_READ | PROTECT_WRITE);
}

static void share(const struct child *child)
{
    shared_memory = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
    share_with(child);
    SYS(memory_map, HANDLE_NONE, shared_memory, SHARED, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    *(volatile uint64_t *)SHARED = 0;
}

static void unshare(void)
{
    SYS3(memory_unmap, HANDLE_NONE, SHARED, PAGE_SIZE);
    SYS1(handle_close, shared_memory);
}

static void measure_one_way(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = child_create("stamper");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    share(&child);
    child_start(&child, stamping_server, HIGH);
    struct words words = {{0}};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        message->handles[0] = (handle_t)SYS0(signal_create).value;
        uint64_t before = instructions();
        syscall_message(SYSCALL_call, endpoint, message_info(OP_TAKE, 0, 1), DEADLINE_NEVER,
                        &words);
        samples[i] = *(volatile uint64_t *)SHARED - before;
    }
    report_samples("ipc_handle_one_way");
    child_kill(&child);
    unshare();
    SYS1(handle_close, endpoint);
}

static void measure_signal(void)
{
    handle_t signal = (handle_t)SYS0(signal_create).value;
    struct child child = child_create("waiter");
    child_give(&child, "signal", duplicate(signal, RIGHT_WAIT | RIGHT_TRANSFER, 0));
    share(&child);
    child_start(&child, waiter, PRIORITY_COUNT - 1);
    struct child second = child_create("raiser");
    child_give(&second, "signal", duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0));
    share_with(&second);
    child_start(&second, raiser, HIGH);
    child_wait(&second);
    for (uint32_t i = 0; i < ROUNDS; i++)
        samples[i] = ((volatile uint64_t *)SHARED)[1 + i];
    report_samples("signal_wakes_waiter");
    child_kill(&child);
    unshare();
}

static void measure_fault(void)
{
    handle_t memory = (handle_t)SYS2(memory_create, 2 * ROUNDS * PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, AREA, 0, 2 * ROUNDS * PAGE_SIZE,
        PROTECT_READ | PROTECT_WRITE);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        *(volatile uint64_t *)(AREA + i * PAGE_SIZE) = 1;
        samples[i] = instructions() - before;
    }
    report_samples("page_first_touch");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        SYS(memory_map, HANDLE_NONE, memory, PIECES + i * 2 * PAGE_SIZE, i * PAGE_SIZE, PAGE_SIZE,
            PROTECT_READ);
        samples[i] = instructions() - before;
    }
    report_samples("memory_map");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        (void)*(volatile uint64_t *)(PIECES + i * 2 * PAGE_SIZE);
        samples[i] = instructions() - before;
    }
    report_samples("page_touch_present");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        SYS3(memory_unmap, HANDLE_NONE, PIECES + i * 2 * PAGE_SIZE, PAGE_SIZE);
        samples[i] = instructions() - before;
    }
    report_samples("memory_unmap");
    SYS3(memory_unmap, HANDLE_NONE, AREA, 2 * ROUNDS * PAGE_SIZE);
    SYS1(handle_close, memory);
}

// Answers faults with the pages of its own memory, one after another, and notes when one arrives.
static void pager(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        receive(self, info, DEADLINE_NEVER, &words);
        *(volatile uint64_t *)SHARED = instructions();
        handle_t page = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
        SYS(memory_map, HANDLE_NONE, page, AREA, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
        *(volatile uint64_t *)AREA = words.word[0];
        SYS3(memory_unmap, HANDLE_NONE, AREA, PAGE_SIZE);
        message->handles[0] = page;
        info = message_info(0, 0, 1);
    }
}

static void measure_pager(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = child_create("pager");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    share(&child);
    child_start(&child, pager, HIGH);
    handle_t memory =
        (handle_t)SYS(memory_create, ROUNDS * PAGE_SIZE, MEMORY_BY_PAGER, HANDLE_NONE, endpoint)
            .value;
    SYS(memory_map, HANDLE_NONE, memory, AREA, 0, ROUNDS * PAGE_SIZE, PROTECT_READ);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        (void)*(volatile uint64_t *)(AREA + i * PAGE_SIZE);
        samples[i] = *(volatile uint64_t *)SHARED - before;
    }
    report_samples("fault_reaches_pager");
    SYS3(memory_unmap, HANDLE_NONE, AREA, ROUNDS * PAGE_SIZE);
    SYS1(handle_close, memory);
    child_kill(&child);
    unshare();
    SYS1(handle_close, endpoint);
}

static void says_so_and_ends(uint64_t signal)
{
    SYS2(signal_raise, signal, 1);
    SYS0(thread_exit);
}

// The stack and the message page are there already, as with anybody who starts threads often.
static void measure_thread(void)
{
    handle_t signal = (handle_t)SYS0(signal_create).value;
    handle_t memory = (handle_t)SYS2(memory_create, 2 * PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, AREA, 0, 2 * PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        int64_t thread = SYS(thread_create, (uintptr_t)says_so_and_ends, AREA + PAGE_SIZE, signal,
                             AREA + PAGE_SIZE, HIGH)
                             .value;
        SYS3(signal_wait, signal, 1, DEADLINE_NEVER);
        SYS1(handle_close, (handle_t)thread);
        samples[i] = instructions() - before;
    }
    report_samples("thread_create_and_join");
    SYS3(memory_unmap, HANDLE_NONE, AREA, 2 * PAGE_SIZE);
    SYS1(handle_close, memory);
    SYS1(handle_close, signal);
}

static void exits(void)
{
    SYS1(process_exit, 0);
}

// With its program, stack, message page and handles, and until nothing of it is left.
static void measure_process(void)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = instructions();
        struct child child = child_create("short-lived");
        child_start(&child, exits, HIGH);
        child_wait(&child);
        samples[i] = instructions() - before;
    }
    report_samples("process_create_and_exit");
}

// tests/perf/kernel.py counts what runs between two visits here.
void __attribute__((noinline)) idle_mark(void)
{
    __asm__ volatile("" ::: "memory");
}

void run(void)
{
    SYS1(machine_info, start_handle("log"));
    const struct machine_info info = *(const struct machine_info *)(const void *)message->bytes;
    report("boot", info.boot_ns);
    report("memory_used_kib",
           (info.kernel_bytes + info.memory_bytes - info.memory_free_bytes) >> 10);
    measure_calls();
    measure_handles();
    measure_empty();
    measure_ipc();
    measure_one_way();
    measure_signal();
    measure_fault();
    measure_pager();
    measure_thread();
    measure_process();
    handle_t signal = (handle_t)SYS0(signal_create).value;
    uint64_t until = now() + IDLE_NS;
    idle_mark();
    SYS3(signal_wait, signal, 1, until);
    idle_mark();
    print("bench: done 1\n");
    SYS2(machine_power, start_handle("machine"), POWER_OFF);
}
