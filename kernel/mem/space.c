// SPDX-License-Identifier: Apache-2.0
// Address spaces: a binary-searched table of mappings, demand filling, stepwise unmapping.
#include "mem/space.h"

#include "arch/arch.h"
#include "cap/budget.h"

#include "abi/syscall.h"
#include "base/assert.h"
#include "base/math.h"

#define FAULT_AROUND 16u // pages mapped at once where they exist already
#define UNMAP_PIECES 4u  // mappings unmapped in one step

static struct slab mapping_slab = SLAB_INIT(sizeof(struct mapping));

status_t space_init(struct space *space, struct budget *budget)
{
    *space = (struct space){.budget = budget};
    space->root = arch_root_create(space);
    if (space->root == NULL)
        return ERR_NO_MEMORY;
    space->mappings = budget_page_pointer(budget);
    if (space->mappings == NULL) {
        arch_root_destroy_step(space);
        return ERR_NO_MEMORY;
    }
    return OK;
}

static uint64_t mapping_end(const struct mapping *mapping)
{
    return mapping->address + mapping->size_bytes;
}

// The page of its memory that a mapping shows at `address`.
static uint32_t mapping_page(const struct mapping *mapping, uint64_t address)
{
    return (uint32_t)((address - mapping->address + mapping->offset) >> PAGE_SHIFT);
}

// The index of the first mapping that ends above `address`: near the last answer most often.
static uint32_t mapping_index(struct space *space, uint64_t address)
{
    struct mapping **mappings = space->mappings;
    uint32_t low = 0, high = space->mapping_count, recent = space->recent;
    if (recent < high && mappings[recent]->address <= address) {
        low = recent + (mapping_end(mappings[recent]) <= address);
        if (low == recent || low == high || mapping_end(mappings[low]) > address)
            return low;
    }
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (mapping_end(mappings[middle]) > address)
            high = middle;
        else
            low = middle + 1;
    }
    return space->recent = low;
}

static struct mapping *mapping_at(struct space *space, uint64_t address)
{
    uint32_t index = mapping_index(space, address);
    if (index == space->mapping_count || space->mappings[index]->address > address)
        return NULL;
    return space->mappings[index];
}

static void mapping_insert(struct space *space, uint32_t index, struct mapping *mapping)
{
    struct mapping **place = &space->mappings[index];
    for (struct mapping **at = &space->mappings[space->mapping_count]; at != place; at--)
        at[0] = at[-1];
    *place = mapping;
    space->mapping_count++;
    space->recent = index;
}

static void mapping_remove(struct space *space, struct mapping **at)
{
    struct mapping *mapping = *at;
    struct mapping **last = &space->mappings[--space->mapping_count];
    struct mapping **fours = at + ((size_t)(last - at) & ~(size_t)3);
    for (; at != fours; at += 4) {
        at[0] = at[1];
        at[1] = at[2];
        at[2] = at[3];
        at[3] = at[4];
    }
    for (; at != last; at++)
        at[0] = at[1];
    tether_destroy(mapping->tether);
    object_release(&mapping->memory->object);
    budget_free(space->budget, &mapping_slab, mapping);
}

static bool range_valid(uint64_t address, uint64_t size_bytes)
{
    return address % PAGE_SIZE == 0 && size_bytes % PAGE_SIZE == 0 && size_bytes > 0 &&
           address >= USER_BASE && address < USER_END && size_bytes <= USER_END - address;
}

static bool protect_valid(uint32_t protect)
{
    if (protect == 0 || (protect & ~(uint32_t)(PROTECT_READ | PROTECT_WRITE | PROTECT_EXECUTE)))
        return false;
    return !(protect & PROTECT_WRITE) || ((protect & PROTECT_READ) && !(protect & PROTECT_EXECUTE));
}

// Unmaps at most *budget pages from the front of a mapping; true: all of it is gone.
static bool mapping_shrink(struct space *space, struct mapping **place, uint64_t *budget)
{
    struct mapping *mapping = *place;
    uint64_t whole = mapping->size_bytes >> PAGE_SHIFT;
    uint64_t pages = min_u64(whole, *budget);
    arch_pages_unmap(space, mapping->address, (uint32_t)pages);
    *budget -= pages;
    if (pages == whole) {
        mapping_remove(space, place);
        return true;
    }
    mapping->address += pages << PAGE_SHIFT;
    mapping->offset += pages << PAGE_SHIFT;
    mapping->size_bytes -= pages << PAGE_SHIFT;
    return false;
}

