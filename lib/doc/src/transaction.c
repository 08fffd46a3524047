// SPDX-License-Identifier: Apache-2.0
// Transactions: records and the tidying at the end; see transaction.h.
#include "transaction.h"

#include "content.h"
#include "item.h"
#include "log.h"
#include "run.h"
#include "state.h"

uint64_t author_before(const struct doc *doc, uint32_t author)
{
    const struct author *record = &doc->authors[author];
    return record->before_round == doc->transaction.round ? record->before : record->state;
}

status_t transaction_note_author(struct doc *doc, uint32_t author)
{
    struct transaction *transaction = &doc->transaction;
    struct author *record = &doc->authors[author];
    if (record->before_round == transaction->round)
        return OK;
    if (heap_grow(&doc->heap, (void **)&transaction->authors, &transaction->author_capacity,
                  transaction->author_count, sizeof *transaction->authors) < 0)
        return ERR_NO_MEMORY;
    record->before_round = transaction->round;
    record->before = record->state;
    transaction->authors[transaction->author_count++] = author;
    return OK;
}

void transaction_note_deleted(struct doc *doc, const struct item *item)
{
    struct range range = {doc->authors[item->id.author].client, item->id.clock, item->length};
    if (ranges_add(&doc->heap, &doc->transaction.deleted, range) < 0)
        doc->transaction.status = ERR_NO_MEMORY;
}

// Losing such a record costs compactness only.
void transaction_note_split(struct doc *doc, const struct item *item)
{
    struct transaction *transaction = &doc->transaction;
    if (heap_grow(&doc->heap, (void **)&transaction->splits, &transaction->split_capacity,
                  transaction->split_count, sizeof *transaction->splits) == OK)
        transaction->splits[transaction->split_count++] = item->id;
}

void transaction_begin(struct doc *doc)
{
    struct transaction *transaction = &doc->transaction;
    transaction->open = true;
    transaction->round++;
    transaction->status = OK;
    transaction->deleted.count = 0;
    transaction->split_count = 0;
    transaction->author_count = 0;
}

static bool kind_merges(uint8_t kind)
{
    return kind == WIRE_STRING || kind == WIRE_ANY || kind == WIRE_JSON || kind == WIRE_DELETED;
}

// Whether `b`, the next in the log, continues `a`.
static bool can_merge(const struct item *a, const struct item *b)
{
    if (a->kind == WIRE_GC || b->kind == WIRE_GC)
        return a->kind == b->kind;
    return a->kind == b->kind && kind_merges(a->kind) && a->right == b &&
           item_is_deleted(a) == item_is_deleted(b) && id_equal(b->origin, item_last_id(a)) &&
           id_equal(a->right_origin, b->right_origin);
}

// `a` takes in `b`; the log still has both. ERR_NO_MEMORY changes nothing.
static status_t absorb(struct doc *doc, struct item *a, struct item *b)
{
    if (a->kind == WIRE_GC) {
        a->length += b->length;
        return OK;
    }
    if (content_append(doc, &a->content, &b->content) < 0)
        return ERR_NO_MEMORY;
    if (b->run) {
        struct branch *branch = a->branch;
        if (branch->marker == b) {
            branch->marker = a;
            branch->marker_index -= a->length;
        }
        uint64_t units = item_units(b);
        run_remove(branch, b);
        run_adjust(doc, a, (int64_t)units);
    }
    a->length += b->length;
    a->right = b->right;
    if (b->right)
        b->right->left = a;
    else if (b->entry)
        b->entry->last = a;
    return OK;
}

// Merges the item at *place into its left neighbours as far as they belong together; *place becomes
// the merged item's. Yields how many disappeared.
static uint32_t merge_left(struct doc *doc, struct author *author, struct place *place)
{
    uint32_t chain = 0;
    struct place first = *place;
    struct item *item = log_item(author, first);
    for (struct place left = first; log_previous(author, &left); first = left, chain++) {
        struct item *before = log_item(author, left);
        if (!can_merge(before, item))
            break;
        item = before;
    }
    uint32_t merged = 0;
    for (struct place next = first; merged < chain && log_next(author, &next); merged++) {
        struct item *right = log_item(author, next);
        if (absorb(doc, item, right) < 0)
            break;
        pool_give(&doc->items, right);
    }
    *place = first;
    if (merged > 0) {
        struct place second = first;
        log_next(author, &second);
        log_remove(doc, author, second, merged);
    }
    return merged;
}

// Merges from the item that holds `last` (or its right neighbour) leftwards to the one that holds
// `first`.
static void merge_range(struct doc *doc, struct author *author, uint64_t first, uint64_t last)
{
    struct place place = log_find(author, last);
    log_next(author, &place);
    while (log_item(author, place)->id.clock >= first) {
        merge_left(doc, author, &place);
        if (!log_previous(author, &place))
            return;
    }
}

static void merge_new(struct doc *doc, struct author *author)
{
    struct place place = log_last(author);
    for (;;) {
        const struct item *item = log_item(author, place);
        if (item->id.clock + item->length <= author->before)
            return;
        merge_left(doc, author, &place);
        if (!log_previous(author, &place))
            return;
    }
}

static void merge_split(struct doc *doc, struct id id)
{
    struct author *author = &doc->authors[id.author];
    struct place place = log_find(author, id.clock), next = place;
    if (log_next(author, &next) && merge_left(doc, author, &next) > 1)
        return;
    place = log_find(author, id.clock);
    merge_left(doc, author, &place);
}

static void forget_range(struct doc *doc, const struct range *range)
{
    const struct author *author = &doc->authors[doc_author_find(doc, range->client)];
    struct place place = log_find(author, range->clock);
    do {
        struct item *item = log_item(author, place);
        if (item->id.clock >= range->clock + range->length)
            return;
        if (item_is_deleted(item))
            item_forget(doc, item);
    } while (log_next(author, &place));
}

static void tidy(struct doc *doc)
{
    struct transaction *transaction = &doc->transaction;
    const struct range *ranges = transaction->deleted.ranges;
    for (uint32_t i = transaction->deleted.count; i-- > 0;)
        forget_range(doc, &ranges[i]);
    for (uint32_t i = transaction->deleted.count; i-- > 0;) {
        struct author *author = &doc->authors[doc_author_find(doc, ranges[i].client)];
        merge_range(doc, author, ranges[i].clock, ranges[i].clock + ranges[i].length - 1);
    }
    for (uint32_t i = 0; i < transaction->author_count; i++) {
        struct author *author = &doc->authors[transaction->authors[i]];
        if (author->state > author->before)
            merge_new(doc, author);
    }
    for (uint32_t i = transaction->split_count; i-- > 0;)
        merge_split(doc, transaction->splits[i]);
}

status_t transaction_commit(struct doc *doc, struct buffer *out)
{
    struct transaction *transaction = &doc->transaction;
    ranges_normalize(&transaction->deleted);
    observers_run(doc);
    tidy(doc);
    status_t status = transaction->status;
    if (out && status == OK)
        status = state_write_transaction(doc, out);
    transaction->open = false;
    return status;
}
