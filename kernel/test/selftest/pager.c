// SPDX-License-Identifier: Apache-2.0
// Memory whose pages come from an endpoint: what the faulting thread sees, and what it must not.
#include "check.h"

#define AREA  0x60000000ull
#define PAGES 8u
#define STAMP 0x5a000000ull // page n begins with STAMP + its offset

// How the pager answers, told by the badge.
enum answer { MOVES = 1, COPIES, REFUSES, SENDS_NOTHING, SENDS_A_SIGNAL, DIES };

static handle_t page_make(uint64_t offset, uint64_t badge)
{
    handle_t page = (handle_t)SYS2(memory_create, PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, page, 2 * AREA, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    *(volatile uint64_t *)(2 * AREA) = STAMP + offset;
    if (badge == MOVES)
        SYS3(memory_unmap, HANDLE_NONE, 2 * AREA, PAGE_SIZE);
    return page;
}

static void pages(void)
{
    handle_t self = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        struct result event = receive(self, info, DEADLINE_NEVER, &words);
        info = REPLY_NONE;
        if (event.value != RECEIVED_CALL)
            continue;
        SYS3(memory_unmap, HANDLE_NONE, 2 * AREA, PAGE_SIZE);
        if (message_word(event.a1) != PAGER_FAULT || event.a2 == DIES)
            SYS1(process_exit, 0);
        for (uint32_t i = 0; i < MESSAGE_BYTES_MAX; i++)
            message->bytes[i] = 0xee; // the answer has no business in the client's page
        info = message_info(OK, event.a2 == COPIES ? MESSAGE_BYTES_MAX : 0, 1);
        if (event.a2 == REFUSES)
            info = message_info((uint32_t)ERR_DENIED, 0, 0);
        else if (event.a2 == SENDS_NOTHING)
            info = message_info(OK, 0, 0);
        else if (event.a2 == SENDS_A_SIGNAL)
            message->handles[0] = (handle_t)SYS0(signal_create).value;
        else
            message->handles[0] = page_make(words.word[0], event.a2);
    }
}

