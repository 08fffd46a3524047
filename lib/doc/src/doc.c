// SPDX-License-Identifier: Apache-2.0
// Documents: life, transactions and bookkeeping; see doc/doc.h.
#include "doc/doc.h"

#include "branch.h"
#include "content.h"
#include "log.h"
#include "run.h"
#include "transaction.h"

#include <stdlib.h>

#define MEMORY_MAX_DEFAULT (64u << 20)

status_t doc_create(const struct doc_options *options, struct doc **out_doc)
{
    static const struct doc_options defaults;
    if (!options)
        options = &defaults;
    if (options->client > DOC_CLOCK_MAX)
        return ERR_INVALID;
    struct doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return ERR_NO_MEMORY;
    doc->client = options->client;
    doc->heap.max = options->memory_max ? options->memory_max : MEMORY_MAX_DEFAULT;
    doc->pending_max = options->pending_max ? options->pending_max : DOC_PENDING_SIZE_MAX;
    doc->own = NO_AUTHOR;
    pool_init(&doc->items, &doc->heap, sizeof(struct item));
    pool_init(&doc->runs, &doc->heap, sizeof(struct run));
    pool_init(&doc->blocks, &doc->heap, sizeof(struct log_block));
    *out_doc = doc;
    return OK;
}

// Frees what the items of one author hold.
static void author_finish(struct doc *doc, struct author *author)
{
    struct place place = {0};
    if (author->block_count > 0) {
        do {
            struct item *item = log_item(author, place);
            content_release(doc, &item->content);
            if (item->nested)
                branch_destroy(item->nested);
        } while (log_next(author, &place));
    }
    log_finish(doc, author);
}

void doc_destroy(struct doc *doc)
{
    if (!doc)
        return;
    struct heap *heap = &doc->heap;
    for (uint32_t i = 0; i < doc->author_count; i++)
        author_finish(doc, &doc->authors[i]);
    for (uint32_t i = 0; i < doc->roots.count; i++)
        if (doc->roots.order[i]->branch)
            branch_destroy(doc->roots.order[i]->branch);
    table_finish(heap, &doc->roots);
    heap_give(heap, doc->authors, doc->author_capacity * sizeof *doc->authors);
    heap_give(heap, doc->by_client, doc->order_capacity * sizeof *doc->by_client);
    struct transaction *transaction = &doc->transaction;
    ranges_finish(heap, &transaction->deleted);
    heap_give(heap, transaction->splits, transaction->split_capacity * sizeof(struct id));
    heap_give(heap, transaction->authors, transaction->author_capacity * sizeof(uint32_t));
    ranges_finish(heap, &doc->pending.deletes);
    heap_give(heap, doc->pending.waits, doc->pending.wait_capacity * sizeof(struct wait));
    buffer_finish(&doc->pending.structs);
    heap_give(heap, doc->steps, doc->step_capacity * sizeof *doc->steps);
    pool_finish(&doc->items);
    pool_finish(&doc->runs);
    pool_finish(&doc->blocks);
    free(doc);
}

uint64_t doc_client(const struct doc *doc)
{
    return doc->client;
}

size_t doc_memory(const struct doc *doc)
{
    return sizeof *doc + doc->heap.used;
}

size_t doc_pending(const struct doc *doc)
{
    return doc->pending.structs.size + doc->pending.deletes.count * sizeof(struct range);
}

status_t doc_begin(struct doc *doc)
{
    if (doc->transaction.open)
        return ERR_BAD_STATE;
    transaction_begin(doc);
    return OK;
}

status_t doc_commit(struct doc *doc, struct buffer *out_update)
{
    if (!doc->transaction.open)
        return ERR_BAD_STATE;
    return transaction_commit(doc, out_update);
}
