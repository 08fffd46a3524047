// SPDX-License-Identifier: Apache-2.0
// Interrupt objects: a device's interrupt raises bits of a signal and stays silent until the driver
// says it is done.
#pragma once

#include "ipc/signal.h"

#define INTERRUPTS_MAX 1024u

struct interrupt {
    struct object object;
    struct raiser raiser;
    uint32_t number;
    bool enabled, pending; // pending: raised, not done
};

static inline struct interrupt *interrupt_of(struct object *object)
{
    return (struct interrupt *)(void *)object;
}

// ERR_INVALID (no such number), ERR_EXISTS (somebody has it), ERR_NO_MEMORY.
status_t interrupt_create(struct budget *budget, uint32_t number, struct handle_entry *origin,
                          uint64_t bits, struct interrupt **out_interrupt);
void interrupt_destroy(struct object *object);
void interrupt_done(struct interrupt *interrupt);
// The controller reports `number`. False: nobody has it.
bool interrupt_raise(uint32_t number);
