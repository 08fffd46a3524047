// SPDX-License-Identifier: Apache-2.0
// Memory objects and mappings.
#include "check.h"

#define AREA 0x60000000ull

static int64_t map(handle_t memory, uint64_t address, uint64_t offset, uint64_t size,
                   uint64_t protect)
{
    return SYS(memory_map, HANDLE_NONE, memory, address, offset, size, protect).value;
}

static void anonymous(void)
{
    claim("anonymous_memory_is_zero_and_shared_between_mappings");
    uint64_t size = 40 * PAGE_SIZE;
    handle_t memory = (handle_t)SYS2(memory_create, size, 0).value;
    CHECK(SYS1(memory_info, memory).a1 == size);
    CHECK(map(memory, AREA, 0, size, PROTECT_READ | PROTECT_WRITE) == OK);
    CHECK(map(memory, 2 * AREA, PAGE_SIZE, PAGE_SIZE, PROTECT_READ) == OK);
    volatile uint64_t *words = (volatile uint64_t *)AREA;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < size / 8; i += 64)
        sum |= words[i];
    CHECK(sum == 0);
    words[PAGE_SIZE / 8] = 42;
    CHECK(*(volatile uint64_t *)(2 * AREA) == 42);
    CHECK(SYS3(memory_unmap, HANDLE_NONE, AREA + PAGE_SIZE, 2 * PAGE_SIZE).value == OK);
    CHECK(map(memory, AREA + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, PROTECT_READ) == OK);
    CHECK(words[PAGE_SIZE / 8] == 42);
    SYS1(handle_close, memory);
    CHECK(*(volatile uint64_t *)(2 * AREA) == 42);
    CHECK(SYS3(memory_unmap, HANDLE_NONE, AREA, 2 * AREA).value == OK);
}

static void refusals(void)
{
    claim("memory_map_refuses_what_it_must");
    handle_t memory = (handle_t)SYS2(memory_create, 4 * PAGE_SIZE, 0).value;
    CHECK(map(memory, AREA, 0, PAGE_SIZE, PROTECT_WRITE | PROTECT_EXECUTE | PROTECT_READ) ==
          ERR_INVALID);
    CHECK(map(memory, AREA, 0, PAGE_SIZE, 0) == ERR_INVALID);
    CHECK(map(memory, AREA, 0, 5 * PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, AREA, 4 * PAGE_SIZE, PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, AREA + 8, 0, PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, 0, 0, PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, USER_END - PAGE_SIZE, 0, 2 * PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, 0xffffffff80000000ull, 0, PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, AREA, UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE, PROTECT_READ) == ERR_INVALID);
    CHECK(map(memory, 0x100000, 0, PAGE_SIZE, PROTECT_READ) == ERR_EXISTS);
    handle_t reader = duplicate(memory, RIGHT_READ, 0);
    CHECK(map(reader, AREA, 0, PAGE_SIZE, PROTECT_READ | PROTECT_WRITE) == ERR_DENIED);
    CHECK(SYS2(memory_create, 0, 0).value == ERR_INVALID);
    CHECK(SYS2(memory_create, 100, 0).value == ERR_INVALID);
    CHECK(SYS2(memory_create, 1ull << 40, 0).value == ERR_TOO_LARGE);
    CHECK(SYS2(memory_create, PAGE_SIZE, 3).value == ERR_INVALID);
    CHECK(SYS2(memory_create, 16ull << 20, MEMORY_CONTIGUOUS).value == ERR_TOO_LARGE);
    SYS1(handle_close, reader);
    SYS1(handle_close, memory);
}

