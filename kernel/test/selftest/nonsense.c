// SPDX-License-Identifier: Apache-2.0
// Nonsense for system calls: chance, leant on enough that every call also succeeds now and then.
#include "fuzz.h"

#define HELPERS      0x28000000ull // two pages each: stack, message page
#define HELPER_COUNT 8u
#define TEXT_FIRST   0x100000ull
#define TEXT_END     0x200000ull
#define HELD_MANY    96u
#define DUE_NS       40000u

void helper(uint64_t seed, struct message_page *page);

static uint64_t random_state;
static handle_t held[HANDLES_MAX]; // by slot: what the kernel said it gave us
static uint32_t held_count;
static handle_t last[SYSCALL_COUNT_MAX]; // that this call made

static uint64_t random_next(void)
{
    return random_from(&random_state);
}

void nonsense_begin(uint64_t seed)
{
    static const char *const names[] = {"reader", "echo",      "endpoint", "signal",
                                        "memory", "authority", "sibling"};
    random_state = seed << 32;
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        handle_t handle = start_handle(names[i]);
        if (handle != HANDLE_NONE)
            nonsense_hold(handle);
    }
    handle_t memory = (handle_t)SYS2(memory_create, 2 * HELPER_COUNT * PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, HELPERS, 0, 2 * HELPER_COUNT * PAGE_SIZE,
        PROTECT_READ | PROTECT_WRITE);
    SYS1(handle_close, memory);
}

bool nonsense_is_many(void)
{
    return held_count > HELD_MANY;
}

void nonsense_made(uint64_t number, handle_t handle)
{
    nonsense_hold(handle);
    last[number] = handle;
}

void nonsense_used(uint64_t number)
{
    if (number == SYSCALL_reply)
        last[SYSCALL_reply_take] = HANDLE_NONE;
}

void nonsense_hold(handle_t handle)
{
    uint32_t slot = (handle & 0xffff) % HANDLES_MAX;
    held_count += held[slot] == HANDLE_NONE;
    held[slot] = handle;
}

void nonsense_let_go(handle_t handle)
{
    uint32_t slot = (handle & 0xffff) % HANDLES_MAX;
    held_count -= held[slot] != HANDLE_NONE;
    held[slot] = HANDLE_NONE;
}

handle_t nonsense_handle(void)
{
    for (uint32_t i = 0; i < 8; i++) {
        handle_t handle = held[random_next() % (i < 6 ? HELD_MANY : HANDLES_MAX)];
        if (handle != HANDLE_NONE)
            return handle;
    }
    return (handle_t)(0x10000 * (1 + random_next() % 3) + random_next() % 24);
}

// Mostly something that means something.
uint64_t nonsense_argument(void)
{
    static const uint64_t interesting[] = {
        0,          1,
        2,          8,
        PAGE_SIZE,  0x10000,
        0x30000000, 0x60000000,
        USER_END,   USER_END - PAGE_SIZE,
        UINT64_MAX, 0xffffffff80000000ull,
        1ull << 63, 0xffffffc080000000ull,
        0x7fffffff, 0x1000000,
    };
    uint64_t pick = random_next();
    switch (pick % 8) {
    case 0:
        return interesting[pick / 8 % 16];
    case 1:
        return (pick / 8 % 64) * PAGE_SIZE;
    case 2:
        return 0x60000000 + (pick / 8 % 64) * PAGE_SIZE;
    case 3:
        return random_next() >> (3 + pick / 8 % 61);
    default:
        return nonsense_handle();
    }
}

static uint64_t some_deadline(void)
{
    uint64_t pick = random_next();
    if (pick % 64 == 0)
        return DEADLINE_NEVER;
    return pick % 4 ? DEADLINE_NOW : now() + pick / 64 % DUE_NS;
}

static uint64_t some_info(void)
{
    uint64_t pick = random_next();
    switch (pick % 8) {
    case 0:
        return random_next();
    case 1:
        return REPLY_NONE;
    case 2:
        return message_info((uint32_t)(pick >> 32), MESSAGE_BYTES_MAX - 4 + (pick >> 4 & 7),
                            pick >> 8 & 7);
    case 3:
        return message_info((uint32_t)(pick >> 32), pick >> 4 & 0xfff, pick >> 16 & 3);
    default:
        return message_info((uint32_t)(pick >> 32), pick >> 4 & 0x7f, 0);
    }
}

