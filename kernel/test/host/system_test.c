// SPDX-License-Identifier: Apache-2.0
// The whole portable kernel under a random program: a hart whose current thread makes system calls
// by seed, while processes and threads are born, killed, time out and talk. After every call the
// invariants of ipc/ and sched/ are checked, and in the end everything must be freed again. The
// planted twin forgets a reference and must fail.
#include "fake.h"

#include "boot/first.h"
#include "cap/badge.h"
#include "cap/derive.h"
#include "cap/budget.h"
#include "ipc/endpoint.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "sched/chore.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "sched/trace.h"
#include "trap/calls.h"
#include "trap/fault.h"
#include "trap/pager.h"

#include "base/test.h"

#define STEPS       150000u
#define ROUNDS      6u
#define PAGE_AT     0x30000000ull
#define PROCESSES   64u

#define FETCH_FAULT 12u
#define LOAD_FAULT  13u

struct thread *trap_syscall(struct thread *thread);

static struct process *seen[PROCESSES];
static uint32_t seen_count;
static uint64_t random_state;
static uint32_t touches[2];   // of pages by a pager: asked, answered
static struct thread *driver; // always ready, never killed: the simulated hart must not idle
static struct object machine_object = {.references = 1, .kind = OBJECT_MACHINE};
static struct object log_object = {.references = 1, .kind = OBJECT_LOG};

static uint64_t random_next(void)
{
    return fake_random(&random_state);
}

// A handle of `process`, most often a live one.
static handle_t some_handle(struct process *process)
{
    if (process->handles.fresh == 0 || random_next() % 16 == 0)
        return (handle_t)random_next();
    uint32_t slot = (uint32_t)(random_next() % process->handles.fresh);
    return process->handles.chunks[slot / HANDLE_CHUNK_ENTRIES][slot % HANDLE_CHUNK_ENTRIES].value;
}

// One of that kind, if a few tries find it.
static handle_t some_handle_of(struct process *process, uint32_t kind)
{
    handle_t handle = HANDLE_NONE;
    for (uint32_t i = 0; i < 24; i++) {
        handle = some_handle(process);
        struct handle_entry *entry = handle_find(&process->handles, handle);
        if (entry != NULL && entry->object->kind == kind)
            break;
    }
    return handle;
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
    };
    return kinds[number];
}

static uint64_t some_deadline(void)
{
    switch (random_next() % 4) {
    case 0:
        return DEADLINE_NOW;
    case 1:
        return DEADLINE_NEVER;
    default:
        return (fake_ticks + random_next() % 2000) * 100;
    }
}

static uint64_t some_info(void)
{
    uint64_t pick = random_next();
    if (pick % 8 == 0)
        return random_next();
    if (pick % 8 == 1)
        return REPLY_NONE;
    uint32_t handles = pick % 8 < 4 ? (uint32_t)(pick >> 8 & 3) : 0;
    return message_info((uint32_t)(pick >> 32) & 0xff,
                        pick >> 16 & 1 ? 16 : (uint32_t)(pick >> 20 & 0xfff), handles);
}

static void arguments_fill(struct thread *thread)
{
    static const uint64_t numbers[] = {0,       1,          PAGE_SIZE, 5 * PAGE_SIZE,
                                       PAGE_AT, 0x60000000, USER_END,  UINT64_MAX};
    struct frame *frame = &thread->frame;
    for (uint32_t i = 0; i < 3; i++)
        frame->argument[i] =
            random_next() % 3 ? some_handle(thread->process) : numbers[random_next() % 8];
    for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
        frame->words[i] = numbers[random_next() % 8];
    for (uint32_t i = 0; i < MESSAGE_HANDLES_MAX; i++)
        thread->message->handles[i] = some_handle(thread->process);
}

