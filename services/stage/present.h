// SPDX-License-Identifier: Apache-2.0
// Turns meanings into places: the tree of the task in front, the form and what a person is doing
// become one array of boxes. No state of its own and no painting; presenting again gives the same
// boxes. Scroll offsets are brought within bounds, and rows the tree lacks are asked for, as a side
// effect on the task.
#pragma once

#include "box.h"
#include "task.h"

enum { TASKS_MAX = 8 };

// What the device says about itself, in the strip at the top of a phone and at the foot of a
// drawer.
struct strip {
    char time[8];    // "09:41"
    char device[40]; // this device's name
    char link[64];   // "Connected to Desktop", "No devices near"
    bool linked;
};

struct soft_keyboard {
    bool shown, shift, symbols;
};

struct scene {
    const struct form *form;
    struct text *text;
    struct task *tasks[TASKS_MAX]; // in order of navigation
    uint32_t task_count, current;
    struct box_id focus, hover, pressed;
    bool show_focus; // a keyboard moves the focus: draw a ring
    struct strip strip;
    uint64_t now_ms; // wall clock, milliseconds since 1970 UTC; 0: not known
    struct soft_keyboard keyboard;
};

// Fills `boxes` for the scene. With no task it shows that nothing runs yet.
void present(struct boxes *boxes, struct scene *scene);
