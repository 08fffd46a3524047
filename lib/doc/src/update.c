// SPDX-License-Identifier: Apache-2.0
// Opening and checking updates and state vectors; see update.h.
#include "update.h"

#include "doc/doc.h"

#include <stdlib.h>

// A client, a count, a clock: no section is smaller.
#define SECTION_SIZE_MIN 3u

static int compare_sections(const void *left, const void *right)
{
    const struct section *a = left, *b = right;
    return a->client > b->client ? -1 : a->client < b->client;
}

// Walks over the structs of one client, checking each.
static void section_open(struct reader *reader, struct section *section)
{
    section->left = wire_number(reader);
    section->client = wire_number(reader);
    section->clock = wire_number(reader);
    const uint8_t *start = reader->at;
    struct wire_id id = {section->client, section->clock};
    for (uint64_t i = 0; i < section->left && reader_ok(reader); i++)
        id.clock += wire_item_read(reader, id).length;
    if (reader_ok(reader))
        section->reader = reader_of(start, (size_t)(reader->at - start));
}

static bool sections_repeat(const struct update *update)
{
    for (uint32_t i = 1; i < update->count; i++)
        if (update->sections[i].client == update->sections[i - 1].client)
            return true;
    return false;
}

status_t update_open(struct heap *heap, struct span bytes, struct update *out_update)
{
    if (bytes.size > DOC_UPDATE_SIZE_MAX)
        return ERR_TOO_LARGE;
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    uint64_t count = wire_number(&reader);
    if (!reader_ok(&reader) || count > reader_left(&reader) / SECTION_SIZE_MIN)
        return ERR_BAD_MESSAGE;
    struct update update = {.count = (uint32_t)count};
    if (count > 0) {
        update.sections = heap_take(heap, update.count * sizeof *update.sections);
        if (!update.sections)
            return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < update.count && reader_ok(&reader); i++) {
        section_open(&reader, &update.sections[i]);
        update.struct_count += update.sections[i].left;
    }
    update.deletes = reader;
    ranges_check(&reader);
    bool good = reader_done(&reader);
    if (good && update.count > 1) {
        qsort(update.sections, update.count, sizeof *update.sections, compare_sections);
        good = !sections_repeat(&update);
    }
    if (!good) {
        update_close(heap, &update);
        return ERR_BAD_MESSAGE;
    }
    *out_update = update;
    return OK;
}

void update_close(struct heap *heap, struct update *update)
{
    heap_give(heap, update->sections, update->count * sizeof *update->sections);
    *update = (struct update){0};
}

struct section *update_section(const struct update *update, uint64_t client)
{
    uint32_t low = 0, high = update->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (update->sections[middle].client > client)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == update->count || update->sections[low].client != client)
        return NULL;
    return &update->sections[low];
}

struct wire_item section_peek(const struct section *section)
{
    struct reader reader = section->reader;
    return wire_item_read(&reader, (struct wire_id){section->client, section->clock});
}

void section_skip(struct section *section)
{
    struct wire_id id = {section->client, section->clock};
    section->clock += wire_item_read(&section->reader, id).length;
    section->left--;
}

static int compare_entries(const void *left, const void *right)
{
    const struct vector_entry *a = left, *b = right;
    return a->client < b->client ? -1 : a->client > b->client;
}

status_t vector_open(struct heap *heap, struct span bytes, struct vector *out_vector)
{
    struct vector vector = {0};
    if (bytes.size > 0) {
        struct reader reader = reader_of(bytes.bytes, bytes.size);
        uint64_t count = wire_number(&reader);
        if (!reader_ok(&reader) || count > reader_left(&reader) / 2)
            return ERR_BAD_MESSAGE;
        vector.count = (uint32_t)count;
        if (count > 0)
            vector.entries = heap_take(heap, vector.count * sizeof *vector.entries);
        if (count > 0 && !vector.entries)
            return ERR_NO_MEMORY;
        for (uint32_t i = 0; i < vector.count; i++) {
            vector.entries[i].client = wire_number(&reader);
            vector.entries[i].clock = wire_number(&reader);
        }
        if (!reader_done(&reader)) {
            vector_close(heap, &vector);
            return ERR_BAD_MESSAGE;
        }
        if (vector.count > 1)
            qsort(vector.entries, vector.count, sizeof *vector.entries, compare_entries);
    }
    *out_vector = vector;
    return OK;
}

void vector_close(struct heap *heap, struct vector *vector)
{
    heap_give(heap, vector->entries, vector->count * sizeof *vector->entries);
    *vector = (struct vector){0};
}

uint64_t vector_clock(const struct vector *vector, uint64_t client)
{
    const struct vector_entry key = {.client = client};
    if (vector->count == 0)
        return 0;
    const struct vector_entry *found =
        bsearch(&key, vector->entries, vector->count, sizeof *vector->entries, compare_entries);
    return found ? found->clock : 0;
}
