// SPDX-License-Identifier: Apache-2.0
// Memory objects. Page numbers of anonymous and paged memory stand in the object (small), in one
// page (up to 4 MiB) or under a page of such pages; all are filled on demand and freed in bounded
// steps.
#include "mem/memory.h"

#include "arch/arch.h"
#include "cap/badge.h"
#include "cap/budget.h"

#include "abi/syscall.h"
#include "base/assert.h"
#include "base/math.h"

#define LEAF_ENTRIES (PAGE_SIZE / 4u)
#define FREE_STEP    64u

static struct slab memory_slab = SLAB_INIT(sizeof(struct memory));

static struct memory *memory_allocate(struct budget *budget, enum memory_backing backing,
                                      uint64_t pages)
{
    struct memory *memory = object_create(budget, &memory_slab, OBJECT_MEMORY);
    if (memory == NULL)
        return NULL;
    memory->backing = backing;
    memory->page_count = (uint32_t)pages;
    return memory;
}

static status_t run_allocate(struct memory *memory)
{
    uint64_t bytes = (uint64_t)memory->page_count << PAGE_SHIFT;
    if (!budget_take(memory->object.budget, bytes))
        return ERR_NO_MEMORY;
    memory->base = pages_allocate_run(memory->page_count);
    if (memory->base == PADDR_NONE) {
        budget_give(memory->object.budget, bytes);
        return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < memory->page_count; i++)
        page_clear(physical_pointer(memory->base + (uint64_t)i * PAGE_SIZE));
    return OK;
}

static void pager_hold(struct memory *memory, const struct handle_entry *pager)
{
    memory->backing = MEMORY_PAGED;
    memory->pager.object = pager->object;
    object_hold(pager->object);
    memory->pager.badge = pager->badge;
    if (pager->badge != NULL)
        badge_hold(pager->badge);
}

status_t memory_create(struct budget *budget, uint64_t size_bytes, uint32_t flags,
                       const struct handle_entry *pager, struct memory **out_memory)
{
    bool run = flags == MEMORY_CONTIGUOUS;
    if (size_bytes == 0 || size_bytes % PAGE_SIZE != 0 || flags > MEMORY_BY_PAGER)
        return ERR_INVALID;
    uint64_t count = size_bytes >> PAGE_SHIFT;
    if (count > (run ? MEMORY_RUN_MAX : MEMORY_PAGES_MAX))
        return ERR_TOO_LARGE;
    struct memory *memory = memory_allocate(budget, run ? MEMORY_RUN : MEMORY_ANONYMOUS, count);
    if (memory == NULL)
        return ERR_NO_MEMORY;
    if (flags == MEMORY_BY_PAGER)
        pager_hold(memory, pager);
    if (run && run_allocate(memory) != OK) {
        object_free(&memory_slab, memory);
        return ERR_NO_MEMORY;
    }
    *out_memory = memory;
    return OK;
}

struct memory *memory_create_range(struct budget *budget, enum memory_backing backing, paddr_t base,
                                   uint64_t size_bytes)
{
    struct memory *memory = memory_allocate(budget, backing, size_bytes >> PAGE_SHIFT);
    if (memory != NULL)
        memory->base = base;
    return memory;
}

// The place of a page number; NULL where an index page is missing.
static inline uint32_t *page_place(const struct memory *memory, uint32_t index)
{
    if (memory->page_count <= MEMORY_DIRECT_MAX)
        return (uint32_t *)(uintptr_t)&memory->direct[index];
    uint32_t *leaf = memory->leaf;
    if (memory->page_count > LEAF_ENTRIES)
        leaf = memory->root != NULL ? memory->root[index / LEAF_ENTRIES] : NULL;
    return leaf != NULL ? &leaf[index % LEAF_ENTRIES] : NULL;
}

// The same, taking missing index pages; NULL when memory is exhausted.
static __attribute__((noinline)) uint32_t *page_place_create(struct memory *memory, uint32_t index)
{
    uint32_t **leaf = &memory->leaf;
    if (memory->page_count > LEAF_ENTRIES) {
        if (memory->root == NULL)
            memory->root = budget_page_pointer(memory->object.budget);
        if (memory->root == NULL)
            return NULL;
        leaf = &memory->root[index / LEAF_ENTRIES];
    }
    *leaf = budget_page_pointer(memory->object.budget);
    return *leaf != NULL ? page_place(memory, index) : NULL;
}

paddr_t memory_page_present(const struct memory *memory, uint32_t index)
{
    assert(index < memory->page_count);
    if (!memory_is_sparse(memory))
        return memory->base + ((uint64_t)index << PAGE_SHIFT);
    const uint32_t *place = page_place(memory, index);
    return place == NULL || *place == 0 ? PADDR_NONE : (paddr_t)*place << PAGE_SHIFT;
}

