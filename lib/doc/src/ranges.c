// SPDX-License-Identifier: Apache-2.0
// Delete sets; see ranges.h.
#include "ranges.h"

#include "doc/doc.h"
#include "wire.h"

#include <stdlib.h>

status_t ranges_add(struct heap *heap, struct range_list *list, struct range range)
{
    if (list->count > 0) {
        struct range *last = &list->ranges[list->count - 1];
        if (last->client == range.client && last->clock + last->length == range.clock) {
            last->length += range.length;
            return OK;
        }
    }
    if (heap_grow(heap, (void **)&list->ranges, &list->capacity, list->count,
                  sizeof *list->ranges) < 0)
        return ERR_NO_MEMORY;
    list->ranges[list->count++] = range;
    return OK;
}

static int compare(const void *left, const void *right)
{
    const struct range *a = left, *b = right;
    if (a->client != b->client)
        return a->client > b->client ? -1 : 1;
    return a->clock < b->clock ? -1 : a->clock > b->clock;
}

void ranges_normalize(struct range_list *list)
{
    if (list->count < 2)
        return;
    qsort(list->ranges, list->count, sizeof *list->ranges, compare);
    uint32_t last = 0;
    for (uint32_t i = 1; i < list->count; i++) {
        struct range *into = &list->ranges[last];
        const struct range *next = &list->ranges[i];
        uint64_t end = next->clock + next->length;
        if (into->client != next->client || into->clock + into->length < next->clock)
            list->ranges[++last] = *next;
        else if (end > into->clock + into->length)
            into->length = end - into->clock;
    }
    list->count = last + 1;
}

// How many ranges from `first` on belong to the same client.
static uint32_t client_count(const struct range_list *list, uint32_t first)
{
    uint32_t end = first;
    while (end < list->count && list->ranges[end].client == list->ranges[first].client)
        end++;
    return end - first;
}

void ranges_write(const struct range_list *list, struct buffer *out)
{
    uint32_t clients = 0;
    for (uint32_t i = 0; i < list->count; i += client_count(list, i))
        clients++;
    buffer_uvarint(out, clients);
    for (uint32_t i = 0; i < list->count;) {
        uint32_t count = client_count(list, i);
        buffer_uvarint(out, list->ranges[i].client);
        buffer_uvarint(out, count);
        for (uint32_t end = i + count; i < end; i++) {
            buffer_uvarint(out, list->ranges[i].clock);
            buffer_uvarint(out, list->ranges[i].length);
        }
    }
}

status_t ranges_read(struct heap *heap, struct reader reader, struct range_list *list)
{
    uint64_t clients = wire_number(&reader);
    for (uint64_t i = 0; i < clients && reader_ok(&reader); i++) {
        uint64_t client = wire_number(&reader);
        uint64_t count = wire_number(&reader);
        for (uint64_t j = 0; j < count && reader_ok(&reader); j++) {
            struct range range = {.client = client, .clock = wire_number(&reader)};
            range.length = wire_number(&reader);
            if (range.length > 0 && ranges_add(heap, list, range) < 0)
                return ERR_NO_MEMORY;
        }
    }
    return OK;
}

void ranges_check(struct reader *reader)
{
    uint64_t clients = wire_number(reader);
    for (uint64_t i = 0; i < clients && reader_ok(reader); i++) {
        wire_number(reader);
        uint64_t count = wire_number(reader);
        for (uint64_t j = 0; j < count && reader_ok(reader); j++) {
            uint64_t clock = wire_number(reader);
            if (wire_number(reader) > DOC_CLOCK_MAX - clock)
                reader_fail(reader);
        }
    }
}

void ranges_finish(struct heap *heap, struct range_list *list)
{
    heap_give(heap, list->ranges, list->capacity * sizeof *list->ranges);
    *list = (struct range_list){0};
}
