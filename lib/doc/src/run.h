// SPDX-License-Identifier: Apache-2.0
// The index of a sequence: a tree over its list in which every run knows how many visible units it
// holds, so index to item and item to index are logarithmic. Children are not stored again: a run
// has its first child and a count, and children of one level are linked anyway (items by the list
// itself).
//
//     level 1        run ───────────────── run …        first, count, units
//     level 0    run ── run ── run ──── run ── run
//     list       a b    c d e  f g      …
//
// A run also remembers the last transaction that touched it, so a change is described by visiting
// only what changed.
#pragma once

#include "model.h"

#define RUN_CHILDREN_MAX 32u
// New runs one insertion can need.
#define RUN_RESERVE 16u

struct run {
    struct run *up;
    struct run *left, *right; // same level
    void *first;              // level 0: struct item, else struct run
    uint64_t units;           // visible
    uint64_t round;           // last transaction that changed something inside
    uint32_t count, level;
};

// Enters an item that was linked after `left` (NULL: at the start); it must be linked already.
void run_insert(struct branch *branch, struct item *left, struct item *item);
// Forgets an item that is still linked.
void run_remove(struct branch *branch, struct item *item);
// The visible units of an item's run change by `difference`; also marks it as touched.
void run_adjust(struct doc *doc, struct item *item, int64_t difference);
// Visible units of the sequence.
uint64_t run_units(const struct branch *branch);
// The visible item that holds unit `index`, which must exist; *out_start is the index of its first
// unit.
struct item *run_seek(const struct branch *branch, uint64_t index, uint64_t *out_start);
// Frees all runs of a branch (items keep stale pointers).
void run_finish(struct branch *branch);
// First run in reading order, one level further down each time; NULL below level 0.
struct run *run_child(const struct run *run);