// A duplicate, of an endpoint most often, every other one revocable.
static void duplicate_shape(struct thread *thread)
{
    struct frame *frame = &thread->frame;
    frame->argument[1] = RIGHT_ALL & (random_next() | RIGHT_DUPLICATE | RIGHT_TRANSFER);
    if (random_next() % 2 == 0)
        frame->argument[1] = RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE;
    if (random_next() % 3 == 0)
        frame->argument[0] = some_handle(thread->process); // of any kind
    if (random_next() % 2 == 0)
        frame->argument[1] |= RIGHT_REVOCABLE;
    frame->argument[2] = random_next() % 3 ? 0 : 1 + random_next() % 5;
}

// Shapes the arguments so that the interesting calls often succeed.
static void call_shape(struct thread *thread, uint64_t number)
{
    struct frame *frame = &thread->frame;
    if (first_kind(number) != OBJECT_NONE && random_next() % 4 != 0)
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
        frame->argument[1] = random_next();
        frame->argument[2] = some_deadline();
        break;
    case SYSCALL_process_watch:
        frame->argument[1] = some_handle_of(thread->process, OBJECT_SIGNAL);
        break;
    case SYSCALL_interrupt_create:
        frame->argument[1] = random_next() % 70;
        frame->argument[2] = some_handle_of(thread->process, OBJECT_SIGNAL);
        break;
    case SYSCALL_process_start:
        *frame = (struct frame){.pc = frame->pc,
                                .argument = {frame->argument[0], PAGE_AT, PAGE_AT},
                                .words = {0x60000000, random_next() % 8}};
        break;
    case SYSCALL_trace_set:
        frame->argument[1] =
            random_next() % 4 ? some_handle_of(thread->process, OBJECT_MEMORY) : HANDLE_NONE;
        break;
    case SYSCALL_timer_set:
        frame->argument[1] = some_deadline();
        break;
    case SYSCALL_thread_create:
        *frame = (struct frame){.pc = frame->pc,
                                .argument = {PAGE_AT, PAGE_AT, 1},
                                .words = {PAGE_AT, random_next() % 8}};
        break;
    case SYSCALL_memory_create:
        frame->argument[0] = (1 + random_next() % 20) * PAGE_SIZE;
        frame->argument[1] = random_next() % 3;
        frame->argument[2] = HANDLE_NONE;
        frame->words[0] = some_handle_of(thread->process, OBJECT_ENDPOINT);
        break;
    case SYSCALL_memory_map:
        frame->argument[0] =
            random_next() % 4 ? HANDLE_NONE : some_handle_of(thread->process, OBJECT_PROCESS);
        frame->argument[1] = some_handle_of(thread->process, OBJECT_MEMORY);
        frame->argument[2] = 0x60000000 + random_next() % 32 * PAGE_SIZE;
        frame->words[0] = random_next() % 4 * PAGE_SIZE;
        frame->words[1] = (1 + random_next() % 5) * PAGE_SIZE;
        frame->words[2] = (1 + random_next() % 5) | (random_next() % 2 ? PROTECT_REVOCABLE : 0);
        break;
    case SYSCALL_memory_unmap:
        frame->argument[0] = HANDLE_NONE;
        frame->argument[1] = 0x60000000 + random_next() % 32 * PAGE_SIZE;
        frame->argument[2] = (1 + random_next() % 9) * PAGE_SIZE;
        break;
    default:
        break;
    }
}

// A server that serves a fault answers like a pager now and then.
static void answer_shape(struct thread *thread)
{
    if (thread->serving == NULL || !pager_answered(thread->serving) || random_next() % 2 == 0)
        return;
    thread->frame.argument[1] = message_info(OK, 0, 1);
    thread->message->handles[0] = some_handle_of(thread->process, OBJECT_MEMORY);
}

static bool allowed(const struct thread *thread, uint64_t number)
{
    if (number == SYSCALL_machine_power || number == SYSCALL_log_console ||
        number == SYSCALL_process_kill)
        return false; // kills are the driver's
    bool ends = number == SYSCALL_process_exit || number == SYSCALL_thread_exit;
    bool waits =
        number == SYSCALL_call || number == SYSCALL_reply_receive || number == SYSCALL_signal_wait;
    if (thread->process == driver->process)
        return thread == driver ? !ends && !waits : number != SYSCALL_process_exit;
    return !ends || random_next() % 64 == 0;
}

