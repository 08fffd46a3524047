// SPDX-License-Identifier: Apache-2.0
// The whole portable kernel under programs by seed: a few that run for long, then many short ones,
// each on a new system. The planted twins must fail.
//
// Usage: system_test NAME FIRST COUNT: the seeds of the short programs; NX_LONG makes them more.
#include "fake.h"
#include "system.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LONG_ROUNDS 6u
#define LONG_BYTES  (1u << 20)
#define SHORT_BYTES 256u // at most
#define LONG_FACTOR 10u  // NX_LONG
#define WARM_PAGES  12u  // slabs keep a page or two each

static volatile uint64_t seed_now;

static void seed_report(int number)
{
    fprintf(stderr, "seed %llu\n", (unsigned long long)seed_now);
}

// Fills `bytes` from the seed.
static void program_make(uint64_t seed, uint8_t *bytes, size_t size)
{
    uint64_t state = seed_now = seed;
    for (size_t i = 0; i + 8 <= size; i += 8)
        *(uint64_t *)(void *)(bytes + i) = fake_random(&state);
}

// Long programs, that leave as much memory as the one before.
static uint32_t long_programs(void)
{
    static _Alignas(8) uint8_t bytes[LONG_BYTES];
    uint64_t free_before = 0;
    for (uint32_t round = 0; round < LONG_ROUNDS; round++) {
        program_make(1 + round, bytes, sizeof bytes);
        struct system_result result = system_run(bytes, sizeof bytes);
        printf("long program %u: %u operations, %u and %u touches\n", round, result.operations,
               result.touches[0], result.touches[1]);
        if (result.failures > 0 || result.touches[0] == 0 || result.touches[1] == 0 ||
            (round > 1 && result.free_pages + WARM_PAGES < free_before))
            return 1;
        if (round == 1)
            free_before = result.free_pages;
    }
    return 0;
}

static uint32_t short_programs(const char *name, uint64_t first, uint64_t count)
{
    _Alignas(8) uint8_t bytes[SHORT_BYTES];
    uint64_t operations = 0;
    uint32_t failures = 0;
    clock_t began = clock();
    for (uint64_t seed = first; seed < first + count && failures == 0; seed++) {
        program_make(seed, bytes, sizeof bytes);
        size_t size = 8 + seed % (SHORT_BYTES - 8);
        struct system_result result = system_run(bytes, size);
        operations += result.operations;
        failures = result.failures;
    }
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%.1f operations each, %.0f sequences a second\n", (double)operations / (double)count,
           (double)count / seconds);
    if (failures > 0)
        seed_report(0);
    printf("proof: %s seeds %llu count %llu failures %u\n", name, (unsigned long long)count,
           (unsigned long long)operations, failures);
    return failures;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    signal(SIGABRT, seed_report);
    uint64_t first = strtoull(argv[2], NULL, 10);
    uint64_t count = strtoull(argv[3], NULL, 10) * (getenv("NX_LONG") != NULL ? LONG_FACTOR : 1);
    if (first == 0 && long_programs() > 0) {
        seed_report(0);
        return 1;
    }
    return short_programs(argv[1], first, count) > 0;
}
