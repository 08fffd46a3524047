// SPDX-License-Identifier: Apache-2.0
// For who drives: few things, large, that stand still. What a form allows while moving
// (form.moving_limits) is kept here for every app, whatever it asks: no editors, nothing that
// destroys, no more items and characters than that. What is left out is counted.
//
//     +--------+---------------------------------+
//     | places | title                  verbs    |
//     |        | [ item ] [ item ]               |
//     |        | [ item ] [ item ]               |
//     |        | [ item ] [ item ]   4 more      |
//     +--------+---------------------------------+
#include "present_parts.h"

#include "base/math.h"

#include <stdio.h>
#include <string.h>

enum { TARGET_DP = 76, SIDE_DP = 120, GAP_DP = 12, PAD_DP = 24, COLUMN_DP = 440 };

// At most as many characters as may be read, cut between them, with what says so.
static struct span cut(struct presenter *p, struct span text)
{
    size_t size = 0, room = p->form->moving_limits.chars;
    while (size < text.size && room > 0) {
        size++;
        while (size < text.size && (text.bytes[size] & 0xc0) == 0x80) {
            size++;
        }
        room--;
    }
    if (size == text.size) {
        return text;
    }
    // At the end of a word, if one is near.
    for (size_t at = size; at > size / 2; at--) {
        if (text.bytes[at - 1] == ' ') {
            size = at - 1;
            break;
        }
    }
    char copy[4 * 2000 + 4];
    size = (size_t)min_u64(size, sizeof copy - 4);
    snprintf(copy, sizeof copy, "%.*s…", (int)size, (const char *)text.bytes);
    return boxes_text(p->boxes, copy);
}

// Something large to press, with one or two lines.
static void plate_add(struct presenter *p, struct box *box, struct span title, struct span line)
{
    int32_t pad = px(p, PAD_DP), icon = box->icon != 0 ? px(p, 40) : 0, gap = icon > 0 ? pad : 0;
    box->takes_focus = box->takes_press = true;
    box->radius = px(p, 24);
    box->icon_ink = box->ink;
    box->icon_px = icon;
    box->pad_px = pad;
    box->name = title;
    box->description = line;
    struct two_lines lines = {.rect = {box->rect.x + pad + icon + gap, box->rect.y,
                                       max_i32(0, box->rect.width - 2 * pad - icon - gap),
                                       box->rect.height},
                              .title = title,
                              .line = line,
                              .title_type = TYPE_GLANCE,
                              .line_type = TYPE_GLANCE_LINE,
                              .ink = part_add(p, box)->ink};
    two_lines_add(p, &lines);
}

// Places to go, as icons one under another; returns the width taken.
static int32_t side_present(struct presenter *p, struct paint_rect screen)
{
    struct destination to[DESTINATIONS_MAX];
    int32_t width = px(p, SIDE_DP), side = px(p, TARGET_DP), y = px(p, GAP_DP);
    struct box *area =
        panel_add(p, (struct paint_rect){0, 0, width, screen.height}, COLOR_SURFACE2, 0);
    area->role = ROLE_NAVIGATION;
    area->name = chars("Navigation");
    uint32_t count = (uint32_t)min_u64(destinations_of(p, to), p->form->moving_limits.items);
    p->boxes->depth++;
    for (uint32_t i = 0; i < count && y + side <= screen.height; i++) {
        uint32_t ink = color(p, to[i].current ? COLOR_ON_SELECTED : COLOR_ON);
        part_add(p, &(struct box){.rect = {(width - side) / 2, y, side, side},
                                  .id = to[i].id,
                                  .role = ROLE_TAB,
                                  .state = to[i].current ? STATE_SELECTED : 0,
                                  .takes_focus = true,
                                  .takes_press = true,
                                  .fill = to[i].current ? color(p, COLOR_SELECTED) : 0,
                                  .radius = px(p, 24),
                                  .ink = ink,
                                  .icon_ink = ink,
                                  .icon = to[i].icon,
                                  .icon_px = px(p, 40),
                                  .centred = true,
                                  .name = to[i].title});
        y += side + px(p, GAP_DP);
    }
    p->boxes->depth--;
    struct label time = {.rect = {0, screen.height - px(p, 56), width, px(p, 40)},
                         .text = chars(p->scene->strip.time),
                         .type = TYPE_GLANCE_LINE,
                         .ink = COLOR_ON,
                         .role = ROLE_STATUS,
                         .centred = true};
    label_add(p, &time);
    return width;
}

