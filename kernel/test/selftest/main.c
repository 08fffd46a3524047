// SPDX-License-Identifier: Apache-2.0
// The boot self-test, running as init with all authority: proves on each machine that the kernel
// keeps the promises of abi/syscall.h, and powers off.
#include "check.h"

extern void run(void);

void run(void)
{
    claims_run();
    machine_off();
}
