// SPDX-License-Identifier: Apache-2.0
// Revocation across processes: handles, mappings, messages that wait, sessions; in steps.
#include "check.h"

#define AREA    0x60000000ull
#define DERIVED (RIGHT_ALL | RIGHT_REVOCABLE)
#define MANY    400u

static bool is_open(handle_t handle)
{
    return SYS1(handle_info, handle).value >= 0;
}

static void equals_and_derived(void)
{
    claim("revoke_takes_what_was_derived_and_leaves_equals");
    handle_t signal = (handle_t)SYS0(signal_create).value;
    handle_t equal = duplicate(signal, RIGHT_ALL, 0);
    handle_t derived = duplicate(signal, DERIVED, 0);
    handle_t below = duplicate(derived, DERIVED, 0);
    handle_t beside = duplicate(derived, RIGHT_RAISE, 0);
    CHECK(SYS1(handle_info, beside).a1 == (RIGHT_RAISE | RIGHT_REVOCABLE));
    CHECK(!(SYS1(handle_info, equal).a1 & RIGHT_REVOCABLE));
    CHECK(SYS1(handle_revoke, beside).value == ERR_DENIED);
    CHECK(SYS1(handle_revoke, derived).value == OK && is_open(derived) && !is_open(below));
    CHECK(is_open(beside));
    handle_t timer = (handle_t)SYS2(timer_create, derived, 1).value;
    handle_t own = (handle_t)SYS2(timer_create, signal, 2).value;
    CHECK(SYS1(handle_revoke, signal).value == OK && is_open(signal) && is_open(equal));
    CHECK(!is_open(derived) && !is_open(beside) && is_open(timer));
    SYS2(timer_set, timer, 1);
    SYS2(timer_set, own, 1);
    CHECK(SYS3(signal_wait, signal, UINT64_MAX, DEADLINE_NOW).a1 == 2);
    CHECK(SYS1(handle_revoke, derived).value == ERR_BAD_HANDLE);
    const handle_t all[] = {signal, equal, timer, own};
    for (uint32_t i = 0; i < 4; i++)
        SYS1(handle_close, all[i]);
}

// Maps what it is given, says so, and touches it until it faults.
static void toucher(void)
{
    handle_t memory = start_handle("memory");
    if (SYS(memory_map, HANDLE_NONE, memory, AREA, 0, PAGE_SIZE, PROTECT_READ).value != ERR_DENIED)
        SYS1(process_exit, 1);
    if (SYS(memory_map, HANDLE_NONE, memory, AREA, 0, PAGE_SIZE, PROTECT_READ | PROTECT_REVOCABLE)
            .value != OK)
        SYS1(process_exit, 2);
    SYS1(handle_close, memory); // the mapping hangs where the handle hung
    while (*(volatile uint64_t *)AREA != 7)
        continue;
    SYS2(signal_raise, start_handle("ready"), 1);
    for (;;)
        *(volatile uint64_t *)AREA;
}

static void mappings(void)
{
    claim("revoke_takes_a_mapped_page_from_a_running_process");
    handle_t ready = (handle_t)SYS0(signal_create).value;
    handle_t memory = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, memory, AREA, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    struct child child = child_create("toucher");
    child_give(&child, "memory", duplicate(memory, DERIVED, 0));
    child_give(&child, "ready", duplicate(ready, RIGHT_RAISE | RIGHT_TRANSFER, 1));
    child_start(&child, toucher, PRIORITY_LOW);
    *(volatile uint64_t *)AREA = 7;
    CHECK(SYS3(signal_wait, ready, 1, now() + 5000 * MILLISECOND).value == OK);
    CHECK(SYS1(handle_revoke, memory).value == OK);
    struct process_info info = child_wait(&child);
    CHECK(info.state == PROCESS_FAULTED && info.fault_address == AREA);
    CHECK(*(volatile uint64_t *)AREA == 7); // ours was not derived
    claim("revocable_memory_is_no_message_page_and_has_no_address");
    handle_t run = (handle_t)SYS2(memory_create, PAGE_SIZE, MEMORY_CONTIGUOUS).value;
    handle_t derived = duplicate(run, DERIVED, 0);
    CHECK(SYS2(memory_info, derived, start_handle("machine")).value == ERR_DENIED);
    CHECK(SYS2(memory_info, derived, HANDLE_NONE).value == OK);
    handle_t page = duplicate(memory, DERIVED, 0);
    SYS3(memory_unmap, HANDLE_NONE, AREA, PAGE_SIZE);
    CHECK(SYS(memory_map, HANDLE_NONE, page, AREA, 0, PAGE_SIZE,
              PROTECT_READ | PROTECT_WRITE | PROTECT_REVOCABLE)
              .value == OK);
    CHECK(SYS(thread_create, AREA, AREA, 0, AREA, 1).value == ERR_INVALID);
    SYS1(handle_revoke, memory);
    CHECK(SYS(memory_map, HANDLE_NONE, memory, AREA, 0, PAGE_SIZE, PROTECT_READ).value == OK);
    SYS3(memory_unmap, HANDLE_NONE, AREA, PAGE_SIZE);
    SYS1(handle_close, run);
    SYS1(handle_close, derived); // of another origin: still open
    SYS1(handle_close, memory);
    SYS1(handle_close, ready);
}

