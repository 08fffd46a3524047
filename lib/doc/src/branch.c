// SPDX-License-Identifier: Apache-2.0
// Branches: life, positions and ranges in a sequence; see branch.h.
#include "branch.h"

#include "content.h"
#include "item.h"
#include "run.h"
#include "utf16.h"

#include "base/assert.h"

// How far from the last used item a position is looked for before the index is asked.
#define SEEK_STEPS_MAX 16u

struct branch *branch_create(struct doc *doc)
{
    struct branch *branch = heap_take(&doc->heap, sizeof *branch);
    if (branch)
        branch->doc = doc;
    return branch;
}

struct branch *branch_root(struct doc *doc, struct span name)
{
    struct entry *entry = table_entry(&doc->heap, &doc->roots, name);
    if (!entry)
        return NULL;
    if (!entry->branch) {
        entry->branch = branch_create(doc);
        if (entry->branch)
            entry->branch->root = entry;
    }
    return entry->branch;
}

void branch_destroy(struct branch *branch)
{
    struct doc *doc = branch->doc;
    for (unsigned i = 0; i < DOC_OBSERVERS_MAX && doc->observer_count > 0; i++) {
        if (doc->observers[i].branch == branch) {
            doc->observers[i] = (struct observer){0};
            doc->observer_count--;
        }
    }
    run_finish(branch);
    table_finish(&doc->heap, &branch->keys);
    heap_give(&doc->heap, branch, sizeof *branch);
}

status_t branch_editable(const struct branch *branch)
{
    if (!branch->doc->transaction.open)
        return ERR_BAD_STATE;
    return branch->doc->client == 0 ? ERR_DENIED : OK;
}

// The item that holds `unit`, at most SEEK_STEPS_MAX list steps from the marker; NULL: not there.
static struct item *seek_near(const struct branch *branch, uint64_t unit, uint64_t *out_start)
{
    struct item *item = branch->marker;
    uint64_t start = branch->marker_index;
    for (unsigned i = 0; item && i < SEEK_STEPS_MAX; i++) {
        uint64_t units = item_units(item);
        if (unit >= start + units) {
            start += units;
            item = item->right;
        } else if (unit < start) {
            item = item->left;
            start -= item ? item_units(item) : 0;
        } else {
            *out_start = start;
            return item;
        }
    }
    return NULL;
}

struct item *branch_seek(struct branch *branch, uint64_t unit, uint64_t *out_start)
{
    struct item *item = seek_near(branch, unit, out_start);
    if (!item)
        item = run_seek(branch, unit, out_start);
    branch->marker = item;
    branch->marker_index = *out_start;
    return item;
}

// Whether unit `at` of an item is the second half of a surrogate pair.
static bool item_cuts_pair(const struct item *item, uint64_t at)
{
    bool inside = false;
    if (item->kind == WIRE_STRING && at > 0)
        utf16_offset(content_span(&item->content), item->length, at, &inside);
    return inside;
}

bool branch_inside_pair(struct branch *branch, uint64_t unit)
{
    if (unit == 0 || unit >= run_units(branch))
        return false;
    uint64_t start;
    const struct item *item = branch_seek(branch, unit, &start);
    return item_cuts_pair(item, unit - start);
}

status_t branch_gap(struct branch *branch, uint64_t index, struct item **out_left)
{
    if (index > run_units(branch))
        return ERR_INVALID;
    *out_left = NULL;
    if (index == 0)
        return OK;
    uint64_t start;
    struct item *item = branch_seek(branch, index - 1, &start), *right;
    if (index < start + item->length) {
        if (item_cuts_pair(item, index - start))
            return ERR_INVALID;
        status_t status = item_split(branch->doc, item, index - start, &right);
        if (status < 0)
            return status;
    }
    *out_left = item;
    return OK;
}

// Puts the marker beside a gap at `index`: on the visible item left or right of it, if there is
// one.
static void mark_beside(struct branch *branch, struct item *left, struct item *right,
                        uint64_t index)
{
    branch->marker = NULL;
    if (left && item_units(left) > 0) {
        branch->marker = left;
        branch->marker_index = index - item_units(left);
    } else if (right && item_units(right) > 0) {
        branch->marker = right;
        branch->marker_index = index;
    }
}

status_t branch_delete(struct branch *branch, uint64_t index, uint64_t length)
{
    uint64_t units = run_units(branch);
    if (index > units || length > units - index)
        return ERR_INVALID;
    if (branch_inside_pair(branch, index) || branch_inside_pair(branch, index + length))
        return ERR_INVALID;
    struct item *left, *rest;
    status_t status = branch_gap(branch, index, &left);
    struct item *item = left ? left->right : branch->start;
    while (status == OK && length > 0) {
        if (item_units(item) > length)
            status = item_split(branch->doc, item, length, &rest);
        if (status == OK && item_units(item) > 0) {
            length -= item_units(item);
            item_delete(branch->doc, item);
        }
        item = item->right;
    }
    mark_beside(branch, left, item, index);
    return status;
}

struct item *branch_last(const struct branch *branch)
{
    if (!branch->runs)
        return NULL;
    struct run *run = branch->runs;
    while (run->level > 0) {
        struct run *child = run->first;
        for (uint32_t i = 1; i < run->count; i++)
            child = child->right;
        run = child;
    }
    struct item *item = run->first;
    while (item->right)
        item = item->right;
    return item;
}

static uint32_t nested_kind(const struct item *item)
{
    switch (content_span(&item->content).bytes[0]) {
    case TYPE_ARRAY:
        return DOC_ARRAY_REF;
    case TYPE_MAP:
        return DOC_MAP_REF;
    case TYPE_TEXT:
        return DOC_TEXT_REF;
    default:
        return DOC_OTHER_REF;
    }
}

void branch_value(const struct item *item, uint64_t at, struct doc_value *out_value)
{
    struct span content = content_span(&item->content);
    struct reader reader = reader_of(content.bytes, content.size);
    *out_value = (struct doc_value){.kind = DOC_OTHER_REF};
    switch (item->kind) {
    case WIRE_ANY:
        (void)reader_take(&reader, wire_elements_offset(WIRE_ANY, content, at));
        *out_value = doc_value_read(&reader);
        break;
    case WIRE_JSON:
        (void)reader_take(&reader, wire_elements_offset(WIRE_JSON, content, at));
        *out_value = (struct doc_value){.kind = DOC_JSON, .bytes = reader_block(&reader)};
        break;
    case WIRE_EMBED:
        *out_value = (struct doc_value){.kind = DOC_JSON, .bytes = reader_block(&reader)};
        break;
    case WIRE_BINARY:
        *out_value = (struct doc_value){.kind = DOC_BYTES, .bytes = reader_block(&reader)};
        break;
    case WIRE_STRING:
        *out_value = (struct doc_value){.kind = DOC_STRING, .bytes = content};
        break;
    case WIRE_TYPE:
        *out_value = (struct doc_value){.kind = nested_kind(item), .nested = item->nested};
        break;
    }
}
