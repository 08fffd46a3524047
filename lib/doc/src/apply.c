// SPDX-License-Identifier: Apache-2.0
// Applying updates. The bytes are checked whole, then integrated section by section, the largest
// client first. A struct that needs another client's struct first pushes that client's section on a
// chain and comes back; a need that nothing here can meet makes the whole chain wait in doc.pending
// until something it waits for arrives.
#include "branch.h"
#include "content.h"
#include "item.h"
#include "log.h"
#include "run.h"
#include "state.h"
#include "transaction.h"
#include "update.h"

// Memory one struct takes: itself and its share of index and log. What splits need is checked as
// they happen.
#define STRUCT_COST (sizeof(struct item) + 32)
// Rounds of retrying what waits; each makes progress, this bounds a hostile one.
#define RETRIES_MAX 1024u

// Clients waited for by name.
#define WAITS_MAX 256u

enum { STEP_MISSING = 1 };

static bool is_known(const struct doc *doc, struct wire_id id, uint64_t self)
{
    return id.client == self || id.clock < doc_state(doc, id.client);
}

// OK, or STEP_MISSING with the unit that must come first.
static status_t find_missing(const struct doc *doc, const struct wire_item *wire,
                             struct wire_id *out_missing)
{
    uint64_t state = doc_state(doc, wire->id.client);
    if (wire->id.clock > state)
        *out_missing = (struct wire_id){wire->id.client, wire->id.clock - 1};
    else if (wire->has_origin && !is_known(doc, wire->origin, wire->id.client))
        *out_missing = wire->origin;
    else if (wire->has_right_origin && !is_known(doc, wire->right_origin, wire->id.client))
        *out_missing = wire->right_origin;
    else if (wire->parent == PARENT_ITEM && !is_known(doc, wire->parent_id, wire->id.client))
        *out_missing = wire->parent_id;
    else
        return OK;
    return STEP_MISSING;
}

static struct id id_of(const struct doc *doc, struct wire_id id)
{
    return (struct id){.clock = id.clock, .author = doc_author_find(doc, id.client)};
}

// Finds the neighbours, splitting what they are part of. The first `offset` units are known
// already.
static status_t resolve_neighbours(struct doc *doc, const struct wire_item *wire, uint64_t offset,
                                   struct item *item)
{
    item->origin = item->right_origin = (struct id){.author = NO_AUTHOR};
    struct wire_id before = {wire->id.client, wire->id.clock + offset - 1};
    if (wire->has_origin || offset > 0) {
        item->origin = id_of(doc, offset > 0 ? before : wire->origin);
        status_t status = item_clean_end(doc, item->origin, &item->left);
        if (status < 0)
            return status;
    }
    if (!wire->has_right_origin)
        return OK;
    item->right_origin = id_of(doc, wire->right_origin);
    return item_clean_start(doc, item->right_origin, &item->right);
}

// Finds the branch and key; the branch stays NULL when the item must become GC.
static status_t resolve_parent(struct doc *doc, const struct wire_item *wire, struct item *item)
{
    const struct item *left = item->left, *right = item->right;
    if ((left && left->kind == WIRE_GC) || (right && right->kind == WIRE_GC))
        return OK;
    if (left || right) {
        item->branch = left ? left->branch : right->branch;
        item->entry = left ? left->entry : right->entry;
        if (wire->parent == PARENT_NONE)
            return OK;
    }
    if (wire->parent == PARENT_ROOT) {
        item->branch = branch_root(doc, wire->root);
        if (!item->branch)
            return ERR_NO_MEMORY;
    } else {
        item->branch = item_find(doc, id_of(doc, wire->parent_id))->nested;
    }
    item->entry = NULL;
    if (item->branch && wire->has_key) {
        item->entry = table_entry(&doc->heap, &item->branch->keys, wire->key);
        if (!item->entry)
            return ERR_NO_MEMORY;
    }
    return OK;
}

