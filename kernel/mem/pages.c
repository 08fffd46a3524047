// SPDX-License-Identifier: Apache-2.0
// The buddy allocator. map[page] is 0 for anything but the first page of a free block, else order +
// 1 (with the zone implied by the address). A freed block merges with its buddy while that is free
// and of the same order, at most PAGE_ORDER_MAX times, so both directions are bounded. Single pages
// come and go through a stock, last in, first out: filled with one block's pages, half of it given
// back when it is full, all of it when a larger block is wanted and there is none.
#include "mem/pages.h"

#include "arch/arch.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/math.h"

#define ZONE_LIMIT  (1ull << 32)
#define ZONES       2u
#define FRESH_MAX   64u
#define STOCK_MAX   64u
#define STOCK_ORDER 5u
#define STOCKED     0xffu // in map: the page is in the stock

struct fresh {
    paddr_t start, end; // whole blocks
};

static struct {
    paddr_t start, end; // described range, aligned to the largest block
    uint64_t *cleared;  // bit i: the map of block i is valid
    uint8_t *map;
    struct fresh fresh[ZONES][FRESH_MAX];
    struct list_node free[ZONES][PAGE_ORDER_MAX + 1];
    struct pages_counts counts; // the stock's are free
    uint32_t stocked;
    paddr_t stock[STOCK_MAX];
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

static uint64_t block_count(paddr_t start, paddr_t end)
{
    uint64_t block = order_bytes(PAGE_ORDER_MAX);
    return (align_up(end, block) - align_down(start, block)) / block;
}

static uint64_t cleared_bytes(paddr_t start, paddr_t end)
{
    return align_up(block_count(start, end), 64) / 8;
}

size_t pages_map_size(paddr_t start, paddr_t end)
{
    return (block_count(start, end) << PAGE_ORDER_MAX) + cleared_bytes(start, end);
}

void pages_init(paddr_t start, paddr_t end, uint8_t *map)
{
    pages.start = align_down(start, order_bytes(PAGE_ORDER_MAX));
    pages.end = align_up(end, order_bytes(PAGE_ORDER_MAX));
    pages.cleared = (uint64_t *)(void *)map;
    pages.map = map + cleared_bytes(start, end);
    pages.counts = (struct pages_counts){0};
    pages.stocked = 0;
    for (uint64_t i = 0; i < cleared_bytes(start, end) / 8; i++)
        pages.cleared[i] = 0;
    for (uint32_t zone = 0; zone < ZONES; zone++) {
        for (uint32_t order = 0; order <= PAGE_ORDER_MAX; order++)
            list_init(&pages.free[zone][order]);
        for (uint32_t i = 0; i < FRESH_MAX; i++)
            pages.fresh[zone][i] = (struct fresh){0, 0};
    }
}

// Makes the map of the block around `address` valid.
static void block_prepare(paddr_t address)
{
    uint64_t index = (address - pages.start) / order_bytes(PAGE_ORDER_MAX);
    if (pages.cleared[index / 64] >> index % 64 & 1)
        return;
    pages.cleared[index / 64] |= 1ull << index % 64;
    uint64_t *entries = (uint64_t *)(void *)&pages.map[index << PAGE_ORDER_MAX];
    for (uint32_t i = 0; i < (1u << PAGE_ORDER_MAX) / 8; i++)
        entries[i] = 0;
}

// Links the pieces of [start, end), in the largest blocks that fit.
static void pieces_add(paddr_t start, paddr_t end)
{
    while (start < end) {
        uint32_t order = PAGE_ORDER_MAX;
        while ((start & (order_bytes(order) - 1)) != 0 || start + order_bytes(order) > end)
            order--;
        block_prepare(start);
        pages_free(start, order);
        start += order_bytes(order);
    }
}

// Keeps whole blocks of one zone for later; what the table cannot hold is linked at once.
static void fresh_add(paddr_t start, paddr_t end)
{
    if (start >= end)
        return;
    struct fresh *table = pages.fresh[start >= ZONE_LIMIT];
    for (uint32_t i = 0; i < FRESH_MAX; i++) {
        if (table[i].start == table[i].end) {
            table[i] = (struct fresh){start, end};
            pages.counts.free += (end - start) >> PAGE_SHIFT;
            return;
        }
    }
    pieces_add(start, end);
}

// Links one fresh block of `zone`; false: there is none.
static bool fresh_take(uint32_t zone)
{
    for (uint32_t i = 0; i < FRESH_MAX; i++) {
        struct fresh *fresh = &pages.fresh[zone][i];
        if (fresh->start == fresh->end)
            continue;
        paddr_t block = fresh->start;
        fresh->start += order_bytes(PAGE_ORDER_MAX);
        block_prepare(block);
        block_link(block, PAGE_ORDER_MAX);
        return true;
    }
    return false;
}

void pages_add(paddr_t start, paddr_t end)
{
    uint64_t block = order_bytes(PAGE_ORDER_MAX);
    assert(start >= pages.start && end <= pages.end);
    pages.counts.total += (end - start) >> PAGE_SHIFT;
    paddr_t first = align_up(start, block);
    paddr_t last = align_down(end, block);
    if (first >= last) {
        pieces_add(start, end);
        return;
    }
    pieces_add(start, first);
    pieces_add(last, end);
    fresh_add(first, min_u64(last, ZONE_LIMIT));
    fresh_add(max_u64(first, ZONE_LIMIT), last);
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
    if (found > PAGE_ORDER_MAX) {
        found = PAGE_ORDER_MAX;
        if (!fresh_take(zone))
            return PADDR_NONE;
    }
    paddr_t address = physical_of(lists[found].next);
    block_unlink(address);
    while (found > order) {
        found--;
        block_link(address + order_bytes(found), found);
    }
    pages.counts.free -= 1ull << order;
    return address;
}

static void stock_push(paddr_t page)
{
    *map_entry(page) = STOCKED;
    pages.stock[pages.stocked++] = page;
    pages.counts.free++;
}

static paddr_t stock_pop(void)
{
    paddr_t page = pages.stock[--pages.stocked];
    *map_entry(page) = 0;
    pages.counts.free--;
    return page;
}

// Fills the empty stock with the pages of one block, high memory first.
static bool stock_fill(void)
{
    for (uint32_t zone = ZONES; zone-- > 0;) {
        for (uint32_t order = STOCK_ORDER + 1; order-- > 0;) {
            paddr_t block = zone_allocate(zone, order);
            if (block == PADDR_NONE)
                continue;
            for (uint32_t i = 1u << order; i-- > 0;)
                stock_push(block + ((uint64_t)i << PAGE_SHIFT));
            return true;
        }
    }
    return false;
}

static void stock_give(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        pages_free(stock_pop(), 0);
}

paddr_t page_allocate(void)
{
    if (pages.stocked == 0 && !stock_fill())
        return PADDR_NONE;
    return stock_pop();
}

void page_free(paddr_t address)
{
    assert(address >= pages.start && address < pages.end && *map_entry(address) == 0);
    if (pages.stocked == STOCK_MAX)
        stock_give(STOCK_MAX / 2);
    stock_push(address);
}

paddr_t pages_allocate(uint32_t order, bool low)
{
    assert(order <= PAGE_ORDER_MAX);
    paddr_t address = low ? PADDR_NONE : zone_allocate(1, order);
    if (address == PADDR_NONE)
        address = zone_allocate(0, order);
    if (address != PADDR_NONE || pages.stocked == 0)
        return address;
    stock_give(pages.stocked);
    return pages_allocate(order, low);
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

// Unrolled until the loops themselves cost little; the compiler does not do it here.
void page_clear(void *page)
{
    uint64_t *end = (uint64_t *)page + PAGE_SIZE / 8;
    for (uint64_t *word = page; word != end; word += 32) {
        word[0] = word[1] = word[2] = word[3] = word[4] = word[5] = word[6] = word[7] = 0;
        word[8] = word[9] = word[10] = word[11] = word[12] = word[13] = word[14] = word[15] = 0;
        word[16] = word[17] = word[18] = word[19] = word[20] = word[21] = word[22] = word[23] = 0;
        word[24] = word[25] = word[26] = word[27] = word[28] = word[29] = word[30] = word[31] = 0;
    }
}

void page_copy(void *to, const void *from)
{
    uint64_t *target = to;
    const uint64_t *source = from;
    for (uint32_t i = 0; i < PAGE_SIZE / 8; i += 4) {
        uint64_t a = source[i], b = source[i + 1], c = source[i + 2], d = source[i + 3];
        target[i] = a;
        target[i + 1] = b;
        target[i + 2] = c;
        target[i + 3] = d;
    }
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
