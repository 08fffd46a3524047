// SPDX-License-Identifier: Apache-2.0
// Kills a driver or service again and again, each time a little later in what it does, and measures
// how long it takes until it answers again. Whom: its own name behind "kill_"; as "victim" it may
// call it.
#include "abi/ipc/supervisor.h"
#include "base/math.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_NS      (8 * OS_MILLISECOND)
#define WIRE_PAUSE_NS (100 * OS_MILLISECOND)
#define STEP_NS                                                                                    \
    7919u // from one kill's place to the next one's, through a spread that it does not divide
#define SPREAD_NS   (4 * OS_MILLISECOND)
#define PATIENCE_NS (100 * OS_MILLISECOND)
#define REPORT      50u
#define NO_METHOD   250u
#define SAMPLES_MAX 8192u

static uint32_t samples_us[SAMPLES_MAX], sample_count;

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// Every server refuses a method that it does not have.
static bool answers(void)
{
    struct ipc_extra extra = {.deadline = os_deadline(PATIENCE_NS)};
    struct ipc_empty req = {0}, rep;
    struct ipc_invocation none = {.op = NO_METHOD,
                                  .req = &req,
                                  .req_size = sizeof req,
                                  .rep = &rep,
                                  .rep_size = sizeof rep,
                                  .extra = &extra};
    return ipc_invoke(os_handle("victim"), &none) == ERR_UNSUPPORTED;
}

// From the kill to the first answer of the next instance; one that does not answer is killed, too.
static uint32_t kill_once(void)
{
    struct supervisor_kill_req kill = {0};
    struct supervisor_kill_rep killed;
    snprintf(kill.name, sizeof kill.name, "%s", os_name() + strlen("kill_"));
    instant_ns_t began = os_clock();
    do
        supervisor_kill(os_handle("init"), &kill, &killed, NULL); // unless it ended by itself
    while (!answers());
    return (uint32_t)((os_clock() - began) / 1000);
}

// Who sends frames again waits for hundreds of milliseconds when several in a row were lost.
static uint64_t pause_ns(void)
{
    return strcmp(os_name(), "kill_netdev") == 0 ? WIRE_PAUSE_NS : PAUSE_NS;
}

int main(void)
{
    os_sleep(OS_SECOND);
    for (uint64_t kills = 1; sample_count < SAMPLES_MAX; kills++) {
        os_sleep(pause_ns() + kills * STEP_NS % SPREAD_NS);
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
