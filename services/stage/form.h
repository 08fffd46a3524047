// SPDX-License-Identifier: Apache-2.0
// What the stage knows of the device it runs on: facts, not branches. A form comes from the plan;
// size, scale and a keyboard that was used change while running. Lengths in the interface are dp;
// only here do they become pixels.
#pragma once

#include "abi/errors.h"
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

// How much may be shown while moving; all 0: the form never moves with its driver.
struct form_limits {
    uint32_t items, chars;
};

struct form {
    char name[24];
    uint32_t inputs, outputs;    // enum form_input, form_output bits
    int32_t width_px, height_px; // of the display; 0 without one
    uint32_t scale_percent;      // device pixels per dp, 100 = 1
    int32_t target_dp;           // the least side of what is pressed
    bool round;                  // only the circle in the display is seen
    struct form_limits moving_limits;
    // What changes while it runs.
    uint32_t text_percent; // the person's text scale, 85 to 200
    bool dark;
    bool high_contrast;
    bool right_to_left;
    bool reduced_motion;
    bool moving; // with its driver: only where it has limits for that
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
// Whether it moves with its driver now, and so shows little.
bool form_is_moving(const struct form *form);
// A state by its name in abi/ipc/stage.h. ERR_NOT_FOUND, ERR_INVALID, ERR_UNSUPPORTED (moving, of a
// form that never does); nothing is changed then.
status_t form_state_set(struct form *form, const char *name, uint32_t value);
// What the plan says of a form; what it says nothing of, or nonsense, is as on a desktop.
struct form form_of_plan(const struct plan_form *plan);
