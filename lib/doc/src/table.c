// SPDX-License-Identifier: Apache-2.0
// Tables of names: chained hashing, entries in order of first mention; see branch.h.
#include "branch.h"

#include <string.h>

#define BUCKETS_MIN 8u

// FNV-1a, 32 bits.
static uint32_t hash_of(struct span name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ name.bytes[i]) * 16777619u;
    return hash;
}

struct entry *table_find(const struct table *table, struct span name)
{
    if (table->bucket_count == 0)
        return NULL;
    uint32_t hash = hash_of(name);
    struct entry *entry = table->buckets[hash & (table->bucket_count - 1)];
    for (; entry; entry = entry->next_in_bucket)
        if (entry->hash == hash && entry->size == name.size &&
            (name.size == 0 || memcmp(entry->name, name.bytes, name.size) == 0))
            return entry;
    return NULL;
}

static status_t rehash(struct heap *heap, struct table *table)
{
    uint32_t count = table->bucket_count ? table->bucket_count * 2 : BUCKETS_MIN;
    struct entry **buckets = heap_take(heap, count * sizeof *buckets);
    if (!buckets)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < table->count; i++) {
        struct entry *entry = table->order[i];
        entry->next_in_bucket = buckets[entry->hash & (count - 1)];
        buckets[entry->hash & (count - 1)] = entry;
    }
    heap_give(heap, table->buckets, table->bucket_count * sizeof *buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    return OK;
}

struct entry *table_entry(struct heap *heap, struct table *table, struct span name)
{
    struct entry *entry = table_find(table, name);
    if (entry)
        return entry;
    if (table->count >= table->bucket_count && rehash(heap, table) < 0)
        return NULL;
    if (heap_grow(heap, (void **)&table->order, &table->capacity, table->count,
                  sizeof(struct entry *)) < 0)
        return NULL;
    entry = heap_take(heap, sizeof *entry + name.size);
    if (!entry)
        return NULL;
    entry->hash = hash_of(name);
    entry->size = (uint32_t)name.size;
    if (name.size > 0)
        memcpy(entry->name, name.bytes, name.size);
    struct entry **bucket = &table->buckets[entry->hash & (table->bucket_count - 1)];
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    table->order[table->count++] = entry;
    return entry;
}

void table_finish(struct heap *heap, struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        heap_give(heap, table->order[i], sizeof(struct entry) + table->order[i]->size);
    heap_give(heap, table->order, table->capacity * sizeof(struct entry *));
    heap_give(heap, table->buckets, table->bucket_count * sizeof(struct entry *));
    *table = (struct table){0};
}
