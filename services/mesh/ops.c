// SPDX-License-Identifier: Apache-2.0
// Protocol handlers: texts to ids and back, rows of devices, who watches. See ops.h.
#include "ops.h"

#include "abi/ipc/mesh.h"
#include "os/handle.h"
#include "os/signal.h"
#include "os/time.h"

#include <string.h>

IPC_SERVER(mesh, MESH_METHODS)

_Static_assert(MESH_ID_TEXT_MAX == PEER_ID_TEXT_MAX, "one text form");
_Static_assert(MESH_NAME_MAX == CIRCLE_NAME_MAX, "one bound on names");
_Static_assert(MESH_FORM_MAX == CIRCLE_FORM_MAX, "one bound on forms");

enum { ROWS_MAX = CIRCLE_MEMBERS_MAX + PEERS_MAX, SHORT_ID = 6 };

static status_t read_id(const char text[MESH_ID_TEXT_MAX], struct peer_id *out_id)
{
    const char *end = memchr(text, 0, MESH_ID_TEXT_MAX);
    if (!end || peer_id_parse_text(text, (size_t)(end - text), out_id) != OK) {
        return ERR_INVALID;
    }
    return OK;
}

static uint32_t flags_of(const struct node *node, const struct peer_id *id)
{
    uint32_t flags = circle_is_member(&node->circle, id) ? MESH_MEMBER : 0;
    const struct node_link *link = node_link_of(node, id);
    if (peer_id_equal(id, &node->id)) {
        return flags | MESH_SELF | MESH_NEARBY;
    }
    for (size_t i = 0; i < PEERS_MAX; i++) {
        const struct peer *row = &node->peers.rows[i];
        if (peer_is_near(row, node->now_ns) && peer_id_equal(&row->id, id)) {
            flags |= MESH_NEARBY;
        }
    }
    if (link) {
        flags |= MESH_NEARBY | (link->circle ? MESH_LINKED : 0);
    }
    return flags;
}

static void fill_member(const struct node *node, const struct circle_member *member,
                        struct mesh_device *out_row)
{
    peer_id_text(&member->id, out_row->id);
    memcpy(out_row->name, member->name, sizeof out_row->name);
    memcpy(out_row->form, member->form, sizeof out_row->form);
    out_row->flags = flags_of(node, &member->id);
    if (out_row->flags & MESH_SELF) {
        node_own_name(node, out_row->name);
        strncpy(out_row->form, node->options.form, sizeof out_row->form - 1);
    }
}

// A device nobody has named: the end of its id tells it from another.
static void fill_stranger(const struct node *node, const struct peer *peer,
                          struct mesh_device *out_row)
{
    static const char prefix[] = "New device ";
    peer_id_text(&peer->id, out_row->id);
    size_t size = strlen(out_row->id), tail = size > SHORT_ID ? size - SHORT_ID : 0;
    memcpy(out_row->name, prefix, sizeof prefix - 1);
    strncpy(out_row->name + sizeof prefix - 1, out_row->id + tail, SHORT_ID);
    out_row->flags = flags_of(node, &peer->id);
}

// All rows in order: this device, members, who else is near.
static uint32_t fill_rows(const struct node *node, struct mesh_device rows[ROWS_MAX])
{
    struct circle_member members[CIRCLE_MEMBERS_MAX];
    uint32_t count = (uint32_t)circle_members(&node->circle, members, CIRCLE_MEMBERS_MAX);
    memset(rows, 0, ROWS_MAX * sizeof rows[0]);
    for (uint32_t i = 0; i < count; i++) {
        fill_member(node, &members[i], &rows[i]);
    }
    for (size_t i = 0; i < PEERS_MAX; i++) {
        const struct peer *peer = &node->peers.rows[i];
        if (peer_is_near(peer, node->now_ns) && !circle_is_member(&node->circle, &peer->id)) {
            fill_stranger(node, peer, &rows[count++]);
        }
    }
    return count;
}

