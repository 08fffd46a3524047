// SPDX-License-Identifier: Apache-2.0
// Wiring: keys, store, entropy, net and docs → node → methods. Until the key and the circle are
// there nothing is linked and every method answers "try again"; a store that cannot be read is
// never taken for an empty one.
#include "docs_port.h"
#include "generator.h"
#include "net_port.h"
#include "ops.h"

#include "abi/ipc/entropy.h"
#include "abi/ipc/keys.h"
#include "abi/ipc/rtc.h"
#include "base/error.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"
#include "values/values.h"

#include <stdio.h>
#include <string.h>

#define START_RETRY_NS (500 * OS_MILLISECOND)

static struct mesh mesh;
static struct node node;
static struct net_port net_port;
static struct docs_port docs_port;
static struct values values;
static struct generator generator;
static struct ipc_timer start_timer;
static char own_name[CIRCLE_NAME_MAX], own_form[CIRCLE_FORM_MAX];

static const struct mesh_random randomness = {generator_fill, &generator};

static status_t sign(void *context, struct span message, uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    struct keys_sign_req req = {0};
    struct keys_sign_rep rep;
    struct ipc_extra extra = {.tail = message.bytes, .tail_size = (uint32_t)message.size};
    status_t status = keys_sign(os_handle("keys"), &req, &rep, &extra);
    if (status == OK) {
        memcpy(out_signature, rep.signature, KEY_SIGNATURE_BYTES);
    }
    return status;
}

static struct mesh_signer signer = {.sign = sign};

static void record_key(uint32_t place, char out_key[24])
{
    snprintf(out_key, 24, "circle/%u", (unsigned)place);
}

static void save(void *context, uint32_t place, struct span value)
{
    char key[24];
    record_key(place, key);
    status_t status = values_put(&values, key, value);
    if (status != OK) {
        log_printf("a circle record is not kept: %s", error_text(status));
    }
}

static void changed(void *context)
{
    mesh_changed(&mesh);
}

static uint64_t unix_ms(void *context)
{
    struct rtc_now_req req = {0};
    struct rtc_now_rep rep;
    if (!os_has("rtc") || rtc_now(os_handle("rtc"), &req, &rep, NULL) != OK) {
        return 0;
    }
    return rep.unix_ns / OS_MILLISECOND;
}

// The node has one context; the ports are static like everything here.
static status_t dial(void *context, uint32_t link, const struct multiaddr_tcp *to)
{
    return net_port_dial(&net_port, link, to);
}

static size_t send_bytes(void *context, uint32_t link, struct span bytes)
{
    return net_port_send(&net_port, link, bytes);
}

static void hang_up(void *context, uint32_t link)
{
    net_port_hang_up(&net_port, link);
}

static void announce(void *context, struct span packet)
{
    net_port_announce(&net_port, packet);
}

static status_t sync_open(void *context, uint32_t link, const struct peer_id *peer)
{
    return docs_port_open(&docs_port, link, peer);
}

static size_t sync_push(void *context, uint32_t link, struct span bytes)
{
    return docs_port_push(&docs_port, link, bytes);
}

static size_t sync_pull(void *context, uint32_t link, uint8_t *bytes, size_t capacity)
{
    return docs_port_pull(&docs_port, link, bytes, capacity);
}

static void sync_close(void *context, uint32_t link)
{
    docs_port_close(&docs_port, link);
}

static const struct node_ops ops = {
    .dial = dial,
    .send = send_bytes,
    .hang_up = hang_up,
    .announce = announce,
    .sync_open = sync_open,
    .sync_push = sync_push,
    .sync_pull = sync_pull,
    .sync_close = sync_close,
    .save = save,
    .changed = changed,
    .unix_ms = unix_ms,
};

// The device's form is the second word of our arguments, "nexus.form=phone"; its first name is the
// form and the end of its id: "Phone K9Xa".
static void make_name(void)
{
    static const char option[] = "nexus.form=";
    const char *found = strstr(os_arguments(), option);
    const char *form = found ? found + sizeof option - 1 : "device";
    size_t size = strcspn(form, " ");
    char text[PEER_ID_TEXT_MAX];
    struct peer_id id;
    memset(own_form, 0, sizeof own_form);
    memcpy(own_form, form, size < sizeof own_form ? size : sizeof own_form - 1);
    peer_id_of_key(signer.public_key, &id);
    peer_id_text(&id, text);
    snprintf(own_name, sizeof own_name, "%s %s", own_form, text + strlen(text) - 4);
    own_name[0] = (char)(own_name[0] >= 'a' && own_name[0] <= 'z' ? own_name[0] - 32 : own_name[0]);
}

