// SPDX-License-Identifier: Apache-2.0
// Documents and transactions as updates; see state.h.
#include "state.h"

#include "content.h"
#include "log.h"
#include "transaction.h"

static struct wire_id wire_of(const struct doc *doc, struct id id)
{
    return (struct wire_id){doc->authors[id.author].client, id.clock};
}

static void item_write(const struct doc *doc, const struct item *item, uint64_t offset,
                       struct buffer *out)
{
    struct wire_item wire = {.id = wire_of(doc, item->id), .length = item->length};
    wire.kind = item->kind;
    if (item->kind != WIRE_GC) {
        wire.content = content_span(&item->content);
        wire.has_origin = item->origin.author != NO_AUTHOR;
        wire.has_right_origin = item->right_origin.author != NO_AUTHOR;
        wire.key_flag = wire.has_key = item->entry != NULL;
        if (wire.has_origin)
            wire.origin = wire_of(doc, item->origin);
        if (wire.has_right_origin)
            wire.right_origin = wire_of(doc, item->right_origin);
        if (item->entry)
            wire.key = (struct span){item->entry->name, item->entry->size};
        const struct branch *branch = item->branch;
        wire.parent = branch->root ? PARENT_ROOT : PARENT_ITEM;
        if (branch->root)
            wire.root = (struct span){branch->root->name, branch->root->size};
        else
            wire.parent_id = wire_of(doc, branch->item->id);
    }
    wire_item_write(&wire, offset, out);
}

// All of an author's items from `clock` on, which is below its state.
static void author_write(const struct doc *doc, const struct author *author, uint64_t clock,
                         struct buffer *out)
{
    struct place place = log_find(author, clock);
    buffer_uvarint(out, log_count_from(author, place));
    buffer_uvarint(out, author->client);
    buffer_uvarint(out, clock);
    uint64_t offset = clock - log_item(author, place)->id.clock;
    do {
        item_write(doc, log_item(author, place), offset, out);
        offset = 0;
    } while (log_next(author, &place));
}

static void structs_write(const struct doc *doc, const struct vector *vector, struct buffer *out)
{
    uint32_t clients = 0;
    for (uint32_t i = 0; i < doc->author_count; i++)
        clients += doc->authors[i].state > vector_clock(vector, doc->authors[i].client);
    buffer_uvarint(out, clients);
    for (uint32_t i = doc->author_count; i-- > 0;) {
        const struct author *author = &doc->authors[doc->by_client[i]];
        uint64_t clock = vector_clock(vector, author->client);
        if (author->state > clock)
            author_write(doc, author, clock, out);
    }
}

// Everything deleted, in wire order.
static status_t deleted_collect(struct doc *doc, struct range_list *list)
{
    for (uint32_t i = doc->author_count; i-- > 0;) {
        const struct author *author = &doc->authors[doc->by_client[i]];
        if (author->block_count == 0)
            continue;
        struct place place = {0};
        do {
            const struct item *item = log_item(author, place);
            struct range range = {author->client, item->id.clock, item->length};
            if (item_is_deleted(item) && ranges_add(&doc->heap, list, range) < 0)
                return ERR_NO_MEMORY;
        } while (log_next(author, &place));
    }
    return OK;
}

// The diff without what waits.
static status_t diff_write(struct doc *doc, const struct vector *vector, struct buffer *out)
{
    struct range_list deleted = {0};
    status_t status = deleted_collect(doc, &deleted);
    if (status == OK) {
        structs_write(doc, vector, out);
        ranges_write(&deleted, out);
        status = buffer_status(out);
    }
    ranges_finish(&doc->heap, &deleted);
    return status;
}

// The diff together with what waits.
static status_t diff_merge(struct doc *doc, const struct vector *vector, struct buffer *out)
{
    static const uint8_t nothing[] = {0, 0};
    struct buffer diff = {0};
    struct span waiting = buffer_span(&doc->pending.structs);
    status_t status = diff_write(doc, vector, &diff);
    if (status == OK) {
        const struct merge_input input = {
            .first = buffer_span(&diff),
            .second = waiting.size ? waiting : (struct span){nothing, sizeof nothing},
            .vector = vector,
            .deletes = &doc->pending.deletes,
        };
        status = update_merge(&doc->heap, &input, out);
    }
    buffer_finish(&diff);
    return status;
}

status_t doc_encode_state(struct doc *doc, const void *vector, size_t size, struct buffer *out)
{
    if (doc->transaction.open)
        return ERR_BAD_STATE;
    struct vector known;
    status_t status = vector_open(&doc->heap, (struct span){vector, vector ? size : 0}, &known);
    if (status < 0)
        return status;
    bool waits = doc->pending.structs.size > 0 || doc->pending.deletes.count > 0;
    status = waits ? diff_merge(doc, &known, out) : diff_write(doc, &known, out);
    vector_close(&doc->heap, &known);
    return status;
}

status_t doc_encode_state_vector(const struct doc *doc, struct buffer *out)
{
    uint32_t clients = 0;
    for (uint32_t i = 0; i < doc->author_count; i++)
        clients += doc->authors[i].state > 0;
    buffer_uvarint(out, clients);
    for (uint32_t i = doc->author_count; i-- > 0;) {
        const struct author *author = &doc->authors[doc->by_client[i]];
        if (author->state == 0)
            continue;
        buffer_uvarint(out, author->client);
        buffer_uvarint(out, author->state);
    }
    return buffer_status(out);
}

// Authors with new items, largest client first; few, so insertion sort.
static void sort_authors(struct doc *doc)
{
    struct transaction *transaction = &doc->transaction;
    uint32_t *authors = transaction->authors;
    for (uint32_t i = 1; i < transaction->author_count; i++) {
        uint32_t moved = authors[i], at = i;
        for (; at > 0 && doc->authors[authors[at - 1]].client < doc->authors[moved].client; at--)
            authors[at] = authors[at - 1];
        authors[at] = moved;
    }
}

status_t state_write_transaction(struct doc *doc, struct buffer *out)
{
    struct transaction *transaction = &doc->transaction;
    uint32_t clients = 0;
    for (uint32_t i = 0; i < transaction->author_count; i++) {
        const struct author *author = &doc->authors[transaction->authors[i]];
        clients += author->state > author->before;
    }
    if (clients == 0 && transaction->deleted.count == 0)
        return OK;
    sort_authors(doc);
    buffer_uvarint(out, clients);
    for (uint32_t i = 0; i < transaction->author_count; i++) {
        const struct author *author = &doc->authors[transaction->authors[i]];
        if (author->state > author->before)
            author_write(doc, author, author->before, out);
    }
    ranges_write(&transaction->deleted, out);
    return buffer_status(out);
}
