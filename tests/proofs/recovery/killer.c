// SPDX-License-Identifier: Apache-2.0
// Kills a driver again and again, each time a little later in what it does, and measures how long
// it takes until it answers again.
#include "abi/ipc/block.h"
#include "abi/ipc/supervisor.h"
#include "base/math.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_NS (8 * OS_MILLISECOND)
#define STEP_NS                                                                                    \
    7919u // from one kill's place to the next one's, through a spread that it does not divide
#define SPREAD_NS   (4 * OS_MILLISECOND)
#define PATIENCE_NS (100 * OS_MILLISECOND)
#define REPORT      50u
#define SAMPLES_MAX 8192u

static uint32_t samples_us[SAMPLES_MAX], sample_count;

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static bool answers(void)
{
    struct block_info_req req = {0};
    struct block_info_rep rep;
    struct ipc_extra extra = {.deadline = os_deadline(PATIENCE_NS)};
    return block_info(os_handle("block"), &req, &rep, &extra) == OK;
}

// From the kill to the first answer of the next instance; one that does not answer is killed, too.
static uint32_t kill_once(void)
{
    struct supervisor_kill_req kill = {.name = "block"};
    struct supervisor_kill_rep killed;
    instant_ns_t began = os_clock();
    do
        supervisor_kill(os_handle("init"), &kill, &killed, NULL); // unless it ended by itself
    while (!answers());
    return (uint32_t)((os_clock() - began) / 1000);
}

int main(void)
{
    os_sleep(OS_SECOND);
    for (uint64_t kills = 1; sample_count < SAMPLES_MAX; kills++) {
        os_sleep(PAUSE_NS + kills * STEP_NS % SPREAD_NS);
        samples_us[sample_count++] = kill_once();
        if (kills % REPORT != 0)
            continue;
        qsort(samples_us, sample_count, sizeof samples_us[0], compare);
        log_printf("kills %" PRIu64 " p50_us %" PRIu32 " p99_us %" PRIu32 " worst_us %" PRIu32,
                   kills, samples_us[sample_count / 2], samples_us[sample_count * 99 / 100],
                   samples_us[sample_count - 1]);
    }
    for (;;)
        os_sleep(OS_SECOND);
}
