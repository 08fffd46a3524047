// SPDX-License-Identifier: Apache-2.0
// Interrupt objects, one at most for each number.
#include "trap/interrupt.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "ipc/signal.h"
#include "sched/trace.h"

static struct interrupt *interrupts[INTERRUPTS_MAX];
static struct slab interrupt_slab = SLAB_INIT(sizeof(struct interrupt));

status_t interrupt_create(struct budget *budget, uint32_t number, struct handle_entry *origin,
                          uint64_t bits, struct interrupt **out_interrupt)
{
    if (number == 0 || number >= arch_interrupt_count() || number >= INTERRUPTS_MAX)
        return ERR_INVALID;
    if (interrupts[number] != NULL)
        return ERR_EXISTS;
    struct interrupt *interrupt = object_create(budget, &interrupt_slab, OBJECT_INTERRUPT);
    if (interrupt == NULL)
        return ERR_NO_MEMORY;
    if (raiser_init(&interrupt->raiser, budget, origin, bits) != OK) {
        object_free(&interrupt_slab, interrupt);
        return ERR_NO_MEMORY;
    }
    interrupt->number = number;
    interrupts[number] = interrupt;
    *out_interrupt = interrupt;
    return OK;
}

void interrupt_destroy(struct object *object)
{
    struct interrupt *interrupt = interrupt_of(object);
    if (interrupt->pending)
        arch_interrupt_done(interrupt->number);
    if (interrupt->enabled)
        arch_interrupt_disable(interrupt->number);
    interrupts[interrupt->number] = NULL;
    raiser_finish(&interrupt->raiser);
    object_free(&interrupt_slab, interrupt);
}

void interrupt_done(struct interrupt *interrupt)
{
    if (interrupt->pending) {
        interrupt->pending = false;
        arch_interrupt_done(interrupt->number);
    } else if (!interrupt->enabled) {
        interrupt->enabled = true;
        arch_interrupt_enable(interrupt->number);
    }
}

bool interrupt_raise(uint32_t number)
{
    struct interrupt *interrupt = number < INTERRUPTS_MAX ? interrupts[number] : NULL;
    if (interrupt == NULL)
        return false;
    interrupt->pending = true;
    trace(TRACE_INTERRUPT, NULL, NULL, number);
    raiser_raise(&interrupt->raiser);
    return true;
}
