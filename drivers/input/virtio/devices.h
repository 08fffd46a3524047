// SPDX-License-Identifier: Apache-2.0
// Every virtio input device (Virtio 1.1, section 5.8) as one stream of events: absolute axes scaled
// to 0…65535, events pushed to the client's ring as they come.
#pragma once

#include "bus/driver.h"
#include "ring/ring.h"

#include "abi/ipc/input.h"

#include <stdbool.h>

enum { DEVICES_MAX = 4 };

struct device_axis {
    int32_t minimum, maximum; // of ABS_X, ABS_Y
};

struct input_device {
    struct bus_driver driver;
    struct bus_region own; // event buffers
    struct device_axis axes[2];
    bool is_pointer, is_keyboard;
};

struct devices {
    struct input_device device[DEVICES_MAX];
    uint32_t count;
    struct ring ring; // the client's
    bool has_client;
    uint64_t lost; // events dropped because the ring was full
};

// Opens every input device there is; each raises one of the bits of queue_bits[i] on `signal`
// (borrowed).
status_t devices_open(struct devices *devices, handle_t bus, handle_t signal,
                      const uint64_t queue_bits[DEVICES_MAX]);

// Moves what a client had not taken when it died from its ring (its shared memory) to the next
// client's, so that a person may go on typing meanwhile; the event it died with once more only.
// What such a ring says is not trusted.
void devices_carry_over(void *from, struct ring *to);

// Pushes what arrived from those devices whose bits are raised. Returns true if the client must be
// woken. ERR_* when a device is gone.
status_t devices_collect(struct devices *devices, uint64_t bits, bool *out_wake);