static void contiguous(void)
{
    claim("contiguous_memory_has_an_address_for_who_may_know");
    handle_t memory = (handle_t)SYS2(memory_create, 5 * PAGE_SIZE, MEMORY_CONTIGUOUS).value;
    handle_t seer = duplicate(start_handle("machine"), RIGHT_PHYSICAL, 0);
    struct result info = SYS2(memory_info, memory, seer);
    CHECK(info.value == OK && info.a1 == 5 * PAGE_SIZE && info.a2 != 0 &&
          info.a2 % PAGE_SIZE == 0 && info.a2 < 1ull << 32);
    handle_t unseeing = duplicate(start_handle("machine"), RIGHT_MANAGE, 0);
    CHECK(SYS2(memory_info, memory, unseeing).value == ERR_DENIED);
    CHECK(SYS1(memory_info, memory).a2 == 0);
    SYS1(handle_close, unseeing);
    SYS1(handle_close, seer);
    handle_t blind = duplicate(memory, RIGHT_READ | RIGHT_WRITE, 0);
    CHECK(map(blind, AREA, 0, 5 * PAGE_SIZE, PROTECT_READ | PROTECT_WRITE) == OK);
    CHECK(*(volatile uint64_t *)(AREA + 4 * PAGE_SIZE) == 0);
    SYS3(memory_unmap, HANDLE_NONE, AREA, 5 * PAGE_SIZE);
    SYS1(handle_close, blind);
    SYS1(handle_close, memory);
}

#define LARGE  (4ull << 20)
#define SECOND (AREA + (64ull << 20)) // of the same memory, off the blocks

static volatile uint64_t *word_of(uint64_t base, uint64_t page)
{
    return (volatile uint64_t *)(base + page * PAGE_SIZE + 8 * (page % 512));
}

// Takes a page out of a block that was touched, and one that is left, and touches what is gone.
static void loses_a_page(void)
{
    handle_t memory = start_handle("memory");
    map(memory, AREA, 0, LARGE, PROTECT_READ | PROTECT_WRITE);
    *word_of(AREA, 5) += 1;
    SYS3(memory_unmap, HANDLE_NONE, AREA + 6 * PAGE_SIZE, PAGE_SIZE);
    *word_of(AREA, 5) += 1;
    *word_of(AREA, 7) += 1;
    SYS1(process_exit, (uint64_t) * (volatile uint64_t *)word_of(AREA, 6));
}

static uint64_t bytes_used(void)
{
    SYS1(process_info, start_handle("self"));
    return ((const struct process_info *)(const void *)message->bytes)->memory_bytes;
}

