// SPDX-License-Identifier: Apache-2.0
// The person's devices: who is near, who belongs to the circle, and pairing. Served by
// services/mesh to the Devices app.
#pragma once

#include "abi/ipc/interface.h"

#define MESH_ID_TEXT_MAX 64u // base58 peer id, NUL included
#define MESH_NAME_MAX    32u // UTF-8, NUL included
#define MESH_FORM_MAX    16u

enum mesh_device_flags {
    MESH_SELF = 1,   // this device
    MESH_MEMBER = 2, // belongs to the circle
    MESH_NEARBY = 4, // seen on the network now
    MESH_LINKED = 8, // a link is up
};

struct mesh_device {
    char id[MESH_ID_TEXT_MAX];
    char name[MESH_NAME_MAX];
    char form[MESH_FORM_MAX];
    uint32_t flags; // enum mesh_device_flags
    uint32_t reserved;
};
_Static_assert(sizeof(struct mesh_device) == 120, "no padding");

// Rows from `first` on, this device first, members next: struct mesh_device each in the reply's
// tail, as many as fit.
struct mesh_devices_req {
    uint32_t first;
    uint32_t reserved;
};
struct mesh_devices_rep {
    uint32_t total;
    uint32_t count;
};

// Takes the client's signal: raises `change_bits` when devices or the pairing state changed.
struct mesh_watch_req {
    uint64_t change_bits;
};
IPC_EMPTY(mesh_watch_rep)

enum mesh_pairing_phase {
    MESH_PAIRING_IDLE = 0,
    MESH_PAIRING_CONNECTING = 1, // dialing, commitments under way
    MESH_PAIRING_COMPARE = 2,    // `code` stands on both screens: confirm or refuse
    MESH_PAIRING_WAITING = 3,    // confirmed here, not yet there
    MESH_PAIRING_DONE = 4,       // the peer is now a member
    MESH_PAIRING_FAILED = 5,     // `reason` says why
};

IPC_EMPTY(mesh_pairing_req)
struct mesh_pairing_rep {
    uint32_t phase; // enum mesh_pairing_phase
    int32_t reason; // status_t when FAILED: CANCELLED refused, TIMEOUT, UNTRUSTED codes or
                    // commitments differ, …
    char id[MESH_ID_TEXT_MAX];
    char name[MESH_NAME_MAX];
    char code[8]; // six digits, NUL-terminated, in COMPARE and WAITING
};

// Starts pairing with a nearby device. ERR_BAD_STATE: another pairing is under way; ERR_NOT_FOUND;
// ERR_EXISTS a member.
struct mesh_pair_req {
    char id[MESH_ID_TEXT_MAX];
};
IPC_EMPTY(mesh_pair_rep)

// The person's word on the code shown here: 1 it is the same on both, 0 it is not (or cancel).
// ERR_BAD_STATE.
struct mesh_confirm_req {
    uint32_t same;
    uint32_t reserved;
};
IPC_EMPTY(mesh_confirm_rep)

// Names a device (member or this one) on all devices. ERR_NOT_FOUND, ERR_INVALID empty.
struct mesh_rename_req {
    char id[MESH_ID_TEXT_MAX];
    char name[MESH_NAME_MAX];
};
IPC_EMPTY(mesh_rename_rep)

// Removes a member from the circle, on all devices; its links end. ERR_NOT_FOUND, ERR_INVALID this
// device itself.
struct mesh_remove_req {
    char id[MESH_ID_TEXT_MAX];
};
IPC_EMPTY(mesh_remove_rep)

// The list of devices stands open before the person (1), or no longer (0, or when the caller ends):
// only then does this device look for others eagerly and take offers of pairing from strangers.
struct mesh_listen_req {
    uint32_t open;
    uint32_t reserved;
};
IPC_EMPTY(mesh_listen_rep)

#define MESH_METHODS(M)                                                                            \
    M(mesh, 1, devices, IPC_RETRY | IPC_REPLY_TAIL)                                                \
    M(mesh, 2, watch, IPC_TAKES(1))                                                                \
    M(mesh, 3, pairing, IPC_RETRY)                                                                 \
    M(mesh, 4, pair, 0)                                                                            \
    M(mesh, 5, confirm, 0)                                                                         \
    M(mesh, 6, rename, IPC_RETRY)                                                                  \
    M(mesh, 7, remove, IPC_RETRY)                                                                  \
    M(mesh, 8, listen, IPC_RETRY)
IPC_INTERFACE(mesh, MESH_METHODS)
