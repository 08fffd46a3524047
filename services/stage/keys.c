// SPDX-License-Identifier: Apache-2.0
#include "keys.h"

#include "base/math.h"

#include <string.h>

// US layout: code, plain, shifted. Code values are those of Linux' input-event-codes.
static const struct {
    uint8_t code;
    char plain, shifted;
} layout[] = {
    {2, '1', '!'},  {3, '2', '@'},   {4, '3', '#'},  {5, '4', '$'},  {6, '5', '%'},
    {7, '6', '^'},  {8, '7', '&'},   {9, '8', '*'},  {10, '9', '('}, {11, '0', ')'},
    {12, '-', '_'}, {13, '=', '+'},  {16, 'q', 'Q'}, {17, 'w', 'W'}, {18, 'e', 'E'},
    {19, 'r', 'R'}, {20, 't', 'T'},  {21, 'y', 'Y'}, {22, 'u', 'U'}, {23, 'i', 'I'},
    {24, 'o', 'O'}, {25, 'p', 'P'},  {26, '[', '{'}, {27, ']', '}'}, {30, 'a', 'A'},
    {31, 's', 'S'}, {32, 'd', 'D'},  {33, 'f', 'F'}, {34, 'g', 'G'}, {35, 'h', 'H'},
    {36, 'j', 'J'}, {37, 'k', 'K'},  {38, 'l', 'L'}, {39, ';', ':'}, {40, '\'', '"'},
    {41, '`', '~'}, {43, '\\', '|'}, {44, 'z', 'Z'}, {45, 'x', 'X'}, {46, 'c', 'C'},
    {47, 'v', 'V'}, {48, 'b', 'B'},  {49, 'n', 'N'}, {50, 'm', 'M'}, {51, ',', '<'},
    {52, '.', '>'}, {53, '/', '?'},  {57, ' ', ' '}, {71, '7', '7'}, {72, '8', '8'},
    {73, '9', '9'}, {74, '-', '-'},  {75, '4', '4'}, {76, '5', '5'}, {77, '6', '6'},
    {78, '+', '+'}, {79, '1', '1'},  {80, '2', '2'}, {81, '3', '3'}, {82, '0', '0'},
    {83, '.', '.'}, {55, '*', '*'},  {98, '/', '/'}, {86, '<', '>'},
};

static const struct {
    uint16_t code;
    uint8_t bit, modifier;
} modifiers[] = {
    {KEY_CODE_LEFT_SHIFT, 1, KEY_SHIFT}, {KEY_CODE_RIGHT_SHIFT, 2, KEY_SHIFT},
    {KEY_CODE_LEFT_CTRL, 4, KEY_CTRL},   {KEY_CODE_RIGHT_CTRL, 8, KEY_CTRL},
    {KEY_CODE_LEFT_ALT, 16, KEY_ALT},    {KEY_CODE_RIGHT_ALT, 32, KEY_ALT},
    {KEY_CODE_LEFT_META, 64, KEY_META},  {KEY_CODE_RIGHT_META, 128, KEY_META},
};

static const struct {
    const char *name;
    uint16_t code;
} names[] = {
    {"Esc", KEY_CODE_ESCAPE},     {"Escape", KEY_CODE_ESCAPE},
    {"Enter", KEY_CODE_ENTER},    {"Tab", KEY_CODE_TAB},
    {"Space", KEY_CODE_SPACE},    {"Backspace", KEY_CODE_BACKSPACE},
    {"Del", KEY_CODE_DELETE},     {"Delete", KEY_CODE_DELETE},
    {"Home", KEY_CODE_HOME},      {"End", KEY_CODE_END},
    {"Up", KEY_CODE_UP},          {"Down", KEY_CODE_DOWN},
    {"Left", KEY_CODE_LEFT},      {"Right", KEY_CODE_RIGHT},
    {"PageUp", KEY_CODE_PAGE_UP}, {"PageDown", KEY_CODE_PAGE_DOWN},
    {"Back", KEY_CODE_BACK},
};