// Revocation: a mapping is a step of its own.
static bool mapping_take(struct tether *tether)
{
    struct space *space = tether->context;
    struct mapping *mapping = tether->owner;
    uint64_t budget = UNMAP_STEP;
    mapping_shrink(space, &space->mappings[mapping_index(space, mapping->address)], &budget);
    return false;
}

static status_t mapping_tether(struct space *space, struct mapping *mapping,
                               struct handle_entry *origin)
{
    if (!derive_revocable(origin))
        return OK;
    struct tether wanted = {.take = mapping_take, .owner = mapping, .context = space};
    return tether_create(space->budget, origin, &wanted, &mapping->tether);
}

status_t space_map(struct space *space, struct memory *memory, struct handle_entry *origin,
                   const struct mapping *wanted)
{
    uint64_t memory_bytes = (uint64_t)memory->page_count << PAGE_SHIFT;
    if (!range_valid(wanted->address, wanted->size_bytes) || !protect_valid(wanted->protect) ||
        wanted->offset % PAGE_SIZE != 0 || wanted->offset > memory_bytes ||
        wanted->size_bytes > memory_bytes - wanted->offset)
        return ERR_INVALID;
    if (memory->backing == MEMORY_DEVICE && (wanted->protect & PROTECT_EXECUTE))
        return ERR_INVALID;
    uint32_t index = mapping_index(space, wanted->address);
    if (index < space->mapping_count && space->mappings[index]->address < mapping_end(wanted))
        return ERR_EXISTS;
    if (space->mapping_count == MAPPINGS_MAX)
        return ERR_FULL;
    struct mapping *mapping = budget_allocate(space->budget, &mapping_slab);
    if (mapping == NULL)
        return ERR_NO_MEMORY;
    *mapping = *wanted;
    mapping->memory = memory;
    if (mapping_tether(space, mapping, origin) != OK) {
        budget_free(space->budget, &mapping_slab, mapping);
        return ERR_NO_MEMORY;
    }
    object_hold(&memory->object);
    mapping_insert(space, index, mapping);
    return OK;
}

// Cuts `mapping` in two at `address`, so that a whole mapping can be removed.
static status_t mapping_split(struct space *space, uint32_t index, uint64_t address)
{
    struct mapping *low = space->mappings[index];
    if (space->mapping_count == MAPPINGS_MAX)
        return ERR_FULL;
    struct mapping *high = budget_allocate(space->budget, &mapping_slab);
    if (high == NULL)
        return ERR_NO_MEMORY;
    *high = *low;
    if (mapping_tether(space, high, low->tether != NULL ? &low->tether->entry : NULL) != OK) {
        budget_free(space->budget, &mapping_slab, high);
        return ERR_NO_MEMORY;
    }
    high->address = address;
    high->offset += address - low->address;
    high->size_bytes -= address - low->address;
    low->size_bytes = address - low->address;
    object_hold(&high->memory->object);
    mapping_insert(space, index + 1, high);
    return OK;
}

// Removes the first piece of [address, end), at most *budget pages; ERR_AGAIN: there may be more.
static status_t unmap_piece(struct space *space, uint64_t address, uint64_t end, uint64_t *budget)
{
    uint32_t index = mapping_index(space, address);
    if (index == space->mapping_count || space->mappings[index]->address >= end)
        return OK;
    struct mapping **place = &space->mappings[index];
    struct mapping *mapping = *place;
    if (mapping->address < address) {
        status_t status = mapping_split(space, index, address);
        return status == OK ? ERR_AGAIN : status;
    }
    if (mapping_end(mapping) > end) {
        status_t status = mapping_split(space, index, end);
        if (status != OK)
            return status;
    }
    bool last = mapping_end(mapping) == end;
    if (!mapping_shrink(space, place, budget))
        return ERR_AGAIN;
    return last ? OK : ERR_AGAIN;
}

status_t space_unmap(struct space *space, uint64_t address, uint64_t size_bytes)
{
    if (!range_valid(address, size_bytes))
        return ERR_INVALID;
    uint64_t budget = UNMAP_STEP;
    status_t status = ERR_AGAIN;
    for (uint32_t piece = 0; piece < UNMAP_PIECES && budget > 0 && status == ERR_AGAIN; piece++)
        status = unmap_piece(space, address, address + size_bytes, &budget);
    return status;
}

