// SPDX-License-Identifier: Apache-2.0
// Colours and type as tokens, light and dark, each also with high contrast. test/theme_test.c
// computes every pair's contrast (WCAG 2: text at least 4.5, outlines and focus at least 3; with
// high contrast 7 and 4.5).
#pragma once

#include "form.h"

#include "text/text.h"

enum color {
    COLOR_BG,
    COLOR_SURFACE,
    COLOR_SURFACE2,
    COLOR_SURFACE3,
    COLOR_ON,
    COLOR_MUTED,
    COLOR_ACCENT,
    COLOR_ON_ACCENT,
    COLOR_SELECTED,
    COLOR_ON_SELECTED,
    COLOR_DANGER,
    COLOR_ON_DANGER,
    COLOR_WARN,
    COLOR_ON_WARN,
    COLOR_OK,
    COLOR_ON_OK,
    COLOR_OUTLINE,
    COLOR_FOCUS,
    COLOR_COUNT
};

// Sizes in dp, size/line.
enum type {
    TYPE_CAPTION,     // 12/16
    TYPE_SECONDARY,   // 14/20
    TYPE_LABEL,       // 14/20 semibold
    TYPE_BODY,        // 16/24
    TYPE_STRONG,      // 16/24 semibold
    TYPE_TITLE,       // 22/28 semibold
    TYPE_HEADLINE,    // 28/36 semibold
    TYPE_DISPLAY,     // 36/44 semibold
    TYPE_GLANCE,      // 32/40 semibold, for who drives
    TYPE_GLANCE_LINE, // 24/32
    TYPE_COUNT
};

// Opaque 0xFFRRGGBB, for a form that is dark or not, of high contrast or not.
uint32_t theme_color(const struct form *form, enum color color);
// The style of a type on a form, and its line height in pixels.
struct text_style theme_style(const struct form *form, enum type type);
int32_t theme_line_px(const struct form *form, enum type type);
// WCAG contrast ratio of two colours, in hundredths (450 = 4.5).
uint32_t theme_contrast(uint32_t a, uint32_t b);