// The payload, without its first `offset` units.
static status_t resolve_content(struct doc *doc, const struct wire_item *wire, uint64_t offset,
                                struct item *item)
{
    status_t status = content_set(doc, &item->content, wire->content);
    if (status == OK && offset > 0) {
        struct content back;
        item->length = wire->length;
        status = content_cut(doc, item, offset, &back);
        content_release(doc, &item->content);
        item->content = back;
    }
    item->length = wire->length - offset;
    if (status == OK && wire->kind == WIRE_TYPE && item->branch) {
        item->nested = branch_create(doc);
        status = item->nested ? OK : ERR_NO_MEMORY;
    }
    return status;
}

// Enters a struct whose needs are met; `offset` of its units are known already. ERR_NO_MEMORY
// enters nothing.
static status_t struct_integrate(struct doc *doc, const struct wire_item *wire, uint64_t offset)
{
    uint32_t author = doc_author(doc, wire->id.client);
    struct item draft = {.id = {.clock = wire->id.clock + offset, .author = author}};
    draft.kind = (uint8_t)wire->kind;
    draft.length = wire->length - offset;
    if (author == NO_AUTHOR)
        return ERR_NO_MEMORY;
    status_t status = OK;
    if (wire->kind != WIRE_GC) {
        status = resolve_neighbours(doc, wire, offset, &draft);
        if (status == OK)
            status = resolve_parent(doc, wire, &draft);
        if (status == OK && draft.branch)
            status = resolve_content(doc, wire, offset, &draft);
    }
    if (status == OK)
        status = item_reserve(doc, author);
    if (status < 0) {
        content_release(doc, &draft.content);
        if (draft.nested)
            branch_destroy(draft.nested);
        return status;
    }
    struct item *item = pool_take(&doc->items);
    *item = draft;
    if (item->nested)
        item->nested->item = item;
    item_integrate(doc, item);
    return OK;
}

// Takes the next struct of a section: enters it, passes over what is known, or says what it misses.
static status_t section_step(struct doc *doc, struct section *section, struct wire_id *out_missing)
{
    struct wire_item wire = section_peek(section);
    if (wire.kind != WIRE_SKIP) {
        status_t status = find_missing(doc, &wire, out_missing);
        if (status != OK)
            return status;
        uint64_t known = doc_state(doc, wire.id.client) - wire.id.clock;
        if (known < wire.length)
            status = struct_integrate(doc, &wire, known);
        if (status < 0)
            return status;
    }
    section_skip(section);
    return OK;
}

static void chain_push(struct section **chain, struct section *section)
{
    section->below = *chain;
    section->in_chain = true;
    *chain = section;
}

static void chain_pop(struct section **chain)
{
    (*chain)->in_chain = false;
    *chain = (*chain)->below;
}

// Remembers what is waited for, the earliest unit of each client. With WAITS_MAX clients any
// progress counts.
static status_t wait_note(struct doc *doc, struct wire_id missing)
{
    struct pending *pending = &doc->pending;
    for (uint32_t i = 0; i < pending->wait_count; i++) {
        struct wait *wait = &pending->waits[i];
        if (wait->client == missing.client) {
            wait->clock = wait->clock < missing.clock ? wait->clock : missing.clock;
            return OK;
        }
    }
    if (pending->wait_count >= WAITS_MAX)
        return OK;
    status_t status = heap_grow(&doc->heap, (void **)&pending->waits, &pending->wait_capacity,
                                pending->wait_count, sizeof *pending->waits);
    if (status == OK)
        pending->waits[pending->wait_count++] = (struct wait){missing.client, missing.clock};
    return status;
}

// Nothing here can meet the need: every section of the chain waits from where it stands.
static status_t chain_give_up(struct doc *doc, struct section **chain, struct wire_id missing)
{
    while (*chain) {
        (*chain)->dead = true;
        chain_pop(chain);
    }
    return wait_note(doc, missing);
}

