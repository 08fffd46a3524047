// SPDX-License-Identifier: Apache-2.0
// An app's life: a task on the stage, differences out, events in, and connecting again when a
// service was restarted.
#include "nexus/app.h"

#include "abi/ipc/docs.h"
#include "abi/ipc/mesh.h"
#include "abi/ipc/stage.h"
#include "abi/plan.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/signal.h"
#include "os/start.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = STAGE_EVENTS_MAX / sizeof(struct ui_event), DIFFERENCE_LIMIT = 3200 };

static const uint64_t event_bit = 1ull << SYSTEM_BIT_OWN_FIRST;
static const uint64_t changed_bit = 1ull << (SYSTEM_BIT_OWN_FIRST + 1);
// What the stage needs of a document.
static const uint32_t document_rights = RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE;
static const uint64_t restart_bits = 0xffffffffull;

struct app_process {
    const struct app *app;
    struct nexus *nexus;
    struct ui *ui;
    handle_t task;
    struct ui_event events[EVENTS_MAX];
    uint32_t event_next, event_count;
    instant_ns_t deadline;
};

// A duplicate of the app's signal that a service may raise `bit` of.
static status_t signal_share(const struct nexus *nexus, uint64_t bit, handle_t *out_signal)
{
    return os_handle_duplicate(nexus->signal, RIGHT_RAISE | RIGHT_TRANSFER | RIGHT_DUPLICATE, bit,
                               out_signal);
}

static status_t task_open(struct app_process *process)
{
    struct stage_open_req request = {.event_bits = event_bit};
    size_t size = (size_t)min_u64(strlen(process->app->name), sizeof request.name - 1);
    memcpy(request.name, process->app->name, size);
    struct stage_open_rep reply;
    struct ipc_extra extra = {.handle_count = 1};
    status_t status = signal_share(process->nexus, event_bit, &extra.handles[0]);
    if (status < 0) {
        return status;
    }
    status = stage_open(process->nexus->stage, &request, &reply, &extra);
    if (status < 0) {
        os_handle_close(extra.handles[0]);
        return status;
    }
    os_handle_close(process->task);
    process->task = extra.reply_handles[0];
    process->event_next = process->event_count = 0;
    return extra.reply_handle_count == 1 ? OK : ERR_BAD_MESSAGE;
}

static bool is_lost(status_t status)
{
    return status == ERR_BAD_STATE || status == ERR_PEER_DIED || status == ERR_BAD_HANDLE;
}

static void handles_close(struct ipc_extra *extra)
{
    for (uint32_t i = 0; i < extra->handle_count; i++) {
        os_handle_close(extra->handles[i]);
    }
}

// The app keeps its document handles: duplicates travel.
static status_t difference_send(void *context, const struct ui_difference *difference)
{
    struct app_process *process = context;
    struct ipc_extra extra = {.tail = difference->bytes.bytes,
                              .tail_size = (uint32_t)difference->bytes.size};
    for (uint32_t i = 0; i < difference->document_count; i++) {
        status_t status = os_handle_duplicate((handle_t)difference->documents[i], document_rights,
                                              0, &extra.handles[i]);
        if (status < 0) {
            handles_close(&extra);
            return status;
        }
        extra.handle_count++;
    }
    struct stage_update_req request = {.last = !difference->more};
    struct stage_update_rep reply;
    status_t status = stage_update(process->task, &request, &reply, &extra);
    if (status < 0) {
        handles_close(&extra);
    }
    if (is_lost(status)) {
        // The stage was restarted: a new task, and everything again.
        status = task_open(process);
        return status == OK ? ERR_BAD_STATE : status;
    }
    return status;
}

static status_t events_fetch(struct app_process *process)
{
    struct stage_poll_req request = {0};
    struct stage_poll_rep reply;
    struct ipc_extra extra = {.reply_tail = process->events,
                              .reply_tail_max = sizeof process->events};
    status_t status = stage_poll(process->task, &request, &reply, &extra);
    if (status == OK) {
        uint32_t held = extra.reply_tail_size / (uint32_t)sizeof(struct ui_event);
        process->event_count = (uint32_t)min_u64(reply.count, held);
        process->event_next = 0;
    }
    return status;
}

