// SPDX-License-Identifier: Apache-2.0
// Devices and pairing over abi/ipc/mesh.h.
#include "nexus/devices.h"

#include "abi/ipc/mesh.h"
#include "base/math.h"

#include <string.h>

enum { PAGE_ROWS = 3900 / sizeof(struct mesh_device), PAGES_MAX = 8 };

static uint64_t id_of(const char *address)
{
    uint64_t hash = 14695981039346656037ull;
    for (; *address != 0; address++) {
        hash = (hash ^ (uint8_t)*address) * 1099511628211ull;
    }
    return hash & INT64_MAX; // an item's id has 63 bits
}

static void device_read(const struct mesh_device *from, struct device *out)
{
    *out = (struct device){.is_self = from->flags & MESH_SELF,
                           .is_member = from->flags & MESH_MEMBER,
                           .is_near = from->flags & MESH_NEARBY,
                           .is_linked = from->flags & MESH_LINKED};
    memcpy(out->address, from->id, sizeof out->address - 1);
    memcpy(out->name, from->name, sizeof out->name - 1);
    memcpy(out->form, from->form, sizeof out->form - 1);
    out->id = id_of(out->address);
}

int32_t devices_list(struct nexus *nexus, struct device out_devices[DEVICES_MAX])
{
    uint32_t count = 0;
    for (uint32_t page = 0; page < PAGES_MAX; page++) {
        struct mesh_device rows[PAGE_ROWS];
        struct mesh_devices_req request = {.first = count};
        struct mesh_devices_rep reply;
        struct ipc_extra extra = {.reply_tail = rows, .reply_tail_max = sizeof rows};
        if (mesh_devices(nexus->mesh, &request, &reply, &extra) < 0) {
            return (int32_t)count;
        }
        uint32_t held = (uint32_t)min_u64(reply.count, extra.reply_tail_size / sizeof rows[0]);
        for (uint32_t i = 0; i < held && count < DEVICES_MAX; i++) {
            device_read(&rows[i], &out_devices[count++]);
        }
        if (held == 0 || count >= reply.total || count == DEVICES_MAX) {
            break;
        }
    }
    return (int32_t)count;
}

void devices_pairing(struct nexus *nexus, struct pairing *out_pairing)
{
    struct mesh_pairing_req request = {0};
    struct mesh_pairing_rep reply;
    *out_pairing = (struct pairing){.phase = PAIRING_IDLE};
    if (mesh_pairing(nexus->mesh, &request, &reply, NULL) < 0 ||
        reply.phase > MESH_PAIRING_FAILED) {
        return;
    }
    out_pairing->phase = (enum pairing_phase)reply.phase;
    out_pairing->reason = reply.reason;
    memcpy(out_pairing->name, reply.name, sizeof out_pairing->name - 1);
    if (strnlen(reply.code, sizeof reply.code) == 6) {
        // Two groups of three are easier to compare.
        memcpy(out_pairing->code, reply.code, 3);
        out_pairing->code[3] = ' ';
        memcpy(out_pairing->code + 4, reply.code + 3, 3);
    }
}

status_t devices_pair(struct nexus *nexus, const struct device *device)
{
    struct mesh_pair_req request;
    memcpy(request.id, device->address, sizeof request.id);
    struct mesh_pair_rep reply;
    return mesh_pair(nexus->mesh, &request, &reply, NULL);
}

status_t devices_listen(struct nexus *nexus, bool open)
{
    struct mesh_listen_req request = {.open = open};
    struct mesh_listen_rep reply;
    return mesh_listen(nexus->mesh, &request, &reply, NULL);
}

status_t devices_confirm(struct nexus *nexus, bool same)
{
    struct mesh_confirm_req request = {.same = same};
    struct mesh_confirm_rep reply;
    return mesh_confirm(nexus->mesh, &request, &reply, NULL);
}

status_t devices_rename(struct nexus *nexus, const struct device *device, const char *name)
{
    struct mesh_rename_req request = {0};
    memcpy(request.id, device->address, sizeof request.id);
    memcpy(request.name, name, strnlen(name, sizeof request.name - 1));
    struct mesh_rename_rep reply;
    return mesh_rename(nexus->mesh, &request, &reply, NULL);
}

status_t devices_remove(struct nexus *nexus, const struct device *device)
{
    struct mesh_remove_req request;
    memcpy(request.id, device->address, sizeof request.id);
    struct mesh_remove_rep reply;
    return mesh_remove(nexus->mesh, &request, &reply, NULL);
}
