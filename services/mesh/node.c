// SPDX-License-Identifier: Apache-2.0
// What happens to a device's mesh, and when; see node.h. Every entry sets the time, does its part
// and then settles: bytes go out, links that are over are freed, the circle is kept, whoever
// watches is told.
#include "node_internal.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

void node_note_change(struct node *node)
{
    node->has_changed = true;
}

static void settle(struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        link_settle(&node->links[i]);
    }
    if (node->has_changed) {
        node->has_changed = false;
        node->options.ops->changed(node->options.context);
    }
}

static void fill_info(struct node *node)
{
    static const char *const ids[] = {"/ipfs/ping/1.0.0",     IDENTIFY_PROTOCOL,
                                      IDENTIFY_PUSH_PROTOCOL, PAIRING_PROTOCOL,
                                      NODE_CIRCLE_PROTOCOL,   NODE_SYNC_PROTOCOL};
    node->info = (struct identify_info){.has_key = true, .protocol_count = ARRAY_COUNT(ids)};
    memcpy(node->info.public_key, node->options.signer->public_key, KEY_PUBLIC_BYTES);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        strncpy(node->info.protocols[i], ids[i], IDENTIFY_TEXT_MAX - 1);
    }
    strncpy(node->info.protocol_version, "ipfs/0.1.0", IDENTIFY_TEXT_MAX - 1);
    strncpy(node->info.agent_version, "open-nexus/0.1", IDENTIFY_TEXT_MAX - 1);
}

status_t node_init(struct node *node, const struct node_options *options, uint64_t now_ns)
{
    if (strlen(options->name) >= CIRCLE_NAME_MAX || options->name[0] == 0 ||
        strlen(options->form) >= CIRCLE_FORM_MAX) {
        return ERR_INVALID;
    }
    memset(node, 0, sizeof *node);
    node->options = *options;
    node->now_ns = now_ns;
    status_t status = noise_identity_init(&node->identity, options->random, options->signer);
    if (status != OK) {
        return status;
    }
    peer_id_of_key(options->signer->public_key, &node->id);
    circle_init(&node->circle, &node->id);
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        node->links[i] = (struct node_link){.node = node, .number = i};
    }
    mdns_name_make(options->random, node->announcement.name);
    node->announcement.peer = node->id;
    node->announcement.port = NODE_PORT;
    node->query_at_ns = now_ns;
    node->seeking_since_ns = now_ns;
    fill_info(node);
    return OK;
}

void node_finish(struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        if (node->links[i].connection) {
            connection_close(node->links[i].connection);
        }
    }
    settle(node);
    noise_identity_finish(&node->identity);
}

void node_restore(struct node *node, struct span value)
{
    // A damaged record is as good as none, since others have it; but then all are kept anew, each
    // at its place.
    node->must_resave |= circle_merge_value(&node->circle, value) < 0;
    node->saved = node->must_resave ? 0 : node->circle.generation;
    node->circle.settled = node->circle.members;
}

void node_set_addresses(struct node *node, const struct multiaddr_tcp *addresses, size_t count)
{
    struct mdns_announcement *announcement = &node->announcement;
    count = count < MDNS_ADDRESSES_MAX ? count : MDNS_ADDRESSES_MAX;
    memcpy(announcement->addresses, addresses, count * sizeof *addresses);
    announcement->address_count = count;
    node->info.listen_count = count;
    for (size_t i = 0; i < count; i++) {
        struct multiaddr_tcp tcp = addresses[i];
        tcp.port = NODE_PORT;
        tcp.peer.size = 0;
        multiaddr_of_tcp(&tcp, &node->info.listen[i]);
    }
    node->query_at_ns = node->now_ns; // the network is another one now
    node->answer_wants |= MDNS_WANTS_SERVICE;
    node->seeking_since_ns = node->now_ns;
}

struct circle_statement node_statement(struct node *node, const struct peer_id *subject,
                                       const char *name)
{
    return (struct circle_statement){
        .subject = subject,
        .name = name,
        .time_unix_ms = node->options.ops->unix_ms(node->options.context),
        .signer = node->options.signer,
    };
}

static void save_news(struct node *node)
{
    const struct circle_record *record;
    while ((record = circle_news(&node->circle, node->saved))) {
        uint8_t value[CIRCLE_VALUE_MAX];
        size_t size = circle_record_value(record, value);
        node->options.ops->save(node->options.context, (uint32_t)(record - node->circle.records),
                                (struct span){value, size});
        node->saved = record->accepted;
    }
}

void node_circle_changed(struct node *node)
{
    (void)circle_settle(&node->circle, node->options.signer,
                        node->options.ops->unix_ms(node->options.context));
    save_news(node);
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct node_link *link = &node->links[i];
        if (!link->is_connected || link->is_ended) {
            continue;
        }
        bool is_member = link_is_member(link);
        if (is_member && !link->circle) {
            link->reopen_ns = node->now_ns; // a new member
        }
        link_tell_circle(link);
        if (!is_member && (link->circle || link->sync)) {
            connection_close(link->connection); // removed; it learned so just now, if it listens
        }
    }
    node->seeking_since_ns = node->now_ns;
    node_note_change(node);
}

