// SPDX-License-Identifier: Apache-2.0
// The page allocator against a model that knows who owns each page.
#include "fake.h"

#include "base/test.h"

#define PAGES  ((uint32_t)(FAKE_MEMORY_BYTES >> PAGE_SHIFT))
#define BLOCKS 400u
#define STEPS  60000u

static uint8_t owned[PAGES];

struct block {
    paddr_t address;
    uint32_t count; // pages
    uint32_t order; // of allocation, or UINT32_MAX for a run, freed page by page
};

static void mark(const struct block *block, uint8_t value)
{
    uint32_t first = (uint32_t)((block->address - FAKE_PHYSICAL_BASE) >> PAGE_SHIFT);
    for (uint32_t i = 0; i < block->count; i++) {
        CHECK(owned[first + i] != value);
        owned[first + i] = value;
    }
}

static struct block take(uint64_t *random)
{
    uint64_t pick = fake_random(random);
    struct block block = {.order = (uint32_t)(pick % 7 * (pick / 7 % 2))};
    if (pick % 5 == 0) {
        block.order = UINT32_MAX;
        block.count = 1 + (uint32_t)(pick / 5 % 100);
        block.address = pages_allocate_run(block.count);
        CHECK(block.address == PADDR_NONE || block.address + block.count * PAGE_SIZE <= 1ull << 32);
    } else if (pick % 5 == 1) {
        block.order = UINT32_MAX;
        block.count = 1;
        block.address = page_allocate();
    } else {
        block.count = 1u << block.order;
        block.address = pages_allocate(block.order, false);
    }
    if (block.address != PADDR_NONE)
        mark(&block, 1);
    return block;
}

static void give(const struct block *block)
{
    mark(block, 0);
    if (block->order != UINT32_MAX) {
        pages_free(block->address, block->order);
        return;
    }
    for (uint32_t i = 0; i < block->count; i++)
        page_free(block->address + (uint64_t)i * PAGE_SIZE);
}

static void pages_never_overlap_and_all_come_back(void)
{
    static struct block blocks[BLOCKS];
    fake_memory_reset();
    memset(owned, 0, sizeof owned);
    uint64_t random = 1;
    uint64_t all = pages_count().free;
    CHECK_EQ(all, PAGES);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct block *block = &blocks[fake_random(&random) % BLOCKS];
        if (block->count != 0) {
            give(block);
            block->count = 0;
            continue;
        }
        struct block taken = take(&random);
        if (taken.address != PADDR_NONE)
            *block = taken;
    }
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].count != 0)
            give(&blocks[i]);
    }
    CHECK_EQ(pages_count().free, all);
    for (uint32_t i = 0; i < PAGES >> PAGE_ORDER_MAX; i++)
        CHECK(pages_allocate(PAGE_ORDER_MAX, false) != PADDR_NONE); // whole blocks again
    CHECK(page_allocate() == PADDR_NONE);
}

static void pages_exhaustion_is_told_and_high_memory_goes_first(void)
{
    fake_memory_reset();
    CHECK(page_allocate() >= 1ull << 32);
    CHECK(pages_allocate(0, true) < 1ull << 32);
    while (page_allocate() != PADDR_NONE)
        continue;
    CHECK_EQ(pages_count().free, 0);
    CHECK(page_allocate_pointer() == NULL);
    CHECK(pages_allocate_run(1) == PADDR_NONE);
}

static void pages_odd_ranges_are_used_whole(void)
{
    fake_memory_reset();
    uint8_t *map =
        malloc(pages_map_size(FAKE_PHYSICAL_BASE, FAKE_PHYSICAL_BASE + FAKE_MEMORY_BYTES));
    pages_init(FAKE_PHYSICAL_BASE, FAKE_PHYSICAL_BASE + FAKE_MEMORY_BYTES, map);
    pages_add(FAKE_PHYSICAL_BASE + 3 * PAGE_SIZE, FAKE_PHYSICAL_BASE + 8 * PAGE_SIZE);
    pages_add(FAKE_PHYSICAL_BASE + 9 * PAGE_SIZE, FAKE_PHYSICAL_BASE + (20ull << 20) + PAGE_SIZE);
    uint64_t expected = 5 + (20ull << 20) / PAGE_SIZE + 1 - 9;
    CHECK_EQ(pages_count().free, expected);
    uint64_t got = 0;
    while (page_allocate() != PADDR_NONE)
        got++;
    CHECK_EQ(got, expected);
    free(map);
}

TEST_MAIN(TEST(pages_never_overlap_and_all_come_back),
          TEST(pages_exhaustion_is_told_and_high_memory_goes_first),
          TEST(pages_odd_ranges_are_used_whole))
