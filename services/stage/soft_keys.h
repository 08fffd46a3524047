// SPDX-License-Identifier: Apache-2.0
// The keys of the on-screen keyboard as a table: letters, shifted letters, symbols. Places are in
// units, SOFT_UNITS to a row, so that presenting needs no arithmetic of its own.
#pragma once

#include "present.h"

enum { SOFT_ROWS = 4, SOFT_UNITS = 40 };
enum soft_action {
    SOFT_TEXT,
    SOFT_SHIFT,
    SOFT_BACKSPACE,
    SOFT_SYMBOLS,
    SOFT_SPACE,
    SOFT_ENTER,
    SOFT_HIDE
};

struct soft_key {
    uint8_t action; // enum soft_action
    uint8_t row, start, span;
    char text; // for SOFT_TEXT and SOFT_SPACE
    char label[8];
};

// The key with that index on the page now shown; false past the last.
bool soft_key_at(const struct soft_keyboard *keyboard, uint32_t index, struct soft_key *out_key);
