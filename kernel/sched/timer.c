// SPDX-License-Identifier: Apache-2.0
// Timer objects.
#include "sched/timer.h"

#include "cap/budget.h"
#include "ipc/signal.h"
#include "sched/clock.h"
#include "sched/schedule.h"

static struct slab timer_slab = SLAB_INIT(sizeof(struct timer));

static void timer_expire(struct deadline *deadline)
{
    struct timer *timer = CONTAINER_OF(deadline, struct timer, deadline);
    raiser_raise(&timer->raiser);
}

struct timer *timer_create(struct budget *budget, struct handle_entry *origin, uint64_t bits)
{
    struct timer *timer = object_create(budget, &timer_slab, OBJECT_TIMER);
    if (timer == NULL)
        return NULL;
    if (raiser_init(&timer->raiser, budget, origin, bits) != OK) {
        object_free(&timer_slab, timer);
        return NULL;
    }
    timer->deadline.expire = timer_expire;
    return timer;
}

void timer_destroy(struct object *object)
{
    struct timer *timer = timer_of(object);
    deadline_remove(&timer->deadline);
    raiser_finish(&timer->raiser);
    object_free(&timer_slab, timer);
}

void timer_set(struct timer *timer, instant_ns_t deadline)
{
    deadline_remove(&timer->deadline);
    if (deadline == DEADLINE_NEVER)
        return;
    if (schedule_deadline(&timer->deadline, clock_to_ticks(deadline)))
        raiser_raise(&timer->raiser);
}
