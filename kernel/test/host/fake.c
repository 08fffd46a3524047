// SPDX-License-Identifier: Apache-2.0
// The fake processor, and the kernel's panic as an abort.
#include "fake.h"

#include "boot/machine.h"
#include "cap/budget.h"
#include "boot/panic.h"
#include "mem/space.h"
#include "sched/clock.h"
#include "sched/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *fake_memory;
uint64_t fake_ticks = 1000;
struct hart *fake_hart = &harts[0];
jmp_buf fake_wait;
bool fake_can_wait;
uint32_t fake_active_roots;
uint32_t fake_blocks;

static uint8_t *page_map;
static uint64_t timers[FAKE_HARTS];
static bool kicks[FAKE_HARTS];

void fake_memory_reset(void)
{
    if (fake_memory == NULL)
        fake_memory = aligned_alloc(8u << 20, FAKE_MEMORY_BYTES);
    uint64_t end = FAKE_PHYSICAL_BASE + FAKE_MEMORY_BYTES;
    if (page_map == NULL)
        page_map = malloc(pages_map_size(FAKE_PHYSICAL_BASE, end));
    memset(fake_memory, 0xa5, FAKE_MEMORY_BYTES);
    memset(page_map, 0xa5, pages_map_size(FAKE_PHYSICAL_BASE, end));
    pages_init(FAKE_PHYSICAL_BASE, end, page_map);
    pages_add(FAKE_PHYSICAL_BASE, end);
}

void fake_start(void)
{
    if (hart_count > 0)
        return;
    fake_memory_reset();
    fake_harts_reset(1);
    budget_init();
}

void fake_harts_reset(uint32_t count)
{
    fake_ticks = 1000;
    clock_init(10000000, fake_ticks);
    for (uint32_t i = 0; i < count; i++) {
        timers[i] = UINT64_MAX;
        kicks[i] = false;
        harts[i] = (struct hart){.online = true,
                                 .index = i,
                                 .bit = 1ull << i,
                                 .timer_armed = UINT64_MAX,
                                 .slice_end = UINT64_MAX};
    }
    hart_count = count;
    fake_hart = &harts[0];
}

uint64_t fake_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint64_t arch_ticks(void)
{
    return fake_ticks;
}

void arch_timer_arm(uint64_t ticks)
{
    timers[fake_hart->index] = ticks;
}

void arch_wait(void)
{
    if (fake_can_wait)
        longjmp(fake_wait, FAKE_WAITS);
    fprintf(stderr, "the simulated hart went idle: nothing is ready\n");
    abort();
}

void fake_pause(void)
{
    if (fake_can_wait)
        longjmp(fake_wait, FAKE_PAUSED);
}

bool fake_interrupted(void)
{
    return kicks[fake_hart->index] || fake_ticks >= timers[fake_hart->index];
}

void arch_poll_interrupts(void)
{
    if (kicks[fake_hart->index])
        kicks[fake_hart->index] = fake_hart->kicked = false;
    if (fake_ticks >= timers[fake_hart->index])
        schedule_timer();
}

void arch_hart_kick(const struct hart *hart)
{
    kicks[hart->index] = true;
}

uint64_t *arch_root_create(struct space *space)
{
    uint64_t *root = budget_page_pointer(space->budget);
    fake_active_roots += root != NULL;
    return root;
}

status_t arch_page_map(struct space *space, uint64_t address, paddr_t page, uint32_t protect)
{
    space->root[address >> PAGE_SHIFT & 511] = page | protect;
    return OK;
}

status_t arch_run_map(struct space *space, const struct run *run, uint32_t protect)
{
    for (uint64_t i = 0; i < run->count; i++)
        arch_page_map(space, run->address + i * PAGE_SIZE, run->page + i * PAGE_SIZE, protect);
    return OK;
}

status_t arch_block_map(struct space *space, uint64_t address, paddr_t block, uint32_t protect)
{
    fake_blocks++;
    return arch_run_map(space, &(struct run){address, block, 512}, protect);
}

void arch_pages_unmap(struct space *space, uint64_t address, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        space->root[((address >> PAGE_SHIFT) + i) & 511] = 0;
}

bool arch_root_destroy_step(struct space *space)
{
    budget_page_pointer_free(space->budget, space->root);
    space->root = NULL;
    fake_active_roots--;
    return true;
}

void arch_space_activate(struct space *space)
{
    fake_hart->space = space;
}

void arch_code_changed(void)
{
}

void arch_frame_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument,
                     uint64_t message_address)
{
    thread->frame.pc = entry;
    thread->frame.sp = stack;
    thread->frame.argument[0] = argument;
    thread->frame.argument[1] = message_address;
}

void arch_thread_leave(struct thread *thread)
{
}

void arch_thread_enter(struct thread *thread)
{
}

void arch_thread_forget(struct thread *thread)
{
}

void arch_interrupt_enable(uint32_t number)
{
}

void arch_interrupt_done(uint32_t number)
{
}

void arch_interrupt_disable(uint32_t number)
{
}

uint32_t arch_interrupt_count(void)
{
    return 64;
}

void arch_console_write(const char *bytes, size_t size)
{
}

void arch_power(uint32_t action)
{
}

_Noreturn void arch_halt(void)
{
    abort();
}

_Noreturn void panic(const char *cause, const char *what_to_do)
{
    fprintf(stderr, "panic: %s (%s)\n", cause, what_to_do);
    abort();
}

_Noreturn void panic_init_died(const struct process *init, const struct process_fault *fault)
{
    panic("init died", "the test killed it");
}
