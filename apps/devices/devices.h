// SPDX-License-Identifier: Apache-2.0
// The state of Devices and its three functions.
#pragma once

#include "nexus/devices.h"

struct devices {
    struct nexus *nexus;
    struct device list[DEVICES_MAX];
    int32_t count;
    struct pairing pairing;
    uint64_t open;    // id of the device shown, 0: none
    char name[32];    // as being typed
    status_t trouble; // of the last thing asked
    bool is_shown;
    uint64_t reattached; // of nexus, when the mesh was last told that the list is shown
};

status_t devices_start(void *state, struct nexus *nexus);
void devices_view(struct ui *u, const void *state);
void devices_event(void *state, const struct ui_event *event);
