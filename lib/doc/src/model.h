// SPDX-License-Identifier: Apache-2.0
// The document inside. Every edit is an item; an item sits in two orders at once:
//
//     log    per author, by clock, without holes: who wrote what     (blocks of pointers; log.h)
//     list   per sequence, in reading order, with tombstones         (left/right, indexed by runs;
//     run.h)
//
// A map key has its own little list whose last item is the value. Items, runs and blocks come from
// pools that are reserved before a list is touched, so running out of memory never leaves half an
// edit.
#pragma once

#include "doc/doc.h"
#include "heap.h"
#include "ranges.h"
#include "wire.h"

#define NO_AUTHOR UINT32_MAX

// One unit of one author; `author` is the place in doc.authors, NO_AUTHOR: none.
struct id {
    uint64_t clock;
    uint32_t author;
};

// Shared, append-only bytes; a content refers to a part of it.
struct chunk {
    uint32_t references, capacity, used;
    uint8_t bytes[];
};

#define CONTENT_SMALL 16u

// The payload of an item: at most CONTENT_SMALL bytes in place, more in a chunk.
struct content {
    union {
        uint8_t small[CONTENT_SMALL];
        struct {
            struct chunk *chunk;
            uint32_t offset;
        };
    };
    uint32_t size;
};

enum item_flags {
    ITEM_DELETED = 1,
    ITEM_DELETED_NOW = 2, // in the open transaction
};

struct item {
    struct id id, origin, right_origin;
    uint64_t length;
    uint64_t stamp;            // order of visit in the search for a place
    struct item *left, *right; // the list; NULL for GC
    struct branch *branch;     // whose list; NULL for GC
    struct entry *entry;       // the map key, NULL in sequences
    struct run *run;           // sequences only
    struct branch *nested;     // kind WIRE_TYPE
    struct content content;    // WIRE_TYPE: the type's wire bytes
    uint8_t kind;              // enum wire_kind
    uint8_t flags;
};

// A name in a table: a root of the document or a key of a map.
struct entry {
    struct entry *next_in_bucket;
    struct item *last;     // map: the value (or its tombstone)
    struct branch *branch; // root
    uint32_t hash, size;
    uint8_t name[];
};

struct table {
    struct entry **buckets;
    struct entry **order; // by first mention
    uint32_t bucket_count, count, capacity;
};

// A text, map, array or XML node: one list, one table of keys.
struct branch {
    struct doc *doc;
    struct item *item;  // the item that holds it; NULL for roots
    struct entry *root; // its name; NULL for nested ones
    struct item *start; // first of the list
    struct run *runs;   // root of the index
    struct table keys;
    size_t live_keys;
    struct item *marker; // a visible item of the list that was used last, or NULL
    uint64_t marker_index;
    struct branch *next; // in a work list
};

#define LOG_BLOCK_ITEMS 64u

struct log_block {
    uint32_t count;
    struct item *items[LOG_BLOCK_ITEMS];
};

struct log_reference {
    uint64_t clock; // of the block's first item
    struct log_block *block;
};

struct author {
    uint64_t client;
    uint64_t state;                // next clock
    uint64_t before, before_round; // state when transaction number before_round began
    struct log_reference *blocks;
    uint32_t block_count, block_capacity;
};

struct wait {
    uint64_t client, clock; // the unit that must arrive
};

struct pending {
    struct buffer structs; // an update without deletes, empty when nothing waits
    struct range_list deletes;
    struct wait *waits;
    uint32_t wait_count, wait_capacity;
};

struct transaction {
    uint64_t round; // number of the transaction, from 1
    bool open;
    status_t status; // ERR_NO_MEMORY: a record was lost, the update cannot be written
    struct range_list deleted;
    struct id *splits;
    uint32_t split_count, split_capacity;
    uint32_t *authors; // that got new items
    uint32_t author_count, author_capacity;
};

struct observer {
    struct branch *branch;
    doc_text_changed *changed;
    void *context;
};

struct doc {
    struct heap heap;
    uint64_t client;
    size_t pending_max;
    struct pool items, runs, blocks;
    struct author *authors;
    uint32_t *by_client; // places in authors, ascending client
    uint32_t author_count, author_capacity, order_capacity;
    uint32_t own; // place of `client`, NO_AUTHOR before the first local edit
    struct table roots;
    uint64_t stamp;
    struct branch *work; // branches to delete or dissolve
    struct transaction transaction;
    struct pending pending;
    struct observer observers[DOC_OBSERVERS_MAX];
    uint32_t observer_count;
    struct doc_delta *steps;
    uint32_t step_capacity;
};

static inline bool item_is_deleted(const struct item *item)
{
    return item->kind == WIRE_GC || (item->flags & ITEM_DELETED);
}

// Counts towards the length of its sequence (whether deleted or not).
static inline bool item_is_countable(const struct item *item)
{
    return item->kind != WIRE_GC && item->kind != WIRE_DELETED && item->kind != WIRE_FORMAT;
}

static inline uint64_t item_units(const struct item *item)
{
    return item_is_deleted(item) || !item_is_countable(item) ? 0 : item->length;
}

static inline bool id_equal(struct id a, struct id b)
{
    return a.author == b.author && (a.author == NO_AUTHOR || a.clock == b.clock);
}

static inline struct id item_last_id(const struct item *item)
{
    return (struct id){.clock = item->id.clock + item->length - 1, .author = item->id.author};
}