const struct node_link *node_link_of(const struct node *node, const struct peer_id *id)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct node_link *link = &node->links[i];
        if (link->is_connected && !link->is_ended &&
            peer_id_equal(connection_peer(link->connection), id)) {
            return link;
        }
    }
    return NULL;
}

static bool is_dialing(const struct node *node, const struct peer_id *id)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct node_link *link = &node->links[i];
        if (link->connection && link->is_dialer && peer_id_equal(&link->target, id)) {
            return true;
        }
    }
    return false;
}

static struct node_link *free_link(struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        if (!node->links[i].connection) {
            return &node->links[i];
        }
    }
    return NULL;
}

static void dial(struct node *node, struct peer *row)
{
    struct node_link *link = free_link(node);
    const struct multiaddr_tcp *to = peer_next_address(row);
    if (!link || !to) {
        return;
    }
    const struct node_options *options = &node->options;
    status_t status = options->ops->dial(options->context, link->number, to);
    if (status == OK) {
        status = link_start(link, true, &row->id);
        if (status != OK) {
            options->ops->hang_up(options->context, link->number);
        }
    }
    if (status != OK) {
        peer_failed(row, node->now_ns);
        pair_unreachable(node, &row->id, status);
    }
}

// Whom we want a link to: members, and whom the person wants to pair with.
static bool is_wanted(const struct node *node, const struct peer_id *id)
{
    const struct node_pairing *pairing = &node->pairing;
    bool is_linkable = circle_is_member(&node->circle, id) && !circle_is_removed(&node->circle);
    return is_linkable ||
           (pairing->is_running && !pairing->has_started && peer_id_equal(&pairing->target, id));
}

static bool may_dial(const struct node *node, const struct peer *row)
{
    return row->id.size > 0 && row->is_fresh && row->address_count > 0 &&
           !node_link_of(node, &row->id) && !is_dialing(node, &row->id) &&
           is_wanted(node, &row->id);
}

static void dial_due(struct node *node)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *row = &node->peers.rows[i];
        if (row->dial_at_ns <= node->now_ns && may_dial(node, row)) {
            dial(node, row);
        }
    }
}

// Is a member without a link, or does somebody look?
static bool is_seeking(const struct node *node)
{
    struct circle_member members[CIRCLE_MEMBERS_MAX];
    size_t count = circle_members(&node->circle, members, CIRCLE_MEMBERS_MAX);
    for (size_t i = 1; i < count && !circle_is_removed(&node->circle); i++) {
        if (!node_link_of(node, &members[i].id)) {
            return true;
        }
    }
    return node->is_watched && node->now_ns - node->seeking_since_ns < NODE_SEEK_LONG_NS;
}

static void query(struct node *node)
{
    uint8_t packet[MDNS_PACKET_MAX];
    struct writer out = writer_of(packet, sizeof packet);
    mdns_encode_query(&out);
    if (node->announcement.address_count > 0) {
        node->options.ops->announce(node->options.context, (struct span){packet, out.size});
    }
    uint64_t pause_ns = NODE_REST_NS;
    if (is_seeking(node)) {
        bool is_long = node->now_ns - node->seeking_since_ns >= NODE_SEEK_LONG_NS;
        pause_ns = is_long ? NODE_SEEK_SLOW_NS : NODE_SEEK_NS;
    }
    node->query_at_ns = node->now_ns + pause_ns;
}

static uint64_t answer_at_ns(const struct node *node)
{
    return node->answer_wants ? node->answered_ns + NODE_ANSWER_NS : UINT64_MAX;
}

static void answer(struct node *node)
{
    uint8_t packet[MDNS_PACKET_MAX];
    struct writer out = writer_of(packet, sizeof packet);
    status_t status = mdns_encode_answer(&node->announcement, node->answer_wants, &out);
    node->answer_wants = 0;
    node->answered_ns = node->now_ns;
    if (status == OK && node->announcement.address_count > 0) {
        node->options.ops->announce(node->options.context, (struct span){packet, out.size});
    }
}

void node_heard(struct node *node, struct span packet, uint64_t now_ns)
{
    struct mdns_message message;
    node->now_ns = now_ns;
    if (mdns_parse(packet, &node->announcement, &message) != OK) {
        return;
    }
    node->answer_wants |= message.wants;
    bool is_other = message.peer.size > 0 && !peer_id_equal(&message.peer, &node->id);
    if (message.is_answer && is_other) {
        const struct peer *known = peers_find(&node->peers, &message.peer);
        bool was_near = known && peer_is_near(known, now_ns);
        struct peer *row = peers_heard(&node->peers, &message.peer, message.addresses,
                                       message.address_count, now_ns);
        if (!was_near) {
            bool own_is_lower = peer_id_compare(&node->id, &row->id) < 0;
            row->dial_at_ns = now_ns + (own_is_lower ? 0 : NODE_GRACE_NS);
            node_note_change(node);
        }
    }
    node_tick(node, now_ns);
}

