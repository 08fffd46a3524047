// SPDX-License-Identifier: Apache-2.0
// The table of mapped ranges; see the header.
#include "os/ranges.h"

#include "abi/types.h"
#include "base/math.h"

static uint32_t find(const struct os_ranges *ranges, uint64_t address, uint64_t size_bytes)
{
    uint32_t index = 0;
    while (index < ranges->count && ranges->table[index].address != address)
        index++;
    if (index < ranges->count && ranges->table[index].size_bytes != size_bytes + PAGE_SIZE)
        return ranges->count;
    return index;
}

status_t os_ranges_take(struct os_ranges *ranges, uint64_t size_bytes, uint64_t align,
                        uint64_t *out_address)
{
    if (ranges->count == OS_RANGES_MAX || size_bytes > ranges->end - ranges->base - PAGE_SIZE)
        return ERR_FULL;
    uint64_t wanted = size_bytes + PAGE_SIZE;
    uint64_t at = align_up(ranges->base, align);
    uint32_t index = 0;
    for (; index < ranges->count &&
           (ranges->table[index].address < at || ranges->table[index].address - at < wanted);
         index++)
        at = align_up(ranges->table[index].address + ranges->table[index].size_bytes, align);
    if (at >= ranges->end || ranges->end - at < wanted)
        return ERR_FULL;
    for (uint32_t i = ranges->count; i > index; i--)
        ranges->table[i] = ranges->table[i - 1];
    ranges->table[index] = (struct os_range){.address = at, .size_bytes = wanted};
    ranges->count++;
    *out_address = at;
    return OK;
}

status_t os_ranges_check(const struct os_ranges *ranges, uint64_t address, uint64_t size_bytes)
{
    return find(ranges, address, size_bytes) < ranges->count ? OK : ERR_INVALID;
}

status_t os_ranges_give_back(struct os_ranges *ranges, uint64_t address, uint64_t size_bytes)
{
    uint32_t index = find(ranges, address, size_bytes);
    if (index == ranges->count)
        return ERR_INVALID;
    ranges->count--;
    for (uint32_t i = index; i < ranges->count; i++)
        ranges->table[i] = ranges->table[i + 1];
    return OK;
}