// A process that can be started: its message page is there. Nothing else is, so it faults at once.
static uint64_t newborn(void)
{
    int64_t process = SYS3(process_create, TAG, 0, 0).value;
    int64_t memory = SYS2(memory_create, PAGE_SIZE, 0).value;
    if (process > 0)
        nonsense_hold((handle_t)process);
    if (process > 0 && memory > 0)
        SYS(memory_map, (uint64_t)process, (uint64_t)memory, MESSAGE_ADDRESS, 0, PAGE_SIZE,
            PROTECT_READ | PROTECT_WRITE);
    if (memory > 0)
        SYS1(handle_close, (uint64_t)memory);
    return (uint64_t)process;
}

// The shapes of arguments that pure chance would never let succeed, or that would spoil the
// looking, such as a thread in our own text; a0 to a5 hold chance already.
static void message_shape(uint64_t number, uint64_t a[6])
{
    uint64_t pick = random_next();
    switch (number) {
    case SYSCALL_call:
    case SYSCALL_reply_receive:
        a[1] = some_info();
        a[2] = some_deadline();
        if (pick % 4 > 1)
            a[0] = start_handle("endpoint");
        // The only one who surely answers may be asked without a deadline: that goes through
        // fast.S.
        if (number == SYSCALL_call && pick % 4 == 0) {
            a[0] = start_handle("echo");
            a[2] = DEADLINE_NEVER;
        }
        break;
    case SYSCALL_reply:
        a[0] = last[SYSCALL_reply_take];
        a[1] = some_info();
        break;
    case SYSCALL_handle_close:
        if (a[0] == start_handle("endpoint") && pick % 16)
            a[0] = nonsense_argument();
        break;
    case SYSCALL_handle_duplicate:
        a[1] |= RIGHT_DUPLICATE | RIGHT_TRANSFER;
        a[2] = pick % 2 ? 0 : TAG_WORD | pick / 2 % 16; // the badge
        break;
    case SYSCALL_signal_wait:
        a[2] = some_deadline();
        break;
    default:
        break;
    }
}

static void memory_shape(uint64_t number, uint64_t a[6])
{
    uint64_t pick = random_next();
    switch (number) {
    case SYSCALL_trace_set: // mostly off: a trace sends all calls the general way
        a[0] = start_handle("authority");
        a[1] = pick % 16 ? HANDLE_NONE : a[1];
        break;
    case SYSCALL_memory_map:
        if (pick % 4 != 0)
            a[0] = HANDLE_NONE;
        if (pick % 8 > 5)
            a[0] = last[SYSCALL_process_create];
        if (pick % 3)
            a[1] = last[SYSCALL_memory_create];
        if (pick % 2)
            a[3] = 0;
        if (pick % 3)
            a[4] = PAGE_SIZE;
        a[5] = pick / 8 % 8;
        break;
    case SYSCALL_memory_create:
        if (pick % 2)
            a[1] = pick / 2 % 2;
        if (pick % 8)
            a[0] = (1 + pick / 8 % 8) * PAGE_SIZE;
        if (pick % 4)
            a[2] = HANDLE_NONE;
        break;
    case SYSCALL_memory_device:
        if (pick % 2) {
            a[0] = start_handle("authority");
            a[1] = 0x10000000 + pick / 2 % 64 * PAGE_SIZE;
            a[2] = PAGE_SIZE;
        }
        break;
    case SYSCALL_budget_create:
        a[0] = pick % 2 ? HANDLE_NONE : last[SYSCALL_budget_create];
        a[1] = pick / 2 % 64 * PAGE_SIZE;
        a[2] = pick / 128 % 4 * PAGE_SIZE;
        if (pick % 8) {
            a[4] = pick / 1024 % 2 * MILLISECOND;
            a[3] = a[4] * 2;
        }
        break;
    case SYSCALL_budget_info:
        if (pick % 2)
            a[0] = pick % 4 == 1 ? HANDLE_NONE : last[SYSCALL_budget_create];
        break;
    case SYSCALL_memory_info:
        if (pick % 2)
            a[1] = HANDLE_NONE;
        break;
    default:
        break;
    }
}