static void large(void)
{
    claim("large_memory_is_the_same_in_blocks_and_in_pages");
    handle_t memory = (handle_t)SYS2(memory_create, LARGE, MEMORY_CONTIGUOUS).value;
    CHECK(map(memory, AREA, 0, LARGE, PROTECT_READ | PROTECT_WRITE) == OK);
    CHECK(map(memory, SECOND + PAGE_SIZE, 0, LARGE, PROTECT_READ) == OK);
    uint64_t before = bytes_used();
    for (uint64_t page = 0; page < LARGE / PAGE_SIZE; page++)
        *word_of(AREA, page) = page + 1;
    uint64_t blocks = bytes_used() - before, wrong = 0;
    for (uint64_t page = 0; page < LARGE / PAGE_SIZE; page++)
        wrong += *word_of(SECOND + PAGE_SIZE, page) != page + 1;
    CHECK(wrong == 0);
    // Blocks need no tables of pages; the other mapping, off the blocks, has three.
    CHECK(blocks + 3 * PAGE_SIZE <= bytes_used() - before);
    claim("a_page_taken_from_a_block_is_gone_and_no_other");
    struct child child = child_create("loser");
    child_give(&child, "memory", duplicate(memory, RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER, 0));
    child_start(&child, loses_a_page, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    CHECK(info.state == PROCESS_FAULTED && info.fault_address == (uintptr_t)word_of(AREA, 6));
    CHECK(*word_of(SECOND + PAGE_SIZE, 5) == 8 && *word_of(SECOND + PAGE_SIZE, 7) == 9);
    CHECK(SYS3(memory_unmap, HANDLE_NONE, AREA, LARGE).value == OK);
    CHECK(SYS3(memory_unmap, HANDLE_NONE, SECOND + PAGE_SIZE, LARGE).value == OK);
    SYS1(handle_close, memory);
}

static void device(void)
{
    claim("memory_device_refuses_ram");
    SYS1(machine_info, start_handle("log"));
    handle_t run = (handle_t)SYS2(memory_create, PAGE_SIZE, MEMORY_CONTIGUOUS).value;
    uint64_t ram = SYS2(memory_info, run, start_handle("machine")).a2;
    CHECK(SYS3(memory_device, start_handle("machine"), ram, PAGE_SIZE).value == ERR_INVALID);
    CHECK(SYS3(memory_device, start_handle("machine"), 1, PAGE_SIZE).value == ERR_INVALID);
    CHECK(SYS3(memory_device, start_handle("log"), 0x10000000, PAGE_SIZE).value == ERR_BAD_HANDLE);
    SYS1(handle_close, run);
}

static uint64_t free_bytes(void)
{
    SYS1(machine_info, start_handle("log"));
    return ((const struct machine_info *)(const void *)message->bytes)->memory_free_bytes;
}

static void returned(void)
{
    claim("freed_memory_comes_back");
    uint64_t before = 0;
    for (uint32_t round = 0; round < 3; round++) {
        handle_t memory = (handle_t)SYS2(memory_create, 2000 * PAGE_SIZE, 0).value;
        CHECK(map(memory, AREA, 0, 2000 * PAGE_SIZE, PROTECT_READ | PROTECT_WRITE) == OK);
        for (uint64_t i = 0; i < 1000; i++)
            *(volatile uint64_t *)(AREA + i * 2 * PAGE_SIZE) = i;
        SYS1(handle_close, memory);
        CHECK(SYS3(memory_unmap, HANDLE_NONE, AREA, 2000 * PAGE_SIZE).value == OK);
        for (uint32_t i = 0; i < 200; i++)
            SYS0(thread_yield);
        if (round == 0)
            before = free_bytes();
    }
    CHECK(free_bytes() == before);
}

static void reads_for_ever(uint64_t address)
{
    for (;;)
        (void)*(volatile uint64_t *)address;
}

// One thread reads a page, the other, on another hart if there is one, takes it away.
static void unmaps_under_a_reader(void)
{
    handle_t memory = (handle_t)SYS2(memory_create, 3 * PAGE_SIZE, 0).value;
    map(memory, AREA, 0, 3 * PAGE_SIZE, PROTECT_READ | PROTECT_WRITE);
    SYS(thread_create, (uintptr_t)reads_for_ever, AREA + PAGE_SIZE, AREA + 2 * PAGE_SIZE,
        AREA + PAGE_SIZE, PRIORITY_LOW);
    handle_t nobody = (handle_t)SYS0(signal_create).value;
    SYS3(signal_wait, nobody, 1, now() + 5 * MILLISECOND);
    SYS3(memory_unmap, HANDLE_NONE, AREA + 2 * PAGE_SIZE, PAGE_SIZE);
    uint64_t until = now() + 20 * MILLISECOND;
    while (now() < until)
        continue;
    SYS3(signal_wait, nobody, 1, now() + 20 * MILLISECOND);
    SYS1(process_exit, 1);
}

static void shootdown(void)
{
    claim("unmapped_page_is_gone_on_every_hart");
    for (uint32_t i = 0; i < 12; i++) {
        struct child child = child_create("reader");
        child_start(&child, unmaps_under_a_reader, PRIORITY_LOW);
        struct process_info info = child_wait(&child);
        CHECK(info.state == PROCESS_FAULTED && info.fault_address == AREA + 2 * PAGE_SIZE);
    }
}

void memory_test(void)
{
    shootdown();
    anonymous();
    refusals();
    contiguous();
    large();
    device();
    returned();
}
