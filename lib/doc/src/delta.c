// SPDX-License-Identifier: Apache-2.0
// What a transaction did to a text, as retain, insert and delete steps: only runs that the
// transaction touched are entered, all others are passed over by their unit counts.
#include "branch.h"
#include "run.h"
#include "transaction.h"

#include "base/math.h"

#include <string.h>

struct walk {
    struct doc *doc;
    uint32_t count;
    bool failed;
};

static void step(struct walk *walk, uint32_t kind, uint64_t length)
{
    struct doc *doc = walk->doc;
    if (length == 0 || walk->failed)
        return;
    if (walk->count > 0 && doc->steps[walk->count - 1].kind == kind) {
        doc->steps[walk->count - 1].length += length;
        return;
    }
    if (heap_grow(&doc->heap, (void **)&doc->steps, &doc->step_capacity, walk->count,
                  sizeof *doc->steps) < 0) {
        walk->failed = true;
        return;
    }
    doc->steps[walk->count++] = (struct doc_delta){.kind = kind, .length = length};
}

static void item_step(struct walk *walk, const struct item *item)
{
    bool is_new = item->id.clock >= author_before(walk->doc, item->id.author);
    if (!item_is_deleted(item))
        step(walk, is_new ? DOC_INSERT : DOC_RETAIN, item_units(item));
    else if (!is_new && (item->flags & ITEM_DELETED_NOW) && item_is_countable(item))
        step(walk, DOC_DELETE, item->length);
}

// Recursion is as deep as the index is high: its depth is logarithmic.
static void run_steps(struct walk *walk, const struct run *run)
{
    if (run->round != walk->doc->transaction.round) {
        step(walk, DOC_RETAIN, run->units);
        return;
    }
    const void *child = run->first;
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->level > 0) {
            run_steps(walk, child);
            child = ((const struct run *)child)->right;
        } else {
            item_step(walk, child);
            child = ((const struct item *)child)->right;
        }
    }
}

void observers_run(struct doc *doc)
{
    for (unsigned i = 0; i < DOC_OBSERVERS_MAX && doc->observer_count > 0; i++) {
        const struct observer *observer = &doc->observers[i];
        if (!observer->branch || !observer->branch->runs ||
            observer->branch->runs->round != doc->transaction.round)
            continue;
        struct walk walk = {.doc = doc};
        run_steps(&walk, observer->branch->runs);
        if (walk.count > 0 && doc->steps[walk.count - 1].kind == DOC_RETAIN)
            walk.count--;
        if (walk.failed) // tell the whole truth in the only step that needs no memory: nothing is
                         // known
            walk.count = 0;
        if (walk.count > 0 || walk.failed)
            observer->changed(observer->context, (struct doc_text *)observer->branch, doc->steps,
                              walk.count);
    }
}

status_t doc_text_observe(struct doc_text *text, doc_text_changed *changed, void *context)
{
    struct branch *branch = (struct branch *)text;
    for (unsigned i = 0; i < DOC_OBSERVERS_MAX; i++) {
        struct observer *observer = &branch->doc->observers[i];
        if (!observer->branch) {
            *observer = (struct observer){branch, changed, context};
            branch->doc->observer_count++;
            return OK;
        }
    }
    return ERR_FULL;
}

void doc_text_unobserve(struct doc_text *text, doc_text_changed *changed, void *context)
{
    struct branch *branch = (struct branch *)text;
    for (unsigned i = 0; i < DOC_OBSERVERS_MAX; i++) {
        struct observer *observer = &branch->doc->observers[i];
        if (observer->branch == branch && observer->changed == changed &&
            observer->context == context) {
            *observer = (struct observer){0};
            branch->doc->observer_count--;
        }
    }
}

uint64_t doc_delta_move(const struct doc_delta *steps, size_t count, uint64_t index, bool after)
{
    uint64_t before = 0; // place in the old text
    uint64_t moved = index;
    for (size_t i = 0; i < count && before <= index; i++) {
        uint64_t length = steps[i].length;
        if (steps[i].kind == DOC_RETAIN) {
            before += length;
        } else if (steps[i].kind == DOC_DELETE) {
            moved -= min_u64(length, index - before);
            before += length;
        } else if (before < index || after) {
            moved += length;
        }
    }
    return moved;
}
