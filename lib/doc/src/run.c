// SPDX-License-Identifier: Apache-2.0
// The index of a sequence; see run.h.
#include "run.h"

#include "base/assert.h"

static void touch(struct doc *doc, struct run *run, int64_t difference)
{
    for (; run; run = run->up) {
        run->units = (uint64_t)((int64_t)run->units + difference);
        run->round = doc->transaction.round;
    }
}

// Takes the place of a full run's second half: the children move, sums follow.
static struct run *half(struct doc *doc, struct run *run)
{
    struct run *second = pool_take(&doc->runs);
    second->level = run->level;
    second->round = run->round;
    second->count = run->count / 2;
    run->count -= second->count;
    void *child = run->first;
    for (uint32_t i = 0; i < run->count; i++)
        child = run->level ? (void *)((struct run *)child)->right : ((struct item *)child)->right;
    second->first = child;
    for (uint32_t i = 0; i < second->count; i++) {
        if (run->level) {
            struct run *below = child;
            below->up = second;
            second->units += below->units;
            child = below->right;
        } else {
            struct item *item = child;
            item->run = second;
            second->units += item_units(item);
            child = item->right;
        }
    }
    run->units -= second->units;
    second->left = run;
    second->right = run->right;
    if (run->right)
        run->right->left = second;
    run->right = second;
    return second;
}

// Splits full runs from `run` upwards.
static void divide(struct branch *branch, struct run *run)
{
    while (run && run->count > RUN_CHILDREN_MAX) {
        struct run *second = half(branch->doc, run);
        if (!run->up) {
            struct run *top = pool_take(&branch->doc->runs);
            *top = (struct run){.first = run, .count = 1, .level = run->level + 1};
            top->units = run->units + second->units;
            top->round = run->round;
            run->up = top;
            branch->runs = top;
        }
        second->up = run->up;
        second->up->count++;
        run = run->up;
    }
}

struct run *run_child(const struct run *run)
{
    return run->level ? run->first : NULL;
}

static struct run *leftmost(const struct branch *branch)
{
    struct run *run = branch->runs;
    while (run && run->level > 0)
        run = run->first;
    return run;
}

void run_insert(struct branch *branch, struct item *left, struct item *item)
{
    struct run *run = left ? left->run : leftmost(branch);
    if (!run) {
        run = pool_take(&branch->doc->runs);
        branch->runs = run;
    }
    if (!left)
        run->first = item;
    item->run = run;
    run->count++;
    touch(branch->doc, run, (int64_t)item_units(item));
    divide(branch, run);
}

static void unlink_run(struct doc *doc, struct run *run)
{
    if (run->left)
        run->left->right = run->right;
    if (run->right)
        run->right->left = run->left;
    pool_give(&doc->runs, run);
}

// Empties upwards, then lets the tree lose a level whose only run is the root.
static void shrink(struct branch *branch, struct run *run)
{
    while (run && run->count == 0) {
        struct run *up = run->up;
        if (up) {
            up->count--;
            if (up->first == run)
                up->first = run->right;
        } else {
            branch->runs = NULL;
        }
        unlink_run(branch->doc, run);
        run = up;
    }
    while (branch->runs && branch->runs->level > 0 && branch->runs->count == 1) {
        struct run *top = branch->runs;
        branch->runs = top->first;
        branch->runs->up = NULL;
        pool_give(&branch->doc->runs, top);
    }
}

// A thin run takes in its right neighbour, so that many merges do not leave a tree of single items.
static void join(struct branch *branch, struct run *run)
{
    struct run *next = run->right;
    if (run->level > 0 || !next || next->up != run->up ||
        run->count + next->count > RUN_CHILDREN_MAX / 2)
        return;
    struct item *item = next->first;
    for (uint32_t i = 0; i < next->count; i++, item = item->right)
        item->run = run;
    run->count += next->count;
    run->units += next->units;
    if (next->round > run->round)
        run->round = next->round;
    next->count = 0;
    shrink(branch, next);
}

void run_remove(struct branch *branch, struct item *item)
{
    struct run *run = item->run;
    touch(branch->doc, run, -(int64_t)item_units(item));
    run->count--;
    if (run->first == item)
        run->first = item->right;
    item->run = NULL;
    if (run->count == 0)
        shrink(branch, run);
    else
        join(branch, run);
}

void run_adjust(struct doc *doc, struct item *item, int64_t difference)
{
    touch(doc, item->run, difference);
}

uint64_t run_units(const struct branch *branch)
{
    return branch->runs ? branch->runs->units : 0;
}

struct item *run_seek(const struct branch *branch, uint64_t index, uint64_t *out_start)
{
    assert(index < run_units(branch));
    struct run *run = branch->runs;
    uint64_t start = 0;
    while (run->level > 0) {
        run = run->first;
        for (; start + run->units <= index; run = run->right)
            start += run->units;
    }
    struct item *item = run->first;
    for (; start + item_units(item) <= index; item = item->right)
        start += item_units(item);
    *out_start = start;
    return item;
}

void run_finish(struct branch *branch)
{
    struct run *row = branch->runs;
    while (row) {
        struct run *below = row->level ? row->first : NULL;
        for (struct run *run = row; run;) {
            struct run *next = run->right;
            pool_give(&branch->doc->runs, run);
            run = next;
        }
        row = below;
    }
    branch->runs = NULL;
}
