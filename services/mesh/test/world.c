// SPDX-License-Identifier: Apache-2.0
// The network in memory; see world.h.
#include "world.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

static struct world it;

struct world *world(void)
{
    return &it;
}

struct node *world_node(int number)
{
    return it.nodes[number].node;
}

const struct peer_id *world_id(int number)
{
    return &it.nodes[number].node->id;
}

static void fill(void *context, void *bytes, size_t size)
{
    uint64_t *state = context;
    for (size_t i = 0; i < size; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((uint8_t *)bytes)[i] = (uint8_t)(*state >> 56);
    }
}

static status_t sign(void *context, struct span message, uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    const struct world_node *self = context;
    uint8_t seed[KEY_SEED_BYTES];
    memset(seed, self->seed_byte, sizeof seed);
    key_sign(seed, message, out_signature);
    return OK;
}

// Everybody's address is 10.0.0.(number + 1).
static status_t dial(void *context, uint32_t link, const struct multiaddr_tcp *to)
{
    struct world_node *self = context;
    int number = to->address[3] - 1;
    struct world_node *other = number >= 0 && number < WORLD_NODES ? &it.nodes[number] : NULL;
    self->dials++;
    if (!other || !other->exists || self->is_cut || other->is_cut) {
        self->refused_dials++;
        return ERR_UNREACHABLE;
    }
    status_t answered = node_accept(other->node, it.now_ns);
    if (answered < 0) {
        return ERR_UNREACHABLE;
    }
    self->pipes[link] =
        (struct world_pipe){.is_open = true, .peer = number, .peer_link = (uint32_t)answered};
    other->pipes[answered] =
        (struct world_pipe){.is_open = true, .peer = self->number, .peer_link = link};
    return OK;
}

static size_t do_send(void *context, uint32_t link, struct span bytes)
{
    struct world_node *self = context;
    struct world_pipe *pipe = &self->pipes[link];
    struct world_node *other = &it.nodes[pipe->peer];
    struct world_pipe *far_end = &other->pipes[pipe->peer_link];
    size_t size = (size_t)min_u64(bytes.size, 20000);
    if (pipe->is_open && !self->is_cut && !other->is_cut && far_end->is_open &&
        far_end->peer == self->number && far_end->peer_link == link) {
        buffer_bytes(&far_end->arriving, bytes.bytes, size);
    }
    return size; // a pulled cable takes bytes and keeps them
}

static void clear_pipe(struct world_pipe *pipe)
{
    buffer_finish(&pipe->arriving);
    buffer_finish(&pipe->sync_sent);
    buffer_finish(&pipe->sync_received);
    *pipe = (struct world_pipe){0};
}

static void hang_up(void *context, uint32_t link)
{
    struct world_node *self = context;
    struct world_pipe *pipe = &self->pipes[link];
    if (pipe->is_open) {
        struct world_node *other = &it.nodes[pipe->peer];
        struct world_pipe *far_end = &other->pipes[pipe->peer_link];
        if (far_end->is_open && far_end->peer == self->number && far_end->peer_link == link &&
            !self->is_cut && !other->is_cut) {
            far_end->peer_closed = true;
        }
    }
    clear_pipe(pipe);
}

static void announce(void *context, struct span packet)
{
    struct world_node *self = context;
    for (int i = 0; i < WORLD_NODES; i++) {
        struct world_node *other = &it.nodes[i];
        if (other->exists && !self->is_cut && !other->is_cut && other->heard_count < 16) {
            struct buffer *copy = &other->heard[other->heard_count++];
            buffer_clear(copy);
            buffer_bytes(copy, packet.bytes, packet.size);
        }
    }
}

static status_t sync_open(void *context, uint32_t link, const struct peer_id *peer)
{
    struct world_node *self = context;
    if (self->sync_refusal != OK) {
        return self->sync_refusal;
    }
    struct world_pipe *pipe = &self->pipes[link];
    pipe->has_sync = true;
    pipe->sync_taken = 0;
    buffer_clear(&pipe->sync_received);
    buffer_clear(&pipe->sync_sent);
    buffer_bytes(&pipe->sync_sent, self->name, strlen(self->name) + 1);
    return OK;
}

