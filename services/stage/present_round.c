// SPDX-License-Identifier: Apache-2.0
// A round display: one column of everything, each part as wide as the circle is where it stands.
//
//            time
//          ( title )         back, when something is open
//      (  row or text   )
//      (  row           )    at the end: verbs, then other places to go
//          (  verb  )        the first concern, at the lower edge
#include "present_parts.h"

#include "base/math.h"

enum { EDGE_DP = 6, HEAD_DP = 30, GAP_DP = 4, READ_DP = 160, PRIMARY_DP = 48 };

static int32_t root_floor(int32_t value)
{
    int32_t root = 0;
    for (int32_t bit = 1 << 14; bit > 0; bit >>= 1) {
        root += (root + bit) * (root + bit) <= value ? bit : 0;
    }
    return root;
}

struct paint_rect round_within(const struct presenter *p, int32_t y, int32_t height)
{
    int32_t radius = p->form->width_px / 2;
    int32_t far = max_i32(radius - y, y + height - radius);
    int32_t half = far < radius ? root_floor(radius * radius - far * far) - px(p, EDGE_DP) : 0;
    return (struct paint_rect){radius - max_i32(half, 0), y, 2 * max_i32(half, 0), height};
}

// A line in the middle, as wide as the circle is at `y`.
static void head_line(struct presenter *p, int32_t y, struct label line)
{
    line.rect = round_within(p, y, theme_line_px(p->form, line.type));
    line.centred = true;
    label_add(p, &line);
}

// A row as wide as the circle lets it: icon or not, a title, a line under it.
static void pill_add(struct presenter *p, struct box *box, struct span title, struct span line)
{
    struct paint_rect rect = round_within(p, box->rect.y, box->rect.height);
    int32_t pad = px(p, 16), icon = box->icon != 0 ? px(p, 20) + px(p, 8) : 0;
    box->rect = rect;
    box->takes_focus = box->takes_press = true;
    box->radius = px(p, 24);
    box->icon_ink = box->ink;
    box->icon_px = px(p, 20);
    box->pad_px = pad;
    box->name = title;
    box->description = line;
    struct two_lines lines = {
        .rect = {rect.x + pad + icon, rect.y, max_i32(0, rect.width - 2 * pad - icon), rect.height},
        .title = title,
        .line = line,
        .title_type = TYPE_LABEL,
        .line_type = TYPE_CAPTION,
        .ink = part_add(p, box)->ink};
    two_lines_add(p, &lines);
}

static int32_t pill_height(const struct presenter *p)
{
    return max_i32(px(p, p->form->target_dp), theme_line_px(p->form, TYPE_LABEL) +
                                                  theme_line_px(p->form, TYPE_CAPTION) + px(p, 12));
}

static void item_pill(struct presenter *p, uint16_t node, int32_t y)
{
    struct span title = title_of(p, node, UI_TITLE);
    struct box box = {.rect = {.y = y, .height = pill_height(p)},
                      .id = id_of(p, node, PART_NODE),
                      .role = ROLE_LISTITEM,
                      .fill = color(p, COLOR_SURFACE2),
                      .ink = color(p, COLOR_ON),
                      .icon = icon_of(p, node, NULL)};
    pill_add(p, &box, title.size > 0 ? title : chars("Untitled"), title_of(p, node, UI_SUBTITLE));
}

static void verb_pill(struct presenter *p, uint16_t node, int32_t y)
{
    const struct ui_tree *tree = p->task->tree;
    uint64_t role = ui_tree_number(tree, node, UI_ROLE);
    struct box box = {.rect = {.y = y, .height = pill_height(p)},
                      .id = id_of(p, node, PART_NODE),
                      .role = ROLE_BUTTON,
                      .fill = color(p, role == UI_PRIMARY ? COLOR_ACCENT : COLOR_SURFACE2),
                      .ink = color(p, role == UI_PRIMARY       ? COLOR_ON_ACCENT
                                      : role == UI_DESTRUCTIVE ? COLOR_DANGER
                                                               : COLOR_ON),
                      .icon = icon_of(p, node, NULL)};
    pill_add(p, &box, title_of(p, node, UI_TITLE), (struct span){NULL, 0});
}

