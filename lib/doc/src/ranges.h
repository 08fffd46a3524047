// SPDX-License-Identifier: Apache-2.0
// Delete sets: ranges of clocks per client, on the wire with clients descending and ranges
// ascending and joined.
#pragma once

#include "heap.h"

struct range {
    uint64_t client, clock, length;
};

struct range_list {
    struct range *ranges;
    uint32_t count, capacity;
};

// Adds a range; one that continues the last one extends it. ERR_NO_MEMORY.
status_t ranges_add(struct heap *heap, struct range_list *list, struct range range);
// Sorts as on the wire and joins what touches or overlaps.
void ranges_normalize(struct range_list *list);
// Appends a normalized list in wire form.
void ranges_write(const struct range_list *list, struct buffer *out);
// Adds all ranges of a delete set that was checked before. ERR_NO_MEMORY.
status_t ranges_read(struct heap *heap, struct reader reader, struct range_list *list);
// Passes over a delete set, failing the reader where it is malformed.
void ranges_check(struct reader *reader);
void ranges_finish(struct heap *heap, struct range_list *list);
