// SPDX-License-Identifier: Apache-2.0
// One link: from the first byte to the last, and the two streams a member's link carries.
#include "node_internal.h"

#include "base/assert.h"
#include "base/math.h"
#include "mesh/ping.h"

#include <string.h>

enum { RECORD_HEAD = 2 }; // u16be size before each circle record

bool link_is_member(const struct node_link *link)
{
    return link->is_connected &&
           circle_is_member(&link->node->circle, connection_peer(link->connection));
}

// Of two links to one peer the one dialed by the lower id stays; of two dialed by the same, the
// newer.
static bool is_kept(const struct node_link *older, const struct node_link *newer)
{
    if (older->is_dialer == newer->is_dialer) {
        return false;
    }
    bool own_is_lower = peer_id_compare(&older->node->id, connection_peer(older->connection)) < 0;
    return older->is_dialer == own_is_lower;
}

static void on_connected(void *context, struct connection *connection, const struct peer_id *peer)
{
    struct node_link *link = context;
    struct node *node = link->node;
    link->is_connected = true;
    link->since_ns = node->now_ns;
    link->reopen_ns = node->now_ns;
    node_note_change(node);
    struct peer *row = peers_find(&node->peers, peer);
    if (row) {
        row->failures = 0;
    }
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct node_link *other = &node->links[i];
        if (other == link || !other->is_connected || other->is_ended ||
            !peer_id_equal(connection_peer(other->connection), peer)) {
            continue;
        }
        if (is_kept(other, link)) {
            connection_close(connection);
            pair_connected(other);
            return;
        }
        pair_let_go(other);
        connection_close(other->connection);
    }
    pair_connected(link);
}

static bool on_may_open(void *context, const struct peer_id *peer, const char *protocol)
{
    const struct node_link *link = context;
    if (strcmp(protocol, NODE_CIRCLE_PROTOCOL) == 0) {
        return !link->circle && link_is_member(link);
    }
    if (strcmp(protocol, NODE_SYNC_PROTOCOL) == 0) {
        return !link->sync && link_is_member(link);
    }
    if (strcmp(protocol, PAIRING_PROTOCOL) == 0) {
        return !link->pair && pair_may_start(link);
    }
    return true; // ping and identify
}

static void on_closed(void *context, struct connection *connection, status_t reason)
{
    struct node_link *link = context;
    struct node *node = link->node;
    link->is_ended = true;
    if (!link->is_connected && link->is_dialer) {
        pair_unreachable(node, &link->target, reason);
    }
    node_note_change(node);
}

static const struct connection_ops link_ops = {on_connected, on_may_open, on_closed};

// --- circle records
// -------------------------------------------------------------------------------------------------

void link_tell_circle(struct node_link *link)
{
    uint8_t value[CIRCLE_VALUE_MAX], head[RECORD_HEAD];
    const struct circle_record *record;
    while (link->circle) {
        size_t sent = stream_write(link->circle, buffer_span(&link->circle_out));
        buffer_consume(&link->circle_out, sent);
        record = circle_news(&link->node->circle, link->circle_told);
        if (link->circle_out.size > 0 || !record) {
            return;
        }
        size_t size = circle_record_value(record, value);
        struct writer writer = writer_of(head, sizeof head);
        writer_be16(&writer, (uint16_t)size);
        buffer_bytes(&link->circle_out, head, sizeof head);
        buffer_bytes(&link->circle_out, value, size);
        link->circle_told = record->accepted;
        if (!buffer_ok(&link->circle_out)) {
            stream_reset(link->circle);
        }
    }
}

static void circle_opened(void *context, struct stream *stream)
{
    struct node_link *link = context;
    link->circle = stream;
    link->circle_told = 0;
    buffer_clear(&link->circle_in);
    buffer_clear(&link->circle_out);
    link_tell_circle(link);
    node_note_change(link->node);
}

// Takes whole records off the front: how many were new, or why one is refused.
static status_t take_records(struct node_link *link)
{
    struct reader in = reader_of(link->circle_in.bytes, link->circle_in.size);
    status_t status = OK;
    int32_t news = 0;
    size_t taken = 0;
    while (status >= 0) {
        uint16_t size = reader_be16(&in);
        struct span value = reader_take(&in, size);
        if (!reader_ok(&in)) {
            status = size > CIRCLE_VALUE_MAX ? ERR_TOO_LARGE : OK;
            break;
        }
        taken += RECORD_HEAD + value.size;
        status = circle_merge_value(&link->node->circle, value);
        news += status == 1;
    }
    buffer_consume(&link->circle_in, taken);
    return status < 0 && status != ERR_FULL ? status : news;
}

