// SPDX-License-Identifier: Apache-2.0
// Pairing over a link: the person's attempt or somebody else's, one at a time. What two yeses mean
// is said here: the peer joins the circle.
#include "node_internal.h"

#include "base/math.h"

#include <string.h>

// Both people pressed the button: the attempt of the lower id goes on, the other gives way.
static bool gives_way(const struct node_link *link)
{
    const struct node_pairing *pairing = &link->node->pairing;
    const struct peer_id *peer = connection_peer(link->connection);
    return pairing->is_running && !pairing->has_started && peer_id_equal(&pairing->target, peer) &&
           peer_id_compare(peer, &link->node->id) < 0;
}

bool pair_may_start(const struct node_link *link)
{
    struct pairing_guard guard = link->node->pairing.guard; // asks without taking
    return gives_way(link) || pairing_guard_start(&guard, false, link->node->now_ns) == OK;
}

static void end(struct node *node, status_t reason)
{
    struct node_pairing *pairing = &node->pairing;
    if (!pairing->is_running) {
        return;
    }
    pairing->is_running = false;
    pairing->is_done = reason == OK;
    pairing->reason = reason;
    pairing->link = NULL;
    if (pairing->has_started) {
        pairing_guard_end(&pairing->guard, reason == OK, node->now_ns);
    } else {
        pairing->guard.is_running = false; // nobody was asked anything: no try was spent
    }
    node_note_change(node);
}

static void join(struct node *node)
{
    const struct pairing_party *peer = &node->pairing.state.peer;
    struct circle_statement statement = node_statement(node, &peer->id, peer->name);
    statement.form = peer->form;
    status_t status = circle_add(&node->circle, &statement);
    end(node, status);
    if (status == OK) {
        node_circle_changed(node);
    }
}

// Sends what the state machine has to say and acts on where it stands.
static void follow(struct node_link *link)
{
    struct node *node = link->node;
    struct node_pairing *pairing = &node->pairing;
    struct pairing *state = &pairing->state;
    if (link->pair && state->out_size > 0) {
        struct span out = {state->out, state->out_size};
        state->out_size = 0;
        if (stream_write(link->pair, out) < out.size) {
            stream_reset(link->pair); // a fresh stream takes this much, or the peer is broken
            return;
        }
    }
    node_note_change(node);
    if (!pairing->is_running || !pairing_is_over(state)) {
        return;
    }
    if (state->phase == PAIRING_DONE) {
        join(node);
    } else {
        end(node, state->reason);
    }
    if (link->pair) {
        stream_end(link->pair);
    }
}

static void opened(void *context, struct stream *stream)
{
    struct node_link *link = context;
    struct node *node = link->node;
    struct node_pairing *pairing = &node->pairing;
    const struct peer_id *peer = connection_peer(link->connection);
    bool is_ours = !stream_is_inbound(stream);
    if (!is_ours && !gives_way(link) &&
        pairing_guard_start(&pairing->guard, false, node->now_ns) != OK) {
        stream_reset(stream);
        return;
    }
    bool is_wanted = pairing->is_running && !pairing->has_started && pairing->link == link;
    if (is_ours && !is_wanted) {
        stream_reset(stream); // given up meanwhile
        return;
    }
    struct pairing_party own = {.id = node->id};
    node_own_name(node, own.name);
    strncpy(own.form, node->options.form, sizeof own.form - 1);
    pairing_start(&pairing->state, is_ours, &own, peer, node->options.random);
    pairing_begin(&pairing->state, node->now_ns);
    pairing->is_running = pairing->has_started = true;
    pairing->is_done = false;
    pairing->reason = OK;
    pairing->target = *peer;
    pairing->link = link;
    link->pair = stream;
    follow(link);
}

static void data(void *context, struct stream *stream, struct span bytes)
{
    struct node_link *link = context;
    stream_consume(stream, bytes.size);
    if (link->pair == stream && link->node->pairing.link == link) {
        pairing_feed(&link->node->pairing.state, bytes, link->node->now_ns);
        follow(link);
    }
}

static void over(struct node_link *link, status_t reason)
{
    struct node_pairing *pairing = &link->node->pairing;
    if (pairing->is_running && pairing->link == link) {
        pairing_stream_ended(&pairing->state);
        end(link->node, reason);
    }
}

