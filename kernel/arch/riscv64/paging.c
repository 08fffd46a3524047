// SPDX-License-Identifier: Apache-2.0
// Sv39. Entries are written with A and D set, so that no hart ever has to (some trap instead of
// setting them). Every process's root carries copies of the kernel's root entries, which never
// change after boot.
#include "paging.h"

#include "arch/arch.h"
#include "cap/budget.h"
#include "csr.h"
#include "mem/bits.h"
#include "mem/space.h"
#include "sbi.h"
#include "sched/hart.h"

#include "abi/syscall.h"
#include "base/assert.h"
#include "base/math.h"

#define PTE_VALID    0x001ull
#define PTE_USER     0x010ull
#define PTE_GLOBAL   0x020ull
#define PTE_ACCESSED 0x040ull
#define PTE_DIRTY    0x080ull
#define PTE_TABLE    0x100ull // software's: a table of a program's pages, no block
#define PTE_LEAF     (PTE_READ | PTE_WRITE | PTE_EXECUTE)
#define TABLE_SIZE   512u
#define SATP_SV39    (8ull << 60)
#define ASIDS_MAX    1024u
#define FLUSH_SINGLE 16u // more pages than this: drop everything of the space
#define DESTROY_STEP 32u

uint64_t *kernel_root;
paddr_t (*table_page_source)(void);

static uint64_t asid_used[ASIDS_MAX / 64];
static uint32_t asid_count; // 1: none but 0
static uint64_t device_next = DEVICE_BASE;

static uint32_t table_index(uint64_t address, uint32_t level)
{
    return address >> (PAGE_SHIFT + 9 * level) & (TABLE_SIZE - 1);
}

static uint64_t *entry_table(uint64_t entry)
{
    return physical_pointer(entry >> 10 << PAGE_SHIFT);
}

static uint64_t entry_of(paddr_t page, uint64_t bits)
{
    return page >> PAGE_SHIFT << 10 | bits;
}

static uint64_t *kernel_table_below(uint64_t *entry)
{
    if (!(*entry & PTE_VALID)) {
        paddr_t page = table_page_source();
        assert(page != PADDR_NONE);
        page_clear(physical_pointer(page));
        *entry = entry_of(page, PTE_VALID);
    }
    assert(!(*entry & PTE_LEAF));
    return entry_table(*entry);
}

void kernel_map(uint64_t address, paddr_t physical, uint64_t size, uint64_t bits)
{
    bits |= PTE_VALID | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;
    while (size > 0) {
        uint32_t level = 2;
        uint64_t bytes = 1ull << 30;
        while (((address | physical) & (bytes - 1)) != 0 || size < bytes) {
            level--;
            bytes >>= 9;
        }
        uint64_t *table = kernel_root;
        for (uint32_t at = 2; at > level; at--)
            table = kernel_table_below(&table[table_index(address, at)]);
        table[table_index(address, level)] = entry_of(physical, bits);
        address += bytes;
        physical += bytes;
        size -= bytes;
    }
}

void *kernel_map_device(paddr_t physical, uint64_t size)
{
    uint64_t first = align_down(physical, PAGE_SIZE);
    uint64_t bytes = align_up(physical + size, PAGE_SIZE) - first;
    uint64_t address = device_next + (first & ((1u << 21) - 1)); // so that 2 MiB pages fit
    device_next = align_up(address + bytes, 1u << 21);
    kernel_map(address, first, bytes, PTE_READ | PTE_WRITE);
    return (void *)(address + (physical - first));
}

uint64_t kernel_satp_value(void)
{
    return SATP_SV39 | physical_of(kernel_root) >> PAGE_SHIFT;
}

void paging_init(void)
{
    uint64_t satp = kernel_satp_value();
    CSR_WRITE(satp, satp | 0xffffull << 44);
    asid_count = (uint32_t)min_u64((CSR_READ(satp) >> 44 & 0xffff) + 1, ASIDS_MAX);
    CSR_WRITE(satp, satp);
    __asm__ volatile("sfence.vma" ::: "memory");
    asid_used[0] = 1;
}

static uint32_t asid_take(void)
{
    for (uint32_t i = 0; i < asid_count / 64; i++) {
        if (asid_used[i] != UINT64_MAX) {
            uint32_t bit = bit_lowest_clear(asid_used[i]);
            asid_used[i] |= 1ull << bit;
            return i * 64 + bit;
        }
    }
    return 0;
}

uint64_t *arch_root_create(struct space *space)
{
    paddr_t page = budget_page(space->budget);
    if (page == PADDR_NONE)
        return NULL;
    uint64_t *root = physical_pointer(page);
    page_copy(root, kernel_root); // its lower half is empty
    return root;
}

