// SPDX-License-Identifier: Apache-2.0
// Layouts: always in place, apart from each other, and spread over all that is allowed. The planted
// twin always chooses the same.
#include "base/layout.h"
#include "abi/syscall.h"
#include "base/test.h"

#include <stdbool.h>

#define ROUNDS  100000u
#define BUCKETS 64u

static uint32_t slides[BUCKETS], stacks[BUCKETS];

static void count(uint32_t *buckets, uint64_t value, uint64_t span)
{
    CHECK(value < span);
    buckets[value * BUCKETS / span]++;
}

// Within a third of what each would have on average.
static bool is_spread(const uint32_t *buckets)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        if (buckets[i] < ROUNDS / BUCKETS * 2 / 3 || buckets[i] > ROUNDS / BUCKETS * 4 / 3)
            return false;
    return true;
}

static void layouts_are_in_place_and_spread(void)
{
    uint64_t stack = 16 * PAGE_SIZE;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct layout layout = layout_choose(layout_mix(i), stack);
        CHECK(layout.slide % PAGE_SIZE == 0 && layout.stack_bottom % PAGE_SIZE == 0);
        CHECK(layout.message_page >= layout.stack_bottom + stack + PAGE_SIZE);
        // A page below the stack, and everything in one block.
        CHECK((layout.stack_bottom - PAGE_SIZE) / LAYOUT_BLOCK ==
              layout.message_page / LAYOUT_BLOCK);
        count(slides, layout.slide, 1ull << 35);
        count(stacks, layout.stack_bottom - LAYOUT_STACK, 1ull << 35);
    }
    CHECK(is_spread(slides));
    CHECK(is_spread(stacks));
}

static void large_stacks_have_room(void)
{
    struct layout layout = layout_choose(~0ull, 16u << 20);
    CHECK(layout.message_page + PAGE_SIZE <= USER_END);
    CHECK(layout.stack_bottom > LAYOUT_STACK);
}

static void areas_stay_within_theirs(void)
{
    for (uint32_t i = 0; i < 1000; i++) {
        CHECK(layout_area(LAYOUT_MAPS, layout_mix(i)) + (32ull << 30) <= LAYOUT_HEAP);
        CHECK(layout_area(LAYOUT_HEAP, layout_mix(i)) + (32ull << 30) <= LAYOUT_STACK);
        CHECK_EQ(layout_area(LAYOUT_MAPS, layout_mix(i)) % PAGE_SIZE, 0);
    }
    CHECK(layout_area(LAYOUT_MAPS, layout_mix(1)) != layout_area(LAYOUT_MAPS, layout_mix(2)));
}

TEST_MAIN(TEST(layouts_are_in_place_and_spread), TEST(large_stacks_have_room),
          TEST(areas_stay_within_theirs))