static size_t sync_push(void *context, uint32_t link, struct span bytes)
{
    struct world_node *self = context;
    size_t size = (size_t)min_u64(bytes.size, self->sync_capacity);
    buffer_bytes(&self->pipes[link].sync_received, bytes.bytes, size);
    return size;
}

static size_t sync_pull(void *context, uint32_t link, uint8_t *bytes, size_t capacity)
{
    struct world_pipe *pipe = &((struct world_node *)context)->pipes[link];
    size_t size = (size_t)min_u64(capacity, pipe->sync_sent.size - pipe->sync_taken);
    if (size > 0) {
        memcpy(bytes, pipe->sync_sent.bytes + pipe->sync_taken, size);
    }
    pipe->sync_taken += size;
    return size;
}

static void sync_close(void *context, uint32_t link)
{
    ((struct world_node *)context)->pipes[link].has_sync = false;
}

static void save(void *context, uint32_t place, struct span value)
{
    struct world_node *self = context;
    memcpy(self->kept[place], value.bytes, value.size);
    self->kept_size[place] = value.size;
}

static void changed(void *context)
{
    ((struct world_node *)context)->changes++;
}

static uint64_t unix_ms(void *context)
{
    (void)context;
    return 1764000000000 + it.now_ns / 1000000;
}

static const struct node_ops ops = {dial,      do_send,    hang_up, announce, sync_open, sync_push,
                                    sync_pull, sync_close, save,    changed,  unix_ms};

void world_start(int number)
{
    struct world_node *self = &it.nodes[number];
    uint8_t seed[KEY_SEED_BYTES];
    const struct node_options options = {.ops = &ops,
                                         .context = self,
                                         .random = &self->random,
                                         .signer = &self->signer,
                                         .name = self->name,
                                         .form = "phone"};
    memset(seed, self->seed_byte, sizeof seed);
    self->random = (struct mesh_random){fill, &self->dice};
    self->signer = (struct mesh_signer){.sign = sign, .context = self};
    key_public_of_seed(seed, self->signer.public_key);
    self->node = malloc(sizeof *self->node);
    assert(node_init(self->node, &options, it.now_ns) == OK);
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        if (self->kept_size[i] > 0) {
            node_restore(self->node, (struct span){self->kept[i], self->kept_size[i]});
        }
    }
    struct multiaddr_tcp address = {.address = {10, 0, 0, (uint8_t)(number + 1)}};
    node_set_addresses(self->node, &address, 1);
    self->exists = true;
}

void world_begin(int count)
{
    it = (struct world){.now_ns = WORLD_SECOND};
    for (int i = 0; i < count; i++) {
        struct world_node *self = &it.nodes[i];
        *self = (struct world_node){.number = i,
                                    .seed_byte = (uint8_t)(i + 1),
                                    .dice = (uint64_t)i + 1,
                                    .sync_capacity = SIZE_MAX};
        snprintf(self->name, sizeof self->name, "dev%d", i);
        world_start(i);
    }
}

static void forget(struct world_node *self)
{
    for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
        clear_pipe(&self->pipes[i]);
    }
    for (size_t i = 0; i < 16; i++) {
        buffer_finish(&self->heard[i]);
    }
    self->heard_count = 0;
}

void world_crash(int number)
{
    struct world_node *self = &it.nodes[number];
    bool was_cut = self->is_cut;
    self->is_cut = true; // its last words are not heard
    node_finish(self->node);
    free(self->node);
    forget(self);
    self->exists = false;
    self->is_cut = was_cut;
}

void world_end(void)
{
    for (int i = 0; i < WORLD_NODES; i++) {
        if (it.nodes[i].exists) {
            world_crash(i);
        }
    }
}

