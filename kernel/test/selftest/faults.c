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

// Three functions deep. Nothing of a frame may be optimised away, hence noipa and the sums.
__attribute__((noipa)) static uint64_t reads_through(const volatile uint64_t *pointer)
{
    return *pointer;
}

__attribute__((noipa)) static uint64_t third(uint64_t address)
{
    return reads_through((const volatile uint64_t *)address) + 1;
}

__attribute__((noipa)) static uint64_t second(uint64_t address)
{
    return third(address) + 1;
}

__attribute__((noipa)) static uint64_t first(uint64_t address)
{
    return second(address) + 1;
}

static void faults_three_deep(void)
{
    SYS1(process_exit, (uint32_t)first(8));
}

// Which of the functions above holds `address`: the last that begins at or below it.
static uintptr_t function_of(uint64_t address)
{
    const uintptr_t functions[] = {(uintptr_t)&reads_through, (uintptr_t)&third, (uintptr_t)&second,
                                   (uintptr_t)&first, (uintptr_t)&faults_three_deep};
    uintptr_t best = 0;
    for (uint32_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i] <= address && functions[i] > best)
            best = functions[i];
    }
    return address - best < 128 ? best : 0;
}

// Frame records a program might leave; s0 is set, then it faults.
static uint64_t records[80] __attribute__((aligned(16)));

static void faults_with(uint64_t frame_pointer)
{
    __asm__ volatile("mv s0, %0\n ld zero, 8(zero)" ::"r"(frame_pointer) : "memory");
}

static uint64_t record_at(uint32_t index)
{
    return (uintptr_t)&records[2 * index];
}

static void record_set(uint32_t index, uint64_t return_address, uint64_t next)
{
    records[2 * index - 1] = return_address;
    records[2 * index - 2] = next;
}

static void frame_in_the_kernel(void)
{
    faults_with(0xffffffff80001000ull);
}

static void frame_in_the_direct_map(void)
{
    faults_with(0xffffffc080001000ull);
}

static void frame_nowhere(void)
{
    faults_with(0x7000000000ull);
}

static void frame_at_the_end(void)
{
    faults_with(0xfffffffffffffff0ull);
}

static void frame_odd(void)
{
    faults_with(record_at(3) + 4);
}

static void frame_in_the_text(void)
{
    faults_with((uintptr_t)&reads_null & ~15ull);
}

static void frame_of_itself(void)
{
    record_set(2, (uintptr_t)&reads_null, record_at(2));
    faults_with(record_at(2));
}

static void frames_in_a_ring(void)
{
    record_set(2, (uintptr_t)&reads_null, record_at(4));
    record_set(4, (uintptr_t)&reads_null, record_at(2));
    faults_with(record_at(2));
}

static void frames_without_end(void)
{
    for (uint32_t i = 1; i < 40; i++)
        record_set(i, (uintptr_t)&reads_null, record_at(i + 1));
    faults_with(record_at(1));
}

static void frame_that_returns_to_the_kernel(void)
{
    record_set(2, 0xffffffff80000000ull, record_at(4));
    record_set(4, 0xffffffff80000000ull, 0);
    faults_with(record_at(2));
}

static void expect_frames(const char *name, void (*entry)(void), uint32_t count)
{
    claim(name);
    struct child child = child_create(name);
    child_start(&child, entry, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    uint32_t found = 0;
    while (found < PROCESS_BACKTRACE_MAX && info.backtrace[found] != 0)
        found++;
    CHECK(info.state == PROCESS_FAULTED && info.fault_cause == 13 && info.fault_address == 8);
    CHECK(found == count);
}

static void backtrace_test(void)
{
    claim("backtrace_names_callers");
    struct child child = child_create("backtrace");
    child_start(&child, faults_three_deep, PRIORITY_LOW);
    struct process_info info = child_wait(&child);
    CHECK(function_of(info.fault_pc) == (uintptr_t)&reads_through);
    CHECK(function_of(info.registers[1]) == (uintptr_t)&third); // a leaf stores no return address
    CHECK(function_of(info.backtrace[0]) == (uintptr_t)&second);
    CHECK(function_of(info.backtrace[1]) == (uintptr_t)&first);
    CHECK(function_of(info.backtrace[2]) == (uintptr_t)&faults_three_deep);
    expect_frames("frame_in_kernel", frame_in_the_kernel, 0);
    expect_frames("frame_in_direct_map", frame_in_the_direct_map, 0);
    expect_frames("frame_nowhere", frame_nowhere, 0);
    expect_frames("frame_at_the_end", frame_at_the_end, 0);
    expect_frames("frame_odd", frame_odd, 0);
    expect_frames("frame_in_text", frame_in_the_text, 0);
    expect_frames("frame_of_itself", frame_of_itself, 1);
    expect_frames("frames_in_a_ring", frames_in_a_ring, 2);
    expect_frames("frames_without_end", frames_without_end, PROCESS_BACKTRACE_MAX);
    expect_frames("frame_to_the_kernel", frame_that_returns_to_the_kernel, 0);
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
    backtrace_test();
}
