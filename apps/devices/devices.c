// SPDX-License-Identifier: Apache-2.0
// Devices: which are near, which are one's own, pairing by comparing a code, names, removal.
#include "devices.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { OPEN = 1, PAIR, REMOVE, NAME, RENAME, SAME, DIFFERENT, CLOSE };

static const char *state_of(const struct device *device)
{
    return device->is_self     ? "This device"
           : device->is_linked ? "Yours, connected"
           : device->is_member ? (device->is_near ? "Yours, near" : "Yours, not in reach")
                               : "Nearby, not yours";
}

static const char *icon_of(const struct device *device)
{
    static const char *const icons[][2] = {{"phone", "smartphone"}, {"desktop", "desktop_windows"},
                                           {"tablet", "tablet"},    {"watch", "watch"},
                                           {"headless", "sensors"}, {"car", "directions_car"}};
    for (size_t i = 0; i < sizeof icons / sizeof icons[0]; i++) {
        if (strcmp(device->form, icons[i][0]) == 0) {
            return icons[i][1];
        }
    }
    return "devices";
}

static const struct device *device_find(const struct devices *devices, uint64_t id)
{
    for (int32_t i = 0; i < devices->count; i++) {
        if (devices->list[i].id == id) {
            return &devices->list[i];
        }
    }
    return NULL;
}

static void row(struct ui *u, int index, const void *ctx)
{
    const struct devices *devices = ctx;
    const struct device *device = &devices->list[index];
    Item(.id = device->id, .title = device->name, .subtitle = state_of(device),
         .icon = icon_of(device), .selected = device->id == devices->open);
}

static void detail(struct ui *u, const struct devices *devices, const struct device *device)
{
    Detail(.key = device->address, .title = device->name, .back = CLOSE)
    {
        if (!device->is_member && !device->is_self) {
            Status(.title = "Not one of your devices",
                   .subtitle = "Pairing makes it one: it then holds the same documents. Have it "
                               "beside you, to "
                               "compare a code on both screens.");
            Verb(.verb = PAIR, .title = "Pair", .icon = "link", .role = UI_PRIMARY,
                 .disabled = devices->pairing.phase == PAIRING_CONNECTING);
        } else {
            Field(.key = "name", .verb = NAME, .title = "Name", .value = device->name);
            Verb(.verb = RENAME, .title = "Rename", .icon = "edit", .role = UI_SECONDARY);
        }
        if (device->is_member && !device->is_self) {
            Verb(.verb = REMOVE, .title = "Remove", .icon = "delete", .role = UI_DESTRUCTIVE);
        }
        Group(.title = "Public name")
        {
            Text(.value = device->address);
        }
    }
}

static void question(struct ui *u, const struct pairing *pairing)
{
    char title[64];
    snprintf(title, sizeof title, "Is this the code on %s?", pairing->name);
    if (pairing->phase == PAIRING_COMPARE) {
        Ask(.key = "code", .title = title,
            .subtitle = "Confirm only if both screens show the same.", .value = pairing->code,
            .back = DIFFERENT)
        {
            Verb(.verb = SAME, .title = "It is the same", .role = UI_PRIMARY);
            Verb(.verb = DIFFERENT, .title = "Cancel", .role = UI_SECONDARY);
        }
    } else if (pairing->phase == PAIRING_WAITING) {
        Ask(.key = "code", .title = "Confirmed here",
            .subtitle = "Now confirm on the other device.", .value = pairing->code,
            .back = DIFFERENT)
        {
            Verb(.verb = DIFFERENT, .title = "Cancel", .role = UI_SECONDARY);
        }
    }
}

static void notices(struct ui *u, const struct devices *devices)
{
    const struct pairing *pairing = &devices->pairing;
    if (pairing->phase == PAIRING_CONNECTING) {
        Status(.key = "pairing", .title = "Connecting…", .subtitle = pairing->name, .icon = "sync",
               .busy = true);
    } else if (pairing->phase == PAIRING_DONE) {
        Status(.key = "pairing", .type = UI_STATUS_OK, .title = "Paired",
               .subtitle = pairing->name);
    } else if (pairing->phase == PAIRING_FAILED) {
        Status(.key = "pairing", .type = UI_STATUS_ERROR, .title = "Pairing failed",
               .subtitle = error_text(pairing->reason));
    }
    if (devices->trouble < 0) {
        Status(.key = "trouble", .type = UI_STATUS_ERROR, .title = "That did not work",
               .subtitle = error_text(devices->trouble));
    }
}

void devices_view(struct ui *u, const void *state)
{
    const struct devices *devices = state;
    const struct device *open = device_find(devices, devices->open);
    App(.title = "Devices", .icon = "devices", .role = UI_SECONDARY)
    {
        Section(.key = "devices", .title = "Devices", .icon = "devices", .current = true)
        {
            notices(u, devices);
            List(.key = "list", .open = OPEN, .count = devices->count, .row = row, .ctx = devices);
            Status(.key = "empty", .type = UI_STATUS_EMPTY, .title = "No devices",
                   .icon = "devices", .hint = "Devices on the same network appear here.");
            if (open != NULL) {
                detail(u, devices, open);
            }
            question(u, &devices->pairing);
        }
    }
}

static void refresh(struct devices *devices)
{
    devices->count = devices_list(devices->nexus, devices->list);
    devices_pairing(devices->nexus, &devices->pairing);
}

void devices_event(void *state, const struct ui_event *event)
{
    struct devices *devices = state;
    const struct device *open = device_find(devices, devices->open);
    bool turned = event->kind == UI_EVENT_SHOWN;
    devices->is_shown = turned ? event->first : devices->is_shown;
    if (turned || devices->reattached != devices->nexus->reattached) {
        devices->reattached = devices->nexus->reattached;
        devices_listen(devices->nexus, devices->is_shown);
    }
    devices->trouble = event->kind == UI_EVENT_VERB ? OK : devices->trouble;
    switch (event->verb) {
    case OPEN:
        devices->open = event->id;
        open = device_find(devices, event->id);
        snprintf(devices->name, sizeof devices->name, "%s", open != NULL ? open->name : "");
        break;
    case NAME:
        snprintf(devices->name, sizeof devices->name, "%.*s", (int)sizeof devices->name - 1,
                 event->text);
        break;
    case RENAME:
        devices->trouble =
            open != NULL ? devices_rename(devices->nexus, open, devices->name) : ERR_NOT_FOUND;
        break;
    case PAIR:
        devices->trouble = open != NULL ? devices_pair(devices->nexus, open) : ERR_NOT_FOUND;
        break;
    case REMOVE:
        devices->trouble = open != NULL ? devices_remove(devices->nexus, open) : ERR_NOT_FOUND;
        break;
    case SAME:
    case DIFFERENT:
        devices->trouble = devices_confirm(devices->nexus, event->verb == SAME);
        break;
    case CLOSE:
        devices->open = 0;
        break;
    default:
        break;
    }
    refresh(devices);
}

status_t devices_start(void *state, struct nexus *nexus)
{
    struct devices *devices = state;
    devices->nexus = nexus;
    refresh(devices);
    return OK;
}