static void watch(struct nexus *nexus)
{
    struct ipc_extra extra = {.handle_count = 1};
    if (nexus->docs != HANDLE_NONE && signal_share(nexus, changed_bit, &extra.handles[0]) == OK) {
        struct docs_watch_rep reply;
        struct docs_watch_req request = {.change_bits = changed_bit};
        if (docs_watch(nexus->docs, &request, &reply, &extra) < 0) {
            handles_close(&extra);
        }
    }
    extra = (struct ipc_extra){.handle_count = 1};
    if (nexus->mesh != HANDLE_NONE && signal_share(nexus, changed_bit, &extra.handles[0]) == OK) {
        struct mesh_watch_rep reply;
        struct mesh_watch_req request = {.change_bits = changed_bit};
        if (mesh_watch(nexus->mesh, &request, &reply, &extra) < 0) {
            handles_close(&extra);
        }
    }
}

// What raised bits mean: an event to hand to the app, or nothing (kind 0).
static status_t bits_read(struct app_process *process, uint64_t bits, struct ui_event *out_event)
{
    *out_event = (struct ui_event){0};
    if (bits & SYSTEM_BIT_STOP) {
        return ERR_CLOSED;
    }
    if (bits & restart_bits) {
        process->nexus->reattached++;
        watch(process->nexus);
        bits |= changed_bit;
    }
    if (bits & changed_bit) {
        process->nexus->generation++;
        out_event->kind = UI_EVENT_CHANGED;
    }
    return OK;
}

static status_t event_receive(void *context, struct ui_event *out_event)
{
    struct app_process *process = context;
    uint64_t mask = event_bit | changed_bit | restart_bits | SYSTEM_BIT_STOP;
    for (;;) {
        if (process->event_next < process->event_count) {
            *out_event = process->events[process->event_next++];
            return OK;
        }
        status_t status = events_fetch(process);
        if (is_lost(status)) {
            status = task_open(process);
            *out_event = (struct ui_event){.kind = UI_EVENT_RESEND};
            return status;
        }
        if (status == OK && process->event_count > 0) {
            continue;
        }
        uint64_t bits = 0;
        status = status == OK
                     ? os_signal_wait(process->nexus->signal, mask, process->deadline, &bits)
                     : status;
        status = status == OK ? bits_read(process, bits, out_event) : status;
        if (status < 0 || out_event->kind != 0) {
            return status;
        }
    }
}

status_t app_process_create(const struct app *app, struct nexus *nexus,
                            struct app_process **out_process)
{
    struct app_process *process = calloc(1, sizeof *process);
    if (process == NULL) {
        return ERR_NO_MEMORY;
    }
    process->app = app;
    process->nexus = nexus;
    nexus->changed = changed_bit;
    process->ui = ui_create(
        &(struct ui_transport){difference_send, event_receive, DIFFERENCE_LIMIT, process});
    status_t status = process->ui != NULL ? task_open(process) : ERR_NO_MEMORY;
    if (status == OK) {
        watch(nexus);
        status = app->start != NULL ? app->start(app->state, nexus) : OK;
    }
    if (status < 0) {
        app_process_destroy(process);
        return status;
    }
    *out_process = process;
    return OK;
}

void app_process_destroy(struct app_process *process)
{
    if (process != NULL) {
        ui_destroy(process->ui);
        os_handle_close(process->task);
        free(process);
    }
}

status_t app_process_step(struct app_process *process, instant_ns_t deadline)
{
    process->deadline = deadline;
    for (;;) {
        struct ui_event event;
        status_t status = ui_poll(process->ui, process->app->view, process->app->state, &event);
        if (status == ERR_TIMEOUT) {
            return OK;
        }
        if (status < 0) {
            return status;
        }
        if (event.kind == UI_EVENT_CLOSE) {
            return ERR_CLOSED;
        }
        process->app->event(process->app->state, &event);
    }
}

int app_run(const struct app *app)
{
    struct nexus nexus = {.stage = os_handle("stage"),
                          .docs = os_handle("docs"),
                          .mesh = os_handle("mesh"),
                          .signal = os_handle("system")};
    struct app_process *process = NULL;
    status_t status = app_process_create(app, &nexus, &process);
    if (status == OK) {
        status = app_process_step(process, DEADLINE_NEVER);
        app_process_destroy(process);
    }
    return status == ERR_CLOSED ? 0 : -status;
}
