// SPDX-License-Identifier: Apache-2.0
// What the stage says about the device around the apps: the time, the device's name, whom it is
// linked to. Read from the clock and the mesh when they change, never polled.
#pragma once

#include "service.h"

struct surroundings {
    struct stage_service *service;
    handle_t rtc, mesh; // HANDLE_NONE: not there
    uint64_t change_bits;
    int64_t ahead_ms; // wall clock minus monotonic clock
    bool has_clock;
    struct ipc_timer minute;
};

// Reads both and follows them. Neither need be there.
void surroundings_init(struct surroundings *surroundings, struct stage_service *service);
