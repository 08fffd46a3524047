// SPDX-License-Identifier: Apache-2.0
// Meanings one under another: statuses, texts, fields, groups as cards, verbs as buttons. What a
// form, a group, a question and a detail with more than one thing in it look like.
#include "present_parts.h"

#include "base/math.h"

static const struct {
    enum color ink;
    const char *icon;
} status_looks[] = {
    [UI_STATUS_INFO] = {COLOR_MUTED, "info"},    [UI_STATUS_PROGRESS] = {COLOR_ACCENT, "sync"},
    [UI_STATUS_EMPTY] = {COLOR_MUTED, "inbox"},  [UI_STATUS_ERROR] = {COLOR_DANGER, "error"},
    [UI_STATUS_OK] = {COLOR_OK, "check_circle"},
};

// How far something is: a track and its filled part.
static int32_t progress_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    uint64_t total = ui_tree_number(p->task->tree, node, UI_COUNT);
    uint64_t done = min_u64(ui_tree_number(p->task->tree, node, UI_FIRST), total);
    int32_t height = px(p, 4);
    if (total == 0) {
        return 0;
    }
    panel_add(p, (struct paint_rect){rect.x, rect.y, rect.width, height}, COLOR_SURFACE3,
              PAINT_PILL);
    int32_t filled = (int32_t)((uint64_t)rect.width * done / total);
    panel_add(p, (struct paint_rect){rect.x, rect.y, filled, height}, COLOR_ACCENT, PAINT_PILL);
    return height + px(p, 8);
}

int32_t status_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    uint64_t type = min_u64(ui_tree_number(p->task->tree, node, UI_TYPE), UI_STATUS_OK);
    int32_t pad = px(p, 12), icon = px(p, 20), gap = px(p, 12);
    struct box *card =
        panel_add(p, (struct paint_rect){rect.x, rect.y, rect.width, 1}, COLOR_SURFACE2, px(p, 12));
    struct paragraph text = {.x = rect.x + pad + icon + gap,
                             .y = rect.y + pad,
                             .width = rect.width - 2 * pad - icon - gap,
                             .text = title_of(p, node, UI_TITLE),
                             .type = TYPE_LABEL,
                             .ink = type == UI_STATUS_ERROR ? COLOR_DANGER : COLOR_ON,
                             .role = ROLE_STATUS};
    text.y += paragraph_add(p, &text);
    text.text = title_of(p, node, UI_SUBTITLE);
    text.type = TYPE_SECONDARY;
    text.ink = COLOR_MUTED;
    text.role = ROLE_TEXT;
    text.y += paragraph_add(p, &text);
    text.y +=
        progress_present(p, node, (struct paint_rect){text.x, text.y + px(p, 8), text.width, 0});
    uint32_t ink = color(p, status_looks[type].ink);
    boxes_add(p->boxes, &(struct box){.rect = {rect.x + pad, rect.y + pad, icon, icon},
                                      .ink = ink,
                                      .icon_ink = ink,
                                      .centred = true,
                                      .icon = icon_of(p, node, status_looks[type].icon),
                                      .icon_px = icon});
    int32_t height = max_i32(text.y - rect.y, icon + pad) + pad;
    card->rect.height = height;
    return height;
}

