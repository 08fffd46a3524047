// SPDX-License-Identifier: Apache-2.0
// The on-screen keyboard: shown while a text has the focus and nobody used a real one. Keys are
// boxes like all others; what a key means is soft_key.
#include "present_parts.h"
#include "soft_keys.h"

#include "base/math.h"

enum { ROW_DP = 54, GAP_DP = 6, PAD_DP = 6 };

int32_t keyboard_height(const struct presenter *p)
{
    return SOFT_ROWS * px(p, ROW_DP) + 2 * px(p, PAD_DP);
}

static const char *icon_name(uint8_t action)
{
    switch (action) {
    case SOFT_SHIFT:
        return "keyboard_capslock";
    case SOFT_BACKSPACE:
        return "backspace";
    case SOFT_ENTER:
        return "keyboard_return";
    case SOFT_HIDE:
        return "keyboard_hide";
    default:
        return NULL;
    }
}

static void key_present(struct presenter *p, uint32_t index, const struct soft_key *key,
                        struct paint_rect rect)
{
    const char *icon = icon_name(key->action);
    bool quiet = key->action != SOFT_TEXT && key->action != SOFT_SPACE;
    bool lit = key->action == SOFT_ENTER || (key->action == SOFT_SHIFT && p->scene->keyboard.shift);
    uint32_t ink = color(p, lit ? COLOR_ON_ACCENT : COLOR_ON);
    struct span label = boxes_text(p->boxes, key->label);
    part_add(p, &(struct box){.rect = rect,
                              .id = {.part = PART_KEY, .index = (uint16_t)index},
                              .role = ROLE_KEY,
                              .takes_press = true,
                              .fill = color(p, lit     ? COLOR_ACCENT
                                               : quiet ? COLOR_SURFACE3
                                                       : COLOR_SURFACE),
                              .radius = px(p, 8),
                              .ink = ink,
                              .icon_ink = ink,
                              .icon = icon != NULL ? text_icon_code(icon) : 0,
                              .icon_px = px(p, 22),
                              .type = quiet ? TYPE_LABEL : TYPE_BODY,
                              .centred = true,
                              .text = icon != NULL ? (struct span){NULL, 0} : label,
                              .name = label});
}

void keyboard_present(struct presenter *p, struct paint_rect rect)
{
    struct box *area = panel_add(p, rect, COLOR_SURFACE2, 0);
    area->role = ROLE_KEYBOARD;
    area->name = chars("Keyboard");
    p->boxes->depth++;
    int32_t pad = px(p, PAD_DP), gap = px(p, GAP_DP), row = px(p, ROW_DP);
    int32_t left = rect.x + max_i32(pad, (rect.width - px(p, 720)) / 2),
            width = rect.width - 2 * (left - rect.x);
    struct soft_key key;
    for (uint32_t i = 0; soft_key_at(&p->scene->keyboard, i, &key); i++) {
        int32_t from = left + width * key.start / SOFT_UNITS;
        int32_t to = left + width * (key.start + key.span) / SOFT_UNITS;
        struct paint_rect place = {from + gap / 2, rect.y + pad + key.row * row + gap / 2,
                                   to - from - gap, row - gap};
        key_present(p, i, &key, place);
    }
    p->boxes->depth--;
}
