// SPDX-License-Identifier: Apache-2.0
// Items: splitting, placing, deleting, forgetting; see item.h.
#include "item.h"

#include "branch.h"
#include "content.h"
#include "log.h"
#include "run.h"
#include "transaction.h"

#include "base/assert.h"

struct item *item_find(const struct doc *doc, struct id id)
{
    const struct author *author = &doc->authors[id.author];
    return log_item(author, log_find(author, id.clock));
}

status_t item_split(struct doc *doc, struct item *item, uint64_t at, struct item **out_right)
{
    struct author *author = &doc->authors[item->id.author];
    assert(at > 0 && at < item->length);
    if (pool_reserve(&doc->items, 1) < 0 || pool_reserve(&doc->runs, RUN_RESERVE) < 0 ||
        log_reserve(doc, author, 1) < 0)
        return ERR_NO_MEMORY;
    struct content back;
    if (content_cut(doc, item, at, &back) < 0)
        return ERR_NO_MEMORY;
    struct item *right = pool_take(&doc->items);
    *right = *item;
    right->content = back;
    right->id.clock += at;
    right->length -= at;
    right->origin = (struct id){.clock = right->id.clock - 1, .author = item->id.author};
    right->left = item;
    right->stamp = 0;
    log_insert_after(doc, author, log_find(author, item->id.clock), right);
    if (item->run)
        run_adjust(doc, item, -(int64_t)item_units(right));
    item->length = at;
    item->right = right;
    if (right->right)
        right->right->left = right;
    else if (right->entry)
        right->entry->last = right;
    if (item->run)
        run_insert(item->branch, item, right);
    transaction_note_split(doc, right);
    *out_right = right;
    return OK;
}

status_t item_clean_start(struct doc *doc, struct id id, struct item **out_item)
{
    struct item *item = item_find(doc, id);
    if (item->kind != WIRE_GC && item->id.clock < id.clock)
        return item_split(doc, item, id.clock - item->id.clock, out_item);
    *out_item = item;
    return OK;
}

status_t item_clean_end(struct doc *doc, struct id id, struct item **out_item)
{
    struct item *item = item_find(doc, id);
    struct item *right;
    uint64_t at = id.clock - item->id.clock + 1;
    if (item->kind != WIRE_GC && at < item->length) {
        status_t status = item_split(doc, item, at, &right);
        if (status < 0)
            return status;
    }
    *out_item = item;
    return OK;
}

status_t item_reserve(struct doc *doc, uint32_t author)
{
    if (pool_reserve(&doc->items, 1) < 0 || pool_reserve(&doc->runs, RUN_RESERVE) < 0 ||
        log_reserve(doc, &doc->authors[author], 1) < 0)
        return ERR_NO_MEMORY;
    return transaction_note_author(doc, author);
}

// First item of the list an item goes to: the sequence, or the history of its key.
static struct item *list_first(const struct item *item)
{
    if (!item->entry)
        return item->branch->start;
    struct item *first = item->entry->last;
    while (first && first->left)
        first = first->left;
    return first;
}

// Where the item belongs among those that others wrote into the same gap: the YATA rule. Items
// visited get ascending stamps; `first` and `conflicts` are the stamps at which the two sets of the
// rule begin.
static struct item *find_left(struct doc *doc, const struct item *item)
{
    struct item *left = item->left;
    uint64_t first = doc->stamp + 1, conflicts = first;
    struct item *other = left ? left->right : list_first(item);
    for (; other && other != item->right; other = other->right) {
        other->stamp = ++doc->stamp;
        if (id_equal(item->origin, other->origin)) {
            if (author_precedes(doc, other->id.author, item->id.author)) {
                left = other;
                conflicts = doc->stamp + 1;
            } else if (id_equal(item->right_origin, other->right_origin)) {
                break;
            }
        } else if (other->origin.author != NO_AUTHOR) {
            uint64_t stamp = item_find(doc, other->origin)->stamp;
            if (stamp < first)
                break;
            if (stamp < conflicts) {
                left = other;
                conflicts = doc->stamp + 1;
            }
        } else {
            break;
        }
    }
    return left;
}

static bool has_gap(const struct item *item)
{
    if (item->left)
        return item->left->right == item->right;
    return item->right ? item->right->left == NULL : false;
}

// Links after item->left, or at the start of its list.
static void link_item(struct item *item)
{
    struct branch *branch = item->branch;
    if (item->left) {
        item->right = item->left->right;
        item->left->right = item;
    } else {
        item->right = list_first(item);
        if (!item->entry)
            branch->start = item;
    }
    if (item->right)
        item->right->left = item;
}

// A key's newest item becomes its value; the one before is deleted.
static void become_value(struct doc *doc, struct item *item)
{
    struct item *old = item->left;
    bool replaces = old && !item_is_deleted(old);
    item->entry->last = item;
    if (!replaces && item->kind != WIRE_DELETED)
        item->branch->live_keys++;
    if (!replaces)
        return;
    if (item->kind == WIRE_DELETED)
        item->branch->live_keys--;
    item_delete(doc, old);
}

