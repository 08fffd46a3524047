// SPDX-License-Identifier: Apache-2.0
// The detail pane: what is open, with its verbs. On a phone a bar with the way back and icons;
// beside a list a sheet with pills. A titled text brings its own heading.
#include "present_parts.h"

#include "base/math.h"

// Adds the verbs from the right edge leftwards, the first one leftmost; returns the left edge.
static int32_t verbs_present(struct presenter *p, uint16_t detail, int32_t right,
                             struct paint_rect bar, bool icons)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t height = px(p, icons ? 48 : p->fold.dense ? 36 : 44);
    for (uint16_t at = tree->links[detail].last; at != 0; at = tree->links[at].previous) {
        if (ui_tree_kind(tree, at) == UI_VERB) {
            // The first concern keeps its words even where icons must do.
            bool primary = ui_tree_number(tree, at, UI_ROLE) == UI_PRIMARY;
            int32_t tall = icons && primary ? px(p, 40) : height;
            right -= icons && primary ? px(p, 8) : 0;
            struct button button = {.x = right,
                                    .y = bar.y + (bar.height - tall) / 2,
                                    .height = tall,
                                    .node = at,
                                    .right = true,
                                    .icon_only = icons && !primary,
                                    .filled = primary};
            right -= button_add(p, &button) + px(p, icons ? 0 : 8);
        }
    }
    return right;
}

static bool brings_heading(const struct presenter *p, uint16_t detail)
{
    uint16_t text = ui_tree_child(p->task->tree, detail, UI_TEXT);
    return text != 0 && ui_tree_number(p->task->tree, text, UI_TYPE) == UI_TEXT_TITLED;
}

// The one text that fills a detail, or 0 when there is more in it.
static uint16_t only_text(const struct presenter *p, uint16_t detail)
{
    const struct ui_tree *tree = p->task->tree;
    uint16_t text = 0;
    for (uint16_t at = ui_tree_first(tree, detail); at != 0; at = ui_tree_next(tree, at)) {
        uint8_t kind = ui_tree_kind(tree, at);
        if (kind == UI_TEXT && text == 0) {
            text = at;
        } else if (kind != UI_VERB && kind != UI_ASK) {
            return 0;
        }
    }
    return text;
}

static void no_detail_present(struct presenter *p, struct paint_rect rect)
{
    int32_t icon = px(p, 64), y = rect.y + rect.height / 2 - icon;
    uint32_t ink = color(p, COLOR_SURFACE3);
    boxes_add(p->boxes, &(struct box){.rect = {rect.x, y, rect.width, icon},
                                      .ink = ink,
                                      .icon_ink = ink,
                                      .icon = icon_of(p, task_section(p->task), "notes"),
                                      .icon_px = icon,
                                      .centred = true});
    struct label label = {.rect = {rect.x, y + icon + px(p, 8), rect.width, px(p, 24)},
                          .text = chars("Nothing selected"),
                          .type = TYPE_SECONDARY,
                          .ink = COLOR_MUTED,
                          .role = ROLE_STATUS,
                          .centred = true};
    label_add(p, &label);
}

// Scrolls so that the caret of a focused text stands inside the viewport.
static void caret_reveal(struct presenter *p, struct field *field, struct scroll *scroll,
                         int32_t top, int32_t height)
{
    struct paint_rect caret = editor_caret(field->editor);
    int32_t margin = px(p, 16), at = top + caret.y;
    if (at + caret.height + margin > scroll->offset_px + height) {
        scroll->offset_px = at + caret.height + margin - height;
    }
    if (at - margin < scroll->offset_px) {
        scroll->offset_px = max_i32(0, at - margin);
    }
}

// A text that is the whole detail: the pane below the bar is where one taps and types.
static void text_pane_present(struct presenter *p, uint16_t text, struct paint_rect rect,
                              int32_t margin)
{
    struct field *field = task_field(p->task, text);
    if (field == NULL) {
        return;
    }
    bool titled = ui_tree_number(p->task->tree, text, UI_TYPE) == UI_TEXT_TITLED;
    bool editable = !editor_is_read_only(field->editor);
    struct scroll *scroll = task_scroll(p->task, text);
    int32_t top = px(p, 8);
    if (p->task->reveal_caret && editable) {
        caret_reveal(p, field, scroll, top, rect.height);
    }
    struct scrolled scrolled = scroll_begin(p, text, rect);
    struct span name = title_of(p, text, UI_TITLE);
    struct box *box = part_add(p, &(struct box){.rect = rect,
                                                .id = id_of(p, text, PART_NODE),
                                                .role = editable ? ROLE_TEXTBOX : ROLE_TEXT,
                                                .state = editable ? STATE_EDITABLE : 0,
                                                .takes_focus = true,
                                                .takes_press = true,
                                                .name = name.size > 0 ? name : chars("Text"),
                                                .value = editor_text(field->editor)});
    box->state &= (uint16_t)~STATE_RING; // the caret shows where one is
    int32_t width = min_i32(rect.width - 2 * margin, px(p, 720));
    struct paint_rect place = {rect.x + margin, rect.y + top - scrolled.offset_px, width, 0};
    int32_t height = text_present(p, field, place, titled);
    scroll_end(p, &scrolled, top + height + px(p, 48));
}