static void deliver_packets(struct world_node *self)
{
    size_t count = self->heard_count;
    struct buffer packets[16];
    memcpy(packets, self->heard, sizeof packets);
    memset(self->heard, 0, sizeof self->heard);
    self->heard_count = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i < count) {
            node_heard(self->node, buffer_span(&packets[i]), it.now_ns);
        }
        buffer_finish(&packets[i]);
    }
}

static void deliver_bytes(struct world_node *self, uint32_t link)
{
    struct world_pipe *pipe = &self->pipes[link];
    if (pipe->arriving.size > 0 && !node_is_choked(self->node, link)) {
        struct buffer bytes = pipe->arriving;
        pipe->arriving = (struct buffer){0};
        node_received(self->node, link, buffer_span(&bytes), it.now_ns);
        buffer_finish(&bytes);
    } else if (pipe->peer_closed && pipe->is_open) {
        pipe->peer_closed = false;
        node_ended(self->node, link, it.now_ns);
    }
}

static void step(void)
{
    it.now_ns += WORLD_STEP_NS;
    for (int i = 0; i < WORLD_NODES; i++) {
        struct world_node *self = &it.nodes[i];
        if (!self->exists) {
            continue;
        }
        deliver_packets(self);
        for (uint32_t link = 0; link < NODE_LINKS_MAX; link++) {
            deliver_bytes(self, link);
        }
        if (node_deadline_ns(self->node) <= it.now_ns) {
            node_tick(self->node, it.now_ns);
        }
    }
}

void world_run(uint64_t duration_ns)
{
    for (uint64_t end_ns = it.now_ns + duration_ns; it.now_ns < end_ns;) {
        step();
    }
}

uint64_t world_until(bool (*done)(int a, int b), int a, int b, uint64_t limit_ns)
{
    uint64_t start_ns = it.now_ns;
    while (it.now_ns - start_ns < limit_ns) {
        if (done(a, b)) {
            return it.now_ns - start_ns;
        }
        step();
    }
    return UINT64_MAX;
}

static bool has_link(int a, int b)
{
    const struct node_link *link = node_link_of(it.nodes[a].node, world_id(b));
    return link && link->circle && link->sync;
}

bool world_linked(int a, int b)
{
    return has_link(a, b) && has_link(b, a);
}

bool world_not_linked(int a, int b)
{
    return !node_link_of(it.nodes[a].node, world_id(b)) &&
           !node_link_of(it.nodes[b].node, world_id(a));
}

bool world_near(int a, int b)
{
    struct peer *row = peers_find(&it.nodes[a].node->peers, world_id(b));
    return row && peer_is_near(row, it.now_ns);
}

static bool both_compare(int a, int b)
{
    return world_node(a)->pairing.state.phase == PAIRING_COMPARE &&
           world_node(b)->pairing.state.phase == PAIRING_COMPARE &&
           world_node(a)->pairing.is_running && world_node(b)->pairing.is_running;
}

void world_pair(int a, int b)
{
    node_watch(world_node(a), true, it.now_ns);
    node_watch(world_node(b), true, it.now_ns);
    assert(world_until(world_near, a, b, 3 * WORLD_SECOND) != UINT64_MAX);
    assert(node_pair(world_node(a), world_id(b), it.now_ns) == OK);
    assert(world_until(both_compare, a, b, 3 * WORLD_SECOND) != UINT64_MAX);
    assert(strcmp(world_node(a)->pairing.state.code, world_node(b)->pairing.state.code) == 0);
    assert(node_confirm(world_node(a), true, it.now_ns) == OK);
    world_run(WORLD_SECOND / 10);
    assert(node_confirm(world_node(b), true, it.now_ns) == OK);
    assert(world_until(world_linked, a, b, 3 * WORLD_SECOND) != UINT64_MAX);
    node_watch(world_node(a), false, it.now_ns);
    node_watch(world_node(b), false, it.now_ns);
}
