// SPDX-License-Identifier: Apache-2.0
// The ring's claims, one thread: order, wrap of the area and of the 32-bit indices, refusals, and a
// peer that scribbles over everything it can reach.
#include "base/test.h"
#include "ring/ring.h"

#define SIZE 512u

static _Alignas(64) uint8_t memory[SIZE + 64];
static struct ring producer, consumer;

static void setup(void)
{
    CHECK_EQ(ring_create(&producer, memory, SIZE, RING_PRODUCER), OK);
    CHECK_EQ(ring_open(&consumer, memory, SIZE, RING_CONSUMER), OK);
}

static uint32_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*seed >> 33);
}

static void ring_keeps_order_and_bytes(void)
{
    setup();
    char out[64];
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), ERR_AGAIN);
    CHECK_EQ(ring_push(&producer, "one", 3), OK);
    CHECK_EQ(ring_push(&producer, NULL, 0), OK);
    CHECK_EQ(ring_push2(&producer, "he", 2, "ad", 2), OK);
    CHECK_EQ(ring_peek(&consumer), 3);
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), 3);
    CHECK_BYTES(out, "one", 3);
    CHECK_EQ(ring_pop(&consumer, NULL, 0), 0);
    CHECK_EQ(ring_read(&consumer, out, 3), ERR_TOO_LARGE);
    CHECK_EQ(ring_read(&consumer, out, sizeof out), 4);
    struct ring next; // who opens the ring now finds what was read and not dropped
    CHECK_EQ(ring_open(&next, memory, SIZE, RING_CONSUMER), OK);
    CHECK_EQ(ring_peek(&next), 4);
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), 4);
    CHECK_BYTES(out, "head", 4);
    CHECK_EQ(ring_skip(&consumer), ERR_AGAIN);
}

static void ring_refuses_what_does_not_fit(void)
{
    setup();
    uint8_t big[SIZE] = {0};
    CHECK_EQ(ring_record_max(&producer), SIZE - RING_HEADER_BYTES - 8);
    CHECK_EQ(ring_push(&producer, big, ring_record_max(&producer) + 1), ERR_TOO_LARGE);
    CHECK_EQ(ring_push2(&producer, big, 8, big, UINT32_MAX), ERR_TOO_LARGE);
    CHECK_EQ(ring_push(&producer, big, ring_record_max(&producer)), OK);
    CHECK_EQ(ring_free(&producer), 0);
    CHECK_EQ(ring_push(&producer, NULL, 0), ERR_FULL);
    CHECK_EQ(ring_pop(&consumer, big, 8), ERR_TOO_LARGE);
    CHECK_EQ(ring_pop(&consumer, big, sizeof big), (int)ring_record_max(&producer));
    CHECK_EQ(ring_free(&producer), ring_record_max(&producer));
}

static void ring_refuses_bad_memory(void)
{
    struct ring ring;
    CHECK_EQ(ring_init(NULL, SIZE), ERR_INVALID);
    CHECK_EQ(ring_init(memory + 4, SIZE), ERR_INVALID);
    CHECK_EQ(ring_init(memory, RING_SIZE_MIN - 1), ERR_INVALID);
    CHECK_EQ(ring_init(memory, UINT32_MAX), ERR_INVALID);
    memset(memory, 0, sizeof memory);
    CHECK_EQ(ring_open(&ring, memory, SIZE, RING_CONSUMER), ERR_CORRUPT);
    CHECK_EQ(ring_init(memory, SIZE), OK);
    CHECK_EQ(ring_open(&ring, memory, SIZE - 8, RING_CONSUMER), ERR_CORRUPT);
}

// Positions as they stand shortly before the indices wrap.
static void start_at(uint32_t index, uint32_t offset)
{
    CHECK_EQ(ring_init(memory, SIZE), OK);
    uint64_t place = (uint64_t)offset << 32 | index;
    memcpy(memory + 64, &place, 8);
    memcpy(memory + 128, &place, 8);
    CHECK_EQ(ring_open(&producer, memory, SIZE, RING_PRODUCER), OK);
    CHECK_EQ(ring_open(&consumer, memory, SIZE, RING_CONSUMER), OK);
}

static void ring_runs_across_the_index_wrap(void)
{
    start_at(UINT32_MAX - 1023, 40);
    uint64_t seed = 7;
    uint8_t in[128], out[128];
    uint32_t pushed = 0, popped = 0;
    for (uint32_t round = 0; round < 2000; round++) {
        uint32_t size = pushed % 100;
        memset(in, (int)(pushed & 0xff), sizeof in);
        if (random_next(&seed) % 2 == 0 && ring_push(&producer, in, size) == OK)
            pushed++;
        if (random_next(&seed) % 2 == 0) {
            status_t got = ring_pop(&consumer, out, sizeof out);
            if (got == ERR_AGAIN)
                continue;
            CHECK_EQ(got, popped % 100);
            memset(in, (int)(popped & 0xff), sizeof in);
            CHECK_BYTES(in, out, (size_t)(got > 0 ? got : 0));
            popped++;
        }
    }
    CHECK(popped > 500);
    CHECK(producer.index < 1u << 20); // it did wrap
}

