// SPDX-License-Identifier: Apache-2.0
#include "theme.h"

#include "base/math.h"

// Light, dark, and both with high contrast.
static const uint32_t colors[COLOR_COUNT][4] = {
    [COLOR_BG] = {0xF6F7F9, 0x111316, 0xFFFFFF, 0x000000},
    [COLOR_SURFACE] = {0xFFFFFF, 0x1A1C20, 0xFFFFFF, 0x000000},
    [COLOR_SURFACE2] = {0xECEEF2, 0x24272C, 0xF2F2F2, 0x161616},
    [COLOR_SURFACE3] = {0xE1E4EA, 0x2F3339, 0xE0E0E0, 0x2A2A2A},
    [COLOR_ON] = {0x1A1C1F, 0xE6E8EB, 0x000000, 0xFFFFFF},
    [COLOR_MUTED] = {0x54585F, 0xA9AEB6, 0x2E2E2E, 0xDADADA},
    [COLOR_ACCENT] = {0x2F5FD0, 0xA9C2FF, 0x0A2F8F, 0xC9D8FF},
    [COLOR_ON_ACCENT] = {0xFFFFFF, 0x0B2459, 0xFFFFFF, 0x000000},
    [COLOR_SELECTED] = {0xDCE5FB, 0x2A3A63, 0x0A2F8F, 0xC9D8FF},
    [COLOR_ON_SELECTED] = {0x0F2B6B, 0xD9E3FF, 0xFFFFFF, 0x000000},
    [COLOR_DANGER] = {0xB3261E, 0xFFB4AB, 0x8C0009, 0xFFC9C2},
    [COLOR_ON_DANGER] = {0xFFFFFF, 0x5C0A05, 0xFFFFFF, 0x000000},
    [COLOR_WARN] = {0x8A5A00, 0xF2C46D, 0x5A3A00, 0xFFDF9E},
    [COLOR_ON_WARN] = {0xFFFFFF, 0x3F2A00, 0xFFFFFF, 0x000000},
    [COLOR_OK] = {0x1B6E3C, 0x8FD6A5, 0x00401F, 0xB5F5C8},
    [COLOR_ON_OK] = {0xFFFFFF, 0x00391A, 0xFFFFFF, 0x000000},
    [COLOR_OUTLINE] = {0x7B818B, 0x7D838C, 0x4A4A4A, 0xB8B8B8},
    [COLOR_FOCUS] = {0x1747B8, 0xC4D4FF, 0x000000, 0xFFFFFF},
};

static const struct {
    int32_t size, line;
    enum text_weight weight;
} types[TYPE_COUNT] = {
    [TYPE_CAPTION] = {12, 16, TEXT_REGULAR},   [TYPE_SECONDARY] = {14, 20, TEXT_REGULAR},
    [TYPE_LABEL] = {14, 20, TEXT_SEMIBOLD},    [TYPE_BODY] = {16, 24, TEXT_REGULAR},
    [TYPE_STRONG] = {16, 24, TEXT_SEMIBOLD},   [TYPE_TITLE] = {22, 28, TEXT_SEMIBOLD},
    [TYPE_HEADLINE] = {28, 36, TEXT_SEMIBOLD}, [TYPE_DISPLAY] = {36, 44, TEXT_SEMIBOLD},
    [TYPE_GLANCE] = {32, 40, TEXT_SEMIBOLD},   [TYPE_GLANCE_LINE] = {24, 32, TEXT_REGULAR},
};

uint32_t theme_color(const struct form *form, enum color color)
{
    return PAINT_OPAQUE | colors[color][form->dark + 2 * form->high_contrast];
}

struct text_style theme_style(const struct form *form, enum type type)
{
    int64_t size = (int64_t)types[type].size * 64 * form->scale_percent * form->text_percent;
    return (struct text_style){types[type].weight, (int32_t)((size + 5000) / 10000)};
}

int32_t theme_line_px(const struct form *form, enum type type)
{
    return form_text_px(form, types[type].line);
}

// x to the power 2.4, for 0 ≤ x ≤ 1, in double: the sRGB transfer curve. x^2.4 = x² · (x²)^(1/5),
// the fifth root by Newton.
static double curve(double x)
{
    double square = x * x, root = 0.5;
    for (int i = 0; i < 40 && square > 0; i++) {
        double fourth = root * root * root * root;
        root -= (root * fourth - square) / (5 * fourth);
    }
    return square > 0 ? square * root : 0;
}

static double luminance(uint32_t color)
{
    static const double weight[3] = {0.0722, 0.7152, 0.2126};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double channel = (color >> (8 * i) & 255) / 255.0;
        sum +=
            weight[i] * (channel <= 0.03928 ? channel / 12.92 : curve((channel + 0.055) / 1.055));
    }
    return sum;
}

uint32_t theme_contrast(uint32_t a, uint32_t b)
{
    double first = luminance(a) + 0.05, second = luminance(b) + 0.05;
    return (uint32_t)(100 * (first > second ? first / second : second / first));
}
