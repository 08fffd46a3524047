// SPDX-License-Identifier: Apache-2.0
// Live badges in one hash table over all endpoints, so giving out the same number twice shares one
// badge.
#include "cap/badge.h"

#include "cap/budget.h"
#include "ipc/endpoint.h"

#define BADGE_BUCKETS 256u

static struct badge *buckets[BADGE_BUCKETS];
static struct slab badge_slab = SLAB_INIT(sizeof(struct badge));

static struct badge **bucket_of(const struct endpoint *endpoint, uint64_t value)
{
    uint64_t mixed =
        ((uintptr_t)endpoint >> 4) * 0x9e3779b97f4a7c15ull + value * 0xff51afd7ed558ccdull;
    return &buckets[mixed >> 56];
}

struct badge *badge_find_or_create(struct budget *budget, struct endpoint *endpoint, uint64_t value)
{
    struct badge **bucket = bucket_of(endpoint, value);
    for (struct badge *it = *bucket; it != NULL; it = it->hash_next) {
        if (it->endpoint == endpoint && it->value == value) {
            it->references++;
            return it;
        }
    }
    struct badge *badge = budget_allocate(budget, &badge_slab);
    if (badge == NULL)
        return NULL;
    badge->budget = budget;
    badge->endpoint = endpoint;
    badge->value = value;
    badge->references = 1;
    badge->hash_next = *bucket;
    list_init(&badge->link);
    *bucket = badge;
    return badge;
}

void badge_release(struct badge *badge)
{
    if (--badge->references > 0)
        return;
    struct badge **place = bucket_of(badge->endpoint, badge->value);
    while (*place != badge)
        place = &(*place)->hash_next;
    *place = badge->hash_next;
    endpoint_badge_closed(badge->endpoint, badge);
}

void badge_destroy(struct badge *badge)
{
    budget_free(badge->budget, &badge_slab, badge);
}
