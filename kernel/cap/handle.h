// SPDX-License-Identifier: Apache-2.0
// The handle table of a process: what it may do is exactly what stands here. A handle value is slot
// + generation, so a closed value never names what later takes its slot (a slot is reused in
// first-closed order, and its generation wraps after 65,535 uses). Entries live in pages taken as
// needed: 64 a page.
#pragma once

#include "cap/object.h"

#include "base/list.h"

#define HANDLE_CHUNK_ENTRIES 64u
#define HANDLE_CHUNKS        (HANDLES_MAX / HANDLE_CHUNK_ENTRIES)
#define HANDLE_SLOT_NONE     0xffffu

struct badge;
struct budget;
struct process;

// A power of two: fast.S finds it with a shift.
struct handle_entry {
    struct object *object; // NULL: free
    union {
        struct badge *badge; // endpoints; NULL is badge 0
        uint64_t mask;       // signals: the bits it may raise; other kinds 0
    };
    handle_t value;             // generation (never 0) << 16 | slot; of a free entry the next one
    uint16_t rights;            // 0: free
    uint16_t next_free;         // slot, while free
    struct handle_table *table; // whose it is
    struct list_node opens, closes; // cap/derive.h
};

struct handle_table {
    struct budget *budget; // pays for the pages; not counted
    struct handle_entry *chunks[HANDLE_CHUNKS];
    uint16_t free_first, free_last; // slots, HANDLE_SLOT_NONE when empty
    uint16_t fresh;                 // slots below were used at least once
    uint16_t used;
};

void handle_table_init(struct handle_table *table, struct budget *budget);
// Closes the first open handle at or after *cursor and advances it; false when none is left.
bool handle_table_close_next(struct handle_table *table, uint32_t *cursor);
// Frees the pages; every handle must be closed.
void handle_table_finish(struct handle_table *table);

// The entry that `handle` names, or NULL.
static inline struct handle_entry *handle_find(struct handle_table *table, handle_t handle)
{
    uint32_t slot = handle & 0xffff;
    if (slot >= HANDLES_MAX)
        return NULL;
    struct handle_entry *chunk = table->chunks[slot / HANDLE_CHUNK_ENTRIES];
    if (chunk == NULL)
        return NULL;
    struct handle_entry *entry = &chunk[slot % HANDLE_CHUNK_ENTRIES];
    return entry->value == handle && entry->object != NULL ? entry : NULL;
}

// The object of `kind` that `handle` names with all of `rights`. ERR_BAD_HANDLE, ERR_DENIED.
status_t handle_object(struct handle_table *table, handle_t handle, enum object_kind kind,
                       uint32_t rights, struct object **out_object);
// The same, and what else its handle says.
status_t handle_lookup(struct handle_table *table, handle_t handle, enum object_kind kind,
                       uint32_t rights, struct handle_entry **out_entry);
// The handle of a signal with RIGHT_RAISE and all of `bits` in its mask. ERR_BAD_HANDLE,
// ERR_DENIED.
status_t handle_signal(struct handle_table *table, handle_t handle, uint64_t bits,
                       struct handle_entry **out_entry);
// The badge's number or the mask; 0 for other kinds.
uint64_t handle_badge(const struct handle_entry *entry);
// Puts an object's first handle in the table (badge 0, every bit); takes over the caller's
// reference on success only. ERR_FULL, ERR_NO_MEMORY.
status_t handle_insert(struct handle_table *table, struct object *object, uint32_t rights,
                       handle_t *out_handle);
// OK if `count` more handles would fit. ERR_FULL, ERR_NO_MEMORY.
status_t handle_reserve(struct handle_table *table, uint32_t count);
// Closes a handle: drops its references. ERR_BAD_HANDLE.
status_t handle_close(struct handle_table *table, handle_t handle);
// Moves a handle to another table, which must have room (handle_reserve). The entry's value
// changes.
handle_t handle_move(struct handle_table *from, handle_t handle, struct handle_table *to);
// Makes a second handle with at most `rights` and, `mark`: for an endpoint handle without one a
// badge, for a signal's the bits it may raise, none that `handle` may not (0: as it is).
// With RIGHT_REVOCABLE it is derived from `handle`, else its equal. ERR_BAD_HANDLE, ERR_DENIED,
// ERR_INVALID, ERR_FULL, ERR_NO_MEMORY.
status_t handle_duplicate(struct handle_table *table, handle_t handle, uint32_t rights,
                          uint64_t mark, handle_t *out_handle);