static handle_t paged(handle_t endpoint, uint64_t badge, struct child *child)
{
    handle_t caller = duplicate(endpoint, RIGHT_CALL, badge);
    handle_t memory =
        (handle_t)SYS(memory_create, PAGES * PAGE_SIZE, MEMORY_BY_PAGER, HANDLE_NONE, caller).value;
    SYS1(handle_close, caller);
    SYS(memory_map, child != NULL ? child->process : HANDLE_NONE, memory, AREA, 0,
        PAGES * PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    return memory;
}

// Reads a word with every register that a call uses holding something; true if they all still do.
static bool registers_survive(uint64_t address, uint64_t *out_word)
{
    uint64_t word, differ;
    __asm__ volatile("mv s2, %2\n"
                     ".irp r, a1,a2,a3,a4,a5,a6,a7,t0,t1,t2,t3,t4,t5,t6\n"
                     "addi \\r, s2, 5\n"
                     ".endr\n"
                     "addi a0, s2, 5\n"
                     "ld s3, 0(s2)\n"
                     "li s4, 0\n"
                     "addi s5, s2, 5\n"
                     ".irp r, a0,a1,a2,a3,a4,a5,a6,a7,t0,t1,t2,t3,t4,t5,t6\n"
                     "xor \\r, \\r, s5\n"
                     "or s4, s4, \\r\n"
                     ".endr\n"
                     "mv %0, s3\n"
                     "mv %1, s4\n"
                     : "=r"(word), "=r"(differ)
                     : "r"(address)
                     : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4",
                       "t5", "t6", "s2", "s3", "s4", "s5", "memory");
    *out_word = word;
    return differ == 0;
}

static void fills(handle_t endpoint, uint64_t badge)
{
    handle_t memory = paged(endpoint, badge, NULL);
    for (uint32_t i = 0; i < sizeof *message; i++)
        ((uint8_t *)message)[i] = (uint8_t)i;
    uint64_t word;
    for (uint64_t offset = 0; offset < PAGES * PAGE_SIZE; offset += PAGE_SIZE) {
        CHECK(registers_survive(AREA + offset, &word));
        CHECK(word == STAMP + offset);
    }
    bool same = true;
    for (uint32_t i = 0; i < sizeof *message; i++)
        same &= ((uint8_t *)message)[i] == (uint8_t)i;
    CHECK(same);
    *(volatile uint64_t *)AREA = 7;
    CHECK(*(volatile uint64_t *)AREA == 7);
    SYS3(memory_unmap, HANDLE_NONE, AREA, PAGES * PAGE_SIZE);
    SYS1(handle_close, memory);
}

static void reads(void)
{
    (void)*(volatile uint64_t *)(AREA + PAGE_SIZE);
    SYS1(process_exit, 1);
}

static void expect_fault(handle_t endpoint, uint64_t badge)
{
    struct child child = child_create("reader");
    SYS1(handle_close, paged(endpoint, badge, &child));
    child_start(&child, reads, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    CHECK(info.state == PROCESS_FAULTED && info.fault_cause == 13);
    CHECK(info.fault_address == AREA + PAGE_SIZE && info.fault_pc >= 0x100000);
    CHECK(info.registers[2] != 0);
}

static struct child pager_start(handle_t endpoint)
{
    struct child child = child_create("pager");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&child, pages, PRIORITY_SERVER);
    return child;
}

static void refusals(handle_t endpoint)
{
    claim("pager_memory_refuses_what_it_must");
    handle_t deaf = duplicate(endpoint, RIGHT_RECEIVE, 0);
    CHECK(SYS(memory_create, PAGE_SIZE, MEMORY_BY_PAGER, HANDLE_NONE, deaf).value == ERR_DENIED);
    CHECK(SYS(memory_create, PAGE_SIZE, MEMORY_BY_PAGER, HANDLE_NONE, HANDLE_NONE).value ==
          ERR_BAD_HANDLE);
    CHECK(SYS(memory_create, PAGE_SIZE, MEMORY_BY_PAGER, HANDLE_NONE, start_handle("log")).value ==
          ERR_BAD_HANDLE);
    CHECK(SYS(memory_create, PAGE_SIZE, MEMORY_BY_PAGER + 1, HANDLE_NONE, endpoint).value ==
          ERR_INVALID);
    SYS1(handle_close, deaf);
    handle_t memory = paged(endpoint, MOVES, NULL);
    CHECK(SYS(thread_create, 0x100000, AREA, 0, AREA, PRIORITY_LOW, 0).value == ERR_INVALID);
    SYS3(memory_unmap, HANDLE_NONE, AREA, PAGES * PAGE_SIZE);
    SYS1(handle_close, memory);
}

static void badge_closes(void)
{
    claim("pager_learns_that_its_memory_is_gone");
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    handle_t memory = paged(endpoint, 77, NULL);
    struct words words = {{0}};
    CHECK(receive(endpoint, REPLY_NONE, DEADLINE_NOW, &words).value == ERR_TIMEOUT);
    SYS3(memory_unmap, HANDLE_NONE, AREA, PAGES * PAGE_SIZE);
    SYS1(handle_close, memory);
    struct result event = receive(endpoint, REPLY_NONE, now() + 1000 * MILLISECOND, &words);
    CHECK(event.value == RECEIVED_CLOSED && event.a2 == 77);
    SYS1(handle_close, endpoint);
}

void pager_test(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = pager_start(endpoint);
    claim("pager_fills_pages_and_nothing_else_changes");
    fills(endpoint, MOVES);
    fills(endpoint, COPIES);
    claim("pager_that_gives_no_page_faults_the_reader");
    expect_fault(endpoint, REFUSES);
    expect_fault(endpoint, SENDS_NOTHING);
    expect_fault(endpoint, SENDS_A_SIGNAL);
    claim("pager_that_dies_faults_the_reader");
    expect_fault(endpoint, DIES);
    SYS1(handle_close, child.process);
    claim("reader_waits_for_the_next_pager_and_can_be_killed_there");
    struct child reader = child_create("reader");
    SYS1(handle_close, paged(endpoint, MOVES, &reader));
    child_start(&reader, reads, PRIORITY_LOW);
    struct child killed = child_create("killed");
    SYS1(handle_close, paged(endpoint, MOVES, &killed));
    child_start(&killed, reads, PRIORITY_LOW);
    SYS3(signal_wait, SYS0(signal_create).value, 1, now() + 5 * MILLISECOND);
    child_kill(&killed);
    child = pager_start(endpoint);
    CHECK(child_wait(&reader).exit_code == 1);
    child_kill(&child);
    refusals(endpoint);
    badge_closes();
    SYS1(handle_close, endpoint);
}
