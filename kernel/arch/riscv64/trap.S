// SPDX-License-Identifier: Apache-2.0
// The way into the kernel and out of it. In user mode sscratch points at the running thread, in
// the kernel it is 0. The calls made most go through fast.S; for everything else the registers go
// to the thread's frame (offsets.h), and the kernel runs on its hart's stack, from the top, with
// interrupts off and tp pointing at the hart. A trap inside the kernel is either a probe that
// expects it or our mistake.
#include "offsets.h"

    .text
    .option norvc
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, trap_in_kernel
    sd t4, FRAME_TEMPORARY+0(tp)
    csrr t4, scause
    addi t4, t4, -TRAP_USER_CALL
    bnez t4, trap_save
    beqz a7, fast_call
    addi t4, a7, -REPLY_RECEIVE_NUMBER
    beqz t4, fast_reply_receive
    addi t4, a7, -CLOCK_NUMBER
    beqz t4, fast_clock

    .globl trap_save
trap_save:
    .option rvc
    sd t5, FRAME_TEMPORARY+8(tp)
    sd t6, FRAME_TEMPORARY+16(tp)
    sd ra, FRAME_RA(tp)
    sd sp, FRAME_SP(tp)
    sd gp, FRAME_GP(tp)
    sd s0, FRAME_SAVED+0(tp)
    sd s1, FRAME_SAVED+8(tp)
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
    sd a0, FRAME_ARGUMENT+0(tp)
    sd a1, FRAME_ARGUMENT+8(tp)
    sd a2, FRAME_ARGUMENT+16(tp)
    sd a3, FRAME_WORDS+0(tp)
    sd a4, FRAME_WORDS+8(tp)
    sd a5, FRAME_WORDS+16(tp)
    sd a6, FRAME_WORDS+24(tp)
    sd t0, FRAME_WORDS+32(tp)
    sd t1, FRAME_WORDS+40(tp)
    sd t2, FRAME_WORDS+48(tp)
    sd t3, FRAME_WORDS+56(tp)
    sd a7, FRAME_NUMBER(tp)
    csrr a1, scause
    csrr t1, sepc
    csrr t2, sstatus
    csrrw t0, sscratch, zero
    li t3, TRAP_USER_CALL
    mv a0, tp
    ld tp, THREAD_HART(a0)
    sd t0, FRAME_TP(a0)
    sd t2, FRAME_STATUS(a0)
    ld sp, HART_STACK(tp)
    bne a1, t3, 1f
    // A system call: t4-t6 are not kept.
    addi t1, t1, 4
    sd zero, FRAME_TEMPORARY+0(a0)
    sd zero, FRAME_TEMPORARY+8(a0)
    sd zero, FRAME_TEMPORARY+16(a0)
    sd t1, FRAME_PC(a0)
    call trap_syscall
    j thread_resume
1:
    sd t1, FRAME_PC(a0)
    csrr a2, stval
    call trap_other

    // void thread_resume(struct thread *): into user mode.
    .globl thread_resume
thread_resume:
    ld t1, FRAME_PC(a0)
    ld t2, FRAME_STATUS(a0)
    csrw sepc, t1
    csrw sstatus, t2
    csrw sscratch, a0
    ld ra, FRAME_RA(a0)
    ld sp, FRAME_SP(a0)
    ld gp, FRAME_GP(a0)
    ld tp, FRAME_TP(a0)
    ld s0, FRAME_SAVED+0(a0)
    ld s1, FRAME_SAVED+8(a0)
    ld s2, FRAME_SAVED+16(a0)
    ld s3, FRAME_SAVED+24(a0)
    ld s4, FRAME_SAVED+32(a0)
    ld s5, FRAME_SAVED+40(a0)
    ld s6, FRAME_SAVED+48(a0)
    ld s7, FRAME_SAVED+56(a0)
    ld s8, FRAME_SAVED+64(a0)
    ld s9, FRAME_SAVED+72(a0)
    ld s10, FRAME_SAVED+80(a0)
    ld s11, FRAME_SAVED+88(a0)
    ld a1, FRAME_ARGUMENT+8(a0)
    ld a2, FRAME_ARGUMENT+16(a0)
    ld a3, FRAME_WORDS+0(a0)
    ld a4, FRAME_WORDS+8(a0)
    ld a5, FRAME_WORDS+16(a0)
    ld a6, FRAME_WORDS+24(a0)
    ld t0, FRAME_WORDS+32(a0)
    ld t1, FRAME_WORDS+40(a0)
    ld t2, FRAME_WORDS+48(a0)
    ld t3, FRAME_WORDS+56(a0)
    ld a7, FRAME_NUMBER(a0)
    ld t4, FRAME_TEMPORARY+0(a0)
    ld t5, FRAME_TEMPORARY+8(a0)
    ld t6, FRAME_TEMPORARY+16(a0)
    // Of no exception any more: who stops in fast.S finds them cleared when it goes on.
    sd zero, FRAME_TEMPORARY+8(a0)
    sd zero, FRAME_TEMPORARY+16(a0)
    ld a0, FRAME_ARGUMENT+0(a0)
    sret

trap_in_kernel:
    // tp is 0, sscratch the kernel's tp. A probe: continue where it says, t0 = 1.
    csrrw tp, sscratch, tp
    ld t0, HART_PROBE(tp)
    beqz t0, 2f
    csrw sepc, t0
    sd zero, HART_PROBE(tp)
    li t0, 1
    sret
2:
    mv a3, sp
    mv a4, ra
    la sp, panic_stack_top
    csrr a0, scause
    csrr a1, sepc
    csrr a2, stval
    j trap_kernel

    // bool probe_stimecmp(struct hart *): whether writing stimecmp works here.
    .globl probe_stimecmp
probe_stimecmp:
    la t1, 3f
    sd t1, HART_PROBE(a0)
    li t0, 0
    li t2, -1
    csrw 0x14d, t2
3:
    sd zero, HART_PROBE(a0)
    xori a0, t0, 1
    ret

    // void float_save(uint64_t registers[32], uint64_t *control), float_load: the FPU is on.
    .option arch, +f, +d
    .globl float_save
float_save:
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\i, (8*\i)(a0)
    .endr
    frcsr t0
    sd t0, 0(a1)
    ret

    .globl float_load
float_load:
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\i, (8*\i)(a0)
    .endr
    ld t0, 0(a1)
    fscsr t0
    ret

    .bss
    .balign 16
    .space 4096
panic_stack_top:
