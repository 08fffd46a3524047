// SPDX-License-Identifier: Apache-2.0
// Clock conversion and the deadline heap.
#include "fake.h"

#include "sched/clock.h"
#include "sched/deadline.h"

#include "base/test.h"

#define NODES 300u
#define STEPS 50000u

static void deadline_is_never_early_at_any_timebase(void)
{
    const uint64_t rates[] = {CLOCK_HZ_MIN, 32768,    1000000,  4000000,
                              6250000,      10000000, 24000000, 999999999};
    uint64_t random = 7;
    for (uint32_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        clock_init(rates[r], 0);
        for (uint32_t i = 0; i < 20000; i++) {
            instant_ns_t deadline = fake_random(&random) >> (11 + fake_random(&random) % 50);
            uint64_t ticks = clock_to_ticks(deadline);
            CHECK(clock_from_ticks(ticks) >= deadline);
            // At most two ticks late, and what a fast clock gains in the 104 days of 2^53 ns.
            CHECK(ticks < 2 || clock_from_ticks(ticks - 2) <= deadline + 128);
        }
    }
    CHECK(clock_to_ticks(DEADLINE_NEVER) == UINT64_MAX);
    CHECK(clock_to_ticks(DEADLINE_NEVER - 1) > 1ull << 40);
}

static void check_minimum(struct deadline *heap, struct deadline *nodes)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < NODES; i++) {
        if (nodes[i].heap != NULL && nodes[i].ticks < least)
            least = nodes[i].ticks;
    }
    CHECK_EQ(heap == NULL ? UINT64_MAX : heap->ticks, least);
}

static void heap_root_is_always_the_earliest(void)
{
    static struct deadline nodes[NODES];
    struct deadline *heap = NULL;
    uint64_t random = 3;
    for (uint32_t step = 0; step < STEPS; step++) {
        struct deadline *node = &nodes[fake_random(&random) % NODES];
        if (node->heap != NULL) {
            deadline_remove(node);
        } else {
            node->ticks = fake_random(&random) % 1000;
            deadline_insert(&heap, node);
        }
        if (step % 64 == 0)
            check_minimum(heap, nodes);
    }
    uint64_t last = 0;
    while (heap != NULL) {
        struct deadline *first = heap;
        CHECK(first->ticks >= last);
        last = first->ticks;
        deadline_remove(first);
        deadline_remove(first);
    }
}

TEST_MAIN(TEST(deadline_is_never_early_at_any_timebase), TEST(heap_root_is_always_the_earliest))
