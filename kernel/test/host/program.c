// SPDX-License-Identifier: Apache-2.0
// From bytes to system calls whose arguments mean something often enough.
#include "program.h"
#include "fake.h"

#include "sched/clock.h"
#include "sched/process.h"
#include "trap/calls.h"
#include "trap/pager.h"

static const uint8_t *input, *input_end;
static uint64_t noise_state;

void program_begin(const uint8_t *bytes, size_t size)
{
    input = bytes;
    input_end = bytes + size;
    noise_state = 0;
}

bool program_has_more(void)
{
    return input < input_end;
}

void noise_begin(uint64_t seed)
{
    noise_state = seed;
}

uint32_t pick(uint32_t bound)
{
    uint32_t value = input < input_end ? *input++ : 0;
    if (bound > 256)
        value = value << 8 | (input < input_end ? *input++ : 0);
    return value % bound;
}

uint64_t noise(void)
{
    return fake_random(&noise_state);
}

struct handle_entry *entry_at(struct process *process, uint32_t slot)
{
    return &process->handles.chunks[slot / HANDLE_CHUNK_ENTRIES][slot % HANDLE_CHUNK_ENTRIES];
}

handle_t some_handle(struct process *process)
{
    uint64_t random = noise();
    if (process->handles.fresh == 0 || random % 16 == 0)
        return (handle_t)(random >> 32);
    return entry_at(process, (uint32_t)((random >> 32) % process->handles.fresh))->value;
}

handle_t some_handle_of(struct process *process, uint32_t kind)
{
    uint32_t fresh = process->handles.fresh;
    if (fresh == 0)
        return HANDLE_NONE;
    uint32_t slot = pick(fresh);
    for (uint32_t tries = 0; tries < 48; tries++, slot = slot + 1 < fresh ? slot + 1 : 0) {
        struct handle_entry *entry = entry_at(process, slot);
        if (entry->object != NULL && entry->object->kind == kind)
            return entry->value;
    }
    return HANDLE_NONE;
}

// The kind of object that a call's first argument names.
static uint32_t first_kind(uint64_t number)
{
    static const uint8_t kinds[SYSCALL_COUNT_MAX] = {
        [SYSCALL_call] = OBJECT_ENDPOINT,
        [SYSCALL_reply_receive] = OBJECT_ENDPOINT,
        [SYSCALL_reply] = OBJECT_REPLY,
        [SYSCALL_handle_give] = OBJECT_PROCESS,
        [SYSCALL_signal_raise] = OBJECT_SIGNAL,
        [SYSCALL_signal_wait] = OBJECT_SIGNAL,
        [SYSCALL_signal_bind] = OBJECT_SIGNAL,
        [SYSCALL_memory_info] = OBJECT_MEMORY,
        [SYSCALL_process_start] = OBJECT_PROCESS,
        [SYSCALL_process_info] = OBJECT_PROCESS,
        [SYSCALL_process_watch] = OBJECT_PROCESS,
        [SYSCALL_timer_create] = OBJECT_SIGNAL,
        [SYSCALL_timer_set] = OBJECT_TIMER,
        [SYSCALL_interrupt_create] = OBJECT_MACHINE,
        [SYSCALL_trace_set] = OBJECT_MACHINE,
        [SYSCALL_interrupt_done] = OBJECT_INTERRUPT,
        [SYSCALL_log_read] = OBJECT_LOG,
        [SYSCALL_log_write] = OBJECT_LOG,
        [SYSCALL_handle_duplicate] = OBJECT_ENDPOINT,
        [SYSCALL_budget_info] = OBJECT_BUDGET,
    };
    return kinds[number];
}

static uint64_t some_deadline(void)
{
    switch (pick(4)) {
    case 0:
        return DEADLINE_NOW;
    case 1:
        return DEADLINE_NEVER;
    default:
        return clock_now() + pick(256) * 1000;
    }
}

static uint64_t some_info(void)
{
    uint32_t shape = pick(32);
    uint64_t random = noise();
    if (shape % 8 == 0)
        return random;
    if (shape % 8 == 1)
        return REPLY_NONE;
    uint32_t handles = shape % 8 < 4 ? shape / 8 : 0;
    return message_info((uint32_t)(random >> 32) & 0xff,
                        random >> 16 & 1 ? 16 : (uint32_t)(random >> 20 & 0xfff), handles);
}

static void arguments_fill(struct thread *thread)
{
    static const uint64_t numbers[] = {0,       1,       PAGE_SIZE, 5 * PAGE_SIZE,
                                       PAGE_AT, AREA_AT, USER_END,  UINT64_MAX};
    struct frame *frame = &thread->frame;
    noise_begin(noise() + pick(256));
    for (uint32_t i = 0; i < 3; i++)
        frame->argument[i] = noise() % 3 ? some_handle(thread->process) : numbers[noise() % 8];
    for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
        frame->words[i] = numbers[noise() % 8];
    for (uint32_t i = 0; i < MESSAGE_HANDLES_MAX; i++)
        thread->message->handles[i] = some_handle(thread->process);
}

// A duplicate, of an endpoint most often, every other one revocable.
static void duplicate_shape(struct thread *thread)
{
    struct frame *frame = &thread->frame;
    uint32_t shape = pick(256);
    frame->argument[1] = RIGHT_ALL & (noise() | RIGHT_DUPLICATE | RIGHT_TRANSFER);
    if (shape % 2 == 0)
        frame->argument[1] = RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE;
    if (shape % 3 == 0)
        frame->argument[0] = some_handle(thread->process); // of any kind
    if (shape / 4 % 2 == 0)
        frame->argument[1] |= RIGHT_REVOCABLE;
    frame->argument[2] = shape >> 6 ? 0 : 1 + noise() % 5;
}

