// SPDX-License-Identifier: Apache-2.0
// Per-author logs of items; see log.h.
#include "log.h"

#include "base/assert.h"

#include <string.h>

// Place in by_client of the first author whose client is at least `client`.
static uint32_t order_lower(const struct doc *doc, uint64_t client)
{
    uint32_t low = 0, high = doc->author_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (doc->authors[doc->by_client[middle]].client < client)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t doc_author_find(const struct doc *doc, uint64_t client)
{
    uint32_t at = order_lower(doc, client);
    if (at == doc->author_count || doc->authors[doc->by_client[at]].client != client)
        return NO_AUTHOR;
    return doc->by_client[at];
}

uint32_t doc_author(struct doc *doc, uint64_t client)
{
    uint32_t found = doc_author_find(doc, client);
    if (found != NO_AUTHOR)
        return found;
    uint32_t count = doc->author_count;
    if (heap_grow(&doc->heap, (void **)&doc->authors, &doc->author_capacity, count,
                  sizeof *doc->authors) < 0)
        return NO_AUTHOR;
    if (heap_grow(&doc->heap, (void **)&doc->by_client, &doc->order_capacity, count,
                  sizeof *doc->by_client) < 0)
        return NO_AUTHOR;
    uint32_t at = order_lower(doc, client);
    memmove(doc->by_client + at + 1, doc->by_client + at, (count - at) * sizeof *doc->by_client);
    doc->by_client[at] = count;
    doc->authors[count] = (struct author){.client = client};
    doc->author_count++;
    return count;
}

uint64_t doc_state(const struct doc *doc, uint64_t client)
{
    uint32_t author = doc_author_find(doc, client);
    return author == NO_AUTHOR ? 0 : doc->authors[author].state;
}

status_t log_reserve(struct doc *doc, struct author *author, uint32_t count)
{
    status_t status = pool_reserve(&doc->blocks, count);
    if (status < 0)
        return status;
    return heap_grow(&doc->heap, (void **)&author->blocks, &author->block_capacity,
                     author->block_count + count, sizeof *author->blocks);
}

// Makes an empty block at `at` among the author's blocks.
static struct log_block *block_insert(struct doc *doc, struct author *author, uint32_t at)
{
    assert(author->block_count < author->block_capacity);
    memmove(author->blocks + at + 1, author->blocks + at,
            (author->block_count - at) * sizeof *author->blocks);
    author->block_count++;
    author->blocks[at].block = pool_take(&doc->blocks);
    return author->blocks[at].block;
}

void log_append(struct doc *doc, struct author *author, struct item *item)
{
    assert(item->id.clock == author->state);
    author->state += item->length;
    struct log_block *last =
        author->block_count ? author->blocks[author->block_count - 1].block : NULL;
    if (!last || last->count == LOG_BLOCK_ITEMS) {
        last = block_insert(doc, author, author->block_count);
        author->blocks[author->block_count - 1].clock = item->id.clock;
    }
    last->items[last->count++] = item;
}

void log_insert_after(struct doc *doc, struct author *author, struct place place, struct item *item)
{
    struct log_block *block = author->blocks[place.block].block;
    uint32_t at = place.index + 1;
    if (block->count == LOG_BLOCK_ITEMS) {
        uint32_t half = LOG_BLOCK_ITEMS / 2;
        struct log_block *second = block_insert(doc, author, place.block + 1);
        memcpy(second->items, block->items + half, half * sizeof *block->items);
        second->count = half;
        block->count = half;
        author->blocks[place.block + 1].clock = second->items[0]->id.clock;
        if (at > half) {
            at -= half;
            block = second;
        }
    }
    memmove(block->items + at + 1, block->items + at, (block->count - at) * sizeof *block->items);
    block->items[at] = item;
    block->count++;
}

static void block_remove(struct doc *doc, struct author *author, uint32_t at)
{
    pool_give(&doc->blocks, author->blocks[at].block);
    author->block_count--;
    memmove(author->blocks + at, author->blocks + at + 1,
            (author->block_count - at) * sizeof *author->blocks);
}

void log_remove(struct doc *doc, struct author *author, struct place place, uint32_t count)
{
    while (count > 0) {
        struct log_block *block = author->blocks[place.block].block;
        uint32_t here = block->count - place.index;
        uint32_t gone = count < here ? count : here;
        memmove(block->items + place.index, block->items + place.index + gone,
                (here - gone) * sizeof *block->items);
        block->count -= gone;
        count -= gone;
        if (block->count == 0) {
            block_remove(doc, author, place.block);
        } else {
            author->blocks[place.block].clock = block->items[0]->id.clock;
            place.block++;
        }
        place.index = 0;
    }
}

struct place log_find(const struct author *author, uint64_t clock)
{
    assert(clock < author->state);
    uint32_t low = 0, high = author->block_count;
    if (author->blocks[high - 1].clock <= clock) // mostly it is about what was just written
        low = high - 1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (author->blocks[middle].clock <= clock)
            low = middle;
        else
            high = middle;
    }
    const struct log_block *block = author->blocks[low].block;
    uint32_t first = 0, end = block->count;
    while (end - first > 1) {
        uint32_t middle = first + (end - first) / 2;
        if (block->items[middle]->id.clock <= clock)
            first = middle;
        else
            end = middle;
    }
    return (struct place){low, first};
}

struct item *log_item(const struct author *author, struct place place)
{
    return author->blocks[place.block].block->items[place.index];
}

bool log_next(const struct author *author, struct place *place)
{
    if (place->index + 1 < author->blocks[place->block].block->count) {
        place->index++;
        return true;
    }
    if (place->block + 1 >= author->block_count)
        return false;
    *place = (struct place){place->block + 1, 0};
    return true;
}

bool log_previous(const struct author *author, struct place *place)
{
    if (place->index > 0) {
        place->index--;
        return true;
    }
    if (place->block == 0)
        return false;
    place->block--;
    place->index = author->blocks[place->block].block->count - 1;
    return true;
}

struct place log_last(const struct author *author)
{
    assert(author->block_count > 0);
    uint32_t block = author->block_count - 1;
    return (struct place){block, author->blocks[block].block->count - 1};
}

uint64_t log_count_from(const struct author *author, struct place place)
{
    uint64_t count = author->blocks[place.block].block->count - place.index;
    for (uint32_t i = place.block + 1; i < author->block_count; i++)
        count += author->blocks[i].block->count;
    return count;
}

void log_finish(struct doc *doc, struct author *author)
{
    heap_give(&doc->heap, author->blocks, author->block_capacity * sizeof *author->blocks);
    author->blocks = NULL;
}