paddr_t memory_page(struct memory *memory, uint32_t index)
{
    assert(index < memory->page_count);
    if (!memory_is_sparse(memory))
        return memory->base + ((uint64_t)index << PAGE_SHIFT);
    uint32_t *place = page_place(memory, index);
    if (place == NULL)
        place = page_place_create(memory, index);
    if (place == NULL)
        return PADDR_NONE;
    if (*place != 0)
        return (paddr_t)*place << PAGE_SHIFT;
    paddr_t page = budget_page(memory->object.budget);
    if (page == PADDR_NONE)
        return PADDR_NONE;
    page_clear(physical_pointer(page));
    *place = (uint32_t)(page >> PAGE_SHIFT);
    return page;
}

// Takes page 0, and who pays for it, over from memory that nobody else holds; PADDR_NONE where it
// cannot.
static paddr_t page_take_over(struct memory *memory, struct memory *source)
{
    if (source->object.references != 1 || source->backing != MEMORY_ANONYMOUS)
        return PADDR_NONE;
    paddr_t page = memory_page_present(source, 0);
    if (page == PADDR_NONE || !budget_take(memory->object.budget, PAGE_SIZE))
        return PADDR_NONE;
    budget_give(source->object.budget, PAGE_SIZE);
    *page_place(source, 0) = 0;
    return page;
}

static paddr_t page_duplicate(struct memory *memory, const struct memory *source)
{
    paddr_t page = budget_page(memory->object.budget);
    if (page == PADDR_NONE)
        return PADDR_NONE;
    paddr_t from = memory_page_present(source, 0);
    if (from != PADDR_NONE)
        page_copy(physical_pointer(page), physical_pointer(from));
    else
        page_clear(physical_pointer(page));
    return page;
}

status_t memory_supply(struct memory *memory, uint32_t index, struct memory *source)
{
    assert(memory->backing == MEMORY_PAGED && index < memory->page_count);
    if (source->backing == MEMORY_DEVICE ||
        (source->backing == MEMORY_PAGED && memory_page_present(source, 0) == PADDR_NONE))
        return ERR_INVALID;
    uint32_t *place = page_place(memory, index);
    if (place == NULL)
        place = page_place_create(memory, index);
    if (place == NULL)
        return ERR_NO_MEMORY;
    if (*place != 0)
        return OK;
    paddr_t page = page_take_over(memory, source);
    if (page == PADDR_NONE)
        page = page_duplicate(memory, source);
    if (page == PADDR_NONE)
        return ERR_NO_MEMORY;
    *place = (uint32_t)(page >> PAGE_SHIFT);
    return OK;
}

static void sparse_free_page(struct memory *memory, uint32_t index)
{
    uint32_t *place = page_place(memory, index);
    if (place != NULL && *place != 0) {
        budget_page_free(memory->object.budget, (paddr_t)*place << PAGE_SHIFT);
        *place = 0;
    }
    if (memory->page_count <= MEMORY_DIRECT_MAX)
        return;
    bool last = index % LEAF_ENTRIES == LEAF_ENTRIES - 1 || index == memory->page_count - 1;
    if (!last)
        return;
    if (memory->page_count <= LEAF_ENTRIES) {
        if (memory->leaf != NULL)
            budget_page_pointer_free(memory->object.budget, memory->leaf);
        return;
    }
    if (memory->root != NULL && memory->root[index / LEAF_ENTRIES] != NULL)
        budget_page_pointer_free(memory->object.budget, memory->root[index / LEAF_ENTRIES]);
    if (memory->root != NULL && index == memory->page_count - 1)
        budget_page_pointer_free(memory->object.budget, memory->root);
}

// Frees up to FREE_STEP pages; true when the object is gone.
static bool memory_free_step(struct chore *chore)
{
    struct memory *memory = CONTAINER_OF(chore, struct memory, chore);
    bool owned = memory->backing == MEMORY_RUN || memory_is_sparse(memory);
    uint32_t end = owned ? memory->page_count : 0;
    for (uint32_t step = 0; step < FREE_STEP && memory->cursor < end; step++, memory->cursor++) {
        if (memory->backing == MEMORY_RUN)
            budget_page_free(memory->object.budget,
                             memory->base + ((uint64_t)memory->cursor << PAGE_SHIFT));
        else
            sparse_free_page(memory, memory->cursor);
    }
    if (memory->cursor < end)
        return false;
    if (memory->pager.badge != NULL)
        badge_release(memory->pager.badge);
    object_release(memory->pager.object);
    object_free(&memory_slab, memory);
    return true;
}

void memory_destroy(struct object *object)
{
    struct memory *memory = memory_of(object);
    memory->cursor = 0;
    chore_add(&memory->chore, memory_free_step);
}
