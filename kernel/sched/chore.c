// SPDX-License-Identifier: Apache-2.0
// A queue of chores.
#include "sched/chore.h"

#include "sched/schedule.h"
#include "sched/trace.h"

#include <stddef.h>

static struct chore *chore_first;
static struct chore **chore_end = &chore_first;

void chore_add(struct chore *chore, bool (*step)(struct chore *chore))
{
    chore->step = step;
    chore->next = NULL;
    *chore_end = chore;
    chore_end = &chore->next;
    hart_this()->pending |= 1ull << PENDING_CHORE;
}

bool chore_step(void)
{
    struct chore *chore = chore_first;
    if (chore == NULL || chore->next == NULL)
        hart_this()->pending &= ~(1ull << PENDING_CHORE);
    if (chore == NULL)
        return false;
    chore_first = chore->next;
    if (chore_first == NULL)
        chore_end = &chore_first;
    trace(TRACE_CHORE, NULL, NULL, 0);
    if (!chore->step(chore))
        chore_add(chore, chore->step);
    return true;
}
