// SPDX-License-Identifier: Apache-2.0
// What the portable core asks of the processor. arch/riscv64 answers on the device, test/host in
// the host tests; the inline parts (this hart, the direct map) are in arch/inline.h of whichever
// folder the build includes.
#pragma once

#include "abi/types.h"
#include "mem/pages.h"

#include "arch/inline.h" // hart_this, physical_pointer, physical_of

#define ARCH_BLOCK_BYTES (2ull << 20)

struct hart;
struct space;
struct thread;

// Pages in a row, and where they are mapped.
struct run {
    uint64_t address;
    paddr_t page;
    uint32_t count;
};

// Ticks of the machine's timebase since an arbitrary point; never goes back.
uint64_t arch_ticks(void);
// Asks for a timer interrupt on this hart at `ticks` (UINT64_MAX: none).
void arch_timer_arm(uint64_t ticks);
// Waits for an interrupt, without the locks; then, with them, handles whatever is pending.
void arch_wait(void);
void arch_poll_interrupts(void);
// Interrupts another hart so that it enters the kernel.
void arch_hart_kick(const struct hart *hart);

// A page table with the kernel's half filled in; NULL when memory is exhausted.
uint64_t *arch_root_create(struct space *space);
// Maps one page for user mode; takes table pages as needed, which space->budget pays for.
// Also drops this hart's stale translation of `address`. ERR_NO_MEMORY.
status_t arch_page_map(struct space *space, uint64_t address, paddr_t page, uint32_t protect);
// The same for `count` pages that lie in a row.
status_t arch_run_map(struct space *space, const struct run *run, uint32_t protect);
// The same for a whole block, both aligned to ARCH_BLOCK_BYTES, with one entry. ERR_EXISTS: pages
// of it are mapped one by one, or were.
status_t arch_block_map(struct space *space, uint64_t address, paddr_t block, uint32_t protect);
// Unmaps `count` pages (at most 512) and drops their translations on every hart. A block of which
// it takes a part goes whole: what is left of it will be mapped again when it is touched.
void arch_pages_unmap(struct space *space, uint64_t address, uint32_t count);
// Frees table pages, a bounded number a call; true when the root is gone, too. The space runs on no
// hart.
bool arch_root_destroy_step(struct space *space);
// Makes `space` (NULL: the kernel's own) the address space of this hart.
void arch_space_activate(struct space *space);
// Makes fresh instructions visible to every hart.
void arch_code_changed(void);

// Gives a new thread its first registers.
void arch_frame_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument,
                     uint64_t message_address);
// Called when this hart stops or starts running a thread: floating point is saved and restored
// lazily.
void arch_thread_leave(struct thread *thread);
void arch_thread_enter(struct thread *thread);
// A thread that dies must not be named by any hart's floating point unit.
void arch_thread_forget(struct thread *thread);

// Enables delivery of an interrupt, or ends the one in service; stops it for good.
void arch_interrupt_enable(uint32_t number);
void arch_interrupt_done(uint32_t number);
void arch_interrupt_disable(uint32_t number);
uint32_t arch_interrupt_count(void);

void arch_console_write(const char *bytes, size_t size);
// POWER_OFF, POWER_REBOOT. Returns only if the machine cannot.
void arch_power(uint32_t action);
// Stops all harts after the kernel's own failure.
_Noreturn void arch_halt(void);
