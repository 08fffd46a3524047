// SPDX-License-Identifier: Apache-2.0
// PLIC registers: priorities from 0, enable bits at 0x2000 + 0x80 a context, threshold and claim at
// 0x200000 + 0x1000 a context. Context numbers come from the device tree, never from arithmetic on
// hart numbers.
#include "plic.h"

#include "arch/arch.h"
#include "boot/log.h"
#include "boot/machine.h"
#include "paging.h"
#include "sched/hart.h"
#include "trap/interrupt.h"

#define ENABLE_OFFSET  0x2000u
#define ENABLE_STRIDE  0x80u
#define CONTEXT_OFFSET 0x200000u
#define CONTEXT_STRIDE 0x1000u

static struct {
    volatile uint32_t *priorities;
    volatile uint32_t *enables;
    volatile uint32_t *context; // threshold, claim
} plic;

void plic_init(void)
{
    int32_t context = -1;
    for (uint32_t i = 0; i < machine.cpu_count; i++) {
        if (machine.cpus[i].id == harts[0].id)
            context = machine.cpus[i].context;
    }
    uint64_t base = machine.interrupt_controller.start;
    if (context < 0 || machine.interrupt_controller.end <= base)
        return;
    uint64_t context_base = base + CONTEXT_OFFSET + (uint64_t)context * CONTEXT_STRIDE;
    if (context_base + CONTEXT_STRIDE > machine.interrupt_controller.end) {
        log_line("interrupt controller: context %d lies outside its registers; not used", context);
        return;
    }
    plic.priorities = kernel_map_device(base, PAGE_SIZE);
    plic.enables =
        kernel_map_device(base + ENABLE_OFFSET + (uint64_t)context * ENABLE_STRIDE, ENABLE_STRIDE);
    plic.context = kernel_map_device(context_base, PAGE_SIZE);
    for (uint32_t i = 0; i < ENABLE_STRIDE / 4; i++)
        plic.enables[i] = 0;
    plic.context[0] = 0;
}

uint32_t arch_interrupt_count(void)
{
    return plic.context == NULL ? 0 : machine.interrupt_count;
}

void arch_interrupt_enable(uint32_t number)
{
    plic.priorities[number] = 1;
    plic.enables[number / 32] |= 1u << number % 32;
}

void arch_interrupt_disable(uint32_t number)
{
    plic.enables[number / 32] &= ~(1u << number % 32);
    plic.priorities[number] = 0;
}

void arch_interrupt_done(uint32_t number)
{
    plic.context[1] = number;
}

void plic_poll(void)
{
    if (plic.context == NULL)
        return;
    for (uint32_t i = 0; i < machine.interrupt_count; i++) {
        uint32_t number = plic.context[1];
        if (number == 0)
            return;
        if (!interrupt_raise(number)) {
            arch_interrupt_disable(number);
            arch_interrupt_done(number);
        }
    }
}