void item_integrate(struct doc *doc, struct item *item)
{
    struct author *author = &doc->authors[item->id.author];
    struct branch *branch = item->branch;
    if (!branch) {
        content_release(doc, &item->content);
        *item = (struct item){.id = item->id, .length = item->length, .kind = WIRE_GC};
        item->origin.author = item->right_origin.author = NO_AUTHOR;
        log_append(doc, author, item);
        return;
    }
    if (!has_gap(item))
        item->left = find_left(doc, item);
    link_item(item);
    log_append(doc, author, item);
    if (item->kind == WIRE_DELETED) {
        item->flags |= ITEM_DELETED | ITEM_DELETED_NOW;
        transaction_note_deleted(doc, item);
    }
    if (item->entry) {
        if (!item->right)
            become_value(doc, item);
    } else {
        branch->marker = NULL;
        run_insert(branch, item->left, item);
    }
    if ((branch->item && item_is_deleted(branch->item)) || (item->entry && item->right))
        item_delete(doc, item);
}

status_t item_insert(const struct item *pattern, struct span content, struct item **out_item)
{
    struct doc *doc = pattern->branch->doc;
    if (doc->own == NO_AUTHOR)
        doc->own = doc_author(doc, doc->client);
    if (doc->own == NO_AUTHOR || item_reserve(doc, doc->own) < 0)
        return ERR_NO_MEMORY;
    uint64_t clock = doc->authors[doc->own].state;
    if (pattern->length > DOC_CLOCK_MAX - clock)
        return ERR_FULL;
    struct content copy = {0};
    if (content_set(doc, &copy, content) < 0)
        return ERR_NO_MEMORY;
    struct item *item = pool_take(&doc->items);
    *item = *pattern;
    item->content = copy;
    item->id = (struct id){.clock = clock, .author = doc->own};
    item->origin = item->right_origin = (struct id){.author = NO_AUTHOR};
    if (item->left)
        item->origin = item_last_id(item->left);
    if (item->right)
        item->right_origin = item->right->id;
    if (item->nested)
        item->nested->item = item;
    item_integrate(doc, item);
    if (out_item)
        *out_item = item;
    return OK;
}

// Marks one item deleted; a type's branch is put on the work list.
static void mark_deleted(struct doc *doc, struct item *item)
{
    if (item_is_deleted(item))
        return;
    if (item->run) {
        run_adjust(doc, item, -(int64_t)item_units(item));
        item->branch->marker = NULL;
    } else if (item->entry && item->entry->last == item) {
        item->branch->live_keys--;
    }
    item->flags |= ITEM_DELETED | ITEM_DELETED_NOW;
    transaction_note_deleted(doc, item);
    if (item->nested) {
        item->nested->next = doc->work;
        doc->work = item->nested;
    }
}

// Deletes what a deleted type holds; what was deleted before is looked at again when merging, as it
// turns into GC.
static void delete_inner(struct doc *doc, struct item *item)
{
    if (!item_is_deleted(item))
        mark_deleted(doc, item);
    else if (item->id.clock < author_before(doc, item->id.author))
        transaction_note_split(doc, item);
}

void item_delete(struct doc *doc, struct item *item)
{
    mark_deleted(doc, item);
    while (doc->work) {
        struct branch *branch = doc->work;
        doc->work = branch->next;
        for (struct item *inner = branch->start; inner; inner = inner->right)
            delete_inner(doc, inner);
        for (uint32_t i = 0; i < branch->keys.count; i++)
            if (branch->keys.order[i]->last)
                delete_inner(doc, branch->keys.order[i]->last);
    }
}

// Drops the content; a type's branch goes on the work list to be dissolved.
static void drop_content(struct doc *doc, struct item *item)
{
    content_release(doc, &item->content);
    item->flags &= (uint8_t)~ITEM_DELETED_NOW;
    if (item->nested) {
        item->nested->next = doc->work;
        doc->work = item->nested;
        item->nested = NULL;
    }
}

// Turns an item of a dissolved branch into GC, in place.
static void bury(struct doc *doc, struct item *item)
{
    assert(item_is_deleted(item));
    drop_content(doc, item);
    *item = (struct item){.id = item->id, .length = item->length, .kind = WIRE_GC};
    item->origin.author = item->right_origin.author = NO_AUTHOR;
}

void item_forget(struct doc *doc, struct item *item)
{
    if (item->kind == WIRE_GC)
        return;
    drop_content(doc, item);
    item->kind = WIRE_DELETED;
    while (doc->work) {
        struct branch *branch = doc->work;
        doc->work = branch->next;
        for (struct item *inner = branch->start; inner;) {
            struct item *next = inner->right;
            bury(doc, inner);
            inner = next;
        }
        for (uint32_t i = 0; i < branch->keys.count; i++) {
            for (struct item *inner = branch->keys.order[i]->last; inner;) {
                struct item *previous = inner->left;
                bury(doc, inner);
                inner = previous;
            }
        }
        branch_destroy(branch);
    }
}