static void ended(void *context, struct stream *stream)
{
    struct node_link *link = context;
    if (link->pair == stream) {
        over(link, ERR_CLOSED);
    }
    stream_end(stream);
}

static void closed(void *context, struct stream *stream, status_t reason)
{
    struct node_link *link = context;
    bool never_opened = !stream_is_inbound(stream) && !link->node->pairing.has_started;
    if (link->pair == stream || never_opened) {
        over(link, reason == OK ? ERR_CLOSED : reason);
        link->pair = NULL;
        link->since_ns = link->node->now_ns; // a stranger has its time again from here
    }
}

const struct stream_ops pair_stream_ops = {
    .opened = opened, .data = data, .ended = ended, .closed = closed};

void pair_connected(struct node_link *link)
{
    struct node_pairing *pairing = &link->node->pairing;
    struct stream *stream;
    if (!pairing->is_running || pairing->link || pairing->has_started ||
        !peer_id_equal(connection_peer(link->connection), &pairing->target)) {
        return;
    }
    pairing->link = link;
    status_t status = connection_open(link->connection, PAIRING_PROTOCOL, NULL, &stream);
    if (status != OK) {
        end(link->node, status);
    }
}

void pair_let_go(struct node_link *link)
{
    struct node_pairing *pairing = &link->node->pairing;
    if (pairing->link == link && !pairing->has_started) {
        pairing->link = NULL;
    }
}

void pair_unreachable(struct node *node, const struct peer_id *id, status_t reason)
{
    struct node_pairing *pairing = &node->pairing;
    if (pairing->is_running && !pairing->link && !pairing->has_started &&
        peer_id_equal(&pairing->target, id)) {
        end(node, reason == OK ? ERR_CLOSED : reason);
    }
}

void pair_tick(struct node *node)
{
    struct node_pairing *pairing = &node->pairing;
    if (!pairing->is_running) {
        return;
    }
    if (pairing->has_started) {
        pairing_tick(&pairing->state, node->now_ns);
        if (pairing_is_over(&pairing->state) && pairing->link) {
            follow(pairing->link);
        }
    } else if (node->now_ns >= pairing->deadline_ns) {
        end(node, ERR_TIMEOUT);
    }
}

uint64_t pair_deadline_ns(const struct node *node)
{
    const struct node_pairing *pairing = &node->pairing;
    if (!pairing->is_running) {
        return UINT64_MAX;
    }
    return pairing->has_started ? pairing->state.deadline_ns : pairing->deadline_ns;
}

status_t node_pair(struct node *node, const struct peer_id *id, uint64_t now_ns)
{
    struct node_pairing *pairing = &node->pairing;
    node->now_ns = now_ns;
    const struct node_link *link = node_link_of(node, id);
    struct peer *row = peers_find(&node->peers, id);
    if (peer_id_equal(id, &node->id) || (!link && (!row || row->address_count == 0))) {
        return ERR_NOT_FOUND;
    }
    if (link && link->circle) {
        return ERR_EXISTS; // both sides take each other for members
    }
    status_t status = pairing_guard_start(&pairing->guard, true, now_ns);
    if (status != OK) {
        return status;
    }
    pairing->is_running = true;
    pairing->has_started = pairing->is_done = false;
    pairing->reason = OK;
    pairing->link = NULL;
    pairing->target = *id;
    pairing->state = (struct pairing){0};
    pairing->deadline_ns = now_ns + PAIRING_EXCHANGE_NS;
    if (link) {
        pair_connected(&node->links[link->number]);
    } else {
        row->is_fresh = true;
        row->dial_at_ns = now_ns;
    }
    node_note_change(node);
    node_tick(node, now_ns);
    return OK;
}

status_t node_confirm(struct node *node, bool same, uint64_t now_ns)
{
    struct node_pairing *pairing = &node->pairing;
    node->now_ns = now_ns;
    if (!pairing->is_running) {
        return ERR_BAD_STATE;
    }
    if (!pairing->has_started) {
        if (same) {
            return ERR_BAD_STATE;
        }
        end(node, ERR_CANCELLED);
        node_tick(node, now_ns);
        return OK;
    }
    status_t status = pairing_decide(&pairing->state, same);
    if (status == OK && pairing->link) {
        follow(pairing->link);
    }
    node_tick(node, now_ns);
    return status;
}
