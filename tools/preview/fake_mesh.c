// SPDX-License-Identifier: Apache-2.0
#include "fake_mesh.h"

#include "base/math.h"
#include "ipc/host.h"
#include "os/signal.h"

#include <stdio.h>
#include <string.h>

IPC_SERVER(mesh, MESH_METHODS)

static void changed(struct fake_mesh *mesh)
{
    (void)os_signal_raise(mesh->signal, mesh->bits);
}

static struct mesh_device *find(struct fake_mesh *mesh, const char *id)
{
    for (uint32_t i = 0; i < mesh->count; i++) {
        if (strncmp(mesh->devices[i].id, id, MESH_ID_TEXT_MAX) == 0) {
            return &mesh->devices[i];
        }
    }
    return NULL;
}

static status_t do_devices(void *self, struct ipc_request *request,
                           const struct mesh_devices_req *req, struct mesh_devices_rep *rep)
{
    struct fake_mesh *mesh = self;
    uint32_t first = (uint32_t)min_u64(req->first, mesh->count);
    rep->total = mesh->count;
    rep->count = mesh->count - first;
    request->reply_tail_size = rep->count * (uint32_t)sizeof mesh->devices[0];
    memcpy(request->reply_tail, &mesh->devices[first], request->reply_tail_size);
    return OK;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct mesh_watch_req *req,
                         struct mesh_watch_rep *rep)
{
    struct fake_mesh *mesh = self;
    mesh->signal = request->handles[0];
    mesh->bits = req->change_bits;
    request->handles[0] = HANDLE_NONE;
    return OK;
}

static status_t do_pairing(void *self, struct ipc_request *request,
                           const struct mesh_pairing_req *req, struct mesh_pairing_rep *rep)
{
    const struct fake_mesh *mesh = self;
    rep->phase = mesh->phase;
    rep->reason = mesh->reason;
    snprintf(rep->name, sizeof rep->name, "%s", mesh->devices[mesh->peer].name);
    snprintf(rep->code, sizeof rep->code, "482913");
    return OK;
}

static status_t do_pair(void *self, struct ipc_request *request, const struct mesh_pair_req *req,
                        struct mesh_pair_rep *rep)
{
    struct fake_mesh *mesh = self;
    struct mesh_device *device = find(mesh, req->id);
    if (device == NULL || (device->flags & MESH_MEMBER)) {
        return device == NULL ? ERR_NOT_FOUND : ERR_EXISTS;
    }
    if (mesh->phase == MESH_PAIRING_COMPARE) {
        return ERR_BAD_STATE;
    }
    mesh->peer = (uint32_t)(device - mesh->devices);
    mesh->phase = MESH_PAIRING_COMPARE;
    changed(mesh);
    return OK;
}

static status_t do_confirm(void *self, struct ipc_request *request,
                           const struct mesh_confirm_req *req, struct mesh_confirm_rep *rep)
{
    struct fake_mesh *mesh = self;
    if (mesh->phase != MESH_PAIRING_COMPARE && mesh->phase != MESH_PAIRING_WAITING) {
        return ERR_BAD_STATE;
    }
    mesh->phase = req->same ? MESH_PAIRING_WAITING : MESH_PAIRING_FAILED;
    mesh->reason = req->same ? OK : ERR_CANCELLED;
    changed(mesh);
    return OK;
}

static status_t do_listen(void *self, struct ipc_request *request,
                          const struct mesh_listen_req *req, struct mesh_listen_rep *rep)
{
    struct fake_mesh *mesh = self;
    mesh->is_listening = req->open;
    return OK;
}

void fake_mesh_peer_confirms(struct fake_mesh *mesh, bool same)
{
    mesh->phase = same ? MESH_PAIRING_DONE : MESH_PAIRING_FAILED;
    mesh->reason = same ? OK : ERR_UNTRUSTED;
    mesh->devices[mesh->peer].flags |= same ? MESH_MEMBER | MESH_LINKED : 0;
    changed(mesh);
}

static status_t do_rename(void *self, struct ipc_request *request,
                          const struct mesh_rename_req *req, struct mesh_rename_rep *rep)
{
    struct mesh_device *device = find(self, req->id);
    if (device == NULL || req->name[0] == 0) {
        return device == NULL ? ERR_NOT_FOUND : ERR_INVALID;
    }
    memcpy(device->name, req->name, sizeof device->name);
    changed(self);
    return OK;
}

static status_t do_remove(void *self, struct ipc_request *request,
                          const struct mesh_remove_req *req, struct mesh_remove_rep *rep)
{
    struct mesh_device *device = find(self, req->id);
    if (device == NULL || (device->flags & MESH_SELF)) {
        return device == NULL ? ERR_NOT_FOUND : ERR_INVALID;
    }
    device->flags &= ~(uint32_t)(MESH_MEMBER | MESH_LINKED);
    changed(self);
    return OK;
}

void fake_mesh_init(struct fake_mesh *mesh)
{
    static const struct mesh_ops ops = {.devices = do_devices,
                                        .watch = do_watch,
                                        .pairing = do_pairing,
                                        .pair = do_pair,
                                        .confirm = do_confirm,
                                        .listen = do_listen,
                                        .rename = do_rename,
                                        .remove = do_remove};
    *mesh = (struct fake_mesh){
        .devices = {{.id = "12D3KooWPhone", .name = "Phone", .form = "phone", .flags = MESH_SELF},
                    {.id = "12D3KooWDesk",
                     .name = "Desktop",
                     .form = "desktop",
                     .flags = MESH_MEMBER | MESH_NEARBY | MESH_LINKED},
                    {.id = "12D3KooWShelf",
                     .name = "Shelf sensor",
                     .form = "headless",
                     .flags = MESH_NEARBY}},
        .count = FAKE_DEVICES};
    struct ipc_service served = IPC_SERVICE(mesh, &ops, mesh);
    ipc_host_handles(&served.endpoint, &served.signal);
    ipc_server_init(&mesh->server, &served);
}
