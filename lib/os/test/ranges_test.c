// SPDX-License-Identifier: Apache-2.0
// Ranges never overlap, keep their guard page, and are found again; against a page map that knows
// the truth.
#include "os/ranges.h"
#include "base/test.h"

#include "abi/types.h"

#define PAGES 256u

static struct os_ranges ranges;

static void setup(void)
{
    ranges = (struct os_ranges){.base = 0x10000, .end = 0x10000 + PAGES * PAGE_SIZE};
}

static void ranges_fill_gaps_first(void)
{
    uint64_t a, b, c, d;
    setup();
    CHECK_EQ(os_ranges_take(&ranges, 2 * PAGE_SIZE, PAGE_SIZE, &a), OK);
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &b), OK);
    CHECK_EQ(a, 0x10000);
    CHECK_EQ(b, a + 3 * PAGE_SIZE);
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &c), OK);
    CHECK_EQ(os_ranges_give_back(&ranges, a, 2 * PAGE_SIZE), OK);
    CHECK_EQ(os_ranges_take(&ranges, 3 * PAGE_SIZE, PAGE_SIZE, &d), OK); // too large for the gap
    CHECK_EQ(d, c + 2 * PAGE_SIZE);
    CHECK_EQ(os_ranges_take(&ranges, 2 * PAGE_SIZE, PAGE_SIZE, &d), OK);
    CHECK_EQ(d, a);
}

static void large_ones_begin_where_they_shall(void)
{
    uint64_t a, b, c;
    setup();
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &a), OK);
    CHECK_EQ(os_ranges_take(&ranges, 4 * PAGE_SIZE, 16 * PAGE_SIZE, &b), OK);
    CHECK_EQ(b, 0x10000 + 16 * PAGE_SIZE);
    CHECK_EQ(os_ranges_take(&ranges, 2 * PAGE_SIZE, PAGE_SIZE, &c), OK);
    CHECK_EQ(c, a + 2 * PAGE_SIZE); // in the gap before it
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGES * PAGE_SIZE * 4, &c), ERR_FULL);
}

static void what_was_not_taken_is_not_given_back(void)
{
    uint64_t a;
    setup();
    CHECK_EQ(os_ranges_give_back(&ranges, 0x10000, PAGE_SIZE), ERR_INVALID);
    CHECK_EQ(os_ranges_take(&ranges, 2 * PAGE_SIZE, PAGE_SIZE, &a), OK);
    CHECK_EQ(os_ranges_give_back(&ranges, a, PAGE_SIZE), ERR_INVALID);
    CHECK_EQ(os_ranges_give_back(&ranges, a + PAGE_SIZE, PAGE_SIZE), ERR_INVALID);
    CHECK_EQ(os_ranges_check(&ranges, a, 2 * PAGE_SIZE), OK);
    CHECK_EQ(os_ranges_give_back(&ranges, a, 2 * PAGE_SIZE), OK);
    CHECK_EQ(os_ranges_give_back(&ranges, a, 2 * PAGE_SIZE), ERR_INVALID);
}

static void too_large_and_too_many_are_refused(void)
{
    uint64_t a;
    setup();
    CHECK_EQ(os_ranges_take(&ranges, PAGES * PAGE_SIZE, PAGE_SIZE, &a), ERR_FULL);
    CHECK_EQ(os_ranges_take(&ranges, UINT64_MAX & ~0xfffull, PAGE_SIZE, &a), ERR_FULL);
    CHECK_EQ(os_ranges_take(&ranges, (PAGES - 1) * PAGE_SIZE, PAGE_SIZE, &a), OK);
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &a), ERR_FULL);
    setup();
    for (uint32_t i = 0; i < OS_RANGES_MAX; i++)
        CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &a), OK);
    CHECK_EQ(os_ranges_take(&ranges, PAGE_SIZE, PAGE_SIZE, &a), ERR_FULL);
}

static void random_use_never_overlaps(void)
{
    static uint8_t owner[PAGES];
    uint64_t addresses[32] = {0}, sizes[32], seed = 4;
    setup();
    memset(owner, 0, sizeof owner);
    for (uint32_t step = 0; step < 200000; step++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t slot = (uint32_t)(seed >> 40) % 32;
        if (addresses[slot] != 0) {
            CHECK_EQ(os_ranges_give_back(&ranges, addresses[slot], sizes[slot]), OK);
            for (uint64_t i = 0; i <= sizes[slot] / PAGE_SIZE; i++)
                owner[(addresses[slot] - ranges.base) / PAGE_SIZE + i] = 0;
            addresses[slot] = 0;
            continue;
        }
        sizes[slot] = (1 + (seed >> 50) % 12) * PAGE_SIZE;
        if (os_ranges_take(&ranges, sizes[slot], PAGE_SIZE, &addresses[slot]) < 0)
            continue;
        for (uint64_t i = 0; i <= sizes[slot] / PAGE_SIZE; i++) { // the guard page, too
            uint64_t page = (addresses[slot] - ranges.base) / PAGE_SIZE + i;
            CHECK(page < PAGES && owner[page] == 0);
            owner[page] = 1;
        }
    }
}

TEST_MAIN(TEST(ranges_fill_gaps_first), TEST(large_ones_begin_where_they_shall),
          TEST(what_was_not_taken_is_not_given_back), TEST(too_large_and_too_many_are_refused),
          TEST(random_use_never_overlaps))