static void flow_pane_present(struct presenter *p, uint16_t detail, struct paint_rect rect,
                              int32_t margin)
{
    struct scrolled scrolled = scroll_begin(p, detail, rect);
    int32_t width = min_i32(rect.width - 2 * margin, px(p, 640));
    struct paint_rect place = {rect.x + margin, rect.y + px(p, 8) - scrolled.offset_px, width, 0};
    int32_t height = flow_present(p, detail, place, false);
    scroll_end(p, &scrolled, px(p, 8) + height + px(p, 24));
}

static void body_present(struct presenter *p, uint16_t detail, struct paint_rect rect,
                         int32_t margin)
{
    uint16_t text = only_text(p, detail);
    p->boxes->depth++;
    if (text != 0) {
        text_pane_present(p, text, rect, margin);
    } else {
        flow_pane_present(p, detail, rect, margin);
    }
    p->boxes->depth--;
}

static void article_add(struct presenter *p, uint16_t detail, struct paint_rect rect)
{
    boxes_add(p->boxes, &(struct box){.rect = rect,
                                      .id = id_of(p, detail, PART_AREA),
                                      .role = ROLE_ARTICLE,
                                      .name = title_of(p, detail, UI_TITLE)});
}

// Phone: the way back, the title when the text has none, the verbs as icons.
static void page_detail_present(struct presenter *p, uint16_t detail, struct paint_rect rect)
{
    int32_t height = px(p, 56), side = px(p, 48), edge = px(p, 4);
    panel_add(p, rect, COLOR_SURFACE, 0);
    article_add(p, detail, rect);
    p->boxes->depth++;
    struct paint_rect bar = {rect.x, rect.y, rect.width, height};
    struct paint_rect back = {rect.x + edge, rect.y + (height - side) / 2, side, side};
    icon_button_add(p, id_of(p, detail, PART_BACK), back, "arrow_back", "Back");
    int32_t left = verbs_present(p, detail, rect.x + rect.width - edge, bar, true);
    if (!brings_heading(p, detail)) {
        struct label title = {
            .rect = {back.x + side + edge, rect.y, left - back.x - side - edge, height},
            .text = title_of(p, detail, UI_TITLE),
            .type = TYPE_TITLE,
            .ink = COLOR_ON,
            .role = ROLE_HEADING};
        label_add(p, &title);
    }
    p->boxes->depth--;
    struct paint_rect body = {rect.x, rect.y + height, rect.width, rect.height - height};
    body_present(p, detail, body, px(p, 20));
}

static void sheet_present(struct presenter *p, struct paint_rect rect)
{
    panel_add(p, rect, COLOR_SURFACE, px(p, 24));
    uint16_t detail = task_detail(p->task);
    if (detail == 0) {
        no_detail_present(p, rect);
        return;
    }
    int32_t margin = px(p, 32), height = px(p, 60);
    article_add(p, detail, rect);
    p->boxes->depth++;
    struct paint_rect bar = {rect.x + margin, rect.y + px(p, 8), rect.width - 2 * margin, height};
    int32_t left = verbs_present(p, detail, rect.x + rect.width - px(p, 20), bar, false);
    bool heading = brings_heading(p, detail);
    struct label title = {.rect = {bar.x, bar.y, left - bar.x, bar.height},
                          .text = title_of(p, detail, heading ? UI_SUBTITLE : UI_TITLE),
                          .type = heading ? TYPE_CAPTION : TYPE_TITLE,
                          .ink = heading ? COLOR_MUTED : COLOR_ON,
                          .role = heading ? ROLE_STATUS : ROLE_HEADING};
    if (title.text.size > 0) {
        label_add(p, &title);
    }
    p->boxes->depth--;
    int32_t y = bar.y + bar.height;
    struct paint_rect body = {rect.x, y, rect.width, rect.y + rect.height - y - px(p, 12)};
    body_present(p, detail, body, margin);
}

void detail_pane_present(struct presenter *p, struct paint_rect rect)
{
    if (p->fold.two_panes) {
        sheet_present(p, rect);
    } else {
        page_detail_present(p, task_detail(p->task), rect);
    }
}