// Calls where nobody receives, with the handle it was given in the message.
static void sender(void)
{
    struct words words = {{0}};
    message->handles[0] = start_handle("gift");
    int64_t status = call(start_handle("endpoint"), message_info(1, 0, 1), &words).value;
    SYS1(process_exit, (uint64_t)-status);
}

static void messages(void)
{
    claim("message_with_a_revoked_handle_is_not_delivered");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    handle_t signal = (handle_t)SYS0(signal_create).value;
    struct child child = child_create("sender");
    child_give(&child, "endpoint", duplicate(endpoint, RIGHT_CALL | RIGHT_TRANSFER, 0));
    child_give(&child, "gift", duplicate(signal, DERIVED, 0));
    child_start(&child, sender, PRIORITY_LOW);
    SYS3(signal_wait, signal, 1, now() + 50 * MILLISECOND); // it queues
    CHECK(SYS1(handle_revoke, signal).value == OK);
    struct words words = {{0}};
    CHECK(receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words).value == ERR_TIMEOUT);
    CHECK(child_wait(&child).exit_code == -ERR_BAD_HANDLE);
    claim("revoked_sessions_are_reported_closed");
    for (uint64_t badge = 1; badge <= 3; badge++)
        duplicate(endpoint, DERIVED, badge);
    handle_t kept = duplicate(endpoint, RIGHT_CALL, 4);
    CHECK(SYS1(handle_revoke, endpoint).value == OK);
    uint64_t closed = 0;
    struct result event;
    while ((event = receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words)).value == RECEIVED_CLOSED)
        closed |= 1ull << event.a2;
    CHECK(closed == 0xe && is_open(kept));
    SYS1(handle_close, kept);
    SYS1(handle_close, endpoint);
    SYS1(handle_close, signal);
}

static void revoker(void)
{
    handle_t root = start_handle("root");
    for (uint32_t i = 0; i < MANY; i++)
        duplicate(root, DERIVED, 0);
    SYS2(signal_raise, start_handle("ready"), 1);
    SYS1(process_exit, (uint64_t)-SYS1(handle_revoke, root).value);
}

static uint32_t handle_count(const struct child *child)
{
    SYS1(process_info, child->process);
    return ((const struct process_info *)(const void *)message->bytes)->handle_count;
}

// Starts a process that revokes many; whether some and not all of them were seen gone.
static bool seen_half_way(handle_t ready)
{
    struct child child = child_create("revoker");
    child_give(&child, "root", (handle_t)SYS0(signal_create).value);
    child_give(&child, "ready", duplicate(ready, RIGHT_RAISE | RIGHT_TRANSFER, 1));
    child_start(&child, revoker, PRIORITY_LOW);
    CHECK(SYS3(signal_wait, ready, 1, now() + 5000 * MILLISECOND).value == OK);
    bool partial = false;
    for (uint32_t look = 0, count = MANY; count >= 16; look++) {
        if (look % 50 == 0) // the only hart there may be
            SYS3(signal_wait, ready, 1, now() + 2000);
        count = handle_count(&child);
        partial = partial || (count > 16 && count < MANY);
    }
    CHECK(child_wait(&child).exit_code == OK);
    return partial;
}

static void steps(void)
{
    claim("revoking_many_goes_in_steps_and_others_run_meanwhile");
    handle_t ready = (handle_t)SYS0(signal_create).value;
    bool partial = false;
    // On several harts of a busy host we may sleep through each revocation: look often enough.
    for (uint32_t attempt = 0; attempt < 200 && !partial; attempt++)
        partial = seen_half_way(ready);
    CHECK(partial);
    SYS1(handle_close, ready);
}

void revoke_test(void)
{
    equals_and_derived();
    mappings();
    messages();
    steps();
}