// Integrates a section with everything it needs from others.
static status_t section_integrate(struct doc *doc, struct update *update, struct section *section)
{
    struct section *chain = NULL;
    chain_push(&chain, section);
    while (chain) {
        struct wire_id missing;
        if (chain->left == 0) {
            chain_pop(&chain);
            continue;
        }
        status_t status = section_step(doc, chain, &missing);
        if (status < 0)
            return status;
        if (status == OK && chain->below)
            chain_pop(&chain);
        if (status != STEP_MISSING)
            continue;
        struct section *source = update_section(update, missing.client);
        if (!source || source->dead || source->in_chain || source->left == 0)
            status = chain_give_up(doc, &chain, missing);
        else
            chain_push(&chain, source);
        if (status < 0)
            return status;
    }
    return OK;
}

// What of an update must wait, as an update without deletes.
static void rest_write(const struct update *update, struct buffer *out)
{
    uint32_t clients = 0;
    for (uint32_t i = 0; i < update->count; i++)
        clients += update->sections[i].dead;
    buffer_uvarint(out, clients);
    for (uint32_t i = 0; i < update->count; i++) {
        const struct section *section = &update->sections[i];
        if (!section->dead)
            continue;
        buffer_uvarint(out, section->left);
        buffer_uvarint(out, section->client);
        buffer_uvarint(out, section->clock);
        buffer_bytes(out, section->reader.at, reader_left(&section->reader));
    }
    buffer_uvarint(out, 0);
}

// Adds the dead sections to what waits. ERR_FULL forgets them.
static status_t pend_structs(struct doc *doc, const struct update *update)
{
    struct buffer rest = {0}, merged = {0};
    struct buffer *pending = &doc->pending.structs;
    rest_write(update, &rest);
    status_t status = buffer_status(&rest);
    if (status == OK && pending->size > 0) {
        const struct merge_input input = {buffer_span(pending), buffer_span(&rest), NULL, NULL};
        status = update_merge(&doc->heap, &input, &merged);
        buffer_finish(&rest);
        rest = merged;
    }
    if (status == OK && rest.size > doc->pending_max)
        status = ERR_FULL;
    if (status == OK) {
        buffer_finish(pending);
        *pending = rest;
    } else {
        buffer_finish(&rest);
    }
    return status;
}

static status_t structs_apply(struct doc *doc, struct update *update)
{
    bool waits = false;
    for (uint32_t i = 0; i < update->count; i++) {
        if (!update->sections[i].dead) {
            status_t status = section_integrate(doc, update, &update->sections[i]);
            if (status < 0)
                return status;
        }
    }
    for (uint32_t i = 0; i < update->count; i++)
        waits |= update->sections[i].dead;
    return waits ? pend_structs(doc, update) : OK;
}

// Deletes the known part of a range: splits at its edges and marks what lies between.
static status_t range_apply(struct doc *doc, const struct range *range)
{
    uint32_t author = doc_author_find(doc, range->client);
    uint64_t end = range->clock + range->length;
    struct item *item;
    struct place place = log_find(&doc->authors[author], range->clock);
    item = log_item(&doc->authors[author], place);
    if (!item_is_deleted(item) && item->id.clock < range->clock) {
        if (item_split(doc, item, range->clock - item->id.clock, &item) < 0)
            return ERR_NO_MEMORY;
        place = log_find(&doc->authors[author], range->clock);
    }
    do {
        struct item *rest;
        item = log_item(&doc->authors[author], place);
        if (item->id.clock >= end)
            break;
        if (item_is_deleted(item))
            continue;
        if (end < item->id.clock + item->length) {
            if (item_split(doc, item, end - item->id.clock, &rest) < 0)
                return ERR_NO_MEMORY;
            place = log_find(&doc->authors[author], item->id.clock);
        }
        item_delete(doc, item);
    } while (log_next(&doc->authors[author], &place));
    return OK;
}