static status_t load_key(void)
{
    struct keys_public_req req = {0};
    struct keys_public_rep rep;
    status_t status = keys_public(os_handle("keys"), &req, &rep, NULL);
    if (status == OK) {
        memcpy(signer.public_key, rep.key, KEY_PUBLIC_BYTES);
    }
    return status;
}

static status_t seed_generator(void)
{
    struct entropy_read_req req = {.size = GENERATOR_SEED_BYTES};
    struct entropy_read_rep rep;
    uint8_t seed[GENERATOR_SEED_BYTES];
    struct ipc_extra extra = {.reply_tail = seed, .reply_tail_max = sizeof seed};
    status_t status = entropy_read(os_handle("entropy"), &req, &rep, &extra);
    if (status == OK && extra.reply_tail_size != sizeof seed) {
        status = ERR_BAD_MESSAGE;
    }
    if (status == OK) {
        generator_init(&generator, seed);
    }
    return status;
}

// Records stand at places 0, 1, 2 … without gaps.
static status_t load_circle(void)
{
    for (uint32_t place = 0; place < CIRCLE_RECORDS_MAX; place++) {
        uint8_t value[CIRCLE_VALUE_MAX];
        uint32_t size = 0;
        char key[24];
        record_key(place, key);
        status_t status = values_get(&values, key, value, sizeof value, &size);
        if (status != OK) {
            return status == ERR_NOT_FOUND ? OK : status;
        }
        node_restore(&node, (struct span){value, size});
    }
    return OK;
}

static status_t start(void)
{
    status_t status = load_key();
    if (status == OK) {
        status = seed_generator();
    }
    if (status != OK) {
        return status;
    }
    make_name();
    const struct node_options options = {
        .ops = &ops, .random = &randomness, .signer = &signer, .name = own_name, .form = own_form};
    status = node_init(&node, &options, os_clock());
    return status == OK ? load_circle() : status;
}

static void try_start(void *self)
{
    static status_t told;
    status_t status = start();
    if (status != OK) {
        if (status != told) {
            log_printf("not yet: %s", error_text(status));
        }
        told = status;
        ipc_timer_start(&mesh.server, &start_timer, os_deadline(START_RETRY_NS));
        return;
    }
    mesh.is_ready = true;
    log_printf("this device is %s", own_name);
    status = net_port_open(&net_port);
    if (status != OK) {
        log_printf("no network yet: %s", error_text(status));
    }
    mesh_ready(&mesh);
}

static void after(void *self)
{
    if (mesh.is_ready) {
        mesh_arm(&mesh);
    }
}

static void net_returned(void *self, uint64_t bits)
{
    if (mesh.is_ready) {
        net_port_lost(&net_port);
        (void)net_port_open(&net_port);
        mesh_arm(&mesh);
    }
}

static void docs_returned(void *self, uint64_t bits)
{
    if (mesh.is_ready) {
        node_sync_restarted(&node, os_clock());
        mesh_arm(&mesh);
    }
}

static void stop(void *self)
{
    if (mesh.is_ready) {
        node_finish(&node); // says goodbye on every link
    }
}

int main(void)
{
    values_init(&values, os_handle("store"));
    mesh.node = &node;
    mesh_serve(&mesh, HANDLE_NONE, HANDLE_NONE);
    net_port_init(&net_port, &mesh.server, &node, os_handle("net"));
    docs_port_init(&docs_port, &mesh.server, &node, os_handle("docs"));
    net_port.after = docs_port.after = after;
    (void)ipc_server_on_restart(&mesh.server, "net", net_returned, NULL);
    (void)ipc_server_on_restart(&mesh.server, "docs", docs_returned, NULL);
    ipc_server_on_stop(&mesh.server, stop, NULL);
    start_timer = (struct ipc_timer){.run = try_start};
    try_start(NULL);
    ipc_server_run(&mesh.server);
}
