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

// `count` words, a multiple of 8.
static inline void words_copy(uint64_t *to, const uint64_t *from, uint32_t count)
{
    for (; count > 0; count -= 8, to += 8, from += 8) {
        uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
        a = from[4], b = from[5], c = from[6], d = from[7];
        to[4] = a, to[5] = b, to[6] = c, to[7] = d;
    }
}
