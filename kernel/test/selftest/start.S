// SPDX-License-Identifier: Apache-2.0
// The entry of init and of every child: a0 = the message page.
    .text
    .globl program_start
program_start:
    call program_main
    unimp

    .globl child_start_entry
child_start_entry:
    call child_main
    unimp

    // void registers_ecall(uint64_t x[32]): a system call with all registers but sp as given, and
    // what they hold after it.
    .globl registers_ecall
registers_ecall:
    addi sp, sp, -144
    sd ra, 0(sp)
    sd gp, 8(sp)
    sd tp, 16(sp)
    .set slot, 24
    .irp i, 8,9,18,19,20,21,22,23,24,25,26,27
    sd x\i, slot(sp)
    .set slot, slot + 8
    .endr
    sd a0, 120(sp)
    mv x31, a0
    .irp i, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\i, (8 * \i)(x31)
    .endr
    ecall
    sd x31, 128(sp)
    ld x31, 120(sp)
    .irp i, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    sd x\i, (8 * \i)(x31)
    .endr
    ld x30, 128(sp)
    sd x30, 248(x31)
    ld ra, 0(sp)
    ld gp, 8(sp)
    ld tp, 16(sp)
    .set slot, 24
    .irp i, 8,9,18,19,20,21,22,23,24,25,26,27
    ld x\i, slot(sp)
    .set slot, slot + 8
    .endr
    addi sp, sp, 144
    ret
