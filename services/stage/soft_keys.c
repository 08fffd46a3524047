// SPDX-License-Identifier: Apache-2.0
#include "soft_keys.h"

#include <string.h>

static const char *const letters[3] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
static const char *const symbols[3] = {"1234567890", "@#$_&-+()", "*\"':;!?"};

// Keys of the last row: hide, page, comma, space, full stop, enter.
static const struct soft_key last_row[] = {
    {SOFT_SYMBOLS, 3, 0, 6, 0, "?123"}, {SOFT_HIDE, 3, 6, 4, 0, "Hide"},
    {SOFT_TEXT, 3, 10, 4, ',', ","},    {SOFT_SPACE, 3, 14, 16, ' ', "space"},
    {SOFT_TEXT, 3, 30, 4, '.', "."},    {SOFT_ENTER, 3, 34, 6, '\n', "Enter"},
};

static void text_key(struct soft_key *key, char text, uint8_t row, uint8_t start, bool shift)
{
    bool letter = text >= 'a' && text <= 'z';
    *key = (struct soft_key){.action = SOFT_TEXT, .row = row, .start = start, .span = 4};
    key->text = letter && shift ? (char)(text - 32) : text;
    key->label[0] = key->text;
}

bool soft_key_at(const struct soft_keyboard *keyboard, uint32_t index, struct soft_key *out_key)
{
    const char *const *rows = keyboard->symbols ? symbols : letters;
    static const uint8_t starts[3] = {0, 2, 6};
    for (uint8_t row = 0; row < 3; row++) {
        uint32_t count = (uint32_t)strlen(rows[row]);
        if (index < count) {
            text_key(out_key, rows[row][index], row, (uint8_t)(starts[row] + 4 * index),
                     keyboard->shift);
            return true;
        }
        index -= count;
    }
    if (index == 0) {
        *out_key = (struct soft_key){SOFT_SHIFT, 2, 0, 6, 0, "Shift"};
        return true;
    }
    if (index == 1) {
        *out_key = (struct soft_key){SOFT_BACKSPACE, 2, 34, 6, 0, "Delete"};
        return true;
    }
    index -= 2;
    if (index >= sizeof last_row / sizeof last_row[0]) {
        return false;
    }
    *out_key = last_row[index];
    if (out_key->action == SOFT_SYMBOLS && keyboard->symbols) {
        memcpy(out_key->label, "abc", 4);
    }
    return true;
}
