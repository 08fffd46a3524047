// SPDX-License-Identifier: Apache-2.0
// A mesh for the preview and its tests: abi/ipc/mesh.h over a table of two devices, with a pairing
// that a person walks through.
#pragma once

#include "ipc/server.h"

#include "abi/ipc/mesh.h"

enum { FAKE_DEVICES = 3 };

struct fake_mesh {
    struct ipc_server server;
    struct mesh_device devices[FAKE_DEVICES];
    uint32_t count, phase;
    int32_t reason;
    uint32_t peer;     // being paired
    bool is_listening; // the app says that the list of devices is shown
    handle_t signal;
    uint64_t bits;
};

void fake_mesh_init(struct fake_mesh *mesh);
// The other device confirms (or refuses) the code.
void fake_mesh_peer_confirms(struct fake_mesh *mesh, bool same);
