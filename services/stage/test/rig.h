// SPDX-License-Identifier: Apache-2.0
// A stage with a notes app and a tool on it, for tests: no IPC, real fonts. The app is the one of
// the specification's example, its model the struct below.
#pragma once

#include "stage.h"

#include "ui/ui.h"

enum {
    RIG_NEW = 1,
    RIG_OPEN,
    RIG_FIND,
    RIG_TRASH,
    RIG_NAME,
    RIG_TOGGLE,
    RIG_BACK,
    RIG_YES,
    RIG_SHARE
};

struct rig {
    struct stage *stage;
    struct text *text;
    struct task *task, *tool;
    struct ui *app, *tool_app;
    uint32_t *pixels;
    int64_t now_ns;
    // The app's model.
    int count, selected;
    uint64_t first_id;
    const char *note, *note_title;
    bool asks, searched;
    char search[64], name[64];
    struct ui_event last;
    uint32_t events;
};

// A phone (540×1170 at 1.5, touch) or a desktop (1600×900, pointer and keyboard) with `count`
// notes.
struct rig *rig_create(bool phone, int count);
void rig_destroy(struct rig *rig);
// Another stage in the place of one that died; the apps have opened their tasks, the tool first,
// and send their trees with rig_show.
void rig_restart(struct rig *rig);
void rig_show(struct rig *rig, bool tool);
// Runs the app until the stage has no more events for it.
void rig_settle(struct rig *rig);
// The box with that name and role (0: any role that is not none), or NULL.
const struct box *rig_find(struct rig *rig, const char *name, uint8_t role);
// Taps the middle of that box; false when there is none.
bool rig_tap(struct rig *rig, const char *name);
void rig_tap_at(struct rig *rig, int32_t x, int32_t y);
void rig_type(struct rig *rig, const char *text);
void rig_key(struct rig *rig, uint16_t code, uint8_t modifiers);
struct damage rig_frame(struct rig *rig);
// The text of the focused editor, NUL-terminated in a static buffer.
const char *rig_text(struct rig *rig);
