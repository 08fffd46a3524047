// SPDX-License-Identifier: Apache-2.0
// A device in one process: the real stage service and the real apps over the host transport, with
// documents and mesh in memory. The preview shows it, tests walk through it.
#pragma once

#include "fake_docs.h"
#include "fake_mesh.h"

#include "devices.h"
#include "notes.h"
#include "service.h"

struct world {
    struct stage_service service;
    struct fake_docs docs;
    struct fake_mesh mesh;
    struct nexus notes_nexus, devices_nexus;
    struct notes notes;
    struct devices devices;
    struct app notes_app, devices_app;
    struct app_process *notes_process, *devices_process;
    handle_t stage_endpoint, stage_signal;
    struct text *text;
    struct form form;
    uint32_t *pixels;
};

struct world_options {
    const char *form; // of forms/*.toml; NULL: phone
    bool terminal;    // shown as text all the same
    bool dark, high_contrast, right_to_left, moving;
    uint32_t text_percent;   // 0: the form's own
    int notes;               // sample notes, at most ten
    struct span font, icons; // borrowed
};

// False when there is no form of that name.
bool world_has_form(const char *name);

void world_init(struct world *world, const struct world_options *options);
void world_finish(struct world *world);
// Runs everything until nothing is left to do.
void world_settle(struct world *world);
// The box with that name, or NULL.
const struct box *world_find(struct world *world, const char *name);
// Presses it; false when there is none.
bool world_tap(struct world *world, const char *name);
void world_type(struct world *world, const char *text);
// "Ctrl+N", "Enter", …; false when there is no such key.
bool world_key(struct world *world, const char *name);
// Paints what changed into world->pixels.
struct damage world_frame(struct world *world);
// The stage dies and comes back, as init would do it; apps notice by themselves.
void world_restart_stage(struct world *world);
