// SPDX-License-Identifier: Apache-2.0
// memset and memcpy: the compiler calls them for large structs. Sizes here are small and never
// user-chosen.
#include <stddef.h>
#include <stdint.h>

// `used`: the calls appear only after link-time optimisation has dropped what nobody calls.
void *memset(void *target, int value, size_t size) __attribute__((used));
void *memcpy(void *restrict target, const void *restrict source, size_t size) __attribute__((used));

void *memset(void *target, int value, size_t size)
{
    uint8_t *at = target;
    uint8_t *end = at + size;
    uint64_t word = (uint8_t)value * 0x0101010101010101ull;
    for (; at < end && (uintptr_t)at % 8 != 0; at++)
        *at = (uint8_t)value;
    for (; at + 8 <= end; at += 8)
        *(uint64_t *)(void *)at = word;
    for (; at < end; at++)
        *at = (uint8_t)value;
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    uint8_t *to = target;
    const uint8_t *from = source;
    size_t i = 0;
    if (((uintptr_t)to | (uintptr_t)from) % 8 == 0) {
        for (; i + 8 <= size; i += 8)
            *(uint64_t *)(void *)(to + i) = *(const uint64_t *)(const void *)(from + i);
    }
    for (; i < size; i++)
        to[i] = from[i];
    return target;
}
