// SPDX-License-Identifier: Apache-2.0
// A task that has work of about a millisecond to do in every ten, and counts when it was not done
// before the next was due. Its log is what the test reads.
#include "os/log.h"
#include "os/signal.h"
#include "os/time.h"

#include "base/assert.h"

#include <inttypes.h>

#define PERIOD_NS  (10 * OS_MILLISECOND)
#define WORK_NS    OS_MILLISECOND
#define TRIES      20u
#define TRY_STEPS  2000u
#define TOLD       20u  // misses
#define REPORT     100u // periods
#define PATIENCE_S 2u   // while the device starts, what it measures with is measured

static void work(uint64_t steps)
{
    for (volatile uint64_t i = 0; i < steps; i++)
        ;
}

// How many steps take the time of its work when nobody interrupts: the quickest of some tries.
static uint64_t calibrate(void)
{
    uint64_t best_ns = UINT64_MAX;
    for (uint32_t i = 0; i < TRIES; i++) {
        instant_ns_t began = os_clock();
        work(TRY_STEPS);
        uint64_t took_ns = os_clock() - began;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        os_sleep(OS_MILLISECOND);
    }
    return TRY_STEPS * WORK_NS / best_ns;
}

int main(void)
{
    handle_t never;
    uint64_t bits, steps, late_ns = 0, done_ns = 0, missed = 0, report = REPORT;
    status_t status = os_signal_create(&never);
    assert(status == OK);
    os_sleep(PATIENCE_S * OS_SECOND);
    steps = calibrate();
    log_printf("begins with %" PRIu64 " steps", steps);
    instant_ns_t due = os_deadline(PERIOD_NS);
    for (uint64_t periods = 1;; periods++, due += PERIOD_NS) {
        os_signal_wait(never, 1, due, &bits);
        uint64_t late = os_clock() - due;
        work(steps);
        uint64_t done = os_clock() - due;
        late_ns = late > late_ns ? late : late_ns;
        done_ns = done > done_ns ? done : done_ns;
        if (done >= PERIOD_NS && missed < TOLD)
            log_printf("missed: begun %" PRIu64 " us late, done after %" PRIu64 " us", late / 1000,
                       done / 1000);
        for (; done >= PERIOD_NS; done -= PERIOD_NS, due += PERIOD_NS, periods++)
            missed++;
        if (periods < report)
            continue;
        report = periods + REPORT;
        log_printf("periods %" PRIu64 " missed %" PRIu64 " late_us %" PRIu64 " done_us %" PRIu64,
                   periods, missed, late_ns / 1000, done_ns / 1000);
    }
}
