// SPDX-License-Identifier: Apache-2.0
// The memory of one document: counted against a bound, with pools for the three kinds of nodes that
// come and go with every edit. pool_reserve makes the next pool_take calls certain, so list surgery
// never stops half way.
#pragma once

#include "base/buffer.h"

struct heap {
    size_t used, max;
};

// NULL when memory or the bound is exhausted; zeroed.
void *heap_take(struct heap *heap, size_t size);
// `size` as it was taken; accepts NULL.
void heap_give(struct heap *heap, void *memory, size_t size);
// Grows an array of `count` elements so that one more fits; `*capacity` counts elements.
// ERR_NO_MEMORY.
status_t heap_grow(struct heap *heap, void **array, uint32_t *capacity, uint32_t count,
                   size_t size);

struct pool_slab;
struct pool_free {
    struct pool_free *next;
};

// Equal nodes, carved from slabs that are freed with the pool.
struct pool {
    struct heap *heap;
    struct pool_slab *slabs;
    struct pool_free *free;
    size_t node_size, free_count;
};

void pool_init(struct pool *pool, struct heap *heap, size_t node_size);
void pool_finish(struct pool *pool);
// Makes sure that `count` takes succeed. ERR_NO_MEMORY.
status_t pool_reserve(struct pool *pool, size_t count);
// A zeroed node; asserts that it was reserved.
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *node);