// True when `code` was a modifier, now held or let go.
static bool modifier_feed(struct keys *keys, uint16_t code, int32_t value)
{
    for (size_t i = 0; i < ARRAY_COUNT(modifiers); i++) {
        if (modifiers[i].code == code) {
            keys->held =
                (uint8_t)(value ? keys->held | modifiers[i].bit : keys->held & ~modifiers[i].bit);
            return true;
        }
    }
    return false;
}

static char text_of(uint16_t code, bool shift, bool caps)
{
    for (size_t i = 0; i < ARRAY_COUNT(layout); i++) {
        if (layout[i].code == code) {
            bool letter = layout[i].plain >= 'a' && layout[i].plain <= 'z';
            return shift != (letter && caps) ? layout[i].shifted : layout[i].plain;
        }
    }
    return 0;
}

bool keys_feed(struct keys *keys, uint16_t code, int32_t value, struct stroke *out_stroke)
{
    if (code > KEY_CODE_MAX || value < 0 || value > 2 || modifier_feed(keys, code, value)) {
        return false;
    }
    if (value == 0) {
        return false;
    }
    if (code == KEY_CODE_CAPS_LOCK) {
        keys->caps = value == 1 ? !keys->caps : keys->caps;
        return false;
    }
    uint8_t held = 0;
    for (size_t i = 0; i < ARRAY_COUNT(modifiers); i++) {
        held |= keys->held & modifiers[i].bit ? modifiers[i].modifier : 0;
    }
    bool types = (held & (KEY_CTRL | KEY_ALT | KEY_META)) == 0;
    *out_stroke = (struct stroke){.code = code == KEY_CODE_KEYPAD_ENTER ? KEY_CODE_ENTER : code,
                                  .modifiers = held,
                                  .text = types ? text_of(code, held & KEY_SHIFT, keys->caps) : 0,
                                  .repeat = value == 2};
    return true;
}

bool keys_stroke_for(char text, struct stroke *out_stroke)
{
    if (text == '\n') {
        *out_stroke = (struct stroke){.code = KEY_CODE_ENTER};
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(layout); i++) {
        if (layout[i].plain == text || layout[i].shifted == text) {
            uint8_t shift = layout[i].plain == text ? 0 : KEY_SHIFT;
            *out_stroke = (struct stroke){.code = layout[i].code, .modifiers = shift, .text = text};
            return true;
        }
    }
    return false;
}

static bool span_is(struct span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.bytes, text, span.size) == 0;
}

uint16_t keys_code(struct span name)
{
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (span_is(name, names[i].name)) {
            return names[i].code;
        }
    }
    for (size_t i = 0; name.size == 1 && i < ARRAY_COUNT(layout); i++) {
        char wanted = (char)name.bytes[0];
        wanted = wanted >= 'A' && wanted <= 'Z' ? (char)(wanted + 32) : wanted;
        if (layout[i].plain == wanted) {
            return layout[i].code;
        }
    }
    return 0;
}

bool keys_parse(struct span name, struct stroke *out_stroke)
{
    static const struct {
        const char *name;
        uint8_t modifier;
    } prefixes[] = {
        {"Ctrl+", KEY_CTRL}, {"Shift+", KEY_SHIFT}, {"Alt+", KEY_ALT}, {"Meta+", KEY_META}};
    uint8_t modifiers_named = 0;
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        size_t size = strlen(prefixes[i].name);
        if (name.size > size && memcmp(name.bytes, prefixes[i].name, size) == 0) {
            modifiers_named |= prefixes[i].modifier;
            name = (struct span){name.bytes + size, name.size - size};
        }
    }
    uint16_t code = name.size > 0 ? keys_code(name) : 0;
    *out_stroke = (struct stroke){.code = code, .modifiers = modifiers_named};
    return code != 0;
}

bool keys_match(const struct stroke *stroke, struct span shortcut)
{
    struct stroke wanted;
    return keys_parse(shortcut, &wanted) && wanted.code == stroke->code &&
           wanted.modifiers == stroke->modifiers;
}