static void ring_is_found_again_by_a_restarted_side(void)
{
    setup();
    char out[8];
    CHECK_EQ(ring_push(&producer, "a", 1), OK);
    CHECK_EQ(ring_push(&producer, "b", 1), OK);
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), 1);
    CHECK_EQ(ring_open(&consumer, memory, SIZE, RING_CONSUMER), OK);
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), 1);
    CHECK_EQ(out[0], 'b');
}

static void ring_wakes_only_a_sleeping_side(void)
{
    setup();
    uint8_t big[SIZE] = {0};
    CHECK_EQ(ring_push(&producer, big, 8), OK);
    CHECK(!ring_should_wake(&producer)); // the consumer never slept
    CHECK(!ring_sleep(&consumer, 0));    // there is a record
    CHECK_EQ(ring_skip(&consumer), OK);
    CHECK(ring_sleep(&consumer, 0));
    CHECK(!ring_should_wake(&producer)); // nothing to read
    CHECK_EQ(ring_push(&producer, big, 8), OK);
    CHECK(ring_should_wake(&producer));
    CHECK(!ring_should_wake(&producer)); // once
    CHECK_EQ(ring_push(&producer, big, 100), OK);
    CHECK(!ring_sleep(&producer, 8)); // room
    CHECK(ring_sleep(&producer, ring_record_max(&producer)));
    CHECK_EQ(ring_skip(&consumer), OK);
    CHECK(!ring_should_wake(&consumer)); // not enough yet
    CHECK_EQ(ring_skip(&consumer), OK);
    CHECK(ring_should_wake(&consumer));
}

static void ring_reports_a_lying_peer(void)
{
    setup();
    uint64_t place = SIZE; // more used than there is
    memcpy(memory + 64, &place, 8);
    CHECK_EQ(ring_peek(&consumer), ERR_CORRUPT);
    place = 0;
    memcpy(memory + 64, &place, 8);
    CHECK_EQ(ring_peek(&consumer), ERR_CORRUPT); // and stays so
    setup();
    place = 16;
    memcpy(memory + 128, &place, 8);
    CHECK_EQ(ring_push(&producer, "x", 1), ERR_CORRUPT);
    CHECK(!ring_sleep(&producer, 8)); // never sleeps on a corrupt ring
    setup();
    CHECK_EQ(ring_push(&producer, "x", 1), OK);
    uint32_t length = 9; // longer than the used bytes
    memcpy(memory + RING_HEADER_BYTES, &length, 4);
    CHECK_EQ(ring_peek(&consumer), ERR_CORRUPT);
}

// A record's length changes between peek and pop: the first reading counts.
static void ring_uses_the_length_it_checked(void)
{
    setup();
    uint8_t out[16];
    CHECK_EQ(ring_push(&producer, "12345678", 8), OK);
    CHECK_EQ(ring_peek(&consumer), 8);
    uint32_t length = 300;
    memcpy(memory + RING_HEADER_BYTES, &length, 4);
    CHECK_EQ(ring_pop(&consumer, out, sizeof out), 8);
}

// Every shared byte is random at any moment; the sanitizers watch for accesses outside.
static void ring_survives_a_scribbling_peer(void)
{
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        uint64_t state = seed;
        uint8_t out[SIZE];
        setup();
        for (uint32_t step = 0; step < 24; step++) {
            uint32_t at = random_next(&state) % SIZE;
            if (random_next(&state) % 3 == 0)
                at = (random_next(&state) % 4) * 64 + random_next(&state) % 8;
            memory[at] = (uint8_t)random_next(&state);
            status_t a = ring_push(&producer, out, random_next(&state) % 64);
            status_t b = ring_pop(&consumer, out, sizeof out);
            CHECK(a == OK || a == ERR_FULL || a == ERR_CORRUPT);
            CHECK(b >= 0 || b == ERR_AGAIN || b == ERR_CORRUPT);
            ring_should_wake(step % 2 ? &producer : &consumer);
            ring_sleep(step % 3 ? &producer : &consumer, random_next(&state));
            if (a == ERR_CORRUPT)
                ring_open(&producer, memory, SIZE, RING_PRODUCER);
            if (b == ERR_CORRUPT)
                ring_open(&consumer, memory, SIZE, RING_CONSUMER);
        }
    }
}

TEST_MAIN(TEST(ring_keeps_order_and_bytes), TEST(ring_refuses_what_does_not_fit),
          TEST(ring_refuses_bad_memory), TEST(ring_runs_across_the_index_wrap),
          TEST(ring_is_found_again_by_a_restarted_side), TEST(ring_wakes_only_a_sleeping_side),
          TEST(ring_reports_a_lying_peer), TEST(ring_uses_the_length_it_checked),
          TEST(ring_survives_a_scribbling_peer))
