// SPDX-License-Identifier: Apache-2.0
// Counted memory and node pools; see heap.h.
#include "heap.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

// Slabs of about a page, so small documents stay small.
#define SLAB_SIZE 4096u

struct pool_slab {
    struct pool_slab *next;
    _Alignas(16) uint8_t nodes[];
};

void *heap_take(struct heap *heap, size_t size)
{
    if (size > heap->max - heap->used)
        return NULL;
    void *memory = calloc(1, size);
    if (memory)
        heap->used += size;
    return memory;
}

void heap_give(struct heap *heap, void *memory, size_t size)
{
    if (!memory)
        return;
    assert(heap->used >= size);
    heap->used -= size;
    free(memory);
}

status_t heap_grow(struct heap *heap, void **array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity)
        return OK;
    if (count > UINT32_MAX / 4)
        return ERR_NO_MEMORY;
    uint32_t bigger = *capacity ? *capacity * 2 : 8;
    void *grown = heap_take(heap, bigger * size);
    if (!grown)
        return ERR_NO_MEMORY;
    if (*capacity > 0)
        memcpy(grown, *array, *capacity * size);
    heap_give(heap, *array, *capacity * size);
    *array = grown;
    *capacity = bigger;
    return OK;
}

void pool_init(struct pool *pool, struct heap *heap, size_t node_size)
{
    *pool = (struct pool){.heap = heap, .node_size = (node_size + 15) & ~(size_t)15};
}

static size_t slab_nodes(const struct pool *pool)
{
    return pool->node_size < SLAB_SIZE / 4 ? SLAB_SIZE / pool->node_size : 4;
}

static size_t slab_size(const struct pool *pool)
{
    return sizeof(struct pool_slab) + slab_nodes(pool) * pool->node_size;
}

void pool_finish(struct pool *pool)
{
    while (pool->slabs) {
        struct pool_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        heap_give(pool->heap, slab, slab_size(pool));
    }
    pool->free = NULL;
    pool->free_count = 0;
}

status_t pool_reserve(struct pool *pool, size_t count)
{
    while (pool->free_count < count) {
        struct pool_slab *slab = heap_take(pool->heap, slab_size(pool));
        if (!slab)
            return ERR_NO_MEMORY;
        slab->next = pool->slabs;
        pool->slabs = slab;
        for (size_t i = slab_nodes(pool); i-- > 0;)
            pool_give(pool, slab->nodes + i * pool->node_size);
    }
    return OK;
}

void *pool_take(struct pool *pool)
{
    struct pool_free *node = pool->free;
    assert(node != NULL);
    pool->free = node->next;
    pool->free_count--;
    memset(node, 0, pool->node_size);
    return node;
}

void pool_give(struct pool *pool, void *node)
{
    struct pool_free *freed = node;
    freed->next = pool->free;
    pool->free = freed;
    pool->free_count++;
}