// Takes the missing table below `entry`.
static uint64_t *table_create(struct space *space, uint64_t *entry)
{
    uint64_t *below = budget_page_pointer(space->budget);
    if (below == NULL)
        return NULL;
    *entry = entry_of(physical_of(below), PTE_VALID | PTE_TABLE);
    return below;
}

// The entry of the page at `address`; NULL where no table has it: one is missing, or a block is
// there.
static inline uint64_t *page_entry(const uint64_t *root, uint64_t address)
{
    uint64_t upper = root[table_index(address, 2)];
    if (!(upper & PTE_VALID))
        return NULL;
    uint64_t middle = entry_table(upper)[table_index(address, 1)];
    return middle & PTE_TABLE ? &entry_table(middle)[table_index(address, 0)] : NULL;
}

// The entry of `address` at a level (0: a page's, 1: a block's), taking missing tables; NULL when
// memory is exhausted.
static __attribute__((noinline)) uint64_t *user_entry_create(struct space *space, uint64_t address,
                                                             uint32_t lowest)
{
    uint64_t *table = space->root;
    for (uint32_t level = 2; level > lowest; level--) {
        uint64_t *entry = &table[table_index(address, level)];
        table = *entry & PTE_VALID ? entry_table(*entry) : table_create(space, entry);
        if (table == NULL)
            return NULL;
    }
    return &table[table_index(address, lowest)];
}

static uint64_t protect_bits(uint32_t protect)
{
    _Static_assert(PROTECT_READ << 1 == PTE_READ && PROTECT_WRITE << 1 == PTE_WRITE &&
                       PROTECT_EXECUTE << 1 == PTE_EXECUTE,
                   "the same bits, one further up");
    return (uint64_t)protect << 1;
}

static inline status_t leaf_set(uint64_t *entry, uint64_t address, paddr_t page, uint32_t protect)
{
    *entry =
        entry_of(page, protect_bits(protect) | PTE_VALID | PTE_USER | PTE_ACCESSED | PTE_DIRTY);
    __asm__ volatile("sfence.vma %0" ::"r"(address) : "memory");
    return OK;
}

// With tables to take; apart, so that most pages need no stack.
static __attribute__((noinline)) status_t page_map_create(struct space *space, uint64_t address,
                                                          paddr_t page, uint32_t protect)
{
    uint64_t *entry = user_entry_create(space, address, 0);
    return entry != NULL ? leaf_set(entry, address, page, protect) : ERR_NO_MEMORY;
}

static inline status_t page_map(struct space *space, uint64_t address, paddr_t page,
                                uint32_t protect)
{
    uint64_t *entry = page_entry(space->root, address);
    return entry != NULL ? leaf_set(entry, address, page, protect)
                         : page_map_create(space, address, page, protect);
}

status_t arch_page_map(struct space *space, uint64_t address, paddr_t page, uint32_t protect)
{
    return page_map(space, address, page, protect);
}

status_t arch_run_map(struct space *space, const struct run *run, uint32_t protect)
{
    status_t status = OK;
    for (uint64_t i = 0; i < run->count && status == OK; i++)
        status = page_map(space, run->address + i * PAGE_SIZE, run->page + i * PAGE_SIZE, protect);
    return status;
}

status_t arch_block_map(struct space *space, uint64_t address, paddr_t block, uint32_t protect)
{
    uint64_t *entry = user_entry_create(space, address, 1);
    if (entry == NULL)
        return ERR_NO_MEMORY;
    if ((*entry & PTE_VALID) && !(*entry & PTE_LEAF))
        return ERR_EXISTS;
    return leaf_set(entry, address, block, protect);
}

// Calls `fence` with masks of firmware hart numbers for every other hart that ran `space`.
static void other_harts(uint64_t hart_set,
                        void (*fence)(uint64_t mask, uint64_t base, const void *context),
                        const void *context)
{
    hart_set &= ~hart_this()->bit;
    for (uint32_t i = 0; i < hart_count && hart_set != 0; i++) {
        if (hart_set >> i & 1)
            fence(1, harts[i].id, context);
    }
}

struct flush {
    uint64_t address, size, asid;
};

static void flush_range(uint64_t mask, uint64_t base, const void *context)
{
    const struct flush *flush = context;
    sbi_remote_sfence(mask, base, flush->address, flush->size);
}

static void flush_asid(uint64_t mask, uint64_t base, const void *context)
{
    const struct flush *flush = context;
    sbi_remote_sfence_asid(mask, base, flush->asid);
}

// What maps `address` is no table: if it is a block, takes it away. A processor may keep a block's
// translation in pieces, so all of them are dropped.
static void block_unmap(struct space *space, uint64_t address)
{
    uint64_t upper = space->root[table_index(address, 2)];
    uint64_t *entry = upper & PTE_VALID ? &entry_table(upper)[table_index(address, 1)] : NULL;
    if (entry == NULL || *entry == 0)
        return;
    *entry = 0;
    __asm__ volatile("sfence.vma" ::: "memory");
    struct flush flush = {align_down(address, ARCH_BLOCK_BYTES), ARCH_BLOCK_BYTES, space->asid};
    other_harts(space->harts, flush_range, &flush);
}