// The verbs that may be used, from the right edge of a bar leftwards; returns the left edge.
static int32_t verbs_present(struct presenter *p, uint16_t parent, struct paint_rect bar)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t right = bar.x + bar.width;
    for (uint16_t at = ui_tree_first(tree, parent); at != 0; at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) != UI_VERB || !task_verb_is_for_drivers(p->task, at) ||
            ui_tree_flag(tree, at, UI_FLAG_DISABLED)) {
            continue;
        }
        struct span title = title_of(p, at, UI_TITLE);
        int32_t icon = icon_of(p, at, NULL) != 0 ? px(p, 40) + px(p, PAD_DP) : 0;
        int32_t width = text_width(p, title, TYPE_GLANCE) + icon + 2 * px(p, PAD_DP);
        bool primary = ui_tree_number(tree, at, UI_ROLE) == UI_PRIMARY;
        if (right - width < bar.x) {
            break;
        }
        struct box box = {.rect = {right - width, bar.y, width, bar.height},
                          .id = id_of(p, at, PART_NODE),
                          .role = ROLE_BUTTON,
                          .fill = color(p, primary ? COLOR_ACCENT : COLOR_SURFACE2),
                          .ink = color(p, primary ? COLOR_ON_ACCENT : COLOR_ON),
                          .icon = icon_of(p, at, NULL)};
        plate_add(p, &box, title, (struct span){NULL, 0});
        right -= width + px(p, GAP_DP);
    }
    return right;
}

// "4 more when parked": what was left out is said, not hidden.
static void more_present(struct presenter *p, int32_t left_out, struct paint_rect rect)
{
    char said[48];
    snprintf(said, sizeof said, "%d more when parked", (int)left_out);
    struct label more = {.rect = rect,
                         .text = boxes_text(p->boxes, said),
                         .type = TYPE_GLANCE_LINE,
                         .ink = COLOR_MUTED,
                         .role = ROLE_STATUS};
    label_add(p, &more);
}

static void row_plate(struct presenter *p, uint16_t node, struct paint_rect place)
{
    struct span title = title_of(p, node, UI_TITLE);
    struct box box = {.rect = place,
                      .id = id_of(p, node, PART_NODE),
                      .role = ROLE_LISTITEM,
                      .fill = color(p, COLOR_SURFACE),
                      .ink = color(p, COLOR_ON),
                      .icon = icon_of(p, node, NULL)};
    plate_add(p, &box, title.size > 0 ? cut(p, title) : chars("Untitled"),
              cut(p, title_of(p, node, UI_SUBTITLE)));
}

// The first rows, in as many columns as the width has; they do not scroll.
static void rows_present(struct presenter *p, uint16_t list, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t count = (int32_t)ui_tree_number(tree, list, UI_COUNT), gap = px(p, GAP_DP);
    int32_t columns = max_i32(1, min_i32(2, rect.width / px(p, COLUMN_DP)));
    int32_t foot = theme_line_px(p->form, TYPE_GLANCE_LINE) + gap;
    int32_t least =
        max_i32(px(p, TARGET_DP), theme_line_px(p->form, TYPE_GLANCE) +
                                      theme_line_px(p->form, TYPE_GLANCE_LINE) + px(p, 16));
    int32_t lines = max_i32(1, (rect.height - foot + gap) / (least + gap));
    int32_t shown = min_i32(count, min_i32((int32_t)p->form->moving_limits.items, lines * columns));
    lines = (shown + columns - 1) / columns;
    int32_t height = min_i32(least * 4 / 3, (rect.height - foot + gap) / max_i32(1, lines) - gap);
    int32_t width = (rect.width - (columns - 1) * gap) / columns,
            first = (int32_t)ui_tree_number(tree, list, UI_FIRST);
    uint16_t row = first == 0 ? ui_tree_first(tree, list) : 0;
    if (shown > 0 && row == 0) {
        rows_ask(p, list, 0, shown);
    }
    for (int32_t i = 0; i < shown && row != 0; i++, row = ui_tree_next(tree, row)) {
        row_plate(p, row,
                  (struct paint_rect){rect.x + i % columns * (width + gap),
                                      rect.y + i / columns * (height + gap), width, height});
    }
    if (count > shown) {
        more_present(p, count - shown,
                     (struct paint_rect){rect.x + px(p, PAD_DP), rect.y + rect.height - foot,
                                         rect.width - 2 * px(p, PAD_DP), foot});
    }
}

// Title, way back, verbs; returns the height.
static int32_t title_present(struct presenter *p, uint16_t node, struct paint_rect rect, bool back)
{
    int32_t side = px(p, TARGET_DP), x = rect.x;
    struct paint_rect bar = {rect.x, rect.y, rect.width, side};
    if (back) {
        icon_button_add(p, id_of(p, node, PART_BACK), (struct paint_rect){x, rect.y, side, side},
                        "arrow_back", "Back")
            ->icon_px = px(p, 40);
        x += side + px(p, GAP_DP);
    }
    int32_t right = verbs_present(p, node, bar);
    struct label title = {.rect = {x + (back ? 0 : px(p, PAD_DP)), rect.y,
                                   max_i32(0, right - x - 2 * px(p, PAD_DP)), side},
                          .text = cut(p, title_of(p, node, UI_TITLE)),
                          .type = TYPE_GLANCE,
                          .ink = COLOR_ON,
                          .role = ROLE_HEADING};
    label_add(p, &title);
    return side + px(p, GAP_DP);
}