static void random_call(struct thread *thread)
{
    uint64_t number = random_next() % SYSCALL_COUNT_MAX;
    if (random_next() % 2 == 0)
        number = random_next() % 20;
    if (!allowed(thread, number))
        number = SYSCALL_clock;
    arguments_fill(thread);
    call_shape(thread, number);
    if (number == SYSCALL_reply_receive)
        answer_shape(thread);
    thread->frame.number = number;
}

// Maps memory by a pager, one of `giver`'s endpoints.
static void paged_map(struct process *process, struct process *giver)
{
    struct handle_entry *pager =
        handle_find(&giver->handles, some_handle_of(giver, OBJECT_ENDPOINT));
    if (pager == NULL || pager->object->kind != OBJECT_ENDPOINT)
        return;
    struct memory *memory;
    CHECK_EQ(memory_create(process->object.budget, 32 * PAGE_SIZE, MEMORY_BY_PAGER, pager, &memory),
             OK);
    struct mapping pages = {
        .address = 0x60000000, .size_bytes = 32 * PAGE_SIZE, .protect = PROTECT_READ};
    CHECK_EQ(space_map(&process->space, memory, NULL, &pages), OK);
    object_release(&memory->object);
}

// A process with one thread, some handles in common with the others, created behind the system
// calls.
static struct thread *process_spawn(struct process *giver, uint32_t priority)
{
    struct process *process;
    struct memory *memory;
    if (seen_count == PROCESSES ||
        process_create(NULL, &budget_root, (const uint64_t[3]){'p', 0, 0}, &process) != OK)
        return NULL;
    CHECK_EQ(memory_create(process->object.budget, PAGE_SIZE, 0, NULL, &memory), OK);
    struct mapping page = {
        .address = PAGE_AT, .size_bytes = PAGE_SIZE, .protect = PROTECT_READ | PROTECT_WRITE};
    CHECK_EQ(space_map(&process->space, memory, NULL, &page), OK);
    object_release(&memory->object);
    struct thread *thread;
    struct thread_options options = {
        .process = process, .entry = PAGE_AT, .message_address = PAGE_AT, .priority = priority};
    CHECK_EQ(thread_create(&options, &thread), OK);
    process_started(process, 20);
    object_release(&thread->object);
    seen[seen_count++] = process;
    if (giver != NULL)
        paged_map(process, giver);
    for (uint32_t i = 0; giver != NULL && i < 12; i++) {
        handle_t handle = some_handle(giver), copy;
        if (handle_duplicate(&giver->handles, handle,
                             RIGHT_CALL | RIGHT_RECEIVE | RIGHT_TRANSFER | RIGHT_DUPLICATE, i % 3,
                             &copy) == OK ||
            handle_duplicate(&giver->handles, handle,
                             RIGHT_RAISE | RIGHT_WAIT | RIGHT_TRANSFER | RIGHT_DUPLICATE, 0,
                             &copy) == OK) {
            if (handle_reserve(&process->handles, 1) == OK)
                handle_move(&giver->handles, copy, &process->handles);
        }
    }
    return thread;
}

static void thread_check(const struct thread *thread)
{
    CHECK(thread->priority >= thread->own_priority && thread->priority < PRIORITY_COUNT);
    CHECK(thread->serving == NULL ||
          (thread->serving->server == thread && thread->serving->state == THREAD_CALLING));
    switch (thread->state) {
    case THREAD_READY:
        CHECK(thread_is_running(thread) ? harts[0].current == thread
                                        : !list_is_empty(&thread->link));
        CHECK(thread_is_running(thread) || (schedule_pending >> thread->priority & 1) ||
              budget_without_time(thread->process->object.budget) != NULL);
        CHECK(thread->server == NULL && thread->reply == NULL && thread->deadline.heap == NULL);
        break;
    case THREAD_CALLING:
        CHECK((thread->server != NULL) != (thread->reply != NULL));
        CHECK(thread->server == NULL || thread->server->serving == thread);
        CHECK(thread->reply == NULL || thread->reply->caller == thread);
        break;
    case THREAD_SENDING:
        CHECK(thread->endpoint != NULL && thread->endpoint->receive_handles > 0);
        CHECK(!list_is_empty(&thread->link) && list_is_empty(&thread->endpoint->receivers));
        CHECK(thread->endpoint->server == NULL ||
              thread->endpoint->server->state != THREAD_RECEIVING);
        break;
    case THREAD_RECEIVING:
        CHECK(list_is_empty(&thread->link) ==
              (thread->home != NULL && thread->home->server == thread));
        CHECK(thread->bound == NULL || thread->bound->bits == 0);
        break;
    case THREAD_WAITING:
        CHECK(!list_is_empty(&thread->link) && (thread->waited->bits & thread->wait_mask) == 0);
        break;
    default:
        CHECK(false);
    }
}

// What a handle says is its own, and its brackets close in the same ring.
static void handles_check(struct process *process)
{
    for (uint32_t slot = 0; slot < process->handles.fresh; slot++) {
        struct handle_entry *entry =
            &process->handles.chunks[slot / HANDLE_CHUNK_ENTRIES][slot % HANDLE_CHUNK_ENTRIES];
        if (entry->object == NULL)
            continue;
        CHECK(entry->table == &process->handles);
        struct handle_entry *derived = derive_first(entry);
        CHECK(derived == NULL || (derived->rights & RIGHT_REVOCABLE));
        // Between two brackets every other is opened before it is closed.
        CHECK(entry->closes.previous == &entry->opens || derived != NULL);
        CHECK(entry->opens.next->previous == &entry->opens);
        CHECK(entry->closes.next->previous == &entry->closes);
    }
}

static void invariants_check(void)
{
    for (uint32_t i = 0; i < seen_count; i++) {
        struct list_node *it;
        uint32_t count = 0;
        LIST_FOR_EACH(it, &seen[i]->threads)
        {
            thread_check(CONTAINER_OF(it, struct thread, process_link));
            count++;
        }
        CHECK_EQ(count, seen[i]->thread_count);
        if (random_next() % 256 == 0)
            handles_check(seen[i]);
    }
}

// Drops the dead from `seen`; each was held once by its spawner.
static void seen_sweep(bool all)
{
    for (uint32_t i = 0; i < seen_count; i++) {
        if (!all && !seen[i]->done)
            continue;
        struct process *process = seen[i];
        seen[i--] = seen[--seen_count];
        object_release(&process->object);
    }
}

static void random_disaster(void)
{
    seen_sweep(false);
    uint64_t pick = random_next();
    if (seen_count < 6 || pick % 3 == 0) {
        struct thread *thread = process_spawn(driver->process, (uint32_t)(random_next() % 20));
        if (thread != NULL)
            schedule_ready(thread);
        return;
    }
    struct process *victim = seen[pick / 8 % seen_count];
    if (victim != driver->process && !list_is_empty(&victim->threads))
        process_end(victim, 1, NULL);
}

// The process, held, that a call is about to start; NULL.
static struct process *started_by(struct thread *thread)
{
    struct object *object;
    if (thread->frame.number != SYSCALL_process_start || seen_count == PROCESSES ||
        handle_object(&thread->process->handles, (handle_t)thread->frame.argument[0],
                      OBJECT_PROCESS, 0, &object) != OK ||
        process_of(object)->state != PROCESS_NEW)
        return NULL;
    object_hold(object);
    return process_of(object);
}

// It lives by itself now, so the driver has to know it; or it was not started.
static void started_note(struct process *process)
{
    if (process == NULL)
        return;
    if (process->state != PROCESS_NEW)
        seen[seen_count++] = process;
    else
        object_release(&process->object);
}

// Touches a page by a pager, or comes back from one; false: a thread that does neither now.
static bool random_touch(struct thread *thread)
{
    uint64_t address = 0x60000000 + random_next() % 32 * PAGE_SIZE;
    uint32_t index;
    const struct memory *memory = space_memory(&thread->process->space, address, &index);
    bool asks =
        memory != NULL && memory->backing == MEMORY_PAGED && thread->process != driver->process;
    bool returns = pager_answered(thread);
    if (!returns && (!asks || random_next() % 4 != 0))
        return false;
    kernel_lock();
    if (returns)
        fault_page(thread, FETCH_FAULT, PAGER_RETURN, PROTECT_EXECUTE);
    else
        fault_page(thread, LOAD_FAULT, address, PROTECT_READ);
    touches[returns]++;
    schedule_leave();
    return true;
}

static void driver_start(void)
{
    handle_t handle;
    driver = process_spawn(NULL, 0);
    object_hold(&machine_object);
    object_hold(&log_object);
    handle_insert(&driver->process->handles, &machine_object, object_rights(OBJECT_MACHINE),
                  &handle);
    handle_insert(&driver->process->handles, &log_object, object_rights(OBJECT_LOG), &handle);
    for (uint32_t i = 0; i < 6; i++) {
        handle_insert(&driver->process->handles, &endpoint_create(&budget_root)->object,
                      object_rights(OBJECT_ENDPOINT), &handle);
        handle_insert(&driver->process->handles, &signal_create(&budget_root)->object,
                      object_rights(OBJECT_SIGNAL), &handle);
    }
    schedule_ready(driver);
}

// Makes the call; a handle that was revoked to the end has nothing derived from it any more.
static void call_make(struct thread *thread)
{
    struct handle_entry *revoked = NULL;
    uint64_t pc = thread->frame.pc;
    if (thread->frame.number == SYSCALL_handle_revoke)
        revoked = handle_find(&thread->process->handles, (handle_t)thread->frame.argument[0]);
    trap_syscall(thread);
    if (revoked != NULL && thread->frame.pc == pc && thread->frame.argument[0] == OK)
        CHECK(derive_first(revoked) == NULL);
}

static uint64_t round_run(uint64_t seed)
{
    random_state = seed;
    kernel_lock();
    driver_start();
    struct thread *thread = schedule_leave();
    for (uint32_t step = 0; step < STEPS && test_failures == 0; step++) {
        fake_ticks += random_next() % 40;
        arch_poll_interrupts();
        if (random_next() % 50 == 0)
            random_disaster();
        thread = harts[0].current;
        if (thread == NULL || thread->state == THREAD_ENDED || random_next() % 8 == 0) {
            kernel_lock();
            schedule_yield();
            thread = schedule_leave();
        }
        if (!random_touch(thread)) {
            random_call(thread);
            struct process *started = started_by(thread);
            call_make(thread);
            started_note(started);
        }
        invariants_check();
    }
    trace_set(NULL);
    for (uint32_t i = 0; i < seen_count; i++)
        process_end(seen[i], 0, NULL);
    while (chore_step())
        continue;
    seen_sweep(true);
    while (chore_step())
        continue;
    CHECK_EQ(seen_count, 0);
    return pages_count().free;
}

static void random_programs_break_no_invariant_and_leave_nothing(void)
{
    fake_start();
    uint64_t free_before = 0;
    for (uint32_t round = 0; round < ROUNDS && test_failures == 0; round++) {
        uint64_t free_pages = round_run(1 + round);
        if (round == 1)
            free_before = free_pages;
        // Slabs keep a warm page or two each.
        CHECK(round < 2 || free_pages + 12 >= free_before);
        CHECK_EQ(fake_active_roots, 0);
        CHECK_EQ(budget_root.bytes_used, 0);
        CHECK(touches[false] > 0 && touches[true] > 0);
        CHECK_EQ(machine_object.references, 1);
    }
}

TEST_MAIN(TEST(random_programs_break_no_invariant_and_leave_nothing))
