// SPDX-License-Identifier: Apache-2.0
// A question: a dialog before everything else. Its value (a code to compare on two screens) stands
// large in the middle.
#include "present_parts.h"

#include "base/math.h"

// Verbs from the right, the first one outermost as the expected answer.
static int32_t answers_present(struct presenter *p, uint16_t ask, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t right = rect.x + rect.width, height = px(p, p->fold.dense ? 40 : 48);
    bool any = false;
    for (uint16_t at = ui_tree_first(tree, ask); at != 0; at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_VERB) {
            struct button button = {.x = right,
                                    .y = rect.y,
                                    .height = height,
                                    .node = at,
                                    .right = true,
                                    .filled = true};
            right -= button_add(p, &button) + px(p, 8);
            any = true;
        }
    }
    return any ? height : 0;
}

static int32_t code_present(struct presenter *p, uint16_t ask, struct paint_rect rect)
{
    struct span value = title_of(p, ask, UI_VALUE);
    if (value.size == 0) {
        return 0;
    }
    int32_t height = theme_line_px(p->form, TYPE_DISPLAY) + px(p, 32);
    boxes_add(p->boxes, &(struct box){.rect = {rect.x, rect.y, rect.width, height},
                                      .role = ROLE_TEXT,
                                      .fill = color(p, COLOR_SURFACE2),
                                      .radius = px(p, 16),
                                      .ink = color(p, COLOR_ON),
                                      .type = TYPE_DISPLAY,
                                      .centred = true,
                                      .text = value,
                                      .name = value});
    return height + px(p, 20);
}

// The contents from `rect.y` on; returns the height, so that the card can be placed and the
// contents laid again.
static int32_t contents_present(struct presenter *p, uint16_t ask, struct paint_rect rect)
{
    struct paragraph text = {.x = rect.x,
                             .y = rect.y,
                             .width = rect.width,
                             .text = title_of(p, ask, UI_TITLE),
                             .type = TYPE_TITLE,
                             .ink = COLOR_ON,
                             .role = ROLE_HEADING};
    text.y += paragraph_add(p, &text) + px(p, 8);
    text.text = title_of(p, ask, UI_SUBTITLE);
    text.type = TYPE_BODY;
    text.ink = COLOR_MUTED;
    text.role = ROLE_TEXT;
    text.y += paragraph_add(p, &text) + px(p, 20);
    text.y += code_present(p, ask, (struct paint_rect){rect.x, text.y, rect.width, 0});
    int32_t flow = flow_present(p, ask, (struct paint_rect){rect.x, text.y, rect.width, 0}, false);
    text.y += flow > 0 ? flow + px(p, 20) : 0;
    text.y += answers_present(p, ask, (struct paint_rect){rect.x, text.y, rect.width, 0});
    return text.y - rect.y;
}

void ask_present(struct presenter *p, uint16_t ask)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    int32_t pad = px(p, 24), width = min_i32(screen.width - px(p, 32), px(p, 440));
    struct paint_rect inner = {(screen.width - width) / 2 + pad, 0, width - 2 * pad, 0};
    uint32_t mark = p->boxes->count;
    int32_t height = contents_present(p, ask, inner) + 2 * pad;
    p->boxes->count = mark;
    boxes_add(p->boxes, &(struct box){.rect = screen,
                                      .id = {.part = PART_SCRIM},
                                      .takes_press = true,
                                      .ink = color(p, COLOR_ON),
                                      .fill = 0x80000000u});
    int32_t foot = p->scene->keyboard.shown ? keyboard_height(p) : 0;
    int32_t top = max_i32(px(p, 8), (screen.height - foot - height) / 2);
    struct box *card =
        panel_add(p, (struct paint_rect){(screen.width - width) / 2, top, width, height},
                  COLOR_SURFACE, px(p, 24));
    card->elevation = 2;
    card->role = ROLE_DIALOG;
    card->name = title_of(p, ask, UI_TITLE);
    p->boxes->depth++;
    inner.y = top + pad;
    contents_present(p, ask, inner);
    p->boxes->depth--;
    if (foot > 0) {
        keyboard_present(p, (struct paint_rect){0, screen.height - foot, screen.width, foot});
    }
}
