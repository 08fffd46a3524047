// SPDX-License-Identifier: Apache-2.0
// From key codes (those of the Linux input event interface) to what they mean: modifiers, and text
// of the US layout. The layout is a table; others are added beside it.
#pragma once

#include "base/codec.h"

// Codes that the stage acts on.
enum {
    KEY_CODE_ESCAPE = 1,
    KEY_CODE_BACKSPACE = 14,
    KEY_CODE_TAB = 15,
    KEY_CODE_ENTER = 28,
    KEY_CODE_LEFT_CTRL = 29,
    KEY_CODE_A = 30,
    KEY_CODE_LEFT_SHIFT = 42,
    KEY_CODE_X = 45,
    KEY_CODE_C = 46,
    KEY_CODE_V = 47,
    KEY_CODE_RIGHT_SHIFT = 54,
    KEY_CODE_LEFT_ALT = 56,
    KEY_CODE_SPACE = 57,
    KEY_CODE_CAPS_LOCK = 58,
    KEY_CODE_KEYPAD_ENTER = 96,
    KEY_CODE_RIGHT_CTRL = 97,
    KEY_CODE_RIGHT_ALT = 100,
    KEY_CODE_HOME = 102,
    KEY_CODE_UP = 103,
    KEY_CODE_PAGE_UP = 104,
    KEY_CODE_LEFT = 105,
    KEY_CODE_RIGHT = 106,
    KEY_CODE_END = 107,
    KEY_CODE_DOWN = 108,
    KEY_CODE_PAGE_DOWN = 109,
    KEY_CODE_DELETE = 111,
    KEY_CODE_LEFT_META = 125,
    KEY_CODE_RIGHT_META = 126,
    KEY_CODE_BACK = 158,
    KEY_CODE_MAX = 255
};

enum { KEY_SHIFT = 1, KEY_CTRL = 2, KEY_ALT = 4, KEY_META = 8 };

// Held modifiers; all zero at the start.
struct keys {
    uint8_t held; // one bit per physical modifier key
    bool caps;
};

struct stroke {
    uint16_t code;
    uint8_t modifiers; // KEY_SHIFT …
    char text;         // what it types, 0: nothing (always 0 with Ctrl, Alt or Meta)
    bool repeat;
};

// Takes one key event (value 0 up, 1 down, 2 repeat); true and a stroke when it is a press of
// something else than a modifier.
bool keys_feed(struct keys *keys, uint16_t code, int32_t value, struct stroke *out_stroke);
// The stroke that types `text` on this layout (for injected text); false when no key does.
bool keys_stroke_for(char text, struct stroke *out_stroke);
// True when `stroke` is what a shortcut such as "Ctrl+N", "Del" or "Ctrl+Shift+F" asks for.
bool keys_match(const struct stroke *stroke, struct span shortcut);
// The code of a key by name ("Enter", "Esc", "Del", "Tab", "Up", "PageDown", "N", "7"); 0 when
// unknown.
uint16_t keys_code(struct span name);
// The stroke a name such as "Ctrl+Shift+End" stands for; false when there is no such key.
bool keys_parse(struct span name, struct stroke *out_stroke);
