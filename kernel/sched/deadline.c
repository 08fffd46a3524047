// SPDX-License-Identifier: Apache-2.0
// Pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986) with an iterative two-pass merge.
#include "sched/deadline.h"

// Joins two roots and returns the earlier.
static struct deadline *meld(struct deadline *a, struct deadline *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if (b->ticks < a->ticks) {
        struct deadline *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    if (b->next != NULL)
        b->next->previous = b;
    b->previous = a;
    a->child = b;
    a->next = NULL;
    return a;
}

// Joins a list of siblings: pairs from the left, then all from the right.
static struct deadline *merge_siblings(struct deadline *first)
{
    struct deadline *paired = NULL;
    while (first != NULL) {
        struct deadline *a = first;
        struct deadline *b = a->next;
        first = b != NULL ? b->next : NULL;
        a->next = NULL;
        if (b != NULL)
            b->next = NULL;
        struct deadline *joined = meld(a, b);
        joined->next = paired;
        paired = joined;
    }
    struct deadline *root = NULL;
    while (paired != NULL) {
        struct deadline *rest = paired->next;
        paired->next = NULL;
        root = meld(root, paired);
        paired = rest;
    }
    return root;
}

void deadline_insert(struct deadline **heap, struct deadline *deadline)
{
    deadline->child = deadline->next = deadline->previous = NULL;
    deadline->heap = heap;
    *heap = meld(*heap, deadline);
    (*heap)->previous = NULL;
}

void deadline_unlink(struct deadline *deadline)
{
    struct deadline **heap = deadline->heap;
    struct deadline *rest = merge_siblings(deadline->child);
    if (*heap == deadline) {
        *heap = rest;
    } else {
        if (deadline->previous->child == deadline)
            deadline->previous->child = deadline->next;
        else
            deadline->previous->next = deadline->next;
        if (deadline->next != NULL)
            deadline->next->previous = deadline->previous;
        *heap = meld(*heap, rest);
    }
    if (*heap != NULL)
        (*heap)->previous = NULL;
    deadline->heap = NULL;
    deadline->child = deadline->next = deadline->previous = NULL;
}