// Strangers may take some of the links, not all.
static bool has_place_for_stranger(const struct node *node)
{
    uint32_t strangers = 0;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct node_link *link = &node->links[i];
        strangers += link->connection && !link->is_dialer && !link_is_member(link);
    }
    return strangers < NODE_STRANGERS_MAX;
}

status_t node_accept(struct node *node, uint64_t now_ns)
{
    node->now_ns = now_ns;
    struct node_link *link = has_place_for_stranger(node) ? free_link(node) : NULL;
    if (!link) {
        return ERR_FULL;
    }
    status_t status = link_start(link, false, NULL);
    return status == OK ? (status_t)link->number : status;
}

static struct node_link *live(struct node *node, uint32_t link)
{
    assert(link < NODE_LINKS_MAX);
    return node->links[link].connection ? &node->links[link] : NULL;
}

void node_received(struct node *node, uint32_t link, struct span bytes, uint64_t now_ns)
{
    struct node_link *it = live(node, link);
    node->now_ns = now_ns;
    if (it) {
        connection_feed(it->connection, bytes, now_ns);
    }
    node_tick(node, now_ns);
}

void node_can_send(struct node *node, uint32_t link, uint64_t now_ns)
{
    (void)live(node, link);
    node->now_ns = now_ns;
    settle(node);
}

void node_ended(struct node *node, uint32_t link, uint64_t now_ns)
{
    struct node_link *it = live(node, link);
    node->now_ns = now_ns;
    if (it) {
        connection_hang_up(it->connection);
    }
    node_tick(node, now_ns);
}

void node_sync_ready(struct node *node, uint32_t link, uint64_t now_ns)
{
    struct node_link *it = live(node, link);
    node->now_ns = now_ns;
    if (it) {
        link_pump_sync(it);
    }
    settle(node);
}

void node_sync_ended(struct node *node, uint32_t link, uint64_t now_ns)
{
    struct node_link *it = live(node, link);
    node->now_ns = now_ns;
    if (it && it->sync) {
        stream_reset(it->sync);
    }
    settle(node);
}

void node_sync_restarted(struct node *node, uint64_t now_ns)
{
    node->now_ns = now_ns;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct node_link *link = live(node, i);
        if (link && link->sync) {
            stream_reset(link->sync);
        }
    }
    settle(node);
}

void node_tick(struct node *node, uint64_t now_ns)
{
    node->now_ns = now_ns;
    pair_tick(node);
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        link_tick(&node->links[i]);
    }
    settle(node);
    if (now_ns >= answer_at_ns(node)) {
        answer(node);
    }
    if (now_ns >= node->query_at_ns) {
        query(node);
    }
    dial_due(node);
    settle(node);
}

uint64_t node_deadline_ns(const struct node *node)
{
    uint64_t deadline_ns = min_u64(node->query_at_ns, answer_at_ns(node));
    deadline_ns = min_u64(deadline_ns, pair_deadline_ns(node));
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        deadline_ns = min_u64(deadline_ns, link_deadline_ns(&node->links[i]));
    }
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (may_dial(node, &node->peers.rows[i])) {
            deadline_ns = min_u64(deadline_ns, node->peers.rows[i].dial_at_ns);
        }
    }
    return deadline_ns;
}

bool node_is_choked(const struct node *node, uint32_t link)
{
    const struct connection *connection = node->links[link].connection;
    return connection && !connection_wants_input(connection);
}

void node_watch(struct node *node, bool is_watched, uint64_t now_ns)
{
    node->is_watched = is_watched;
    node->pairing.guard.is_open = is_watched;
    node->now_ns = now_ns;
    if (is_watched) {
        node->seeking_since_ns = now_ns;
        node->query_at_ns = min_u64(node->query_at_ns, now_ns);
    }
    node_tick(node, now_ns);
}

status_t node_rename(struct node *node, const struct peer_id *id, const char *name, uint64_t now_ns)
{
    struct circle_statement statement = node_statement(node, id, name);
    node->now_ns = now_ns;
    status_t status = circle_rename(&node->circle, &statement);
    if (status == OK) {
        node_circle_changed(node);
    }
    node_tick(node, now_ns);
    return status;
}

status_t node_remove(struct node *node, const struct peer_id *id, uint64_t now_ns)
{
    struct circle_statement statement = node_statement(node, id, NULL);
    node->now_ns = now_ns;
    status_t status = circle_remove(&node->circle, &statement);
    if (status == OK) {
        node_circle_changed(node);
    }
    node_tick(node, now_ns);
    return status;
}

void node_own_name(const struct node *node, char out_name[CIRCLE_NAME_MAX])
{
    struct circle_member self;
    (void)circle_members(&node->circle, &self, 1);
    const char *name = self.name[0] ? self.name : node->options.name;
    memset(out_name, 0, CIRCLE_NAME_MAX);
    memcpy(out_name, name, strlen(name));
}
