// SPDX-License-Identifier: Apache-2.0
// The host twin behaves as the kernel's headers promise: rights only shrink, stale handles are
// refused, signals stay.
#include "base/test.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"

static void handles_lose_rights_and_go_stale(void)
{
    os_host_reset();
    handle_t a, b;
    struct os_handle_facts facts;
    CHECK_EQ(os_signal_create(&a), OK);
    CHECK_EQ(os_handle_duplicate(a, RIGHT_WAIT | RIGHT_DUPLICATE, 9, &b), OK);
    CHECK_EQ(os_handle_info(b, &facts), OK);
    CHECK_EQ(facts.kind, OBJECT_SIGNAL);
    CHECK_EQ(facts.rights, RIGHT_WAIT | RIGHT_DUPLICATE);
    CHECK_EQ(facts.badge, 9);
    handle_t c;
    CHECK_EQ(os_handle_duplicate(b, RIGHT_ALL, 10, &c), ERR_DENIED); // a mask only narrows
    CHECK_EQ(os_handle_duplicate(b, RIGHT_ALL, 0, &c), OK);
    CHECK_EQ(os_signal_raise(c, 1), ERR_DENIED);
    os_handle_close(c);
    os_handle_close(c);
    CHECK_EQ(os_signal_raise(c, 1), ERR_BAD_HANDLE);
    CHECK_EQ(os_handle_duplicate(c, RIGHT_ALL, 0, &c), ERR_BAD_HANDLE);
    CHECK_EQ(os_signal_create(&c), OK);
    CHECK_EQ(os_host_handle_count(), 3);
    os_host_reset();
    CHECK_EQ(os_host_handle_count(), 0);
}

static void badges_are_put_on_once(void)
{
    os_host_reset();
    handle_t root, badged, memory, other;
    CHECK_EQ(os_endpoint_create(&root), OK);
    CHECK_EQ(os_handle_duplicate(root, RIGHT_ALL, 9, &badged), OK);
    CHECK_EQ(os_handle_duplicate(badged, RIGHT_ALL, 10, &other), ERR_DENIED);
    CHECK_EQ(os_memory_create(PAGE_SIZE, 0, &memory), OK);
    CHECK_EQ(os_handle_duplicate(memory, RIGHT_ALL, 10, &other), ERR_INVALID);
}

static void a_signal_is_raised_within_the_mask(void)
{
    os_host_reset();
    handle_t signal, narrow, copy;
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(os_handle_duplicate(signal, RIGHT_ALL, 6, &narrow), OK);
    CHECK_EQ(os_handle_duplicate(narrow, RIGHT_ALL, 0, &copy), OK);
    CHECK_EQ(os_signal_raise(copy, 1), ERR_DENIED);
    CHECK_EQ(os_signal_raise(copy, 3), ERR_DENIED); // nothing of it is raised
    CHECK_EQ(os_host_signal_take(signal), 0);
    CHECK_EQ(os_signal_raise(copy, 6), OK);
    CHECK_EQ(os_host_signal_take(signal), 6);
    CHECK_EQ(os_handle_duplicate(narrow, RIGHT_ALL, 14, &copy), ERR_DENIED);
    CHECK_EQ(os_handle_duplicate(narrow, RIGHT_ALL, 4, &copy), OK);
    CHECK_EQ(os_signal_raise(copy, 2), ERR_DENIED);
}

static void signals_stay_raised_until_waited_for(void)
{
    os_host_reset();
    handle_t signal;
    uint64_t bits = 0;
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(os_signal_raise(signal, 6), OK);
    CHECK_EQ(os_signal_wait(signal, 2, DEADLINE_NEVER, &bits), OK);
    CHECK_EQ(bits, 2);
    CHECK_EQ(os_signal_wait(signal, 2, DEADLINE_NOW, &bits), ERR_TIMEOUT);
    instant_ns_t before = os_clock();
    CHECK_EQ(os_signal_wait(signal, 2, os_deadline(OS_SECOND), &bits), ERR_TIMEOUT);
    CHECK_EQ(os_clock() - before, OS_SECOND);
    CHECK_EQ(os_signal_wait(signal, UINT64_MAX, DEADLINE_NOW, &bits), OK);
    CHECK_EQ(bits, 4);
}

static void memories_are_shared_and_outlive_their_handles(void)
{
    os_host_reset();
    handle_t memory, reader;
    void *a, *b, *c;
    uint64_t size = 0;
    CHECK_EQ(os_memory_allocate(5000, 0, &memory, &a), OK);
    CHECK_EQ(os_memory_size(memory, &size), OK);
    CHECK_EQ(size, 2 * PAGE_SIZE);
    CHECK_EQ(os_memory_share(memory, PROTECT_READ, &reader), OK);
    CHECK_EQ(os_memory_map(reader, PAGE_SIZE, PAGE_SIZE, PROTECT_READ, &b), OK);
    CHECK_EQ(os_memory_map(reader, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE, &c), ERR_DENIED);
    CHECK_EQ(os_memory_map(reader, PAGE_SIZE, size, PROTECT_READ, &c), ERR_INVALID);
    CHECK_EQ(os_memory_map(reader, 8, PAGE_SIZE, PROTECT_READ, &c), ERR_INVALID);
    os_handle_close(memory);
    os_handle_close(reader);
    ((uint8_t *)a)[PAGE_SIZE] = 7;
    CHECK_EQ(*(uint8_t *)b, 7);
    CHECK_EQ(os_memory_unmap(a, size), OK);
    CHECK_EQ(os_memory_unmap(a, size), ERR_INVALID);
    CHECK_EQ(os_memory_unmap(b, PAGE_SIZE), OK);
    CHECK_EQ(os_memory_create(0, 0, &memory), ERR_INVALID);
}

static void planned_failures_leave_nothing_behind(void)
{
    os_host_reset();
    handle_t memory;
    void *address;
    for (uint32_t n = 1; n <= 2; n++) {
        os_host_fail_after(n);
        CHECK(os_memory_allocate(4096, 0, &memory, &address) < 0);
        CHECK_EQ(os_host_handle_count(), 0);
    }
    CHECK_EQ(os_memory_allocate(4096, 0, &memory, &address), OK);
    os_host_reset();
}

static void start_entries_and_log_are_found(void)
{
    os_host_reset();
    handle_t signal;
    CHECK_EQ(os_signal_create(&signal), OK);
    os_host_start_entry("system", signal, 5);
    CHECK_EQ(os_handle("system"), signal);
    CHECK_EQ(os_value("system", 0), 5);
    CHECK_EQ(os_value("nothing", 77), 77);
    CHECK_EQ(os_handle("nothing"), HANDLE_NONE);
    CHECK(!os_has("nothing"));
    log_printf("%s has %d", "it", 3);
    CHECK(strcmp(os_host_log_last(), "it has 3") == 0);
    os_host_reset();
}

TEST_MAIN(TEST(handles_lose_rights_and_go_stale), TEST(badges_are_put_on_once),
          TEST(a_signal_is_raised_within_the_mask), TEST(signals_stay_raised_until_waited_for),
          TEST(memories_are_shared_and_outlive_their_handles),
          TEST(planned_failures_leave_nothing_behind), TEST(start_entries_and_log_are_found))
