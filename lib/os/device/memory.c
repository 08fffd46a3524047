// SPDX-License-Identifier: Apache-2.0
// Memory objects, and where they are mapped: a small table of ranges in a part of the address space
// no program segment uses, first fit, with an unmapped page after each so that running over an end
// faults.
#include "os/memory.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/syscall.h"

#define RANGES_MAX 64u
#define RANGE_BASE 0x1000000000ull
#define RANGE_END  0x2000000000ull

struct range {
    uint64_t address, size_bytes; // size with the guard page; sorted by address
};

static struct range ranges[RANGES_MAX];
static uint32_t range_count;

// The index where a range of that size fits, and its address; RANGES_MAX: nowhere.
static uint32_t range_place(uint64_t size_bytes, uint64_t *out_address)
{
    uint64_t at = RANGE_BASE;
    uint32_t i = 0;
    for (; i < range_count && ranges[i].address - at < size_bytes; i++)
        at = ranges[i].address + ranges[i].size_bytes;
    *out_address = at;
    return RANGE_END - at < size_bytes ? RANGES_MAX : i;
}

static void range_insert(uint32_t index, uint64_t address, uint64_t size_bytes)
{
    for (uint32_t i = range_count; i > index; i--)
        ranges[i] = ranges[i - 1];
    ranges[index] = (struct range){.address = address, .size_bytes = size_bytes};
    range_count++;
}

static void range_remove(uint32_t index)
{
    range_count--;
    for (uint32_t i = index; i < range_count; i++)
        ranges[i] = ranges[i + 1];
}

status_t os_memory_create(uint64_t size_bytes, uint32_t flags, handle_t *out_memory)
{
    struct os_result result = OS_SYSCALL(memory_create, align_up(size_bytes, PAGE_SIZE), flags);
    if (result.value < 0)
        return (status_t)result.value;
    *out_memory = (handle_t)result.value;
    return OK;
}

status_t os_memory_size(handle_t memory, uint64_t *out_size_bytes)
{
    struct os_result result = OS_SYSCALL(memory_info, memory, HANDLE_NONE);
    if (result.value < 0)
        return (status_t)result.value;
    *out_size_bytes = result.more[0];
    return OK;
}

status_t os_memory_map(handle_t memory, uint64_t offset, uint64_t size_bytes, uint32_t protect,
                       void **out_address)
{
    if (size_bytes == 0 || size_bytes % PAGE_SIZE != 0 || size_bytes > RANGE_END - RANGE_BASE)
        return ERR_INVALID;
    uint64_t address;
    uint32_t index = range_place(size_bytes + PAGE_SIZE, &address);
    if (index == RANGES_MAX || range_count == RANGES_MAX)
        return ERR_FULL;
    struct os_result result =
        OS_SYSCALL(memory_map, HANDLE_NONE, memory, address, offset, size_bytes, protect);
    if (result.value < 0)
        return (status_t)result.value;
    range_insert(index, address, size_bytes + PAGE_SIZE);
    *out_address = (void *)(uintptr_t)address;
    return OK;
}

status_t os_memory_unmap(void *address, uint64_t size_bytes)
{
    uint32_t index = 0;
    while (index < range_count && ranges[index].address != (uintptr_t)address)
        index++;
    if (index == range_count || ranges[index].size_bytes != size_bytes + PAGE_SIZE)
        return ERR_INVALID;
    status_t status;
    do // in steps of the kernel's, each one bounded
        status =
            (status_t)OS_SYSCALL(memory_unmap, HANDLE_NONE, (uintptr_t)address, size_bytes).value;
    while (status == ERR_AGAIN);
    if (status == OK)
        range_remove(index);
    return status;
}