// A switch: its words and the knob at the end; the whole line is pressed.
static int32_t toggle_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    int32_t height = px(p, p->fold.dense ? 44 : 56), track = px(p, 44), thick = px(p, 24);
    struct span value = title_of(p, node, UI_VALUE);
    bool on = value.size > 0 && value.bytes[0] == '1';
    part_add(p, &(struct box){.rect = {rect.x, rect.y, rect.width, height},
                              .id = id_of(p, node, PART_NODE),
                              .role = ROLE_SWITCH,
                              .state = on ? STATE_CHECKED : 0,
                              .takes_focus = true,
                              .takes_press = true,
                              .radius = px(p, 8),
                              .ink = color(p, COLOR_ON),
                              .type = TYPE_BODY,
                              .text = title_of(p, node, UI_TITLE),
                              .name = title_of(p, node, UI_TITLE)});
    struct paint_rect pill = {rect.x + rect.width - track, rect.y + (height - thick) / 2, track,
                              thick};
    panel_add(p, pill, on ? COLOR_ACCENT : COLOR_SURFACE3, PAINT_PILL)->ring =
        on ? 0 : color(p, COLOR_OUTLINE);
    int32_t inset = px(p, 4), knob = thick - 2 * inset;
    panel_add(p,
              (struct paint_rect){on ? pill.x + track - knob - inset : pill.x + inset,
                                  pill.y + inset, knob, knob},
              on ? COLOR_ON_ACCENT : COLOR_OUTLINE, PAINT_PILL);
    return height;
}

static int32_t field_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    if (ui_tree_number(p->task->tree, node, UI_TYPE) == UI_FIELD_TOGGLE) {
        return toggle_present(p, node, rect);
    }
    struct field *field = task_field(p->task, node);
    struct span title = title_of(p, node, UI_TITLE);
    struct box_id id = id_of(p, node, PART_NODE);
    bool focused = box_id_equal(p->scene->focus, id);
    int32_t label_height = theme_line_px(p->form, TYPE_CAPTION) + px(p, 4);
    int32_t height = form_text_px(p->form, p->fold.dense ? 40 : 48);
    struct label label = {.rect = {rect.x + px(p, 2), rect.y, rect.width, label_height},
                          .text = title,
                          .type = TYPE_CAPTION,
                          .ink = focused ? COLOR_ACCENT : COLOR_MUTED};
    label_add(p, &label);
    struct paint_rect frame = {rect.x, rect.y + label_height, rect.width, height};
    struct box *box = part_add(p, &(struct box){.rect = frame,
                                                .id = id,
                                                .role = ROLE_TEXTBOX,
                                                .state = STATE_EDITABLE,
                                                .takes_focus = true,
                                                .takes_press = true,
                                                .radius = px(p, 8),
                                                .fill = color(p, COLOR_SURFACE),
                                                .ink = color(p, COLOR_ON),
                                                .name = title,
                                                .value = field != NULL ? editor_text(field->editor)
                                                                       : (struct span){NULL, 0}});
    box->ring = color(p, focused ? COLOR_FOCUS : COLOR_OUTLINE);
    box->state &= (uint16_t)~STATE_RING;
    if (field != NULL) {
        int32_t pad = px(p, 12);
        struct paint_rect inner = {frame.x + pad, frame.y, frame.width - 2 * pad, frame.height};
        line_present(p, field, inner, title_of(p, node, UI_HINT), focused);
    }
    return label_height + height;
}

static int32_t text_node_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    struct field *field = task_field(p->task, node);
    if (field == NULL) {
        return 0;
    }
    bool editable = !editor_is_read_only(field->editor);
    bool titled = ui_tree_number(p->task->tree, node, UI_TYPE) == UI_TEXT_TITLED;
    struct span text = editor_text(field->editor);
    struct box box = {.rect = rect,
                      .id = id_of(p, node, PART_NODE),
                      .role = editable ? ROLE_TEXTBOX : ROLE_TEXT,
                      .state = editable ? STATE_EDITABLE : 0,
                      .takes_focus = editable,
                      .takes_press = editable,
                      .radius = px(p, 8),
                      .name = editable ? title_of(p, node, UI_TITLE) : text,
                      .value = editable ? text : (struct span){NULL, 0}};
    struct box *added = part_add(p, &box);
    int32_t height = text_present(p, field, rect, titled);
    added->rect.height = height;
    return height;
}

