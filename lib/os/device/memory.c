// SPDX-License-Identifier: Apache-2.0
// Memory objects, and where they are mapped: a small table of ranges in a part of the address space
// no program segment uses, first fit, with an unmapped page after each so that running over an end
// faults.
#include "os/memory.h"

#include "base/layout.h"
#include "base/math.h"
#include "os/ranges.h"
#include "os/start.h"
#include "os/syscall.h"

static struct os_ranges ranges = {.end = LAYOUT_HEAP}; // base 0: not placed yet

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
    if (size_bytes == 0 || size_bytes % PAGE_SIZE != 0)
        return ERR_INVALID;
    uint64_t address;
    if (ranges.base == 0)
        ranges.base = layout_area(LAYOUT_MAPS, os_start_number());
    // What is contiguous and large is mapped in blocks, if it stands like them.
    uint64_t align =
        size_bytes >= LAYOUT_BLOCK && offset % LAYOUT_BLOCK == 0 ? LAYOUT_BLOCK : PAGE_SIZE;
    status_t status = os_ranges_take(&ranges, size_bytes, align, &address);
    if (status < 0)
        return status;
    status =
        (status_t)OS_SYSCALL(memory_map, HANDLE_NONE, memory, address, offset, size_bytes, protect)
            .value;
    if (status < 0) {
        os_ranges_give_back(&ranges, address, size_bytes);
        return status;
    }
    *out_address = (void *)(uintptr_t)address;
    return OK;
}

status_t os_memory_unmap(void *address, uint64_t size_bytes)
{
    status_t status = os_ranges_check(&ranges, (uintptr_t)address, size_bytes);
    if (status < 0)
        return status;
    status = (status_t)OS_SYSCALL(memory_unmap, HANDLE_NONE, (uintptr_t)address, size_bytes).value;
    if (status == OK)
        os_ranges_give_back(&ranges, (uintptr_t)address, size_bytes);
    return status;
}
