// SPDX-License-Identifier: Apache-2.0
// Two threads, a small ring, both sides sleeping whenever they may. A lost wake-up shows as a wait
// that runs into its deadline. The signal is a semaphore-like bit under a mutex, as the kernel's
// signal word is.
#include "base/test.h"
#include "ring/ring.h"

#include <pthread.h>
#include <time.h>

#define RECORDS 200000u
#define SIZE    (RING_HEADER_BYTES + 256u)

struct bit {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int raised;
};

static _Alignas(64) uint8_t memory[SIZE];
static struct bit records = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static struct bit space = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void bit_raise(struct bit *bit)
{
    pthread_mutex_lock(&bit->mutex);
    bit->raised = 1;
    pthread_cond_signal(&bit->changed);
    pthread_mutex_unlock(&bit->mutex);
}

// False if nothing came for 20 s: a lost wake-up.
static int bit_wait(struct bit *bit)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    int error = 0;
    pthread_mutex_lock(&bit->mutex);
    while (!bit->raised && error == 0)
        error = pthread_cond_timedwait(&bit->changed, &bit->mutex, &until);
    bit->raised = 0;
    pthread_mutex_unlock(&bit->mutex);
    return error == 0;
}

static void *produce(void *argument)
{
    struct ring *ring = argument;
    for (uint32_t i = 0; i < RECORDS;) {
        uint32_t words[8] = {i, i, i, i, i, i, i, i};
        uint32_t size = 4 + i % 7 * 4;
        status_t status = ring_push(ring, words, size);
        if (status == OK) {
            i++;
            if (ring_should_wake(ring))
                bit_raise(&records);
            continue;
        }
        if (status != ERR_FULL || (ring_sleep(ring, size) && !bit_wait(&space)))
            return "the producer failed or was never woken";
    }
    return NULL;
}

static const char *consume(struct ring *ring)
{
    for (uint32_t i = 0; i < RECORDS;) {
        uint32_t words[8];
        status_t size = ring_pop(ring, words, sizeof words);
        if (size == ERR_AGAIN) {
            if (ring_sleep(ring, 0) && !bit_wait(&records))
                return "the consumer was never woken";
            continue;
        }
        if (size != (status_t)(4 + i % 7 * 4) || words[0] != i || words[i % 7] != i)
            return "a record is wrong";
        i++;
        if (ring_should_wake(ring))
            bit_raise(&space);
    }
    return NULL;
}

static void ring_loses_neither_record_nor_wakeup_between_threads(void)
{
    struct ring producer, consumer;
    CHECK_EQ(ring_create(&producer, memory, SIZE, RING_PRODUCER), OK);
    CHECK_EQ(ring_open(&consumer, memory, SIZE, RING_CONSUMER), OK);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, produce, &producer), 0);
    const char *problem = consume(&consumer);
    void *other = NULL;
    pthread_join(thread, &other);
    if (problem || other)
        fprintf(stderr, "%s\n", problem ? problem : (const char *)other);
    CHECK(!problem && !other);
}

TEST_MAIN(TEST(ring_loses_neither_record_nor_wakeup_between_threads))
