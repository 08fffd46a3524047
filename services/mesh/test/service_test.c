// SPDX-License-Identifier: Apache-2.0
// Two whole mesh services with their ports, against a model of net and a model of docs, called as
// the Devices app calls.
#include "base/test.h"
#include "docs_port.h"
#include "generator.h"
#include "net_model.h"
#include "net_port.h"
#include "ops.h"

#include "abi/ipc/mesh.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

IPC_SERVER(docs, DOCS_METHODS)

enum { DEVICES = 2, APP_BADGE = 7 };

// docs.link of one device: says its number, remembers what came.
struct docs_model {
    struct ipc_server server;
    handle_t endpoint, signal;
    uint64_t kick_bit, link_badge;
    uint8_t *memory;
    struct ring from_mesh, to_mesh;
    handle_t mesh_signal;
    uint64_t receive_bits;
    struct buffer came;
    int number, links;
};

// One device: the service as main.c wires it, with keys and store replaced by a seed.
static struct device {
    struct mesh mesh;
    struct node node;
    struct net_port net;
    struct docs_port docs_port;
    struct docs_model docs;
    struct generator generator;
    struct mesh_random random;
    struct mesh_signer signer;
    handle_t endpoint, signal, app, app_signal;
    uint8_t seed[KEY_SEED_BYTES];
    char name[16];
} devices[DEVICES];

static struct net_model net;

static status_t docs_link_opened(void *self, struct ipc_request *request,
                                 const struct docs_link_req *req, struct docs_link_rep *rep)
{
    struct docs_model *model = self;
    void *memory;
    char text[8];
    CHECK_EQ(request->handle_count, 2);
    CHECK_EQ(os_memory_map(request->handles[0], 0, 2 * DOCS_LINK_RING_BYTES,
                           PROTECT_READ | PROTECT_WRITE, &memory),
             OK);
    model->memory = memory;
    model->mesh_signal = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    model->receive_bits = req->receive_bits;
    CHECK_EQ(ring_open(&model->from_mesh, memory, DOCS_LINK_RING_BYTES, RING_CONSUMER), OK);
    CHECK_EQ(ring_open(&model->to_mesh, model->memory + DOCS_LINK_RING_BYTES, DOCS_LINK_RING_BYTES,
                       RING_PRODUCER),
             OK);
    model->link_badge = ipc_server_badge(&model->server);
    CHECK_EQ(ipc_server_mint(&model->server, model->link_badge, &request->reply_handles[0]), OK);
    CHECK_EQ(ipc_server_signal(&model->server, model->kick_bit, &request->reply_handles[1]), OK);
    request->reply_handle_count = 2;
    rep->kick_bits = model->kick_bit;
    model->links++;
    buffer_clear(&model->came);
    snprintf(text, sizeof text, "dev%d", model->number);
    CHECK_EQ(ring_push(&model->to_mesh, text, 5), OK);
    (void)ring_sleep(&model->from_mesh, 0);
    return OK;
}

static void docs_take(void *self, uint64_t bits)
{
    struct docs_model *model = self;
    uint8_t bytes[NODE_CHUNK_BYTES];
    status_t size;
    while (model->memory && (size = ring_pop(&model->from_mesh, bytes, sizeof bytes)) > 0) {
        buffer_bytes(&model->came, bytes, (size_t)size);
    }
    if (model->memory) {
        (void)ring_sleep(&model->from_mesh, 0);
        if (ring_should_wake(&model->from_mesh)) {
            (void)os_signal_raise(model->mesh_signal, model->receive_bits);
        }
    }
}

static void docs_link_closed(void *self, uint64_t badge)
{
    struct docs_model *model = self;
    if (model->memory && badge == model->link_badge) {
        CHECK_EQ(os_memory_unmap(model->memory, 2 * DOCS_LINK_RING_BYTES), OK);
        os_handle_close(model->mesh_signal);
        model->memory = NULL;
        model->links--;
    }
}

static const struct docs_ops docs_ops = {.link = docs_link_opened};

static void docs_start(struct docs_model *model, int number)
{
    struct ipc_service service = IPC_SERVICE(docs, &docs_ops, model);
    *model = (struct docs_model){.number = number};
    ipc_host_handles(&model->endpoint, &model->signal);
    service.endpoint = model->endpoint;
    service.signal = model->signal;
    ipc_server_init(&model->server, &service);
    ipc_server_on_closed(&model->server, docs_link_closed, model);
    model->kick_bit = ipc_server_bit(&model->server, docs_take, model);
}

static status_t sign(void *context, struct span message, uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    key_sign(context, message, out_signature);
    return OK;
}

static struct device *of(void *context)
{
    return context;
}

