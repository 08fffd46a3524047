// SPDX-License-Identifier: Apache-2.0
// Backtraces of faults: what a program wrote into its frame records, by hand and at random, leads
// only through its own present pages, takes none, and ends. The planted twin calls every address
// executable and must fail. And which mappings a fault fills as blocks.
#include "fake.h"

#include "cap/budget.h"
#include "sched/chore.h"
#include "sched/lock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "trap/fault.h"

#include "base/test.h"

#define STACK       0x30000000ull // 4 pages, the last not there
#define STACK_PAGES 4u
#define TEXT        0x40000000ull
#define DEVICE      0x50000000ull // maps far outside of the fake memory
#define BLOCKS      0x80000000ull
#define ROUNDS      200u

static struct thread *thread;
static struct process *process;

static void map(struct memory *memory, uint64_t address, uint32_t protect)
{
    struct mapping wanted = {.address = address,
                             .size_bytes = (uint64_t)memory->page_count << PAGE_SHIFT,
                             .protect = protect};
    CHECK_EQ(space_map(&process->space, memory, NULL, &wanted), OK);
    object_release(&memory->object);
}

static void setup(void)
{
    struct memory *memory;
    fake_start();
    harts[0].lock = 1;
    CHECK_EQ(process_create(NULL, &budget_root, (const uint64_t[3]){'p', 0, 0}, &process), OK);
    CHECK_EQ(memory_create(&budget_root, STACK_PAGES * PAGE_SIZE, 0, NULL, &memory), OK);
    map(memory, STACK, PROTECT_READ | PROTECT_WRITE);
    CHECK_EQ(memory_create(&budget_root, PAGE_SIZE, 0, NULL, &memory), OK);
    map(memory, TEXT, PROTECT_READ | PROTECT_EXECUTE);
    map(memory_create_range(&budget_root, MEMORY_DEVICE, 1ull << 40, PAGE_SIZE), DEVICE,
        PROTECT_READ | PROTECT_WRITE);
    struct thread_options options = {
        .process = process, .entry = TEXT, .message_address = STACK, .priority = 1};
    CHECK_EQ(thread_create(&options, &thread), OK);
    process_started(process, 1);
    schedule_ready(thread);
    for (uint32_t i = 0; i + 1 < STACK_PAGES; i++)
        CHECK_EQ(space_fault(&process->space, STACK + i * PAGE_SIZE, PROTECT_WRITE), OK);
}

static uint64_t *stack_word(uint64_t address)
{
    struct mapping *mapping = process->space.mappings[0];
    uint64_t offset = address - STACK;
    paddr_t page = memory_page_present(mapping->memory, (uint32_t)(offset >> PAGE_SHIFT));
    return physical_pointer(page + offset % PAGE_SIZE);
}

static void record_set(uint64_t record, uint64_t return_address, uint64_t next)
{
    *stack_word(record - 8) = return_address;
    *stack_word(record - 16) = next;
}

// Faults with that frame pointer; returns how many callers were found. Ends the process.
static uint32_t fault_with(uint64_t frame_pointer, uint64_t out_backtrace[PROCESS_BACKTRACE_MAX])
{
    struct process_info info;
    uint64_t pages = pages_count().free;
    object_hold(&process->object);
    thread->frame.saved[0] = frame_pointer;
    object_hold(&thread->object);
    fault_end(thread, 13, 8);
    CHECK_EQ(pages_count().free, pages);
    process_describe(process, &info);
    CHECK_EQ(info.state, PROCESS_FAULTED);
    CHECK_EQ(info.fault_address, 8);
    uint32_t count = 0;
    while (count < PROCESS_BACKTRACE_MAX && info.backtrace[count] != 0)
        count++;
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX; i++) {
        CHECK(i < count || info.backtrace[i] == 0);
        CHECK(i >= count || (info.backtrace[i] >= TEXT && info.backtrace[i] < TEXT + PAGE_SIZE));
        out_backtrace[i] = info.backtrace[i];
    }
    object_release(&thread->object);
    object_release(&thread->object);
    object_release(&process->object);
    object_release(&process->object);
    while (chore_step())
        continue;
    return count;
}

static void records_are_followed_innermost_first(void)
{
    uint64_t found[PROCESS_BACKTRACE_MAX];
    setup();
    record_set(STACK + 0x100, TEXT + 4, STACK + PAGE_SIZE);
    record_set(STACK + PAGE_SIZE, TEXT + 8, STACK + 2 * PAGE_SIZE + 0x20);
    record_set(STACK + 2 * PAGE_SIZE + 0x20, TEXT + 12, 0);
    CHECK_EQ(fault_with(STACK + 0x100, found), 3);
    for (uint32_t i = 0; i < 3; i++)
        CHECK_EQ(found[i], TEXT + 4 + 4 * i);
}

