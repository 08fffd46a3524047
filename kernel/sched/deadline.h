// SPDX-License-Identifier: Apache-2.0
// Deadlines of one hart: a pairing heap of nodes that live in threads and timers. Insertion is
// O(1), removal O(log n) amortised; nothing is allocated. The hart's timer is armed for the
// earliest only (tickless).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
    uint64_t ticks;
    void (*expire)(struct deadline *deadline); // called off the heap
    struct deadline *child, *next, *previous;  // previous: parent if first child
    struct deadline **heap;                    // NULL: not armed
};

// Arms `deadline` on `heap` (a root pointer); it is not armed yet.
void deadline_insert(struct deadline **heap, struct deadline *deadline);
// Disarms one that is armed, or one that may be.
void deadline_unlink(struct deadline *deadline);
static inline void deadline_remove(struct deadline *deadline)
{
    if (deadline->heap != NULL)
        deadline_unlink(deadline);
}
