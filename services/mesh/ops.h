// SPDX-License-Identifier: Apache-2.0
// The methods of abi/ipc/mesh.h over the node. Watching is what opens the door: while a client
// watches, other devices may start pairing with this one.
#pragma once

#include "node.h"

#include "ipc/server.h"

enum { MESH_WATCHERS_MAX = 8 };

struct mesh_watcher {
    uint64_t badge; // 0: free
    handle_t signal;
    uint64_t bits;
};

struct mesh {
    struct ipc_server server;
    struct ipc_timer timer; // the node's next deadline
    struct node *node;
    bool is_ready; // the node is initialised
    struct mesh_watcher watchers[MESH_WATCHERS_MAX];
    uint64_t listener_badge; // who has the list of devices open, 0: nobody
};

// Serves `mesh` (zeroed but for `node`) on the given endpoint and signal, HANDLE_NONE for the start
// block's. Until `is_ready` every method answers ERR_AGAIN. It must stay in place.
void mesh_serve(struct mesh *mesh, handle_t endpoint, handle_t signal);
// The node was initialised: who already watches counts from now on.
void mesh_ready(struct mesh *mesh);
// The node has something new to tell those who watch.
void mesh_changed(struct mesh *mesh);
// Arms the timer for the node's next deadline.
void mesh_arm(struct mesh *mesh);