static void a_leaf_is_passed_over(void)
{
    uint64_t found[PROCESS_BACKTRACE_MAX];
    setup();
    record_set(STACK + 0x100, STACK + 0x200, TEXT);
    record_set(STACK + 0x200, TEXT + 8, STACK + 0x300);
    record_set(STACK + 0x300, STACK + 0x400, 0); // no leaf can be here
    record_set(STACK + 0x400, TEXT + 8, 0);
    CHECK_EQ(fault_with(STACK + 0x100, found), 1);
    CHECK_EQ(found[0], TEXT + 8);
}

static void a_long_chain_ends_at_the_bound(void)
{
    uint64_t found[PROCESS_BACKTRACE_MAX];
    setup();
    for (uint64_t at = STACK + 0x10; at < STACK + PAGE_SIZE; at += 0x10)
        record_set(at, TEXT, at + 0x10);
    CHECK_EQ(fault_with(STACK + 0x10, found), PROCESS_BACKTRACE_MAX);
}

static void no_page_is_taken_and_no_device_touched(void)
{
    static const uint64_t places[] = {0,
                                      8,
                                      16,
                                      STACK,
                                      STACK + 4,
                                      STACK + 8,
                                      TEXT + 0x100,
                                      DEVICE,
                                      DEVICE + 16,
                                      DEVICE + 64,
                                      USER_END,
                                      STACK + 4 * PAGE_SIZE,
                                      1ull << 63,
                                      UINT64_MAX,
                                      UINT64_MAX - 15,
                                      0xffffffff80001000ull,
                                      FAKE_PHYSICAL_BASE};
    uint64_t found[PROCESS_BACKTRACE_MAX];
    for (uint32_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        setup();
        CHECK_EQ(fault_with(places[i], found), 0);
        setup();
        record_set(STACK + 0x100, TEXT, places[i]);
        CHECK_EQ(fault_with(STACK + 0x100, found), 1);
        setup();
        record_set(STACK + 0x100, places[i] == TEXT + 0x100 ? 0 : places[i], STACK + 0x200);
        record_set(STACK + 0x200, STACK, 0);
        CHECK_EQ(fault_with(STACK + 0x100, found), 0);
    }
}

static void garbage_does_no_harm(void)
{
    uint64_t state = 7, found[PROCESS_BACKTRACE_MAX];
    uint32_t longest = 0;
    for (uint32_t round = 0; round < ROUNDS && test_failures == 0; round++) {
        setup();
        for (uint64_t at = STACK; at < STACK + 3 * PAGE_SIZE; at += 8) {
            uint64_t pick = fake_random(&state);
            uint64_t target = STACK + (fake_random(&state) % (4 * PAGE_SIZE) & ~15ull);
            *stack_word(at) = pick % 8 == 0   ? fake_random(&state)
                              : pick % 8 == 1 ? DEVICE + (pick >> 32) % PAGE_SIZE
                              : at % 16 != 0  ? TEXT + (pick >> 32) % PAGE_SIZE
                              : pick % 2      ? at + 16 + (pick >> 32) % 4 * 16
                                              : target;
        }
        uint32_t count = fault_with(STACK + 16 + (fake_random(&state) % PAGE_SIZE & ~15ull), found);
        longest = count > longest ? count : longest;
    }
    CHECK(longest > 3);
}

// Mapped there, touched in its middle: as a block?
static bool is_block(uint64_t address, uint64_t base, uint64_t size_bytes)
{
    uint32_t before = fake_blocks;
    map(memory_create_range(&budget_root, MEMORY_DEVICE, base, size_bytes), address, PROTECT_READ);
    CHECK_EQ(space_fault(&process->space, address + size_bytes / 2, PROTECT_READ), OK);
    return fake_blocks > before;
}

static void only_what_is_whole_and_lies_alike_is_a_block(void)
{
    setup();
    CHECK(is_block(BLOCKS, 1ull << 40, 3 * ARCH_BLOCK_BYTES));
    CHECK(is_block(BLOCKS + 16 * ARCH_BLOCK_BYTES + PAGE_SIZE, (1ull << 40) + PAGE_SIZE,
                   3 * ARCH_BLOCK_BYTES));
    CHECK(
        !is_block(BLOCKS + 32 * ARCH_BLOCK_BYTES, (1ull << 40) + PAGE_SIZE, 3 * ARCH_BLOCK_BYTES));
    CHECK(!is_block(BLOCKS + 48 * ARCH_BLOCK_BYTES, 1ull << 40, ARCH_BLOCK_BYTES - PAGE_SIZE));
}

TEST_MAIN(TEST(only_what_is_whole_and_lies_alike_is_a_block),
          TEST(records_are_followed_innermost_first), TEST(a_leaf_is_passed_over),
          TEST(a_long_chain_ends_at_the_bound), TEST(no_page_is_taken_and_no_device_touched),
          TEST(garbage_does_no_harm))
