// SPDX-License-Identifier: Apache-2.0
// Where the keyboard goes: the boxes that take focus, in their order, which is reading order. While
// a question is open only what belongs to it.
#pragma once

#include "box.h"

// The box `step` (1 or -1) after the one named, round the ends; the first when it names none. NULL
// when none takes focus.
const struct box *focus_step(const struct boxes *boxes, struct box_id from, int step);
// The nearest box of the same role above or below (`down`), or NULL: what arrows do in a list.
const struct box *focus_vertical(const struct boxes *boxes, struct box_id from, bool down);
// The first box with that role that takes focus, or NULL.
const struct box *focus_first(const struct boxes *boxes, uint8_t role);
// True when the box named is there and takes focus.
bool focus_holds(const struct boxes *boxes, struct box_id id);
