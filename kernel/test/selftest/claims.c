// SPDX-License-Identifier: Apache-2.0
// The claims of the selftest: what they found, one by one and in sum. Prints one line a failure,
// then `selftest: N passed, N failed`.
#include "check.h"

static uint32_t passed, failed;
static bool claim_ok = true;
static const char *claim_name;

void check(bool ok, const char *text, int line)
{
    if (ok)
        return;
    claim_ok = false;
    print("selftest: FAIL ");
    print(claim_name);
    print(": ");
    print(text);
    print(", line ");
    print_number((uint64_t)line);
    print("\n");
}

void claim(const char *name)
{
    if (claim_name != NULL) {
        passed += claim_ok;
        failed += !claim_ok;
    }
    claim_ok = true;
    claim_name = name;
}

void claims_run(void)
{
    messages_test();
    both_ways_test();
    handles_test();
    signals_test();
    revoke_test();
    memory_test();
    pager_test();
    faults_test();
    death_test();
    threads_test();
    budgets_test();
    hostile_test();
    claim(NULL);
    print("selftest: ");
    print_number(passed);
    print(" passed, ");
    print_number(failed);
    print(" failed\n");
}

void machine_off(void)
{
    // Some machines can only reboot, some neither.
    SYS2(machine_power, start_handle("machine"), POWER_OFF);
    SYS2(machine_power, start_handle("machine"), POWER_REBOOT);
}