// Clears the entries of the pages from `address` to `end`, over holes and blocks, and drops this
// hart's translations; false: there were none.
static __attribute__((noinline)) bool entries_clear(struct space *space, uint64_t address,
                                                    uint64_t end)
{
    uint32_t cleared = 0;
    for (uint64_t at = address; at < end; at += PAGE_SIZE) {
        uint64_t *entry = page_entry(space->root, at);
        if (entry == NULL) {
#ifdef PLANTED_BLOCK
            if (end - address >= ARCH_BLOCK_BYTES)
#endif
                block_unmap(space, at);
            at |= (TABLE_SIZE - 1) * (uint64_t)PAGE_SIZE; // on to the next table
        } else if (*entry != 0) {
            *entry = 0;
            if (cleared++ < FLUSH_SINGLE)
                __asm__ volatile("sfence.vma %0" ::"r"(at) : "memory");
        }
    }
    if (cleared > FLUSH_SINGLE)
        __asm__ volatile("sfence.vma" ::: "memory");
    return cleared > 0;
}

void arch_pages_unmap(struct space *space, uint64_t address, uint32_t count)
{
    uint64_t *only = count == 1 ? page_entry(space->root, address) : NULL;
    if (only == NULL) {
        if (!entries_clear(space, address, address + (uint64_t)count * PAGE_SIZE))
            return;
    } else if (*only == 0) {
        return;
    } else {
        *only = 0;
        __asm__ volatile("sfence.vma %0" ::"r"(address) : "memory");
    }
    if ((space->harts & ~hart_this()->bit) == 0)
        return;
    struct flush flush = {address, (uint64_t)count * PAGE_SIZE, space->asid};
    other_harts(space->harts, flush_range, &flush);
}

// The first entry in use of table[from … count), or `count`.
static uint32_t entry_next(const uint64_t *table, uint32_t from, uint32_t count)
{
    while (from < count && table[from] == 0)
        from++;
    return from;
}

// Frees the tables below one root entry; false: the step's share is done, more are left.
static bool subtree_free(struct space *space, uint32_t index, uint32_t *budget)
{
    uint64_t *table = entry_table(space->root[index]);
    uint32_t i = 0;
    while ((i = entry_next(table, i, TABLE_SIZE)) < TABLE_SIZE) {
        if ((*budget)-- == 0)
            return false;
        if (!(table[i] & PTE_LEAF))
            budget_page_pointer_free(space->budget, entry_table(table[i]));
        table[i] = 0;
    }
    budget_page_pointer_free(space->budget, table);
    space->root[index] = 0;
    return true;
}

bool arch_root_destroy_step(struct space *space)
{
    uint32_t budget = DESTROY_STEP;
    uint32_t i = 0;
    while ((i = entry_next(space->root, i, TABLE_SIZE / 2)) < TABLE_SIZE / 2) {
        if (budget == 0 || !subtree_free(space, i, &budget))
            return false;
    }
    budget_page_pointer_free(space->budget, space->root);
    space->root = NULL;
    if (space->asid != 0) {
        struct flush flush = {.asid = space->asid};
        __asm__ volatile("sfence.vma zero, %0" ::"r"((uint64_t)space->asid) : "memory");
        other_harts(space->harts, flush_asid, &flush);
        asid_used[space->asid / 64] &= ~(1ull << space->asid % 64);
    }
    return true;
}

// The first activation finds a space its number; without one every activation comes here.
static __attribute__((noinline)) void space_begin(struct space *space)
{
    if (space->harts == hart_this()->bit && space->asid == 0)
        space->asid = asid_take();
    uint64_t satp =
        SATP_SV39 | (uint64_t)space->asid << 44 | physical_of(space->root) >> PAGE_SHIFT;
    CSR_WRITE(satp, satp);
    if (space->asid != 0)
        space->satp = satp;
    else
        __asm__ volatile("sfence.vma" ::: "memory");
}

void arch_space_activate(struct space *space)
{
    struct hart *hart = hart_this();
    hart->space = space;
    if (space == NULL) {
        CSR_WRITE(satp, kernel_satp_value());
        return;
    }
    space->harts |= hart->bit;
    if (space->satp != 0)
        CSR_WRITE(satp, space->satp);
    else
        space_begin(space);
}

static void fence_i(uint64_t mask, uint64_t base, const void *context)
{
    sbi_remote_fence_i(mask, base);
}

void arch_code_changed(void)
{
    __asm__ volatile("fence.i" ::: "memory");
    other_harts(UINT64_MAX, fence_i, NULL);
}
