// SPDX-License-Identifier: Apache-2.0
// The buddy allocator. map[page] is 0 for anything but the first page of a free block, else order +
// 1 (with the zone implied by the address). A freed block merges with its buddy while that is free
// and of the same order, at most PAGE_ORDER_MAX times, so both directions are bounded.
#include "mem/pages.h"

#include "arch/arch.h"

#include "base/assert.h"
#include "base/list.h"

#define ZONE_LIMIT (1ull << 32)
#define ZONES      2u

static struct {
    paddr_t start, end; // described range, aligned to the largest block
    uint8_t *map;
    struct list_node free[ZONES][PAGE_ORDER_MAX + 1];
    struct pages_counts counts;
} pages;

static uint64_t order_bytes(uint32_t order)
{
    return (uint64_t)PAGE_SIZE << order;
}

static uint8_t *map_entry(paddr_t address)
{
    return &pages.map[(address - pages.start) >> PAGE_SHIFT];
}

static struct list_node *block_node(paddr_t address)
{
    return physical_pointer(address);
}

static void block_link(paddr_t address, uint32_t order)
{
    *map_entry(address) = (uint8_t)(order + 1);
    list_insert_after(&pages.free[address >= ZONE_LIMIT][order], block_node(address));
}

static void block_unlink(paddr_t address)
{
    *map_entry(address) = 0;
    list_remove(block_node(address));
}

size_t pages_map_size(paddr_t start, paddr_t end)
{
    uint64_t block = order_bytes(PAGE_ORDER_MAX);
    return (align_up(end, block) - align_down(start, block)) >> PAGE_SHIFT;
}

void pages_init(paddr_t start, paddr_t end, uint8_t *map)
{
    pages.start = align_down(start, order_bytes(PAGE_ORDER_MAX));
    pages.end = align_up(end, order_bytes(PAGE_ORDER_MAX));
    pages.map = map;
    pages.counts = (struct pages_counts){0};
    for (uint32_t zone = 0; zone < ZONES; zone++) {
        for (uint32_t order = 0; order <= PAGE_ORDER_MAX; order++)
            list_init(&pages.free[zone][order]);
    }
}

void pages_add(paddr_t start, paddr_t end)
{
    assert(start >= pages.start && end <= pages.end);
    pages.counts.total += (end - start) >> PAGE_SHIFT;
    while (start < end) {
        uint32_t order = PAGE_ORDER_MAX;
        while ((start & (order_bytes(order) - 1)) != 0 || start + order_bytes(order) > end)
            order--;
        pages_free(start, order);
        start += order_bytes(order);
    }
}

struct pages_counts pages_count(void)
{
    return pages.counts;
}

static paddr_t zone_allocate(uint32_t zone, uint32_t order)
{
    struct list_node *lists = pages.free[zone];
    uint32_t found = order;
    while (found <= PAGE_ORDER_MAX && list_is_empty(&lists[found]))
        found++;
    if (found > PAGE_ORDER_MAX)
        return PADDR_NONE;
    paddr_t address = physical_of(lists[found].next);
    block_unlink(address);
    while (found > order) {
        found--;
        block_link(address + order_bytes(found), found);
    }
    pages.counts.free -= 1ull << order;
    return address;
}

paddr_t pages_allocate(uint32_t order, bool low)
{
    assert(order <= PAGE_ORDER_MAX);
    paddr_t address = low ? PADDR_NONE : zone_allocate(1, order);
    return address != PADDR_NONE ? address : zone_allocate(0, order);
}

void pages_free(paddr_t address, uint32_t order)
{
    assert(address >= pages.start && address + order_bytes(order) <= pages.end);
    assert(*map_entry(address) == 0);
    pages.counts.free += 1ull << order;
    while (order < PAGE_ORDER_MAX) {
        paddr_t buddy = address ^ order_bytes(order);
        if (*map_entry(buddy) != order + 1)
            break;
        block_unlink(buddy);
        address &= ~order_bytes(order);
        order++;
    }
    block_link(address, order);
}

paddr_t pages_allocate_run(uint32_t count)
{
    uint32_t order = 0;
    while ((1u << order) < count)
        order++;
    paddr_t address = pages_allocate(order, true);
    if (address == PADDR_NONE)
        return PADDR_NONE;
    for (uint32_t extra = count; extra < 1u << order; extra++)
        pages_free(address + ((uint64_t)extra << PAGE_SHIFT), 0);
    return address;
}

void page_clear(void *page)
{
    uint64_t *word = page;
    for (uint32_t i = 0; i < PAGE_SIZE / 8; i += 8) {
        word[i] = word[i + 1] = word[i + 2] = word[i + 3] = 0;
        word[i + 4] = word[i + 5] = word[i + 6] = word[i + 7] = 0;
    }
}

void page_copy(void *to, const void *from)
{
    uint64_t *target = to;
    const uint64_t *source = from;
    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++)
        target[i] = source[i];
}

void *page_allocate_pointer(void)
{
    paddr_t address = page_allocate();
    if (address == PADDR_NONE)
        return NULL;
    void *page = physical_pointer(address);
    page_clear(page);
    return page;
}

void page_free_pointer(void *pointer)
{
    page_free(physical_of(pointer));
}