static void memory_shape(struct thread *thread, uint64_t number)
{
    struct frame *frame = &thread->frame;
    switch (number) {
    case SYSCALL_memory_create:
        frame->argument[0] = (1 + pick(20)) * PAGE_SIZE;
        frame->argument[1] = pick(3);
        frame->argument[2] = HANDLE_NONE;
        frame->words[0] = some_handle_of(thread->process, OBJECT_ENDPOINT);
        break;
    case SYSCALL_memory_map:
        frame->argument[0] =
            pick(4) ? HANDLE_NONE : some_handle_of(thread->process, OBJECT_PROCESS);
        frame->argument[1] = some_handle_of(thread->process, OBJECT_MEMORY);
        frame->argument[2] = AREA_AT + pick(32) * PAGE_SIZE;
        frame->words[0] = noise() % 4 * PAGE_SIZE;
        frame->words[1] = (1 + noise() % 5) * PAGE_SIZE;
        frame->words[2] = (1 + noise() % 5) | (noise() % 2 ? PROTECT_REVOCABLE : 0);
        break;
    case SYSCALL_memory_unmap:
        frame->argument[0] = HANDLE_NONE;
        frame->argument[1] = AREA_AT + pick(32) * PAGE_SIZE;
        frame->argument[2] = (1 + pick(9)) * PAGE_SIZE;
        break;
    default:
        break;
    }
}

// Shapes the arguments so that the interesting calls often succeed.
static void call_shape(struct thread *thread, uint64_t number)
{
    struct frame *frame = &thread->frame;
    if (first_kind(number) != OBJECT_NONE && pick(4) != 0)
        frame->argument[0] = some_handle_of(thread->process, first_kind(number));
    switch (number) {
    case SYSCALL_call:
    case SYSCALL_reply_receive:
        frame->argument[1] = some_info();
        frame->argument[2] = some_deadline();
        break;
    case SYSCALL_reply:
        frame->argument[1] = message_info(1, 8, 0);
        break;
    case SYSCALL_handle_duplicate:
        duplicate_shape(thread);
        break;
    case SYSCALL_signal_wait:
        frame->argument[1] = noise();
        frame->argument[2] = some_deadline();
        break;
    case SYSCALL_process_watch:
        frame->argument[1] = some_handle_of(thread->process, OBJECT_SIGNAL);
        break;
    case SYSCALL_interrupt_create:
        frame->argument[1] = pick(70);
        frame->argument[2] = some_handle_of(thread->process, OBJECT_SIGNAL);
        break;
    case SYSCALL_process_start:
        *frame = (struct frame){.pc = frame->pc,
                                .argument = {frame->argument[0], PAGE_AT, PAGE_AT},
                                .words = {AREA_AT, pick(8)}};
        break;
    case SYSCALL_trace_set:
        frame->argument[1] = pick(4) ? some_handle_of(thread->process, OBJECT_MEMORY) : HANDLE_NONE;
        break;
    case SYSCALL_timer_set:
        frame->argument[1] = some_deadline();
        break;
    case SYSCALL_thread_create:
        *frame = (struct frame){
            .pc = frame->pc, .argument = {PAGE_AT, PAGE_AT, 1}, .words = {PAGE_AT, pick(8)}};
        break;
    case SYSCALL_budget_create:
        frame->argument[1] = pick(32) * PAGE_SIZE;
        frame->argument[2] = noise() % 4 ? 0 : frame->argument[1] / 2;
        frame->words[0] = noise() % 2 * 200000;
        frame->words[1] = frame->words[0] / (1 + noise() % 8);
        break;
    case SYSCALL_process_create:
        frame->words[0] = pick(2) ? HANDLE_NONE : some_handle_of(thread->process, OBJECT_BUDGET);
        break;
    default:
        memory_shape(thread, number);
    }
}

// A server that serves a fault answers like a pager now and then.
static void answer_shape(struct thread *thread)
{
    if (thread->serving == NULL || !pager_answered(thread->serving) || pick(2) == 0)
        return;
    thread->frame.argument[1] = message_info(OK, 0, 1);
    thread->message->handles[0] = some_handle_of(thread->process, OBJECT_MEMORY);
}

static bool allowed(const struct thread *thread, const struct thread *driver, uint64_t number)
{
    if (number == SYSCALL_machine_power || number == SYSCALL_log_console ||
        number == SYSCALL_process_kill)
        return false; // kills are the driver's
    bool ends = number == SYSCALL_process_exit || number == SYSCALL_thread_exit;
    bool waits =
        number == SYSCALL_call || number == SYSCALL_reply_receive || number == SYSCALL_signal_wait;
    if (thread->process == driver->process)
        return thread == driver ? !ends && !waits : number != SYSCALL_process_exit;
    return !ends || pick(64) == 0;
}

void random_call(struct thread *thread, const struct thread *driver)
{
    uint64_t number = pick(128);
    if (number >= SYSCALL_COUNT_MAX)
        number %= 20;
    if (!allowed(thread, driver, number))
        number = SYSCALL_clock;
    arguments_fill(thread);
    call_shape(thread, number);
    if (number == SYSCALL_reply_receive)
        answer_shape(thread);
    thread->frame.number = number;
}