// The pages of a mapping in the window of that many bytes around `address`; its memory lies in a
// row.
static struct run run_around(const struct mapping *mapping, uint64_t address, uint64_t window)
{
    uint64_t first = align_down(address, window), end = first + window;
    first = max_u64(first, mapping->address);
    end = min_u64(end, mapping_end(mapping));
    return (struct run){.address = first,
                        .page = mapping->memory->base + mapping->offset + first - mapping->address,
                        .count = (uint32_t)((end - first) >> PAGE_SHIFT)};
}

// Fixed memory, registers and contiguous runs: all pages are there, so neighbours come along; as a
// block if one is whole, and lies alike in memory.
static __attribute__((noinline)) status_t
fault_around(struct space *space, const struct mapping *mapping, uint64_t address)
{
    struct run run = run_around(mapping, address, ARCH_BLOCK_BYTES);
    if (run.count == ARCH_BLOCK_BYTES >> PAGE_SHIFT && run.page % ARCH_BLOCK_BYTES == 0) {
        status_t status = arch_block_map(space, run.address, run.page, mapping->protect);
        if (status != ERR_EXISTS)
            return status;
    }
    run = run_around(mapping, address, (uint64_t)FAULT_AROUND * PAGE_SIZE);
    return arch_run_map(space, &run, mapping->protect);
}

status_t space_fault(struct space *space, uint64_t address, uint32_t protect)
{
    address = align_down(address, PAGE_SIZE);
    struct mapping *mapping = mapping_at(space, address);
    if (mapping == NULL || (mapping->protect & protect) != protect)
        return ERR_FAULT;
    if (!memory_is_sparse(mapping->memory))
        return fault_around(space, mapping, address);
    uint32_t index = mapping_page(mapping, address);
    bool paged = mapping->memory->backing == MEMORY_PAGED;
    paddr_t page =
        paged ? memory_page_present(mapping->memory, index) : memory_page(mapping->memory, index);
    if (page == PADDR_NONE)
        return paged ? ERR_AGAIN : ERR_NO_MEMORY;
    if (mapping->protect & PROTECT_EXECUTE)
        arch_code_changed();
    return arch_page_map(space, address, page, mapping->protect);
}

bool space_allows(struct space *space, uint64_t address, uint32_t protect)
{
    const struct mapping *mapping = mapping_at(space, address);
    return mapping != NULL && (mapping->protect & protect) == protect;
}

bool space_peek(struct space *space, uint64_t address, uint64_t *out_word)
{
    const struct mapping *mapping = address % 8 == 0 ? mapping_at(space, address) : NULL;
    if (mapping == NULL || !(mapping->protect & PROTECT_READ) ||
        mapping->memory->backing != MEMORY_ANONYMOUS)
        return false;
    uint64_t offset = address - mapping->address + mapping->offset;
    paddr_t page = memory_page_present(mapping->memory, (uint32_t)(offset >> PAGE_SHIFT));
    if (page == PADDR_NONE)
        return false;
    *out_word = *(const volatile uint64_t *)physical_pointer(page + offset % PAGE_SIZE);
    return true;
}

struct memory *space_memory(struct space *space, uint64_t address, uint32_t *out_index)
{
    const struct mapping *mapping = mapping_at(space, address);
    if (mapping == NULL)
        return NULL;
    *out_index = mapping_page(mapping, address);
    return mapping->memory;
}

status_t space_pin(struct space *space, uint64_t address, struct memory **out_memory,
                   void **out_page)
{
    struct mapping *mapping = address % PAGE_SIZE == 0 ? mapping_at(space, address) : NULL;
    if (mapping == NULL || !(mapping->protect & PROTECT_WRITE) || mapping->tether != NULL ||
        mapping->memory->backing != MEMORY_ANONYMOUS)
        return ERR_INVALID;
    uint32_t index = mapping_page(mapping, address);
    paddr_t page = memory_page(mapping->memory, index);
    if (page == PADDR_NONE)
        return ERR_NO_MEMORY;
    *out_memory = mapping->memory;
    *out_page = physical_pointer(page);
    return OK;
}

bool space_finish_step(struct space *space)
{
    for (uint32_t step = 0; step < FAULT_AROUND && space->mapping_count > 0; step++)
        mapping_remove(space, &space->mappings[space->mapping_count - 1]);
    if (space->mapping_count > 0)
        return false;
    if (space->mappings != NULL) {
        budget_page_pointer_free(space->budget, space->mappings);
        space->mappings = NULL;
    }
    return arch_root_destroy_step(space);
}
