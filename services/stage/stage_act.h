// SPDX-License-Identifier: Apache-2.0
// Between stage.c (state) and stage_act.c (what a person does). Internal.
#pragma once

#include "stage.h"

// Gives the focus to a part; a text under it gets the caret at its end unless it had the focus.
void stage_focus(struct stage *stage, struct box_id id);
// The text that has the focus, or NULL.
struct field *stage_focused_field(struct stage *stage);
// What pressing a box means.
void stage_activate(struct stage *stage, const struct box *box);
// A crown or knob was turned by so many notches: to what comes next (positive) or before.
void stage_turn(struct stage *stage, int32_t notches);
// The text with the focus changed: show its caret, tell the app unless a document carries it.
void stage_text_changed(struct stage *stage, struct field *field);