static status_t dial(void *context, uint32_t link, const struct multiaddr_tcp *to)
{
    return net_port_dial(&of(context)->net, link, to);
}

static size_t send_bytes(void *context, uint32_t link, struct span bytes)
{
    return net_port_send(&of(context)->net, link, bytes);
}

static void hang_up(void *context, uint32_t link)
{
    net_port_hang_up(&of(context)->net, link);
}

static void announce(void *context, struct span packet)
{
    net_port_announce(&of(context)->net, packet);
}

static status_t sync_open(void *context, uint32_t link, const struct peer_id *peer)
{
    return docs_port_open(&of(context)->docs_port, link, peer);
}

static size_t sync_push(void *context, uint32_t link, struct span bytes)
{
    return docs_port_push(&of(context)->docs_port, link, bytes);
}

static size_t sync_pull(void *context, uint32_t link, uint8_t *bytes, size_t capacity)
{
    return docs_port_pull(&of(context)->docs_port, link, bytes, capacity);
}

static void sync_close(void *context, uint32_t link)
{
    docs_port_close(&of(context)->docs_port, link);
}

static void save(void *context, uint32_t place, struct span value)
{
    CHECK(place < CIRCLE_RECORDS_MAX && value.size <= CIRCLE_VALUE_MAX);
}

static void changed(void *context)
{
    mesh_changed(&of(context)->mesh);
}

static uint64_t unix_ms(void *context)
{
    return 1;
}

static const struct node_ops node_ops = {dial,      send_bytes, hang_up,   announce,
                                         sync_open, sync_push,  sync_pull, sync_close,
                                         save,      changed,    unix_ms};

static void after(void *self)
{
    mesh_arm(&of(self)->mesh);
}

static void device_start(struct device *device, int number)
{
    memset(device, 0, sizeof *device);
    memset(device->seed, number + 1, sizeof device->seed);
    generator_init(&device->generator, device->seed);
    device->random = (struct mesh_random){generator_fill, &device->generator};
    device->signer = (struct mesh_signer){.sign = sign, .context = device->seed};
    key_public_of_seed(device->seed, device->signer.public_key);
    snprintf(device->name, sizeof device->name, "dev%d", number);
    docs_start(&device->docs, number);
    device->mesh.node = &device->node;
    ipc_host_handles(&device->endpoint, &device->signal);
    mesh_serve(&device->mesh, device->endpoint, device->signal);
    net_port_init(&device->net, &device->mesh.server, &device->node,
                  net_model_client(&net, number));
    docs_port_init(&device->docs_port, &device->mesh.server, &device->node,
                   ipc_host_client(&device->docs.server, 3));
    device->net.after = device->docs_port.after = after;
    device->net.after_self = device->docs_port.after_self = device;
    device->app = ipc_host_client(&device->mesh.server, APP_BADGE);
    CHECK_EQ(os_signal_create(&device->app_signal), OK);
}

static void device_make_ready(struct device *device)
{
    const struct node_options options = {.ops = &node_ops,
                                         .context = device,
                                         .random = &device->random,
                                         .signer = &device->signer,
                                         .name = device->name,
                                         .form = "phone"};
    CHECK_EQ(node_init(&device->node, &options, os_clock()), OK);
    CHECK_EQ(net_port_open(&device->net), OK);
    mesh_ready(&device->mesh);
}

static void begin(void)
{
    ipc_host_reset();
    memset(&net, 0, sizeof net);
    net_model_start(&net);
    for (int i = 0; i < DEVICES; i++) {
        device_start(&devices[i], i);
        device_make_ready(&devices[i]);
    }
}

static void end(void)
{
    for (int i = 0; i < DEVICES; i++) {
        node_finish(&devices[i].node);
    }
    ipc_host_run();
    for (int i = 0; i < DEVICES; i++) {
        net_port_lost(&devices[i].net);
        buffer_finish(&devices[i].docs.came);
    }
    ipc_host_run();
}

static void watch(int number)
{
    struct mesh_watch_req req = {.change_bits = 1};
    struct mesh_watch_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_handle_duplicate(devices[number].app_signal, RIGHT_RAISE | RIGHT_TRANSFER, 0,
                                 &extra.handles[0]),
             OK);
    CHECK_EQ(mesh_watch(devices[number].app, &req, &rep, &extra), OK);
    struct mesh_listen_rep listen;
    CHECK_EQ(mesh_listen(devices[number].app, &(struct mesh_listen_req){.open = 1}, &listen, NULL),
             OK);
}

static struct mesh_device rows[8];