static status_t do_devices(void *self, struct ipc_request *request,
                           const struct mesh_devices_req *req, struct mesh_devices_rep *rep)
{
    struct mesh *mesh = self;
    static struct mesh_device rows[ROWS_MAX]; // one thread; too large for the stack
    if (!mesh->is_ready) {
        return ERR_AGAIN;
    }
    rep->total = fill_rows(mesh->node, rows);
    uint32_t fits = request->reply_tail_max / (uint32_t)sizeof rows[0];
    uint32_t left = req->first < rep->total ? rep->total - req->first : 0;
    rep->count = left < fits ? left : fits;
    if (rep->count > 0) {
        memcpy(request->reply_tail, &rows[req->first], rep->count * sizeof rows[0]);
    }
    request->reply_tail_size = rep->count * (uint32_t)sizeof rows[0];
    return OK;
}

static struct mesh_watcher *watcher_of(struct mesh *mesh, uint64_t badge)
{
    for (size_t i = 0; i < MESH_WATCHERS_MAX; i++) {
        if (mesh->watchers[i].badge == badge) {
            return &mesh->watchers[i];
        }
    }
    return NULL;
}

// Whether the person has the list of devices open.
static void tell_node(struct mesh *mesh)
{
    if (mesh->is_ready) {
        node_watch(mesh->node, mesh->listener_badge != 0, os_clock());
        mesh_arm(mesh);
    }
}

static status_t do_listen(void *self, struct ipc_request *request,
                          const struct mesh_listen_req *req, struct mesh_listen_rep *rep)
{
    struct mesh *mesh = self;
    if (req->open > 1 || request->badge == 0) {
        return ERR_INVALID;
    }
    if (req->open) {
        mesh->listener_badge = request->badge;
    } else if (mesh->listener_badge == request->badge) {
        mesh->listener_badge = 0;
    }
    tell_node(mesh);
    return OK;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct mesh_watch_req *req,
                         struct mesh_watch_rep *rep)
{
    struct mesh *mesh = self;
    if (request->handle_count != 1 || request->badge == 0 || req->change_bits == 0) {
        return ERR_INVALID;
    }
    struct mesh_watcher *watcher = watcher_of(mesh, request->badge);
    watcher = watcher ? watcher : watcher_of(mesh, 0);
    if (!watcher) {
        return ERR_FULL;
    }
    os_handle_close(watcher->signal);
    *watcher = (struct mesh_watcher){
        .badge = request->badge, .signal = request->handles[0], .bits = req->change_bits};
    request->handles[0] = HANDLE_NONE;
    return OK;
}

static void closed(void *self, uint64_t badge)
{
    struct mesh *mesh = self;
    struct mesh_watcher *watcher = watcher_of(mesh, badge);
    if (watcher) {
        os_handle_close(watcher->signal);
        *watcher = (struct mesh_watcher){0};
    }
    if (mesh->listener_badge == badge) {
        mesh->listener_badge = 0;
        tell_node(mesh);
    }
}

static uint32_t phase_of(const struct node_pairing *pairing)
{
    if (!pairing->is_running) {
        bool is_idle = !pairing->is_done && pairing->reason == OK;
        return is_idle ? MESH_PAIRING_IDLE
                       : (pairing->is_done ? MESH_PAIRING_DONE : MESH_PAIRING_FAILED);
    }
    switch (pairing->has_started ? pairing->state.phase : PAIRING_EXCHANGING) {
    case PAIRING_COMPARE:
        return MESH_PAIRING_COMPARE;
    case PAIRING_WAITING:
        return MESH_PAIRING_WAITING;
    default:
        return MESH_PAIRING_CONNECTING;
    }
}

