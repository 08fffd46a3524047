// SPDX-License-Identifier: Apache-2.0
// A planted mistake: calls on handles look up a slot that is not in the table's range. The proof by
// nonsense calls must make this kernel panic.
#define handle_find handle_find_bounded
#include "cap/handle.h"
#undef handle_find

static inline struct handle_entry *handle_find(struct handle_table *table, handle_t handle)
{
    uint32_t slot = handle & 0xffff;
    struct handle_entry *chunk = table->chunks[slot / HANDLE_CHUNK_ENTRIES];
    if (chunk == NULL)
        return NULL;
    struct handle_entry *entry = &chunk[slot % HANDLE_CHUNK_ENTRIES];
    return entry->value == handle && entry->object != NULL ? entry : NULL;
}

#include "trap/calls_message.c"