// The verbs of a node as pills, but for `except`; returns the height.
static int32_t verb_pills(struct presenter *p, uint16_t parent, uint16_t except, int32_t y)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t from = y, pitch = pill_height(p) + px(p, GAP_DP);
    for (uint16_t at = ui_tree_first(tree, parent); at != 0; at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_VERB && at != except &&
            !ui_tree_flag(tree, at, UI_FLAG_DISABLED)) {
            verb_pill(p, at, y);
            y += pitch;
        }
    }
    return y - from;
}

// What stands in the column beside lists and verbs: texts, statuses, fields.
static int32_t reading(struct presenter *p, uint16_t parent, int32_t y)
{
    int32_t width = min_i32(px(p, READ_DP), p->form->width_px - 4 * px(p, EDGE_DP));
    struct paint_rect rect = {(p->form->width_px - width) / 2, y, width, 0};
    int32_t height = flow_present(p, parent, rect, false);
    return height > 0 ? height + px(p, 12) : 0;
}

// Rows that are in the tree and in sight; what the tree lacks is asked for.
static int32_t row_pills(struct presenter *p, uint16_t list, int32_t y)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t count = (int32_t)ui_tree_number(tree, list, UI_COUNT);
    int32_t first = (int32_t)ui_tree_number(tree, list, UI_FIRST);
    int32_t pitch = pill_height(p) + px(p, GAP_DP), screen = p->form->height_px;
    int32_t from = max_i32(0, min_i32(count, -y / pitch));
    int32_t to = max_i32(from, min_i32(count, (screen - y) / pitch + 1));
    uint16_t row = ui_tree_first(tree, list);
    bool missing = false;
    for (int32_t i = first; i < from && row != 0; i++) {
        row = ui_tree_next(tree, row);
    }
    for (int32_t i = from; i < to; i++) {
        if (i >= first && row != 0) {
            item_pill(p, row, y + i * pitch);
            row = ui_tree_next(tree, row);
        } else {
            missing = true;
        }
    }
    if (missing) {
        rows_ask(p, list, from, to);
    }
    return count * pitch;
}

static int32_t places_pills(struct presenter *p, int32_t y)
{
    struct destination to[DESTINATIONS_MAX];
    uint32_t count = destinations_of(p, to);
    int32_t from = y;
    for (uint32_t i = 0; i < count; i++) {
        if (to[i].current) {
            continue;
        }
        struct box box = {.rect = {.y = y, .height = pill_height(p)},
                          .id = to[i].id,
                          .role = ROLE_TAB,
                          .ink = color(p, COLOR_MUTED),
                          .icon = to[i].icon};
        pill_add(p, &box, to[i].title, (struct span){NULL, 0});
        y += pill_height(p) + px(p, GAP_DP);
    }
    return y - from;
}

// The first concern: a circle at the lower edge, always there.
static void primary_circle(struct presenter *p, uint16_t verb)
{
    int32_t side = px(p, PRIMARY_DP), width = p->form->width_px;
    struct paint_rect rect = {(width - side) / 2, p->form->height_px - side - px(p, EDGE_DP), side,
                              side};
    primary_icon_add(p, verb, rect);
}

// Time, and the title or the way back; returns where the column goes on.
static int32_t head_present(struct presenter *p, int32_t y, struct span title, uint16_t back)
{
    int32_t time = theme_line_px(p->form, TYPE_CAPTION), head = theme_line_px(p->form, TYPE_LABEL);
    head_line(p, y + px(p, 8),
              (struct label){.text = chars(p->scene->strip.time),
                             .type = TYPE_CAPTION,
                             .ink = COLOR_MUTED,
                             .role = ROLE_STATUS});
    y += px(p, 8) + time;
    if (back != 0) {
        int32_t side = px(p, p->form->target_dp);
        struct paint_rect rect = {(p->form->width_px - side) / 2, y, side, side};
        icon_button_add(p, id_of(p, back, PART_BACK), rect, "arrow_back", "Back");
        return y + side;
    }
    head_line(
        p, y + px(p, 2),
        (struct label){.text = title, .type = TYPE_LABEL, .ink = COLOR_ON, .role = ROLE_HEADING});
    return y + px(p, 2) + head + px(p, 6);
}