static void process_shape(uint64_t number, uint64_t a[6])
{
    uint64_t pick = random_next();
    uint32_t helper_at = pick / 4 % HELPER_COUNT * 2;
    switch (number) {
    case SYSCALL_process_create:
        a[3] = pick % 4 ? HANDLE_NONE : last[SYSCALL_budget_create];
        break;
    case SYSCALL_process_start:
        if (pick % 2) {
            a[0] = newborn();
            a[1] = USER_BASE;
            a[3] = MESSAGE_ADDRESS;
        }
        a[2] &= ~15ull;
        a[4] = pick % 16;
        break;
    case SYSCALL_process_info:
        if (pick % 2)
            a[0] = start_handle("sibling");
        break;
    case SYSCALL_thread_create:
        a[4] = pick % 16;
        if (a[0] >= TEXT_FIRST && a[0] < TEXT_END)
            a[0] = 0;
        if (pick % 4) {
            a[0] = (uintptr_t)helper;
            a[1] = HELPERS + (helper_at + 1) * PAGE_SIZE;
            a[3] = HELPERS + (helper_at + 1) * PAGE_SIZE;
        }
        break;
    default:
        break;
    }
}

static void machine_shape(uint64_t number, uint64_t a[6])
{
    uint64_t pick = random_next();
    switch (number) {
    case SYSCALL_interrupt_done:
        a[0] = last[SYSCALL_interrupt_create];
        break;
    case SYSCALL_timer_set:
        if (pick % 2)
            a[0] = last[SYSCALL_timer_create];
        break;
    case SYSCALL_interrupt_create:
        if (pick % 2)
            a[0] = start_handle("authority");
        if (pick % 3)
            a[1] = pick / 8 % 64;
        break;
    case SYSCALL_log_write:
    case SYSCALL_log_read:
    case SYSCALL_machine_info:
        if (pick % 2)
            a[0] = start_handle(number == SYSCALL_log_write ? "log" : "reader");
        break;
    default:
        break;
    }
}

void nonsense_shape(uint64_t number, uint64_t a[6])
{
    message_shape(number, a);
    memory_shape(number, a);
    process_shape(number, a);
    machine_shape(number, a);
}

uint64_t nonsense_number(bool serving)
{
    if (serving && random_next() % 4 == 0)
        return SYSCALL_reply_take;
    if (last[SYSCALL_reply_take] != HANDLE_NONE && random_next() % 16 == 0)
        return SYSCALL_reply;
    for (;;) {
        uint64_t pick = random_next();
        uint64_t number = pick % 4 == 0 ? pick / 4 % 20 : pick / 4 % (SYSCALL_COUNT_MAX + 2);
        if (pick % 1024 == 1)
            number = random_next();
        // Ends are init's, and so are the console and the machine.
        if (number != SYSCALL_process_exit && number != SYSCALL_thread_exit &&
            number != SYSCALL_log_console && number != SYSCALL_machine_power)
            return number;
    }
}

// A second thread, on a few pages of its own: does a little with what the process holds, and ends.
void helper(uint64_t seed, struct message_page *page)
{
    uint64_t state = seed;
    for (uint32_t i = 0; i < 16; i++) {
        struct words words;
        for (uint32_t w = 0; w < MESSAGE_WORDS; w++)
            words.word[w] = TAG_WORD | i;
        for (uint32_t w = 0; w < MESSAGE_BYTES_MAX / 8; w++)
            ((uint64_t *)(void *)page)[w] = TAG_WORD | w;
        handle_t handle = held[random_from(&state) % HELD_MANY];
        SYS2(signal_raise, handle, 1);
        syscall_message(i % 2 ? SYSCALL_call : SYSCALL_reply_receive, handle,
                        message_info(i, (uint32_t)(random_from(&state) % MESSAGE_BYTES_MAX), 0),
                        now() + DUE_NS, &words);
    }
    SYS0(thread_exit);
}
