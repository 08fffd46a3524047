// SPDX-License-Identifier: Apache-2.0
// Between the files of the node: node.c (what happens and when), node_link.c (one link's life and
// streams), node_pair.c (pairing over a link).
#pragma once

#include "node.h"

// node.c
// The circle changed: keep, pass on, end links of those removed, open streams to those added.
void node_circle_changed(struct node *node);
struct circle_statement node_statement(struct node *node, const struct peer_id *subject,
                                       const char *name);
void node_note_change(struct node *node);

// node_link.c
// Makes the connection of a free link; ERR_NO_MEMORY.
status_t link_start(struct node_link *link, bool is_dialer, const struct peer_id *target);
// Sends what waits; frees the link when it is over.
void link_settle(struct node_link *link);
// Opens the streams that a member's link should have, passes news on, hangs up on strangers that
// stay.
void link_tick(struct node_link *link);
uint64_t link_deadline_ns(const struct node_link *link);
void link_tell_circle(struct node_link *link);
void link_pump_sync(struct node_link *link);
bool link_is_member(const struct node_link *link);

// node_pair.c
extern const struct stream_ops pair_stream_ops; // context: the link
bool pair_may_start(const struct node_link *link);
// A link to the device we want to pair with is up.
void pair_connected(struct node_link *link);
// This link gives way to another to the same peer: an attempt that has not begun on it may begin
// there.
void pair_let_go(struct node_link *link);
// Whom we dialed for pairing did not answer.
void pair_unreachable(struct node *node, const struct peer_id *id, status_t reason);
void pair_tick(struct node *node);
uint64_t pair_deadline_ns(const struct node *node);