static void circle_data(void *context, struct stream *stream, struct span bytes)
{
    struct node_link *link = context;
    stream_consume(stream, bytes.size);
    buffer_bytes(&link->circle_in, bytes.bytes, bytes.size);
    status_t status = buffer_status(&link->circle_in);
    status = status == OK ? take_records(link) : status;
    if (status < 0) {
        stream_reset(stream);
    } else if (status > 0) {
        node_circle_changed(link->node);
    }
}

static void circle_writable(void *context, struct stream *stream)
{
    link_tell_circle(context);
}

static void stream_over(void *context, struct stream *stream)
{
    stream_reset(stream); // these streams have no half-closed state
}

static void circle_closed(void *context, struct stream *stream, status_t reason)
{
    struct node_link *link = context;
    if (link->circle == stream) {
        link->circle = NULL;
        link->reopen_ns = link->node->now_ns + NODE_REOPEN_NS;
    }
}

static const struct stream_ops circle_ops = {.opened = circle_opened,
                                             .data = circle_data,
                                             .writable = circle_writable,
                                             .ended = stream_over,
                                             .closed = circle_closed};

// --- documents
// ------------------------------------------------------------------------------------------------------

// From the peer to the documents: what they do not take stays here, and the peer's window stays
// shut for it.
static void push_sync(struct node_link *link)
{
    const struct node_options *options = &link->node->options;
    if (link->sync && link->sync_in.size > 0) {
        size_t taken =
            options->ops->sync_push(options->context, link->number, buffer_span(&link->sync_in));
        buffer_consume(&link->sync_in, taken);
        stream_consume(link->sync, taken);
    }
}

// And back.
static void pull_sync(struct node_link *link)
{
    const struct node_options *options = &link->node->options;
    while (link->sync) {
        size_t sent = stream_write(link->sync, buffer_span(&link->sync_out));
        buffer_consume(&link->sync_out, sent);
        if (link->sync_out.size > 0) {
            return;
        }
        uint8_t bytes[NODE_CHUNK_BYTES];
        size_t size = options->ops->sync_pull(options->context, link->number, bytes, sizeof bytes);
        if (size == 0) {
            return;
        }
        buffer_bytes(&link->sync_out, bytes, size);
        if (!buffer_ok(&link->sync_out)) {
            stream_reset(link->sync);
        }
    }
}

void link_pump_sync(struct node_link *link)
{
    push_sync(link);
    pull_sync(link);
}

static void sync_opened(void *context, struct stream *stream)
{
    struct node_link *link = context;
    const struct node_options *options = &link->node->options;
    status_t status =
        options->ops->sync_open(options->context, link->number, connection_peer(link->connection));
    if (status != OK) {
        stream_reset(stream); // tried again later
        return;
    }
    buffer_clear(&link->sync_in);
    buffer_clear(&link->sync_out);
    link->sync = stream;
    pull_sync(link);
}

static void sync_data(void *context, struct stream *stream, struct span bytes)
{
    struct node_link *link = context;
    buffer_bytes(&link->sync_in, bytes.bytes, bytes.size);
    if (buffer_ok(&link->sync_in)) {
        push_sync(link);
    } else {
        stream_reset(stream);
    }
}

static void sync_writable(void *context, struct stream *stream)
{
    pull_sync(context);
}

static void sync_closed(void *context, struct stream *stream, status_t reason)
{
    struct node_link *link = context;
    const struct node_options *options = &link->node->options;
    link->reopen_ns = link->node->now_ns + NODE_REOPEN_NS;
    if (link->sync == stream) {
        link->sync = NULL;
        options->ops->sync_close(options->context, link->number);
    }
}

static const struct stream_ops sync_ops = {.opened = sync_opened,
                                           .data = sync_data,
                                           .writable = sync_writable,
                                           .ended = stream_over,
                                           .closed = sync_closed};

// --- life
// -----------------------------------------------------------------------------------------------------------

// What a peer tells about itself is not asked for; pushes are read and forgotten.
static void on_told(void *context, status_t status, const struct identify_info *peer)
{
    (void)context;
    (void)status;
    (void)peer;
}

