// SPDX-License-Identifier: Apache-2.0
// What a child does wrong ends the child, with its cause told; the kernel and everybody else go on.
#include "check.h"

static void reads_null(void)
{
    __asm__ volatile("ld t0, 8(zero)" ::: "t0");
}

static void reads_the_kernel(void)
{
    (void)*(volatile uint64_t *)0xffffffff80000000ull;
}

static void reads_a_hole_in_the_address_space(void)
{
    (void)*(volatile uint64_t *)0x8000000000000000ull;
}

static void writes_its_text(void)
{
    *(volatile uint32_t *)(uintptr_t)&reads_null = 0;
}

static void runs_its_stack(void)
{
    uint32_t code[1] = {0x00000013};
    ((void (*)(void))(uintptr_t)code)();
}

static void runs_nonsense(void)
{
    __asm__ volatile(".word 0xffffffff");
}

static void reads_a_machine_register(void)
{
    __asm__ volatile("csrr t0, satp" ::: "t0");
}

static void breaks(void)
{
    __asm__ volatile("ebreak");
}

static void overflows_its_stack(void)
{
    volatile uint8_t big[2 * STACK_SIZE];
    big[0] = 1;
    (void)big[0];
}

static void loads_where_no_device_is(void)
{
    __asm__ volatile("jr %0" ::"r"(0x7ffffffffull << 8));
}

static void expect_fault(const char *name, void (*entry)(void), uint64_t cause)
{
    claim(name);
    struct child child = child_create(name);
    child_start(&child, entry, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    CHECK(info.state == PROCESS_FAULTED);
    CHECK(info.exit_code == ERR_FAULT);
    CHECK(info.fault_cause == cause);
    CHECK(info.fault_pc != 0 && info.registers[2] != 0);
}

void faults_test(void)
{
    expect_fault("null_read_faults", reads_null, 13);
    expect_fault("kernel_read_faults", reads_the_kernel, 13);
    expect_fault("non_canonical_read_faults", reads_a_hole_in_the_address_space, 13);
    expect_fault("text_write_faults", writes_its_text, 15);
    expect_fault("stack_execute_faults", runs_its_stack, 12);
    expect_fault("illegal_instr_faults", runs_nonsense, 2);
    expect_fault("privileged_faults", reads_a_machine_register, 2);
    expect_fault("breakpoint_faults", breaks, 3);
    expect_fault("stack_overflow_faults", overflows_its_stack, 15);
    expect_fault("wild_jump_faults", loads_where_no_device_is, 12);
}
