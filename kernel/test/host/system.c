// SPDX-License-Identifier: Apache-2.0
// The machine that system.h describes: a hart, or two that take turns as under the kernel's locks,
// whose current thread makes system calls as the bytes say, while processes and threads are born,
// killed, time out and talk. After every operation the invariants of ipc/ and sched/ are checked,
// and in the end everything must be freed again.
#include "system.h"
#include "fake.h"
#include "program.h"

#include "boot/first.h"
#include "cap/badge.h"
#include "cap/derive.h"
#include "cap/budget.h"
#include "ipc/endpoint.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "sched/chore.h"
#include "sched/clock.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "sched/trace.h"
#include "trap/calls.h"
#include "trap/fault.h"
#include "trap/interrupt.h"
#include "trap/pager.h"

#include "base/test.h"

#define PROCESSES    64u
#define TWO_HARTS    4u // one program in so many: what waits in the kernel costs ASan time
#define SETTLE_TURNS 1000u
#define COMPANY      3u  // processes beside the driver when it begins
#define LOOK_EVERY   16u // operations, at every handle
#define BUDGET_PAGES 14u // what a process begins with, and some

#define FETCH_FAULT  12u
#define LOAD_FAULT   13u

struct thread *trap_syscall(struct thread *thread);

static struct process *seen[PROCESSES];
static uint32_t seen_count;
static uint32_t operations;
static uint32_t touches[2]; // of pages by a pager: asked, answered
static bool must_go_on[FAKE_HARTS];
static struct thread *driver; // always ready, never killed: the simulated hart must not idle
static struct object machine_object = {.references = 1, .kind = OBJECT_MACHINE};
static struct object log_object = {.references = 1, .kind = OBJECT_LOG};

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
        .address = AREA_AT, .size_bytes = 32 * PAGE_SIZE, .protect = PROTECT_READ};
    CHECK_EQ(space_map(&process->space, memory, NULL, &pages), OK);
    object_release(&memory->object);
}

// A budget for a process, every other one narrow in memory and time.
static struct budget *some_budget(void)
{
    struct budget *budget;
    uint32_t shape = pick(16);
    struct budget_terms narrow = {
        .bytes_limit = (BUDGET_PAGES + shape) * PAGE_SIZE, .period = 1000, .amount = 50 * shape};
    if (shape % 2 == 0 || budget_create(&budget_root, &narrow, &budget) != OK) {
        object_hold(&budget_root.object);
        return &budget_root;
    }
    return budget;
}

