// SPDX-License-Identifier: Apache-2.0
// The way most messages go: a call in registers to a server that waits, and the reply that finds
// nothing else to do. The processor is handed over directly and the message stays where it is:
//
//      caller: a0 endpoint  a1 info  a2 -1      a3-a6 t0-t3 words  a7 0    ecall
//                             |                    |            s0-s11 ra sp gp tp pc: its frame
//                             v                    v
//      server: a0 0         a1 info  a2 badge   a3-a6 t0-t3 words  a7 1    (its frame)
//
//      server: a0 endpoint  a1 info  a2 -1      a3-a6 t0-t3 words  a7 1    ecall
//                             |                    |
//                             v                    v
//      caller: a0 0         a1 info  a2 -1      a3-a6 t0-t3 words  a7 0
//
// It does exactly what endpoint_call, or reply_send and endpoint_receive, do in these cases. Every
// condition stands before the first change, so giving up is free: trap_save goes the general way.
//
//                        call                                   reply_receive
//      message           in registers, no deadline              in registers, no deadline
//      handle            in the first chunk, RIGHT_CALL         in the first chunk, RIGHT_RECEIVE
//      endpoint          its server waits, no deadline          it is its server; nothing to report
//      processor         hart.pending has nothing as urgent as the caller
//      who runs next     ran on this hart last: so no other hart's fast.S can touch it
//      address space     of who runs next: has an ASID
//
// It holds its own hart's lock alone (sched/lock.h): what harts share is only read, but for the set
// of harts that ran an address space.
//
// tp is who runs (sscratch holds the user's tp), t6 who runs next. t4-t6 are nobody's: a system
// call clears them; s0 and s1 are saved first, a2 is known by value when we give up.
// kernel/test/selftest/both.c makes every kind of call both ways and compares.
#include "offsets.h"

    .text
    .option norvc

    // A message in registers without a deadline, this hart's lock, s0 and s1 saved; then what a0
    // names with `right`, which only endpoints have: t4 the entry, t5 the object.
    .macro begin right
    addi t4, a2, 1
    srli t5, a1, 32
    bnez t4, trap_save
    sltiu t5, t5, REGISTER_BYTES + 1
    beqz t5, trap_save
    ld t5, THREAD_HART(tp)
    li t4, 1
    amoswap.w.aq t4, t4, (t5)
    bnez t4, trap_save
    sd s0, FRAME_SAVED+0(tp)
    sd s1, FRAME_SAVED+8(tp)
    srliw t4, a0, HANDLE_CHUNK_SHIFT
    andi t4, t4, 0xffff >> HANDLE_CHUNK_SHIFT
    ld t5, THREAD_PROCESS(tp)
    bnez t4, give_up
    ld t5, PROCESS_HANDLES(t5)
    andi t4, a0, (1 << HANDLE_CHUNK_SHIFT) - 1
    slli t4, t4, ENTRY_SHIFT
    beqz t5, give_up
    add t4, t4, t5
    lwu t5, ENTRY_VALUE(t4)
    lhu t6, ENTRY_RIGHTS(t4)
    bne t5, a0, give_up
    andi t6, t6, \right
    ld t5, ENTRY_OBJECT(t4)
    beqz t6, give_up
    .endm

    // The way out has nothing to decide: nothing ready is as urgent as `thread`.
    .macro nothing_pending thread
    lbu s1, THREAD_PRIORITY(\thread)
    ld t4, THREAD_HART(tp)
    ld t4, HART_PENDING(t4)
    srl t4, t4, s1
    bnez t4, give_up
    .endm

    // tp can stop and t6 can run here: s1 the hart, t4 its address space, t5 what activates it.
    .macro switch_check
    ld s1, THREAD_HART(tp)
    ld t5, THREAD_HART(t6)
    csrr t4, sstatus
    bne t5, s1, give_up
    bgez t4, saved\@
    jal t5, float_leave
saved\@:
    ld t4, THREAD_PROCESS(t6)
    addi t4, t4, PROCESS_SPACE
    ld t5, SPACE_SATP(t4)
    beqz t5, give_up
    .endm

    // tp changed its floating-point registers (sstatus.SD): saves them, they stay loaded.
float_leave:
    addi t4, tp, THREAD_FLOAT
    .option push
    .option arch, +f, +d
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\i, (8*\i)(t4)
    .endr
    frcsr t4
    .option pop
    sd t4, THREAD_FLOAT_CONTROL(tp)
    sd tp, HART_FLOAT_OWNER(s1)
    sd s1, THREAD_FLOAT_HART(tp)
    jr t5

    .globl fast_call
fast_call:
    begin CALL_RIGHT
    ld t6, ENDPOINT_SERVER(t5)
    ld s0, ENTRY_BADGE(t4)
    beqz t6, give_up
    lbu t4, THREAD_STATE(t6)
    ld t5, THREAD_DEADLINE_HEAP(t6)
    addi t4, t4, -STATE_RECEIVING
    bnez t4, give_up
    lbu t4, THREAD_STATE(tp)
    bnez t5, give_up
    bnez t4, give_up
    nothing_pending tp
    lbu a2, THREAD_PRIORITY(t6)
    bgeu a2, s1, 1f
    mv a2, s1
1:  switch_check
    // Nothing is changed before, nothing fails after this.
    sb a2, THREAD_PRIORITY(t6)
    li a0, STATE_CALLING
    mv a2, s0
    beqz s0, 2f
#ifndef PLANTED_BADGE
    ld a2, BADGE_VALUE(s0)
