// SPDX-License-Identifier: Apache-2.0
// What the stage knows of the device it runs on: facts, not branches. A form comes from the plan;
// size, scale and a keyboard that was used change while running. Lengths in the interface are dp;
// only here do they become pixels.
#pragma once

#include "abi/plan.h"
#include "base/codec.h"

// The plan's bits under the stage's names.
enum form_input {
    FORM_TOUCH = PLAN_TOUCH,
    FORM_POINTER = PLAN_POINTER,
    FORM_KEYBOARD = PLAN_KEYBOARD,
    FORM_ROTARY = PLAN_ROTARY,
    FORM_SERIAL = PLAN_SERIAL
};
enum form_output { FORM_PIXELS = PLAN_PIXELS, FORM_TEXT = PLAN_TEXT, FORM_SPEECH = PLAN_SPEECH };

struct form {
    char name[24];
    uint32_t inputs, outputs;    // enum form_input, form_output bits
    int32_t width_px, height_px; // of the display; 0 without one
    uint32_t scale_percent;      // device pixels per dp, 100 = 1
    uint32_t text_percent;       // the person's text scale, 85 to 200
    bool dark;
    bool reduced_motion;
};

// Where the navigation is, and whether list and detail stand side by side. Decided once per size,
// before any layout.
enum navigation { NAVIGATION_BAR, NAVIGATION_RAIL, NAVIGATION_DRAWER };
struct fold {
    enum navigation navigation;
    bool two_panes;
    bool dense;            // rows for a pointer rather than a finger
    int32_t navigation_px; // width of rail or drawer, 0 for a bar
    int32_t list_px;       // width of the list pane
};

// Pixels of a length in dp, rounded.
int32_t form_px(const struct form *form, int32_t dp);
// Pixels of a length that follows the text scale as well (rows, line heights).
int32_t form_text_px(const struct form *form, int32_t dp);
struct fold form_fold(const struct form *form);