// Its first line stands above it already.
static struct span without_title(struct span text)
{
    const uint8_t *feed = text.size > 0 ? memchr(text.bytes, '\n', text.size) : NULL;
    size_t skip = feed != NULL ? (size_t)(feed - text.bytes) + 1 : text.size;
    return (struct span){text.bytes + skip, text.size - skip};
}

// What may be read of a node's texts and statuses: so many characters in all.
static void reading_present(struct presenter *p, uint16_t parent, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    for (uint16_t at = ui_tree_first(tree, parent); at != 0; at = ui_tree_next(tree, at)) {
        uint8_t kind = ui_tree_kind(tree, at);
        const struct field *field = kind == UI_TEXT ? task_field(p->task, at) : NULL;
        struct span text = field != NULL       ? editor_text(field->editor)
                           : kind == UI_STATUS ? title_of(p, at, UI_TITLE)
                                               : (struct span){NULL, 0};
        if (ui_tree_number(tree, at, UI_TYPE) == UI_TEXT_TITLED && kind == UI_TEXT) {
            text = without_title(text);
        }
        if (text.size == 0) {
            continue;
        }
        struct paragraph said = {.x = rect.x,
                                 .y = rect.y,
                                 .width = rect.width,
                                 .text = cut(p, text),
                                 .type = TYPE_GLANCE_LINE,
                                 .ink = COLOR_ON,
                                 .role = ROLE_TEXT};
        paragraph_add(p, &said);
        return; // one text is enough to read at the wheel
    }
}

void glance_present(struct presenter *p)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    int32_t side = side_present(p, screen), pad = px(p, PAD_DP);
    struct paint_rect pane = {side + pad, px(p, GAP_DP), screen.width - side - 2 * pad,
                              screen.height - 2 * px(p, GAP_DP)};
    if (p->task == NULL || p->task->tree->root == 0) {
        struct label starting = {.rect = pane,
                                 .text = chars("Starting…"),
                                 .type = TYPE_GLANCE,
                                 .ink = COLOR_MUTED,
                                 .role = ROLE_STATUS,
                                 .centred = true};
        label_add(p, &starting);
        return;
    }
    uint16_t section = task_section(p->task), detail = task_detail(p->task);
    bool open = p->task->detail_open && detail != 0;
    uint16_t node = open ? detail : section;
    uint16_t list = open ? 0 : ui_tree_child(p->task->tree, section, UI_LIST);
    int32_t bar = title_present(p, node, pane, open);
    struct paint_rect body = {pane.x, pane.y + bar, pane.width, pane.height - bar};
    if (list != 0 && ui_tree_number(p->task->tree, list, UI_COUNT) > 0) {
        rows_present(p, list, body);
    } else {
        int32_t inset = px(p, PAD_DP);
        reading_present(p, node,
                        (struct paint_rect){body.x + inset, body.y + inset, body.width - 2 * inset,
                                            body.height});
    }
}

// A question over everything: its words cut, and the answers that may be given now. Without one it
// waits until the car is parked, and says so.
void glance_ask_present(struct presenter *p, uint16_t ask)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    int32_t pad = px(p, PAD_DP), side = px(p, TARGET_DP);
    boxes_add(p->boxes, &(struct box){.rect = screen,
                                      .id = {.part = PART_SCRIM},
                                      .takes_press = true,
                                      .role = ROLE_DIALOG,
                                      .fill = color(p, COLOR_BG),
                                      .name = title_of(p, ask, UI_TITLE)});
    struct paragraph text = {.x = 2 * pad,
                             .y = 2 * pad,
                             .width = screen.width - 4 * pad,
                             .text = cut(p, title_of(p, ask, UI_TITLE)),
                             .type = TYPE_GLANCE,
                             .ink = COLOR_ON,
                             .role = ROLE_HEADING};
    text.y += paragraph_add(p, &text) + pad;
    struct paint_rect bar = {2 * pad, screen.height - 2 * pad - side, screen.width - 4 * pad, side};
    bool can_answer = verbs_present(p, ask, bar) < bar.x + bar.width;
    text.text = can_answer ? cut(p, title_of(p, ask, UI_SUBTITLE)) : chars("Answer when parked");
    text.type = TYPE_GLANCE_LINE;
    text.ink = COLOR_MUTED;
    text.role = ROLE_TEXT;
    paragraph_add(p, &text);
}