// A process with one thread, some handles in common with the others, created behind the system
// calls.
static struct thread *process_spawn(struct process *giver, uint32_t priority)
{
    struct process *process;
    struct memory *memory;
    if (seen_count == PROCESSES)
        return NULL;
    struct budget *budget = giver != NULL ? some_budget() : &budget_root;
    CHECK_EQ(process_create(NULL, budget, (const uint64_t[3]){'p', 0, 0}, &process), OK);
    if (giver != NULL)
        object_release(&budget->object);
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
    noise_begin(operations);
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

// Its budget's period has begun and it is about to be made ready.
static bool is_waking(const struct budget *budget)
{
    for (; budget != NULL; budget = budget->object.budget) {
        if (budget->waking)
            return true;
    }
    return false;
}

static void thread_check(const struct thread *thread)
{
    CHECK(thread->priority >= thread->own_priority && thread->priority < PRIORITY_COUNT);
    CHECK(thread->serving == NULL ||
          (thread->serving->server == thread && thread->serving->state == THREAD_CALLING));
    CHECK(thread->lender == NULL ||
          (thread->lender->state == THREAD_SENDING && thread->lender->endpoint == thread->home &&
           thread->home->server == thread && thread->lender->priority == thread->priority));
    CHECK(thread->priority == thread->own_priority || thread->serving != NULL ||
          thread->lender != NULL);
    switch (thread->state) {
    case THREAD_READY:
        CHECK(thread_is_running(thread) || !list_is_empty(&thread->link));
        CHECK(thread_is_running(thread) || (thread->hart->pending >> thread->priority & 1) ||
              budget_without_time(thread->process->object.budget) != NULL ||
              is_waking(thread->process->object.budget));
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

// What waits at an object knows it.
static void object_check(struct object *object)
{
    struct list_node *it;
    CHECK(object->references > 0);
    if (object->kind == OBJECT_ENDPOINT) {
        struct endpoint *endpoint = endpoint_of(object);
        CHECK(endpoint->server == NULL || endpoint->server->home == endpoint);
        LIST_FOR_EACH(it, &endpoint->callers)
        CHECK(CONTAINER_OF(it, struct thread, link)->endpoint == endpoint);
        LIST_FOR_EACH(it, &endpoint->receivers)
        CHECK_EQ(CONTAINER_OF(it, struct thread, link)->state, THREAD_RECEIVING);
    } else if (object->kind == OBJECT_SIGNAL) {
        struct signal *signal = signal_of(object);
        CHECK(signal->bound == NULL || signal->bound->bound == signal);
        LIST_FOR_EACH(it, &signal->waiters)
        CHECK(CONTAINER_OF(it, struct thread, link)->waited == signal);
    } else if (object->kind == OBJECT_REPLY) {
        struct thread *caller = reply_of(object)->caller;
        CHECK(caller == NULL || caller->reply == reply_of(object));
    }
}

// What a handle says is its own, and its brackets close in the same ring.
static void handles_check(struct process *process)
{
    for (uint32_t slot = 0; slot < process->handles.fresh; slot++) {
        struct handle_entry *entry = entry_at(process, slot);
        if (entry->object == NULL)
            continue;
        CHECK(entry->table == &process->handles);
        object_check(entry->object);
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
        if (operations % LOOK_EVERY == 0)
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

// What does not come from a program: a birth, a death, a fault, an interrupt.
static void random_disaster(void)
{
    struct thread *thread = fake_hart->current;
    seen_sweep(false);
    if (pick(2) == 0) {
        interrupt_raise(pick(64));
        return;
    }
    if (pick(8) == 0 && thread != NULL && thread->state == THREAD_READY &&
        thread->process != driver->process) {
        fault_page(thread, LOAD_FAULT, 8, PROTECT_READ);
        return;
    }
    if (seen_count < 6 || pick(3) == 0) {
        thread = process_spawn(driver->process, pick(20));
        if (thread != NULL)
            schedule_ready(thread);
        return;
    }
    struct process *victim = seen[pick(seen_count)];
    if (victim != driver->process && !list_is_empty(&victim->threads))
        process_end(victim, 1, NULL);
}

// The process, held, that a call is about to start; NULL.
static struct process *started;
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
static void started_note(void)
{
    struct process *process = started;
    started = NULL;
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
    uint64_t address = AREA_AT + pick(32) * PAGE_SIZE;
    uint32_t index;
    const struct memory *memory = space_memory(&thread->process->space, address, &index);
    bool asks =
        memory != NULL && memory->backing == MEMORY_PAGED && thread->process != driver->process;
    bool returns = pager_answered(thread);
    if (!returns && (!asks || pick(4) != 0))
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

static void system_start(void)
{
    fake_start();
    fake_harts_reset(pick(TWO_HARTS) == 0 ? 2 : 1);
    kernel_lock();
    driver_start();
    for (uint32_t i = 0; i < COMPANY; i++)
        schedule_ready(process_spawn(driver->process, 4 * i));
    schedule_leave();
    fake_can_wait = true;
    must_go_on[hart_count - 1] = hart_count > 1;
}

// A hart enters the kernel and stays there as long as it has something to do.
static void hart_settle(void)
{
    if (setjmp(fake_wait) != 0)
        return;
    if (fake_hart->current != NULL)
        trap_syscall(fake_hart->current);
    kernel_lock();
    schedule_leave();
}

// Every hart leaves what it ran, and all chores are done: with several in turns, since a chore may
// wait for another hart to leave.
static void harts_settle(void)
{
    uint32_t asleep = hart_count > 1 ? 0 : 1;
    for (uint32_t turn = 0; asleep < hart_count && turn < SETTLE_TURNS; turn++) {
        fake_hart = &harts[turn % hart_count];
        bool leaves = fake_hart->current != NULL || fake_hart->space != NULL;
        asleep = leaves ? 0 : asleep + 1;
        if (leaves)
            hart_settle();
    }
    fake_hart = &harts[0];
    while (chore_step())
        continue;
}

// Everything ends and nothing of it is left.
static void system_finish(void)
{
    trace_set(NULL);
    fake_hart = &harts[0];
    for (uint32_t i = 0; i < seen_count; i++)
        process_end(seen[i], 0, NULL);
    harts_settle();
    seen_sweep(true);
    harts_settle();
    fake_can_wait = false;
    CHECK(!chore_step());
    CHECK_EQ(seen_count, 0);
    CHECK_EQ(fake_active_roots, 0);
    CHECK_EQ(budget_root.bytes_used, 0);
    CHECK_EQ(budget_root.object.references, 1);
    CHECK_EQ(machine_object.references, 1);
    CHECK_EQ(log_object.references, 1);
}

// A thread enters the kernel by a call or a fault; the hart may be left without one.
static void thread_step(struct thread *thread)
{
    if (random_touch(thread))
        return;
    random_call(thread, driver);
    started = started_by(thread);
    call_make(thread);
}

// What happens on a hart: an interrupt, or what its thread does. It sleeps if it has none.
static void hart_step(uint32_t event)
{
    struct thread *thread = fake_hart->current;
    if (thread != NULL && thread->state == THREAD_ENDED) {
        trap_syscall(thread);
        return;
    }
    bool enters = thread != NULL && (event >= 244 || event / 8 % 8 == 0);
    if (enters || fake_interrupted() || must_go_on[fake_hart->index]) {
        must_go_on[fake_hart->index] = false;
        kernel_lock();
        fake_hart->switched_at = thread == NULL ? fake_ticks : fake_hart->switched_at;
        arch_poll_interrupts();
        if (enters && event >= 244)
            random_disaster();
        else if (enters)
            schedule_yield();
        thread = schedule_leave();
    }
    if (thread != NULL)
        thread_step(thread);
}

// No thread waits in a queue while a hart sleeps that nothing wakes.
static void wakes_check(void)
{
    struct hart *turn = fake_hart;
    bool sleeps = false;
    for (uint32_t i = 0; i < hart_count; i++) {
        fake_hart = &harts[i];
        sleeps = sleeps || (harts[i].current == NULL && !fake_interrupted() && !must_go_on[i]);
    }
    fake_hart = turn;
    for (uint32_t i = 0; sleeps && i < seen_count; i++) {
        struct list_node *it;
        LIST_FOR_EACH(it, &seen[i]->threads)
        {
            const struct thread *thread = CONTAINER_OF(it, struct thread, process_link);
            const struct budget *budget = thread->process->object.budget;
            CHECK(thread->state != THREAD_READY || thread_is_running(thread) ||
                  budget_without_time(budget) != NULL || is_waking(budget));
        }
    }
}

static void operation(void)
{
    static const uint32_t spans[8] = {0, 1, 5, 10, 20, 50, 200, 1500};
    uint32_t event = pick(256);
    fake_ticks += event == 128 ? SLICE_NS / 100 : spans[event % 8];
    fake_hart = &harts[hart_count > 1 ? pick(hart_count) : 0];
    switch (setjmp(fake_wait)) {
    case 0:
        hart_step(event);
        break;
    case FAKE_PAUSED:
        must_go_on[fake_hart->index] = true;
        break;
    default:
        break;
    }
    started_note();
    operations++;
    invariants_check();
    wakes_check();
}

struct system_result system_run(const uint8_t *bytes, size_t size)
{
    program_begin(bytes, size);
    operations = touches[0] = touches[1] = 0;
    memset(must_go_on, 0, sizeof must_go_on);
    system_start();
    while (program_has_more() && test_failures == 0)
        operation();
    system_finish();
    return (struct system_result){
        operations, {touches[0], touches[1]}, (uint32_t)test_failures, pages_count().free};
}