static status_t do_pairing(void *self, struct ipc_request *request,
                           const struct mesh_pairing_req *req, struct mesh_pairing_rep *rep)
{
    struct mesh *mesh = self;
    if (!mesh->is_ready) {
        return ERR_AGAIN;
    }
    const struct node_pairing *pairing = &mesh->node->pairing;
    rep->phase = phase_of(pairing);
    rep->reason = rep->phase == MESH_PAIRING_FAILED ? pairing->reason : OK;
    if (rep->phase != MESH_PAIRING_IDLE) {
        peer_id_text(&pairing->target, rep->id);
        memcpy(rep->name, pairing->state.peer.name, sizeof rep->name);
    }
    if (rep->phase == MESH_PAIRING_COMPARE || rep->phase == MESH_PAIRING_WAITING) {
        memcpy(rep->code, pairing->state.code, sizeof rep->code);
    }
    return OK;
}

static status_t do_pair(void *self, struct ipc_request *request, const struct mesh_pair_req *req,
                        struct mesh_pair_rep *rep)
{
    struct mesh *mesh = self;
    struct peer_id id;
    status_t status = mesh->is_ready ? read_id(req->id, &id) : ERR_AGAIN;
    if (status == OK) {
        status = node_pair(mesh->node, &id, os_clock());
        mesh_arm(mesh);
    }
    return status;
}

static status_t do_confirm(void *self, struct ipc_request *request,
                           const struct mesh_confirm_req *req, struct mesh_confirm_rep *rep)
{
    struct mesh *mesh = self;
    if (!mesh->is_ready || req->same > 1) {
        return mesh->is_ready ? ERR_INVALID : ERR_AGAIN;
    }
    status_t status = node_confirm(mesh->node, req->same == 1, os_clock());
    mesh_arm(mesh);
    return status;
}

static status_t do_rename(void *self, struct ipc_request *request,
                          const struct mesh_rename_req *req, struct mesh_rename_rep *rep)
{
    struct mesh *mesh = self;
    struct peer_id id;
    status_t status = mesh->is_ready ? read_id(req->id, &id) : ERR_AGAIN;
    if (status == OK && !memchr(req->name, 0, sizeof req->name)) {
        status = ERR_INVALID;
    }
    if (status == OK) {
        status = node_rename(mesh->node, &id, req->name, os_clock());
        mesh_arm(mesh);
    }
    return status;
}

static status_t do_remove(void *self, struct ipc_request *request,
                          const struct mesh_remove_req *req, struct mesh_remove_rep *rep)
{
    struct mesh *mesh = self;
    struct peer_id id;
    status_t status = mesh->is_ready ? read_id(req->id, &id) : ERR_AGAIN;
    if (status == OK) {
        status = node_remove(mesh->node, &id, os_clock());
        mesh_arm(mesh);
    }
    return status;
}

static const struct mesh_ops ops = {
    .devices = do_devices,
    .listen = do_listen,
    .watch = do_watch,
    .pairing = do_pairing,
    .pair = do_pair,
    .confirm = do_confirm,
    .rename = do_rename,
    .remove = do_remove,
};

void mesh_ready(struct mesh *mesh)
{
    mesh->is_ready = true;
    tell_node(mesh);
    mesh_changed(mesh);
}

void mesh_changed(struct mesh *mesh)
{
    for (size_t i = 0; i < MESH_WATCHERS_MAX; i++) {
        if (mesh->watchers[i].badge != 0) {
            (void)os_signal_raise(mesh->watchers[i].signal, mesh->watchers[i].bits);
        }
    }
}

static void tick(void *self)
{
    struct mesh *mesh = self;
    node_tick(mesh->node, os_clock());
    mesh_arm(mesh);
}

void mesh_arm(struct mesh *mesh)
{
    instant_ns_t deadline = node_deadline_ns(mesh->node);
    if (deadline == UINT64_MAX) {
        ipc_timer_stop(&mesh->timer);
    } else {
        ipc_timer_start(&mesh->server, &mesh->timer, deadline);
    }
}

void mesh_serve(struct mesh *mesh, handle_t endpoint, handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(mesh, &ops, mesh);
    service.endpoint = endpoint;
    service.signal = signal;
    ipc_server_init(&mesh->server, &service);
    ipc_server_on_closed(&mesh->server, closed, mesh);
    mesh->timer = (struct ipc_timer){.run = tick, .self = mesh};
}
