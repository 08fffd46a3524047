// SPDX-License-Identifier: Apache-2.0
// Two updates into one, without a document; see update.h.
#include "update.h"

#include "doc/doc.h"

// The structs of one client being put together.
struct track {
    uint64_t client, first, end; // `end`: next clock to write
    uint64_t count;
    struct buffer structs;
};

// Writes what of `item` is new, after a Skip if there is a hole before it.
static void track_put(struct track *track, const struct wire_item *item)
{
    uint64_t clock = item->id.clock, end = clock + item->length;
    if (end <= track->end)
        return;
    if (track->count == 0 && clock > track->end)
        track->end = clock;
    if (track->count == 0)
        track->first = track->end;
    if (clock > track->end) {
        const struct wire_item hole = {.kind = WIRE_SKIP, .length = clock - track->end};
        wire_item_write(&hole, 0, &track->structs);
        track->count++;
        track->end = clock;
    }
    wire_item_write(item, track->end - clock, &track->structs);
    track->count++;
    track->end = end;
}

// The section whose next struct begins first; NULL when both are at their end. On a tie the first
// one.
static struct section *next_section(struct section *first, struct section *second)
{
    bool has_first = first && first->left > 0, has_second = second && second->left > 0;
    if (has_first && has_second)
        return second->clock < first->clock ? second : first;
    return has_first ? first : has_second ? second : NULL;
}

static void track_merge(struct track *track, struct section *first, struct section *second)
{
    for (struct section *next; (next = next_section(first, second)) != NULL; section_skip(next)) {
        struct wire_item item = section_peek(next);
        item.key_flag = item.has_key; // as Yjs: without a document the flag alone is not kept
        if (item.kind != WIRE_SKIP)
            track_put(track, &item);
    }
}

static void merge_structs(struct update *a, struct update *b, const struct vector *vector,
                          struct buffer *out)
{
    struct buffer bodies = {0};
    uint64_t clients = 0;
    uint32_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        struct section *first = i < a->count ? &a->sections[i] : NULL;
        struct section *second = j < b->count ? &b->sections[j] : NULL;
        if (first && second && first->client < second->client)
            first = NULL;
        else if (first && second && second->client < first->client)
            second = NULL;
        i += first != NULL;
        j += second != NULL;
        struct track track = {.client = first ? first->client : second->client};
        track.end = vector_clock(vector, track.client);
        track_merge(&track, first, second);
        if (track.count > 0) {
            clients++;
            buffer_uvarint(&bodies, track.count);
            buffer_uvarint(&bodies, track.client);
            buffer_uvarint(&bodies, track.first);
            buffer_bytes(&bodies, track.structs.bytes, track.structs.size);
        }
        bodies.failed |= track.structs.failed;
        buffer_finish(&track.structs);
    }
    buffer_uvarint(out, clients);
    buffer_bytes(out, bodies.bytes, bodies.size);
    out->failed |= bodies.failed;
    buffer_finish(&bodies);
}

static status_t merge_deletes(struct heap *heap, const struct update *a, const struct update *b,
                              const struct range_list *more, struct buffer *out)
{
    struct range_list all = {0};
    status_t status = ranges_read(heap, a->deletes, &all);
    if (status == OK)
        status = ranges_read(heap, b->deletes, &all);
    for (uint32_t i = 0; status == OK && more && i < more->count; i++)
        status = ranges_add(heap, &all, more->ranges[i]);
    if (status == OK) {
        ranges_normalize(&all);
        ranges_write(&all, out);
        status = buffer_status(out);
    }
    ranges_finish(heap, &all);
    return status;
}

status_t update_merge(struct heap *heap, const struct merge_input *input, struct buffer *out)
{
    static const struct vector everything;
    struct update a, b;
    status_t status = update_open(heap, input->first, &a);
    if (status < 0)
        return status;
    status = update_open(heap, input->second, &b);
    if (status == OK) {
        merge_structs(&a, &b, input->vector ? input->vector : &everything, out);
        status = merge_deletes(heap, &a, &b, input->deletes, out);
        update_close(heap, &b);
    }
    update_close(heap, &a);
    return status;
}