static uint32_t list(int number)
{
    struct mesh_devices_req req = {0};
    struct mesh_devices_rep rep = {0};
    struct ipc_extra extra = {.reply_tail = rows, .reply_tail_max = sizeof rows};
    memset(rows, 0, sizeof rows);
    CHECK_EQ(mesh_devices(devices[number].app, &req, &rep, &extra), OK);
    CHECK_EQ(extra.reply_tail_size, rep.count * sizeof rows[0]);
    return rep.total;
}

static struct mesh_pairing_rep pairing_of(int number)
{
    struct mesh_pairing_req req = {0};
    struct mesh_pairing_rep rep = {0};
    CHECK_EQ(mesh_pairing(devices[number].app, &req, &rep, NULL), OK);
    return rep;
}

static status_t confirm(int number, uint32_t same)
{
    struct mesh_confirm_req req = {.same = same};
    struct mesh_confirm_rep rep;
    return mesh_confirm(devices[number].app, &req, &rep, NULL);
}

static status_t pair_with(int number, const char *id)
{
    struct mesh_pair_req req = {0};
    struct mesh_pair_rep rep;
    strncpy(req.id, id, sizeof req.id - 1);
    return mesh_pair(devices[number].app, &req, &rep, NULL);
}

static void pair_both(void)
{
    watch(0);
    watch(1);
    ipc_host_run_for(3 * OS_SECOND);
    CHECK_EQ(list(0), 2);
    CHECK_EQ(rows[1].flags, MESH_NEARBY);
    CHECK_EQ(pair_with(0, rows[1].id), OK);
    ipc_host_run_for(OS_SECOND);
    struct mesh_pairing_rep here = pairing_of(0), there = pairing_of(1);
    CHECK(here.phase == MESH_PAIRING_COMPARE && there.phase == MESH_PAIRING_COMPARE);
    CHECK(strlen(here.code) == 6 && strcmp(here.code, there.code) == 0);
    CHECK(strcmp(here.name, "dev1") == 0 && strcmp(there.name, "dev0") == 0);
    CHECK_EQ(confirm(1, 1), OK);
    CHECK_EQ(pairing_of(1).phase, MESH_PAIRING_WAITING);
    CHECK_EQ(confirm(0, 1), OK);
    ipc_host_run_for(2 * OS_SECOND);
    CHECK_EQ(pairing_of(0).phase, MESH_PAIRING_DONE);
    CHECK_EQ(pairing_of(1).phase, MESH_PAIRING_DONE);
}

static bool documents_met(void)
{
    return devices[0].docs.links == 1 && devices[1].docs.links == 1 &&
           devices[0].docs.came.size == 5 && devices[1].docs.came.size == 5 &&
           memcmp(devices[0].docs.came.bytes, "dev1", 5) == 0 &&
           memcmp(devices[1].docs.came.bytes, "dev0", 5) == 0;
}

static void two_services_pair_link_and_carry_documents(void)
{
    begin();
    pair_both();
    CHECK(documents_met());
    for (int i = 0; i < DEVICES; i++) {
        CHECK_EQ(list(i), 2);
        CHECK_EQ(rows[0].flags, MESH_SELF | MESH_MEMBER | MESH_NEARBY);
        CHECK_EQ(rows[1].flags, MESH_MEMBER | MESH_NEARBY | MESH_LINKED);
        CHECK(strcmp(rows[1].form, "phone") == 0);
    }
    CHECK(strcmp(rows[1].name, "dev0") == 0);
    end();
}

static void a_watching_app_is_told_and_its_end_shuts_the_door(void)
{
    uint64_t bits = 0;
    begin();
    pair_both();
    CHECK_EQ(os_signal_wait(devices[1].app_signal, 1, os_clock(), &bits), OK);
    CHECK(devices[1].node.is_watched);
    os_handle_close(devices[1].app);
    ipc_host_run();
    CHECK(!devices[1].node.is_watched && !devices[1].node.pairing.guard.is_open);
    end();
}

static void a_cut_wire_and_a_restarted_net_are_survived(void)
{
    begin();
    pair_both();
    net.is_cut[1] = true;
    ipc_host_run_for(4 * OS_SECOND);
    CHECK_EQ(list(0), 2);
    CHECK_EQ(rows[1].flags & MESH_LINKED, 0);
    CHECK_EQ(devices[0].docs.links, 0);
    net.is_cut[1] = false;
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(documents_met());
    ipc_host_kill(&net.server);
    net_model_start(&net);
    for (int i = 0; i < DEVICES; i++) {
        net_port_lost(&devices[i].net);
        CHECK_EQ(net_port_open(&devices[i].net), OK);
        mesh_arm(&devices[i].mesh);
    }
    ipc_host_run_for(3 * OS_SECOND);
    CHECK(documents_met());
    end();
}

