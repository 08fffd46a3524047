// SPDX-License-Identifier: Apache-2.0
// The input devices: a ring of events from their driver becomes strokes and pointer events.
#pragma once

#include "service.h"

#include "ring/ring.h"

struct input {
    struct stage_service *service;
    handle_t driver;
    void *ring_bytes;
    struct ring ring;
    uint64_t event_bits;
    // The pointer as assembled from single axes, given on at each synchronisation.
    int32_t x, y, wheel;
    bool down, changed;
    struct ipc_timer tick; // momentum
    // Events wait in the ring until what they are meant for is shown, at most this long.
    bool settled; // the apps are back where the person was
    uint64_t settle_by_ns;
    struct task *owing; // the app in front when keys began to wait for its answer, or NULL
    uint64_t answer_by_ns;
    struct ipc_timer settle;
};

// Attaches; the driver may be away and come back. ERR_* of the driver.
status_t input_init(struct input *input, struct stage_service *service, handle_t driver);