// A card with a title over it and the contents in it.
static int32_t group_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    int32_t pad = px(p, 16), y = rect.y;
    struct span title = title_of(p, node, UI_TITLE);
    if (title.size > 0) {
        struct label label = {
            .rect = {rect.x + px(p, 4), y, rect.width, theme_line_px(p->form, TYPE_LABEL)},
            .text = title,
            .type = TYPE_LABEL,
            .ink = COLOR_MUTED,
            .role = ROLE_HEADING};
        label_add(p, &label);
        y += label.rect.height + px(p, 8);
    }
    struct box *card =
        panel_add(p, (struct paint_rect){rect.x, y, rect.width, 1}, COLOR_SURFACE2, px(p, 16));
    card->role = ROLE_GROUP;
    card->name = title;
    p->boxes->depth++;
    struct paint_rect inner = {rect.x + pad, y + pad, rect.width - 2 * pad, 0};
    int32_t height = flow_present(p, node, inner, true) + 2 * pad;
    p->boxes->depth--;
    card->rect.height = height;
    return y + height - rect.y;
}

// Rows that stand in a flow: all that the tree holds.
static int32_t rows_present(struct presenter *p, uint16_t list, struct paint_rect rect)
{
    int32_t y = rect.y, height = row_height(p);
    for (uint16_t at = ui_tree_first(p->task->tree, list); at != 0;
         at = ui_tree_next(p->task->tree, at)) {
        if (ui_tree_kind(p->task->tree, at) == UI_ITEM) {
            row_present(p, at, (struct paint_rect){rect.x, y, rect.width, height});
            y += height + px(p, 4);
        }
    }
    return y - rect.y;
}

// Verbs that follow each other stand side by side as far as they fit; `*node` ends on the last one
// placed.
static int32_t verbs_present(struct presenter *p, uint16_t *node, struct paint_rect rect)
{
    int32_t x = rect.x, y = rect.y, height = px(p, p->fold.dense ? 40 : 48), gap = px(p, 8);
    for (uint16_t at = *node; ui_tree_kind(p->task->tree, at) == UI_VERB;
         at = ui_tree_next(p->task->tree, at)) {
        struct button button = {.x = x, .y = y, .height = height, .node = at, .filled = true};
        uint32_t mark = p->boxes->count;
        int32_t width = button_add(p, &button);
        if (x > rect.x && x + width > rect.x + rect.width) {
            p->boxes->count = mark;
            button.x = rect.x;
            button.y = y += height + gap;
            width = button_add(p, &button);
        }
        x = button.x + width + gap;
        *node = at;
    }
    return y + height - rect.y;
}

static int32_t any_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    switch (ui_tree_kind(p->task->tree, node)) {
    case UI_STATUS:
        return status_present(p, node, rect);
    case UI_TEXT:
        return text_node_present(p, node, rect);
    case UI_FIELD:
        return field_present(p, node, rect);
    case UI_GROUP:
        return group_present(p, node, rect);
    case UI_FORM:
        return flow_present(p, node, rect, true);
    case UI_LIST:
        return rows_present(p, node, rect);
    case UI_ITEM:
        row_present(p, node, (struct paint_rect){rect.x, rect.y, rect.width, row_height(p)});
        return row_height(p);
    default:
        return 0;
    }
}

int32_t flow_present(struct presenter *p, uint16_t parent, struct paint_rect rect, bool verbs)
{
    int32_t y = rect.y, gap = px(p, 16);
    const struct ui_tree *tree = p->task->tree;
    for (uint16_t at = ui_tree_first(tree, parent); at != 0; at = ui_tree_next(tree, at)) {
        struct paint_rect place = {rect.x, y, rect.width, 0};
        bool is_verb = ui_tree_kind(tree, at) == UI_VERB;
        int32_t height = !is_verb ? any_present(p, at, place)
                         : verbs  ? verbs_present(p, &at, place)
                                  : 0;
        y += height > 0 ? height + gap : 0;
    }
    return y > rect.y ? y - gap - rect.y : 0;
}
