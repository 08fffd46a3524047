// SPDX-License-Identifier: Apache-2.0
// A thread's registers as the trap code stores them: grouped by what system calls use them for, so
// that moving a message is copying `words`. Offsets are repeated in arch/riscv64/offsets.h and
// asserted there.
#pragma once

#include <stdint.h>

#define CALL_BYTES 4u // of an ecall instruction: taken from pc, the call is made again

struct frame {
    uint64_t ra, sp, gp, tp;
    uint64_t saved[12];    // s0-s11
    uint64_t argument[3];  // a0-a2: arguments in, results out
    uint64_t words[8];     // a3-a6 t0-t3: message registers
    uint64_t number;       // a7
    uint64_t temporary[3]; // t4-t6
    uint64_t pc;
    uint64_t status; // sstatus
};
