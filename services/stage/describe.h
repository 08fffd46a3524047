// SPDX-License-Identifier: Apache-2.0
// The interface as text, one box with a role a line, indented by depth; for the console, for tests
// and for whoever reads instead of looking:
//
//     listitem "Groceries" selected focusable [236,96 360x52] description="Milk, rye bread"
//     textbox "Text" focused editable [620,76 960x780] value="Groceries\nMilk"
//
// Quotes, backslashes and line feeds inside strings are escaped. Coordinates are pixels; what lies
// outside its clip is marked `offscreen`.
#pragma once

#include "box.h"

#include "base/buffer.h"

enum { DESCRIBE_VALUE_MAX = 4096 }; // bytes of one value; longer ones end in "…"

// Appends the text to `out`.
void describe(const struct boxes *boxes, struct buffer *out);