status_t link_start(struct node_link *link, bool is_dialer, const struct peer_id *target)
{
    struct node *node = link->node;
    const struct protocol protocols[NODE_PROTOCOLS] = {
        {PING_PROTOCOL, &ping_stream_ops, NULL, false},
        {IDENTIFY_PROTOCOL, &identify_stream_ops, &link->identify, false},
        {IDENTIFY_PUSH_PROTOCOL, &identify_push_stream_ops, &link->identify, false},
        {PAIRING_PROTOCOL, &pair_stream_ops, link, false},
        {NODE_CIRCLE_PROTOCOL, &circle_ops, link, false},
        {NODE_SYNC_PROTOCOL, &sync_ops, link, false},
    };
    uint32_t number = link->number;
    *link = (struct node_link){.node = node,
                               .number = number,
                               .is_dialer = is_dialer,
                               .since_ns = node->now_ns,
                               .reopen_ns = UINT64_MAX};
    memcpy(link->protocols, protocols, sizeof protocols);
    link->identify = (struct identify){.own = &node->info, .told = on_told};
    if (target) {
        link->target = *target;
    }
    const struct connection_options options = {.is_dialer = is_dialer,
                                               .expected = target ? &link->target : NULL,
                                               .identity = &node->identity,
                                               .random = node->options.random,
                                               .protocols = link->protocols,
                                               .protocol_count = NODE_PROTOCOLS,
                                               .ops = &link_ops,
                                               .context = link,
                                               .keep_alive_ns = NODE_KEEP_ALIVE_NS,
                                               .silence_ns = NODE_SILENCE_NS};
    return connection_create(&options, node->now_ns, &link->connection);
}

// Over: the peer may be dialed again when it is heard again.
static void finish(struct node_link *link)
{
    struct node *node = link->node;
    const struct node_options *options = &node->options;
    const struct peer_id *id =
        link->is_connected ? connection_peer(link->connection) : &link->target;
    struct peer *row = id->size > 0 ? peers_find(&node->peers, id) : NULL;
    if (row && link->is_connected && !node_link_of(node, id)) {
        bool own_is_lower = peer_id_compare(&node->id, id) < 0;
        peer_lost(row, node->now_ns, own_is_lower ? 0 : NODE_GRACE_NS);
        node->query_at_ns = min_u64(node->query_at_ns, node->now_ns);
        node->seeking_since_ns = node->now_ns;
    } else if (row && !link->is_connected) {
        peer_failed(row, node->now_ns);
    }
    options->ops->hang_up(options->context, link->number);
    connection_destroy(link->connection);
    identify_finish(&link->identify);
    buffer_finish(&link->circle_in);
    buffer_finish(&link->circle_out);
    buffer_finish(&link->sync_in);
    buffer_finish(&link->sync_out);
    *link = (struct node_link){.node = node, .number = link->number};
}

void link_settle(struct node_link *link)
{
    const struct node_options *options = &link->node->options;
    while (link->connection) {
        struct span out = connection_output(link->connection);
        size_t sent = out.size > 0 ? options->ops->send(options->context, link->number, out) : 0;
        if (sent == 0) {
            break;
        }
        connection_sent(link->connection, sent);
    }
    if (link->connection && link->is_ended) {
        finish(link);
    }
}

static void open_missing(struct node_link *link)
{
    struct node *node = link->node;
    struct stream *stream;
    if (!link->is_dialer || node->now_ns < link->reopen_ns) {
        return;
    }
    link->reopen_ns = node->now_ns + NODE_REOPEN_NS;
    if (!link->circle) {
        (void)connection_open(link->connection, NODE_CIRCLE_PROTOCOL, NULL, &stream);
    }
    if (!link->sync) {
        (void)connection_open(link->connection, NODE_SYNC_PROTOCOL, NULL, &stream);
    }
}

static uint64_t stranger_until_ns(const struct node_link *link)
{
    return link->pair ? UINT64_MAX : link->since_ns + NODE_STRANGER_NS;
}

void link_tick(struct node_link *link)
{
    uint64_t now_ns = link->node->now_ns;
    if (!link->connection || link->is_ended) {
        return;
    }
    connection_tick(link->connection, now_ns);
    if (link->is_ended || !link->is_connected) {
        return;
    }
    if (link_is_member(link)) {
        open_missing(link);
    } else if (link->circle || link->sync || now_ns >= stranger_until_ns(link)) {
        connection_close(link->connection);
    }
}

uint64_t link_deadline_ns(const struct node_link *link)
{
    if (!link->connection) {
        return UINT64_MAX;
    }
    uint64_t deadline_ns = connection_deadline_ns(link->connection);
    if (link->is_connected && link_is_member(link)) {
        bool misses = link->is_dialer && (!link->circle || !link->sync);
        return misses ? min_u64(deadline_ns, link->reopen_ns) : deadline_ns;
    }
    return link->is_connected ? min_u64(deadline_ns, stranger_until_ns(link)) : deadline_ns;
}
