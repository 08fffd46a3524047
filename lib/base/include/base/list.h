// SPDX-License-Identifier: Apache-2.0
// A doubly linked ring of nodes that live inside the structs they link; the head is a node too. No
// allocation, O(1) insertion and removal. A node on no list points at itself, so removing it again
// does nothing.
#pragma once

#include "base/math.h"

#include <stdbool.h>

struct list_node {
    struct list_node *previous, *next;
};

static inline void list_init(struct list_node *node)
{
    node->previous = node->next = node;
}

static inline bool list_is_empty(const struct list_node *head)
{
    return head->next == head;
}

// Inserts `node` after `place`; with the head as place it becomes the first.
static inline void list_insert_after(struct list_node *place, struct list_node *node)
{
    node->previous = place;
    node->next = place->next;
    place->next->previous = node;
    place->next = node;
}

// Appends `node` as the last of `head`.
static inline void list_append(struct list_node *head, struct list_node *node)
{
    list_insert_after(head->previous, node);
}

static inline void list_remove(struct list_node *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

// `node` takes the place of `old`, which is on no list then and must be inserted or initialised
// before anything else is done with it.
static inline void list_replace(const struct list_node *old, struct list_node *node)
{
    struct list_node *previous = old->previous, *next = old->next;
    node->previous = previous;
    node->next = next;
    previous->next = node;
    next->previous = node;
}

// The struct holding the first node, or NULL when the list is empty.
#define LIST_FIRST(head, type, member)                                                             \
    (list_is_empty(head) ? (type *)0 : CONTAINER_OF((head)->next, type, member))

// Walks `it` (a struct list_node *) over the list; the body must not remove `it`.
#define LIST_FOR_EACH(it, head) for ((it) = (head)->next; (it) != (head); (it) = (it)->next)