static void detail_column(struct presenter *p, uint16_t detail)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    struct scrolled scrolled = scroll_begin(p, detail, screen);
    int32_t y = head_present(p, -scrolled.offset_px, (struct span){NULL, 0}, detail);
    y += reading(p, detail, y);
    y += verb_pills(p, detail, 0, y);
    scroll_end(p, &scrolled, y + scrolled.offset_px + px(p, PRIMARY_DP));
}

static void section_column(struct presenter *p)
{
    const struct ui_tree *tree = p->task->tree;
    uint16_t section = task_section(p->task), list = ui_tree_child(tree, section, UI_LIST);
    uint16_t primary = primary_verb(p), node = list != 0 ? list : section;
    int32_t foot = primary != 0 ? px(p, PRIMARY_DP + EDGE_DP + GAP_DP) : 0;
    struct paint_rect column = {0, 0, p->form->width_px, p->form->height_px - foot};
    struct scrolled scrolled = scroll_begin(p, node, column);
    int32_t y = head_present(p, -scrolled.offset_px, title_of(p, section, UI_TITLE), 0);
    bool empty = list != 0 && ui_tree_number(tree, list, UI_COUNT) == 0;
    y += list == 0 || empty ? reading(p, section, y) : 0;
    y += list != 0 ? row_pills(p, list, y) : 0;
    y += verb_pills(p, section, primary, y);
    y += places_pills(p, y);
    scroll_end(p, &scrolled, y + scrolled.offset_px + px(p, PRIMARY_DP));
    if (primary != 0) {
        primary_circle(p, primary);
    }
}

void round_present(struct presenter *p)
{
    if (p->task == NULL || p->task->tree->root == 0) {
        head_line(p, p->form->height_px / 2,
                  (struct label){.text = chars("Starting…"),
                                 .type = TYPE_LABEL,
                                 .ink = COLOR_MUTED,
                                 .role = ROLE_STATUS});
    } else if (p->task->detail_open && task_detail(p->task) != 0) {
        detail_column(p, task_detail(p->task));
    } else {
        section_column(p);
    }
}

void round_ask_present(struct presenter *p, uint16_t ask)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    boxes_add(p->boxes, &(struct box){.rect = screen,
                                      .id = {.part = PART_SCRIM},
                                      .takes_press = true,
                                      .role = ROLE_DIALOG,
                                      .fill = color(p, COLOR_BG),
                                      .name = title_of(p, ask, UI_TITLE)});
    struct scrolled scrolled = scroll_begin(p, ask, screen);
    int32_t width = px(p, READ_DP), y = px(p, HEAD_DP) - scrolled.offset_px;
    struct paragraph text = {.x = (screen.width - width) / 2,
                             .y = y,
                             .width = width,
                             .text = title_of(p, ask, UI_TITLE),
                             .type = TYPE_STRONG,
                             .ink = COLOR_ON,
                             .role = ROLE_HEADING,
                             .centred = true};
    text.y += paragraph_add(p, &text) + px(p, 4);
    text.text = title_of(p, ask, UI_VALUE);
    text.type = TYPE_HEADLINE;
    text.role = ROLE_TEXT;
    text.y += paragraph_add(p, &text);
    text.text = title_of(p, ask, UI_SUBTITLE);
    text.type = TYPE_SECONDARY;
    text.ink = COLOR_MUTED;
    text.y += paragraph_add(p, &text) + px(p, 8);
    text.y += verb_pills(p, ask, 0, text.y);
    scroll_end(p, &scrolled, text.y + scrolled.offset_px + px(p, PRIMARY_DP));
}
