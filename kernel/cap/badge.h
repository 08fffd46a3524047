// SPDX-License-Identifier: Apache-2.0
// A badge: a number that the kernel vouches for, tied to one endpoint. Every handle with it and
// every queued call made through such a handle holds a reference; when the last is gone the badge
// queues up at its endpoint, whose server learns the number once (RECEIVED_CLOSED). A closed badge
// is never revived: the same number given out again is a new badge.
#pragma once

#include "abi/types.h"
#include "base/list.h"

struct budget;
struct endpoint;

struct badge {
    struct endpoint *endpoint; // not counted: a handle with the badge holds the endpoint
    uint64_t value;            // never 0
    uint32_t references;
    uint32_t reserved;
    struct budget *budget; // who pays for it
    struct badge *hash_next;
    struct list_node link; // endpoint.closed, once closed
};

// The live badge `value` of `endpoint` with one more reference; NULL when memory is exhausted.
// `budget` pays if it is new.
struct badge *badge_find_or_create(struct budget *budget, struct endpoint *endpoint,
                                   uint64_t value);
static inline void badge_hold(struct badge *badge)
{
    badge->references++;
}
// Drops a reference; the last one reports the badge closed to its endpoint.
void badge_release(struct badge *badge);
// Frees a badge taken from endpoint.closed.
void badge_destroy(struct badge *badge);
