// SPDX-License-Identifier: Apache-2.0
// Words that the kernel, its callers and the image builder share.
#pragma once

#include "abi/errors.h"

#include <stdint.h>

// Names an entry of the calling process's handle table: slot in the low 16 bits, the slot's
// generation above, so that a stale value never names a newer object. 0 is never a handle.
typedef uint32_t handle_t;

// A point on the monotonic clock, nanoseconds since boot. Deadlines are points, not spans.
typedef uint64_t instant_ns_t;

#define HANDLE_NONE      ((handle_t)0)
#define DEADLINE_NEVER   UINT64_MAX
#define DEADLINE_NOW     ((uint64_t)0) // poll: never blocks
#define PAGE_SIZE        4096u
#define PAGE_SHIFT       12u
#define HANDLES_MAX      512u // per process
#define PRIORITY_COUNT   32u  // 0 lowest, 31 highest
#define PROCESS_NAME_MAX 24u  // bytes, NUL included

// What a handle lets its holder do. A handle handed on can only lose rights.
enum {
    RIGHT_READ = 1 << 0,      // memory: map readable; log: read; process: inspect
    RIGHT_WRITE = 1 << 1,     // memory: map writable; log: write
    RIGHT_EXECUTE = 1 << 2,   // memory: map executable (never together with a writable mapping)
    RIGHT_CALL = 1 << 3,      // endpoint: call
    RIGHT_RECEIVE = 1 << 4,   // endpoint: receive and reply
    RIGHT_RAISE = 1 << 5,     // signal: raise bits
    RIGHT_WAIT = 1 << 6,      // signal: wait for, bind
    RIGHT_MANAGE = 1 << 7,    // process, thread, interrupt, timer: control
    RIGHT_DUPLICATE = 1 << 8, // make another handle to the same object (with fewer rights, with a
                              // badge if none yet)
    RIGHT_TRANSFER = 1 << 9,  // send it in a message
    RIGHT_PHYSICAL =
        1 << 10, // machine: learn the physical address of a contiguous memory (the DMA bus only)
    RIGHT_ALL = 0x7ff,
    RIGHT_REVOCABLE = 1 << 11, // no right: it may be taken away (handle_revoke); never lost
};

enum object_kind {
    OBJECT_NONE = 0,
    OBJECT_PROCESS = 1,
    OBJECT_THREAD = 2,
    OBJECT_ENDPOINT = 3,
    OBJECT_SIGNAL = 4,
    OBJECT_MEMORY = 5,
    OBJECT_INTERRUPT = 6,
    OBJECT_TIMER = 7,
    OBJECT_REPLY = 8,    // answers one call, once
    OBJECT_LOG = 9,      // the kernel's log
    OBJECT_BUDGET = 11,  // what processes may take
    OBJECT_MACHINE = 10, // root authority: device memory, interrupts, power; init alone holds it
};
