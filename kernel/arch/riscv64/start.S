// SPDX-License-Identifier: Apache-2.0
// The first instructions: the header that boot loaders know (Linux's "boot image header in
// RISC-V Linux"), then MMU off to
// MMU on. Everything before the jump is relative to the program counter, so the image runs at
// any 2 MiB boundary.
// a0 = this hart's number, a1 = device tree.
#include "offsets.h"

    .section .head, "ax"
    .option norvc
    .globl image_start
image_start:
    j start
    nop
    .quad 0x200000            // from the start of RAM
    .quad image_size          // bss included
    .quad 0                   // little endian
    .word 2, 0                // version
    .quad 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .word 0
    .option rvc
start:
    la t0, boot_taken
    li t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez t1, start_late
    csrr s2, time
    csrw sie, zero
    csrw sscratch, zero
    mv s0, a0
    mv s1, a1
    la t0, bss_start
    la t1, bss_end
1:
    sd zero, 0(t0)
    sd zero, 8(t0)
    sd zero, 16(t0)
    sd zero, 24(t0)
    addi t0, t0, 32
    bltu t0, t1, 1b
    la sp, boot_stack_top
    la a0, image_start
    mv a1, s1
    call early_map
    la s3, image_start
    li t1, 0xffffffff80000000
    sub t1, t1, s3
    la t2, 2f
    add t2, t2, t1
    csrw stvec, t2
    sfence.vma
    csrw satp, a0             // the next fetch faults, and so continues at 2 in the upper half
    nop
    .balign 4
2:
    la t0, trap_entry
    csrw stvec, t0
    la sp, boot_stack_top
    la tp, harts
    mv a0, s0
    mv a1, s1
    mv a2, s3
    mv a3, s2
    call start_machine
    unimp

    // A hart that start.c started, but sent here, with what the first was given: OpenSBI 1.1 wakes
    // it before it writes down where to (lib/sbi/sbi_hsm.c), and then the one is as fast as the
    // other. A hart nobody started waits for ever.
start_late:
    la t0, harts
    li t1, HART_ARRAY
1:
    ld t2, HART_NUMBER(t0)
    ld t3, HART_STACK(t0)
    bne t2, a0, 2f
    bnez t3, 3f
2:
    addi t0, t0, HART_BYTES
    addi t1, t1, -1
    bnez t1, 1b
    wfi
    j start_late
3:
    la t1, image_start
    sub t0, t0, t1
    li t1, 0xffffffff80000000
    add a1, t0, t1

    // Another hart: a0 = its number, a1 = its struct hart (virtual).
    .globl start_other
start_other:
    csrw sie, zero
    csrw sscratch, zero
    la s3, image_start
    li t1, 0xffffffff80000000
    sub t1, t1, s3
    la t0, start_satp
    ld a2, 0(t0)
    la t2, 3f
    add t2, t2, t1
    csrw stvec, t2
    sfence.vma
    csrw satp, a2
    nop
    .balign 4
3:
    la t0, trap_entry
    csrw stvec, t0
    mv tp, a1
    ld sp, HART_STACK(tp)
    call start_hart
    unimp

    // void start_on_stack(stack top, void (*function)(void))
    .globl start_on_stack
start_on_stack:
    mv sp, a0
    jr a1

    .data
    .balign 4
boot_taken:
    .word 0                   // 1: a hart boots the kernel

    .bss
    .balign 16
    .space STACK_BYTES
boot_stack_top:
