// SPDX-License-Identifier: Apache-2.0
// The person's devices: near, paired, and pairing by comparing a code. Only system apps are granted
// this.
#pragma once

#include "nexus/app.h"

enum { DEVICES_MAX = 32 };

struct device {
    uint64_t id; // names it in the other calls and in Item(.id)
    char name[32], form[16];
    char address[64]; // its public name (peer id)
    bool is_self, is_member, is_near, is_linked;
};

enum pairing_phase {
    PAIRING_IDLE,
    PAIRING_CONNECTING,
    PAIRING_COMPARE,
    PAIRING_WAITING,
    PAIRING_DONE,
    PAIRING_FAILED
};

struct pairing {
    enum pairing_phase phase;
    char name[32];   // of the other device
    char code[12];   // "482 913" while comparing and waiting
    status_t reason; // when failed
};

// All devices known, this one first; returns how many (at most DEVICES_MAX), 0 while the service is
// away.
int32_t devices_list(struct nexus *nexus, struct device out_devices[DEVICES_MAX]);
void devices_pairing(struct nexus *nexus, struct pairing *out_pairing);
// Starts pairing with a device nearby. ERR_BAD_STATE another pairing is under way, ERR_NOT_FOUND,
// ERR_EXISTS.
status_t devices_pair(struct nexus *nexus, const struct device *device);
// The list stands open before the person, or no longer: only then are offers of pairing taken.
status_t devices_listen(struct nexus *nexus, bool open);
// The person's word on the code. ERR_BAD_STATE.
status_t devices_confirm(struct nexus *nexus, bool same);
// Names a device everywhere. ERR_INVALID empty, ERR_NOT_FOUND.
status_t devices_rename(struct nexus *nexus, const struct device *device, const char *name);
// Removes a member from the circle. ERR_NOT_FOUND, ERR_INVALID this device.
status_t devices_remove(struct nexus *nexus, const struct device *device);
