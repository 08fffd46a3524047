// SPDX-License-Identifier: Apache-2.0
// The interface of a device. An app sends the differences of its tree and polls events; layout,
// text, paint, focus and input are the stage's. Bytes of differences and events:
// docs/protocols/interface-tree.md, lib/ui.
#pragma once

#include "abi/ipc/interface.h"

#define STAGE_DIFFERENCE_MAX (256u << 10) // bytes of one difference, over all its parts
#define STAGE_EVENTS_MAX     3900u

// Opens a task. Takes the app's signal, raised with `event_bits` when events wait; gives [0] the
// task handle. After the stage was restarted task handles answer ERR_BAD_STATE: open again and send
// the whole tree.
struct stage_open_req {
    uint64_t event_bits;
    char name[32]; // of the app, NUL-terminated; stable over restarts
};
IPC_EMPTY(stage_open_rep)

// On a task: one part of a difference in the tail, `last` 1 with the final part, which applies it
// whole or not at all. Takes the document handles that Text nodes of this part name by index.
// ERR_BAD_MESSAGE nothing changed, ERR_TOO_LARGE.
struct stage_update_req {
    uint32_t last;
    uint32_t reserved;
};
IPC_EMPTY(stage_update_rep)

// On a task: waiting events in the reply's tail, as many as fit; none is no error. Says that what
// was taken before is dealt with and shown; keys typed after a verb wait for that.
IPC_EMPTY(stage_poll_req)
struct stage_poll_rep {
    uint32_t count;
    uint32_t more; // 1: poll again
};

// What follows is for who attends the stage alone: a grant with this restriction. Others get
// ERR_DENIED, for no app may read or set what a person has before them.
#define STAGE_ATTENDANT 1u

// The whole interface as text, one node a line, from byte `offset`, in the reply's tail; for the
// console and tests. `generation` is the same over one consistent text.
struct stage_tree_req {
    uint32_t offset_bytes;
    uint32_t reserved;
};
struct stage_tree_rep {
    uint32_t total_bytes;
    uint32_t reserved;
    uint64_t generation;
};

// A state of the device changes: "dark", "contrast", "rtl" (from right to left), "still" (no
// motion on the screen), "moving" (with its driver), each 0 or 1; "text", 85 to 200 percent.
// ERR_NOT_FOUND: no such state. ERR_INVALID: not that value. ERR_UNSUPPORTED: this form never
// moves.
struct stage_state_req {
    char name[24]; // NUL-terminated
    uint32_t value;
    uint32_t reserved;
};
IPC_EMPTY(stage_state_rep)

#define STAGE_METHODS(M)                                                                           \
    M(stage, 1, open, IPC_TAKES(1) | IPC_GIVES(1))                                                 \
    M(stage, 2, update, IPC_TAIL | IPC_TAKES(4))                                                   \
    M(stage, 3, poll, IPC_REPLY_TAIL)                                                              \
    M(stage, 4, tree, IPC_REPLY_TAIL)                                                              \
    M(stage, 5, state, 0)
IPC_INTERFACE(stage, STAGE_METHODS)
