// SPDX-License-Identifier: Apache-2.0
// What the stage knows of the device it runs on: facts, not branches. A form comes from the plan;
// size, scale and a keyboard that was used change while running. Lengths in the interface are dp;
// only here do they become pixels.
#pragma once

#include "base/codec.h"

enum form_input {
    FORM_TOUCH = 1,
    FORM_POINTER = 2,
    FORM_KEYBOARD = 4,
    FORM_ROTARY = 8,
    FORM_SERIAL = 16
};
enum form_output { FORM_PIXELS = 1, FORM_TEXT = 2, FORM_SPEECH = 4 };

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
