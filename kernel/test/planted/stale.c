// SPDX-License-Identifier: Apache-2.0
// A planted mistake: the second half of every new page keeps what whoever had it before left there.
#include "mem/pages.h"

static void half_clear(uint64_t *page)
{
    for (uint32_t i = 0; i < PAGE_SIZE / 16; i++)
        page[i] = 0;
}

#define page_clear half_clear
#include "mem/memory.c"