static void megabytes_of_documents_pass_both_ports(void)
{
    static uint8_t bulk[100000];
    begin();
    pair_both();
    for (size_t i = 0; i < sizeof bulk; i++) {
        bulk[i] = (uint8_t)(i * 13 + i / 256);
    }
    struct docs_model *from = &devices[0].docs, *to = &devices[1].docs;
    buffer_clear(&to->came);
    for (int round = 0; round < 20; round++) {
        CHECK_EQ(ring_push(&from->to_mesh, bulk, sizeof bulk), OK);
        (void)os_signal_raise(from->mesh_signal, from->receive_bits);
        ipc_host_run_for(OS_SECOND / 10);
    }
    CHECK_EQ(to->came.size, 20 * sizeof bulk);
    CHECK_BYTES(to->came.bytes + 19 * sizeof bulk, bulk, sizeof bulk);
    end();
}

static void a_link_that_docs_end_is_made_again(void)
{
    begin();
    pair_both();
    buffer_clear(&devices[1].docs.came);
    CHECK_EQ(ring_push(&devices[0].docs.to_mesh, NULL, 0), OK); // goodbye
    (void)os_signal_raise(devices[0].docs.mesh_signal, devices[0].docs.receive_bits);
    ipc_host_run();
    CHECK_EQ(devices[0].docs.links, 0);
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(documents_met());
    end();
}

static void bad_requests_are_refused(void)
{
    struct mesh_rename_req rename = {0};
    struct mesh_rename_rep renamed;
    struct mesh_remove_req remove = {0};
    struct mesh_remove_rep removed;
    begin();
    CHECK_EQ(pair_with(0, "nonsense"), ERR_INVALID);
    CHECK_EQ(pair_with(0, "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"), ERR_NOT_FOUND);
    CHECK_EQ(confirm(0, 1), ERR_BAD_STATE);
    CHECK_EQ(confirm(0, 2), ERR_INVALID);
    memset(rename.id, 'x', sizeof rename.id); // without an end
    CHECK_EQ(mesh_rename(devices[0].app, &rename, &renamed, NULL), ERR_INVALID);
    CHECK_EQ(list(0) >= 1, 1);
    memcpy(rename.id, rows[0].id, sizeof rename.id);
    CHECK_EQ(mesh_rename(devices[0].app, &rename, &renamed, NULL), ERR_INVALID); // no name
    memset(rename.name, 'x', sizeof rename.name);
    CHECK_EQ(mesh_rename(devices[0].app, &rename, &renamed, NULL), ERR_INVALID);
    memcpy(remove.id, rows[0].id, sizeof remove.id);
    CHECK_EQ(mesh_remove(devices[0].app, &remove, &removed, NULL), ERR_INVALID); // itself
    end();
}

static void before_the_node_is_ready_everything_answers_again(void)
{
    struct mesh_devices_req req = {0};
    struct mesh_devices_rep rep;
    struct mesh_pairing_req pairing = {0};
    struct mesh_pairing_rep state;
    ipc_host_reset();
    memset(&net, 0, sizeof net);
    net_model_start(&net);
    device_start(&devices[0], 0);
    CHECK_EQ(mesh_devices(devices[0].app, &req, &rep, NULL), ERR_AGAIN);
    CHECK_EQ(mesh_pairing(devices[0].app, &pairing, &state, NULL), ERR_AGAIN);
    CHECK_EQ(confirm(0, 0), ERR_AGAIN);
    watch(0); // but one may already watch
    device_make_ready(&devices[0]);
    CHECK(devices[0].node.is_watched);
    node_finish(&devices[0].node);
    net_port_lost(&devices[0].net);
    ipc_host_run();
}

static void links_that_come_and_go_leak_no_handle(void)
{
    begin();
    pair_both();
    uint32_t before = os_host_handle_count();
    for (int round = 0; round < 5; round++) {
        net.is_cut[round % 2] = true;
        ipc_host_run_for(4 * OS_SECOND);
        net.is_cut[round % 2] = false;
        ipc_host_run_for(3 * OS_SECOND);
        CHECK(documents_met());
        CHECK_EQ(os_host_handle_count(), before);
    }
    end();
}

TEST_MAIN(TEST(two_services_pair_link_and_carry_documents),
          TEST(a_watching_app_is_told_and_its_end_shuts_the_door),
          TEST(a_cut_wire_and_a_restarted_net_are_survived),
          TEST(megabytes_of_documents_pass_both_ports), TEST(a_link_that_docs_end_is_made_again),
          TEST(bad_requests_are_refused), TEST(before_the_node_is_ready_everything_answers_again),
          TEST(links_that_come_and_go_leak_no_handle))
