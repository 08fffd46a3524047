// SPDX-License-Identifier: Apache-2.0
// Slab pages start with a header; free objects are linked through their first word.
#include "mem/slab.h"

#include "mem/pages.h"

#include "base/assert.h"

struct slab_page {
    struct list_node link; // slab.partial while any object is free
    void *free;
    uint32_t used;
    uint32_t reserved;
};
_Static_assert(sizeof(struct slab_page) % 16 == 0, "objects stay aligned");

static uint32_t objects_per_page(const struct slab *slab)
{
    return (PAGE_SIZE - (uint32_t)sizeof(struct slab_page)) / slab->object_bytes;
}

static struct slab_page *page_create(struct slab *slab)
{
    struct slab_page *page = page_allocate_pointer();
    if (page == NULL)
        return NULL;
    char *first = (char *)(page + 1);
    for (uint32_t i = objects_per_page(slab); i-- > 0;) {
        void **object = (void **)(void *)(first + (size_t)i * slab->object_bytes);
        *object = page->free;
        page->free = object;
    }
    slab->free_count += objects_per_page(slab);
    list_insert_after(&slab->partial, &page->link);
    return page;
}

void *slab_allocate(struct slab *slab)
{
    if (slab->partial.next == NULL)
        list_init(&slab->partial);
    struct slab_page *page = LIST_FIRST(&slab->partial, struct slab_page, link);
    if (page == NULL)
        page = page_create(slab);
    if (page == NULL)
        return NULL;
    uint64_t *object = page->free;
    page->free = *(void **)page->free;
    page->used++;
    slab->free_count--;
    if (page->free == NULL)
        list_remove(&page->link);
    for (uint32_t i = 0; i < slab->object_bytes / 8; i++)
        object[i] = 0;
    return object;
}

void slab_free(struct slab *slab, void *object)
{
    struct slab_page *page = (struct slab_page *)((uintptr_t)object & ~(uintptr_t)(PAGE_SIZE - 1));
    assert(page->used > 0);
    if (page->free == NULL)
        list_insert_after(&slab->partial, &page->link);
    *(void **)object = page->free;
    page->free = object;
    page->used--;
    slab->free_count++;
    if (page->used == 0 && slab->free_count > 2 * objects_per_page(slab)) {
        list_remove(&page->link);
        slab->free_count -= objects_per_page(slab);
        page_free_pointer(page);
    }
}