#endif
2:  sd tp, THREAD_SERVING(t6)
    sd t6, THREAD_SERVER(tp)
    sb a0, THREAD_STATE(tp)
    sb zero, THREAD_STATE(t6)
    li s0, REPLY_RECEIVE_NUMBER

    // tp stops, t6 runs with a1, a2 and the words as they are, a0 = 0, a7 = s0.
hand_over:
    sd s2, FRAME_SAVED+16(tp)
    sd s3, FRAME_SAVED+24(tp)
    sd s4, FRAME_SAVED+32(tp)
    sd s5, FRAME_SAVED+40(tp)
    sd s6, FRAME_SAVED+48(tp)
    sd s7, FRAME_SAVED+56(tp)
    sd s8, FRAME_SAVED+64(tp)
    sd s9, FRAME_SAVED+72(tp)
    sd s10, FRAME_SAVED+80(tp)
    sd s11, FRAME_SAVED+88(tp)
    csrr s2, sepc
    csrrw s3, sscratch, t6
    addi s2, s2, 4
    sd ra, FRAME_RA(tp)
    sd sp, FRAME_SP(tp)
    sd gp, FRAME_GP(tp)
    sd s3, FRAME_TP(tp)
    sd s2, FRAME_PC(tp)
    sd a7, FRAME_NUMBER(tp)
    sd zero, FRAME_TEMPORARY+0(tp)
    // Who pays stays the same: time is lent with the call, and given back with the reply.
    sd t6, HART_CURRENT(s1)
    // Floating point: only who owns the registers finds the unit on.
    ld s2, HART_FLOAT_OWNER(s1)
    li s3, FLOAT_MASK
#ifndef PLANTED_FLOAT
    csrc sstatus, s3
#endif
    bne s2, t6, 3f
    ld s2, THREAD_FLOAT_HART(t6)
    li s3, FLOAT_CLEAN
    bne s2, s1, 3f
    csrs sstatus, s3
3:  ld s2, HART_SPACE(s1)
    beq s2, t4, 4f
    ld s2, HART_BIT(s1)
    addi s3, t4, SPACE_HARTS
    sd t4, HART_SPACE(s1)
    csrw satp, t5
    amoor.d zero, s2, (s3)
4:  ld t4, FRAME_PC(t6)
    fence rw, w
    sw zero, 0(s1)
    // The lock is open: t6 is ours alone, as whatever runs.
    csrw sepc, t4
    mv a7, s0
#ifdef PLANTED_WORDS
    li t3, 0
#endif
    ld ra, FRAME_RA(t6)
    ld sp, FRAME_SP(t6)
    ld gp, FRAME_GP(t6)
    ld tp, FRAME_TP(t6)
    ld s0, FRAME_SAVED+0(t6)
    ld s1, FRAME_SAVED+8(t6)
    ld s2, FRAME_SAVED+16(t6)
    ld s3, FRAME_SAVED+24(t6)
    ld s4, FRAME_SAVED+32(t6)
    ld s5, FRAME_SAVED+40(t6)
    ld s6, FRAME_SAVED+48(t6)
    ld s7, FRAME_SAVED+56(t6)
    ld s8, FRAME_SAVED+64(t6)
    ld s9, FRAME_SAVED+72(t6)
    ld s10, FRAME_SAVED+80(t6)
    ld s11, FRAME_SAVED+88(t6)
    li a0, 0
    li t4, 0
    li t5, 0
    li t6, 0
    sret

    .globl fast_reply_receive
fast_reply_receive:
    begin RECEIVE_RIGHT
    ld t6, THREAD_SERVING(tp)
    ld t4, ENDPOINT_SERVER(t5)
    beqz t6, give_up
    bne t4, tp, give_up
    ld s0, ENDPOINT_CALLERS+8(t5)
    addi t4, t5, ENDPOINT_CALLERS
    ld s1, ENDPOINT_CLOSED+8(t5)
    bne s0, t4, give_up
    addi t4, t5, ENDPOINT_CLOSED
    ld s0, THREAD_BOUND(tp)
    bne s1, t4, give_up
    lbu t4, THREAD_STATE(tp)
    beqz s0, 5f
    ld s0, SIGNAL_BITS(s0)
5:  ld t5, THREAD_DEADLINE_HEAP(t6)
    bnez t4, give_up
    bnez s0, give_up
    bnez t5, give_up
    nothing_pending t6
    switch_check
    // Nothing is changed before, nothing fails after this.
    lbu a0, THREAD_OWN_PRIORITY(tp)
    li s0, STATE_RECEIVING
    sd zero, THREAD_SERVING(tp)
    sb s0, THREAD_STATE(tp)
    sb a0, THREAD_PRIORITY(tp)
    sd zero, THREAD_SERVER(t6)
    sb zero, THREAD_STATE(t6)
    li s0, CALL_NUMBER
    j hand_over

give_up:
    ld t5, THREAD_HART(tp)
    fence rw, w
    sw zero, 0(t5)
    ld s0, FRAME_SAVED+0(tp)
    ld s1, FRAME_SAVED+8(tp)
    li a2, -1
    j trap_save

    // clock: the time in nanoseconds as clock_now computes it; needs no lock and saves nothing.
    .globl fast_clock
fast_clock:
    csrr a0, time
    lla t4, clock_rate
    ld t5, CLOCK_BOOT_TICKS(t4)
    ld t4, CLOCK_NS_PER_TICK(t4)
    sub a0, a0, t5
    mulhu t5, a0, t4
    mul a0, a0, t4
    csrr t4, sepc
    slli t5, t5, 64 - FRACTION_BITS
    srli a0, a0, FRACTION_BITS
    addi t4, t4, 4
    or a0, a0, t5
    csrw sepc, t4
    li t4, 0
    li t5, 0
    li t6, 0
    csrrw tp, sscratch, tp
    sret
