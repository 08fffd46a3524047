// SPDX-License-Identifier: Apache-2.0
// The first instructions of every program. The kernel or init has set sp to the top of the stack
// and a0 to the address of the message page; everything else is zero. The one thread's TLS block
// lies in the data segment, where the linker
// script put its initial values, so tp just points at it.
    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la tp, __tls_base
    li ra, 0
    li s0, 0
    call os_start
    ebreak