// Applies a list of ranges; what lies beyond the known state is added to what waits.
static status_t ranges_apply(struct doc *doc, const struct range_list *list)
{
    struct pending *pending = &doc->pending;
    status_t status = OK;
    for (uint32_t i = 0; i < list->count && status == OK; i++) {
        struct range range = list->ranges[i];
        uint64_t state = doc_state(doc, range.client), end = range.clock + range.length;
        if (end > state) {
            uint64_t from = range.clock > state ? range.clock : state;
            const struct range later = {range.client, from, end - from};
            range.length = range.clock < state ? state - range.clock : 0;
            status = ranges_add(&doc->heap, &pending->deletes, later);
        }
        if (range.length > 0 && status == OK)
            status = range_apply(doc, &range);
    }
    ranges_normalize(&pending->deletes);
    if (pending->deletes.count > doc->pending_max / sizeof(struct range)) {
        pending->deletes.count = (uint32_t)(doc->pending_max / sizeof(struct range));
        return status < 0 ? status : ERR_FULL;
    }
    return status;
}

// The update's own ranges, then those that waited.
static status_t deletes_apply(struct doc *doc, const struct update *update)
{
    struct range_list list = {0};
    status_t status = ranges_read(&doc->heap, update->deletes, &list);
    if (status == OK)
        status = ranges_apply(doc, &list);
    ranges_finish(&doc->heap, &list);
    list = doc->pending.deletes;
    doc->pending.deletes = (struct range_list){0};
    if (status == OK || status == ERR_FULL) {
        status_t waited = ranges_apply(doc, &list);
        status = status == OK ? waited : status;
        ranges_finish(&doc->heap, &list);
    } else {
        doc->pending.deletes = list;
    }
    return status;
}

static status_t opened_apply(struct doc *doc, struct update *update)
{
    status_t structs = structs_apply(doc, update);
    if (structs < 0 && structs != ERR_FULL)
        return structs;
    status_t deletes = deletes_apply(doc, update);
    return structs < 0 ? structs : deletes;
}

static bool wait_is_over(const struct doc *doc)
{
    if (doc->pending.wait_count >= WAITS_MAX && doc->transaction.author_count > 0)
        return true;
    for (uint32_t i = 0; i < doc->pending.wait_count; i++)
        if (doc_state(doc, doc->pending.waits[i].client) > doc->pending.waits[i].clock)
            return true;
    return false;
}

// Tries what waits once more, for as long as that brings something that was waited for.
static status_t pending_retry(struct doc *doc)
{
    status_t status = OK;
    for (unsigned i = 0;
         i < RETRIES_MAX && (status == OK || status == ERR_FULL) && wait_is_over(doc); i++) {
        struct buffer waited = doc->pending.structs;
        doc->pending.structs = (struct buffer){0};
        doc->pending.wait_count = 0;
        struct update update;
        status = waited.size ? update_open(&doc->heap, buffer_span(&waited), &update) : OK;
        if (status == OK && waited.size > 0) {
            status = opened_apply(doc, &update);
            update_close(&doc->heap, &update);
        }
        buffer_finish(&waited);
    }
    return status;
}

status_t doc_apply(struct doc *doc, const void *bytes, size_t size, struct buffer *out_news)
{
    if (doc->transaction.open)
        return ERR_BAD_STATE;
    struct update update;
    status_t status = update_open(&doc->heap, (struct span){bytes, size}, &update);
    if (status < 0)
        return status;
    uint64_t cost = update.struct_count * STRUCT_COST + size;
    if (cost > doc->heap.max - doc->heap.used) {
        update_close(&doc->heap, &update);
        return ERR_NO_MEMORY;
    }
    transaction_begin(doc);
    status = opened_apply(doc, &update);
    update_close(&doc->heap, &update);
    if (status == OK || status == ERR_FULL) {
        status_t retried = pending_retry(doc);
        status = status == OK ? retried : status;
    }
    status_t committed = transaction_commit(doc, out_news);
    return status < 0 ? status : committed;
}

status_t doc_update_check(const void *bytes, size_t size)
{
    struct heap heap = {.max = SIZE_MAX};
    struct update update;
    status_t status = update_open(&heap, (struct span){bytes, size}, &update);
    if (status == OK)
        update_close(&heap, &update);
    return status;
}
