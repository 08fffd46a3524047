// SPDX-License-Identifier: Apache-2.0
#include "surroundings.h"

#include "clock.h"

#include "abi/ipc/mesh.h"
#include "abi/ipc/rtc.h"
#include "os/handle.h"
#include "os/start.h"
#include "os/time.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000u

enum { DEVICES_READ = 16 };

static uint64_t wall_ms(const struct surroundings *surroundings)
{
    return surroundings->has_clock
               ? (uint64_t)((int64_t)(os_clock() / OS_MILLISECOND) + surroundings->ahead_ms)
               : 0;
}

// This device's name, and who is linked: one name, or how many.
static void mesh_read(const struct surroundings *surroundings, struct strip *strip)
{
    struct mesh_device rows[DEVICES_READ];
    struct mesh_devices_req request = {0};
    struct mesh_devices_rep reply;
    struct ipc_extra extra = {.reply_tail = rows, .reply_tail_max = sizeof rows};
    if (surroundings->mesh == HANDLE_NONE ||
        mesh_devices(surroundings->mesh, &request, &reply, &extra) < 0) {
        return;
    }
    uint32_t linked = 0, count = extra.reply_tail_size / (uint32_t)sizeof rows[0];
    for (uint32_t i = 0; i < count && i < reply.count; i++) {
        rows[i].name[sizeof rows[i].name - 1] = 0;
        if (rows[i].flags & MESH_SELF) {
            snprintf(strip->device, sizeof strip->device, "%s", rows[i].name);
        } else if (rows[i].flags & MESH_LINKED) {
            linked++;
            snprintf(strip->link, sizeof strip->link, "Connected to %s", rows[i].name);
        }
    }
    if (linked > 1) {
        snprintf(strip->link, sizeof strip->link, "Connected to %u devices", (unsigned)linked);
    }
    strip->linked = linked > 0;
}

static void strip_update(struct surroundings *surroundings)
{
    struct stage *stage = surroundings->service->stage;
    struct strip strip;
    memset(&strip, 0, sizeof strip); // compared as bytes
    // Until the mesh says how a person calls it, the form's name with a capital.
    snprintf(strip.device, sizeof strip.device, "%s", stage->form.name);
    strip.device[0] -= strip.device[0] >= 'a' && strip.device[0] <= 'z' ? 'a' - 'A' : 0;
    snprintf(strip.link, sizeof strip.link, "Not connected");
    mesh_read(surroundings, &strip);
    if (surroundings->has_clock) {
        clock_time(wall_ms(surroundings), strip.time);
    }
    stage->scene.now_ms = wall_ms(surroundings);
    stage_strip_set(stage, &strip);
    stage_service_show(surroundings->service);
}

static void minute(void *self)
{
    struct surroundings *surroundings = self;
    strip_update(surroundings);
    uint64_t left = MINUTE_MS - wall_ms(surroundings) % MINUTE_MS;
    ipc_timer_start(&surroundings->service->server, &surroundings->minute,
                    os_deadline(left * OS_MILLISECOND));
}

static void clock_read(struct surroundings *surroundings)
{
    struct rtc_now_req request = {0};
    struct rtc_now_rep reply;
    if (surroundings->rtc != HANDLE_NONE &&
        rtc_now(surroundings->rtc, &request, &reply, NULL) == OK) {
        surroundings->ahead_ms =
            (int64_t)(reply.unix_ns / OS_MILLISECOND) - (int64_t)(reply.clock_ns / OS_MILLISECOND);
        surroundings->has_clock = true;
    }
}

static void mesh_changed(void *self, uint64_t bits)
{
    strip_update(self);
}

static void mesh_watch_again(void *self, uint64_t bits)
{
    struct surroundings *surroundings = self;
    struct ipc_extra extra = {.handle_count = 1};
    if (surroundings->mesh != HANDLE_NONE &&
        ipc_server_signal(&surroundings->service->server, surroundings->change_bits,
                          &extra.handles[0]) == OK) {
        struct mesh_watch_req request = {.change_bits = surroundings->change_bits};
        struct mesh_watch_rep reply;
        (void)mesh_watch(surroundings->mesh, &request, &reply, &extra);
        os_handle_close(extra.handles[0]);
    }
    strip_update(surroundings);
}

void surroundings_init(struct surroundings *surroundings, struct stage_service *service)
{
    *surroundings = (struct surroundings){
        .service = service, .rtc = os_handle("rtc"), .mesh = os_handle("mesh")};
    surroundings->minute = (struct ipc_timer){.run = minute, .self = surroundings};
    surroundings->change_bits = ipc_server_bit(&service->server, mesh_changed, surroundings);
    (void)ipc_server_on_restart(&service->server, "mesh", mesh_watch_again, surroundings);
    clock_read(surroundings);
    mesh_watch_again(surroundings, 0);
    if (surroundings->has_clock) {
        minute(surroundings);
    }
}
