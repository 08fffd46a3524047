// SPDX-License-Identifier: Apache-2.0
// Fixed-size kernel objects, several to a page. A page whose objects are all free goes back to the
// page allocator, except one kept warm. Allocation and freeing are a few instructions.
#pragma once

#include "base/list.h"

#include <stdint.h>

struct slab {
    uint32_t object_bytes; // multiple of 16
    uint32_t free_count;
    struct list_node partial; // pages with a free object; NULL links until first use
};

#define SLAB_INIT(bytes)                                                                           \
    {                                                                                              \
        .object_bytes = ((bytes) + 15u) & ~15u                                                     \
    }

// A zeroed object, or NULL when memory is exhausted.
void *slab_allocate(struct slab *slab);
void slab_free(struct slab *slab, void *object);
