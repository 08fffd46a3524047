// SPDX-License-Identifier: Apache-2.0
// Input devices (keyboards, tablets, touch screens, mice), served by their driver as one stream of
// events in a ring.
#pragma once

#include "abi/ipc/interface.h"

#define INPUT_RING_BYTES 16384u

// One record of the ring. Types and codes are those of the Linux input event interface (EV_SYN 0,
// EV_KEY 1, EV_REL 2, EV_ABS 3); absolute axes are scaled by the driver to 0…65535.
struct input_event {
    uint64_t time_ns;
    uint16_t device; // index of the device
    uint16_t type;
    uint16_t code;
    uint16_t reserved;
    int32_t value;
    uint32_t repeated; // 1: a client died with this event, which it may have acted on
};
_Static_assert(sizeof(struct input_event) == 24, "no padding");

// Takes [0] a memory of INPUT_RING_BYTES (ring initialised by the client), [1] the client's signal;
// raises `event_bits` when events were pushed. A full ring drops new events and counts them in
// `lost` of the next attach.
struct input_attach_req {
    uint64_t event_bits;
};
struct input_attach_rep {
    uint32_t keyboard_count, pointer_count; // devices of each kind
    uint64_t lost;
};

#define INPUT_METHODS(M) M(input, 1, attach, IPC_TAKES(2))
IPC_INTERFACE(input, INPUT_METHODS)
