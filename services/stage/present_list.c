// SPDX-License-Identifier: Apache-2.0
// The list pane: title, quiet verbs, search, rows as cards. Only rows in sight are presented; what
// the tree lacks of them is asked for, with some to spare.
#include "present_parts.h"

#include "clock.h"

#include "base/math.h"

#include <stdio.h>

enum { ROWS_SPARE = 16 };

// Lengths of rows, for a finger and for a pointer.
static int32_t margin_of(const struct presenter *p)
{
    return px(p, 12);
}

static int32_t pad_of(const struct presenter *p)
{
    return px(p, p->fold.dense ? 12 : 16);
}

static int32_t gap_of(const struct presenter *p)
{
    return px(p, p->fold.dense ? 3 : 4);
}

static enum type row_title_type(const struct presenter *p)
{
    return p->fold.dense ? TYPE_LABEL : TYPE_STRONG;
}

static enum type row_line_type(const struct presenter *p)
{
    return p->fold.dense ? TYPE_CAPTION : TYPE_SECONDARY;
}

int32_t row_height(const struct presenter *p)
{
    return theme_line_px(p->form, row_title_type(p)) + theme_line_px(p->form, row_line_type(p)) +
           px(p, p->fold.dense ? 16 : 20);
}

// The short fact at the end of a row: the app's own, or when it last changed.
static struct span note_of(struct presenter *p, uint16_t node)
{
    struct span note = title_of(p, node, UI_NOTE);
    uint64_t time = ui_tree_number(p->task->tree, node, UI_TIME);
    if (note.size > 0 || time == 0) {
        return note;
    }
    char said[CLOCK_TEXT_MAX];
    clock_say(p->scene->now_ms, time, said);
    return boxes_text(p->boxes, said);
}

// The two lines of a row and its note, in the ink of its state.
static void row_text(struct presenter *p, uint16_t node, struct paint_rect inner, bool selected)
{
    enum color strong = selected ? COLOR_ON_SELECTED : COLOR_ON;
    enum color quiet = selected ? COLOR_ON_SELECTED : COLOR_MUTED;
    struct span title = title_of(p, node, UI_TITLE), subtitle = title_of(p, node, UI_SUBTITLE);
    struct span note = note_of(p, node);
    int32_t first = theme_line_px(p->form, row_title_type(p));
    int32_t second = subtitle.size > 0 ? theme_line_px(p->form, row_line_type(p)) : 0;
    int32_t y = inner.y + (inner.height - first - second) / 2;
    int32_t note_width = note.size > 0 ? text_width(p, note, TYPE_CAPTION) : 0;
    struct label label = {
        .rect = {inner.x, y, inner.width - note_width - (note_width ? px(p, 8) : 0), first},
        .text = title,
        .type = row_title_type(p),
        .ink = strong};
    if (title.size == 0) {
        label.text = chars("Untitled");
        label.ink = quiet;
    }
    label_add(p, &label);
    struct label end = {.rect = {inner.x + inner.width - note_width, y, note_width, first},
                        .text = note,
                        .type = TYPE_CAPTION,
                        .ink = quiet};
    if (note_width > 0) {
        label_add(p, &end);
    }
    struct label line = {.rect = {inner.x, y + first, inner.width, second},
                         .text = subtitle,
                         .type = row_line_type(p),
                         .ink = quiet};
    if (second > 0) {
        label_add(p, &line);
    }
}

void row_present(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    bool selected = ui_tree_flag(p->task->tree, node, UI_FLAG_SELECTED) && p->fold.two_panes;
    struct span title = title_of(p, node, UI_TITLE);
    part_add(p, &(struct box){.rect = rect,
                              .id = id_of(p, node, PART_NODE),
                              .role = ROLE_LISTITEM,
                              .state = selected ? STATE_SELECTED : 0,
                              .takes_focus = true,
                              .takes_press = true,
                              .fill = color(p, selected ? COLOR_SELECTED : COLOR_SURFACE),
                              .radius = px(p, p->fold.dense ? 12 : 16),
                              .ink = color(p, COLOR_ON),
                              .name = title.size > 0 ? title : chars("Untitled"),
                              .description = title_of(p, node, UI_SUBTITLE),
                              .value = note_of(p, node)});
    int32_t pad = pad_of(p);
    struct paint_rect inner = {rect.x + pad, rect.y, rect.width - 2 * pad, rect.height};
    uint32_t icon = icon_of(p, node, NULL);
    if (icon != 0) {
        int32_t side = px(p, 24);
        uint32_t ink = color(p, selected ? COLOR_ON_SELECTED : COLOR_MUTED);
        boxes_add(p->boxes, &(struct box){.rect = {inner.x, rect.y, side, rect.height},
                                          .ink = ink,
                                          .icon_ink = ink,
                                          .icon = icon,
                                          .icon_px = side,
                                          .centred = true});
        inner.x += side + px(p, 16);
        inner.width -= side + px(p, 16);
    }
    row_text(p, node, inner, selected);
}

// A row that the tree does not hold yet.
static void row_missing(struct presenter *p, struct paint_rect rect)
{
    panel_add(p, rect, COLOR_SURFACE, px(p, p->fold.dense ? 12 : 16));
    int32_t pad = pad_of(p), bar = px(p, 10);
    panel_add(
        p, (struct paint_rect){rect.x + pad, rect.y + (rect.height - bar) / 2, rect.width / 3, bar},
        COLOR_SURFACE2, PAINT_PILL);
}

void empty_present(struct presenter *p, struct paint_rect rect, uint16_t status)
{
    struct span title = title_of(p, status, UI_TITLE), hint = title_of(p, status, UI_HINT);
    hint = hint.size > 0 ? hint : title_of(p, status, UI_SUBTITLE);
    int32_t icon = px(p, 56), width = min_i32(rect.width - px(p, 48), px(p, 320));
    int32_t y = rect.y + max_i32(px(p, 24), (rect.height - icon - px(p, 96)) / 2);
    uint32_t ink = color(p, COLOR_OUTLINE);
    boxes_add(p->boxes, &(struct box){.rect = {rect.x, y, rect.width, icon},
                                      .ink = ink,
                                      .icon_ink = ink,
                                      .icon = icon_of(p, status, "inbox"),
                                      .icon_px = icon,
                                      .centred = true});
    y += icon + px(p, 12);
    struct paragraph first = {.x = rect.x + (rect.width - width) / 2,
                              .y = y,
                              .width = width,
                              .text = title,
                              .type = TYPE_STRONG,
                              .ink = COLOR_ON,
                              .role = ROLE_STATUS,
                              .centred = true};
    first.y += paragraph_add(p, &first) + px(p, 4);
    first.text = hint;
    first.type = TYPE_SECONDARY;
    first.ink = COLOR_MUTED;
    first.role = ROLE_TEXT;
    paragraph_add(p, &first);
}

void rows_ask(struct presenter *p, uint16_t list, int32_t from, int32_t to)
{
    int32_t count = (int32_t)ui_tree_number(p->task->tree, list, UI_COUNT);
    uint32_t first = (uint32_t)max_i32(0, from - ROWS_SPARE);
    uint32_t wanted = (uint32_t)min_i32(count, to + ROWS_SPARE) - first;
    if (p->task->asked.list == list && p->task->asked.first == first &&
        p->task->asked.count == wanted) {
        return;
    }
    p->task->asked.list = list;
    p->task->asked.first = first;
    p->task->asked.count = wanted;
    task_emit(p->task, &(struct ui_event){
                           .kind = UI_EVENT_ROWS, .node = list, .first = first, .count = wanted});
}

static void rows_present(struct presenter *p, uint16_t list, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t count = (int32_t)ui_tree_number(tree, list, UI_COUNT);
    int32_t first = (int32_t)ui_tree_number(tree, list, UI_FIRST);
    int32_t height = row_height(p), pitch = height + gap_of(p), margin = margin_of(p);
    struct scrolled scrolled = scroll_begin(p, list, rect);
    int32_t from = max_i32(0, scrolled.offset_px / pitch);
    int32_t to = min_i32(count, (scrolled.offset_px + rect.height) / pitch + 1);
    uint16_t row = ui_tree_first(tree, list);
    bool missing = false;
    for (int32_t i = first; i < from && row != 0; i++) {
        row = ui_tree_next(tree, row);
    }
    for (int32_t i = from; i < to; i++) {
        struct paint_rect place = {rect.x + margin,
                                   rect.y + px(p, 4) + i * pitch - scrolled.offset_px,
                                   rect.width - 2 * margin, height};
        bool is_here = i >= first && row != 0;
        if (is_here) {
            row_present(p, row, place);
            row = ui_tree_next(tree, row);
        } else {
            row_missing(p, place);
            missing = true;
        }
    }
    if (missing) {
        rows_ask(p, list, from, to);
    }
    bool has_button = p->fold.navigation == NAVIGATION_BAR && primary_verb(p) != 0;
    scroll_end(p, &scrolled, count * pitch + px(p, has_button ? 88 : 12));
}

// The search field: a pill with a glass, and a cross once something was typed.
static void search_present(struct presenter *p, uint16_t list, struct paint_rect rect)
{
    struct field *field = task_field(p->task, list);
    struct box_id id = id_of(p, list, PART_SEARCH);
    bool focused = box_id_equal(p->scene->focus, id);
    struct span hint = title_of(p, list, UI_HINT), text = {NULL, 0};
    hint =
        hint.size > 0 && ui_tree_number(p->task->tree, list, UI_COUNT) > 0 ? hint : chars("Search");
    if (field != NULL) {
        text = editor_text(field->editor);
    }
    int32_t icon = px(p, p->fold.dense ? 20 : 24), pad = pad_of(p);
    struct box *box = part_add(p, &(struct box){.rect = rect,
                                                .id = id,
                                                .role = ROLE_SEARCHBOX,
                                                .state = STATE_EDITABLE,
                                                .takes_focus = true,
                                                .takes_press = true,
                                                .fill = color(p, COLOR_SURFACE2),
                                                .radius = PAINT_PILL,
                                                .ink = color(p, COLOR_MUTED),
                                                .icon_ink = color(p, COLOR_MUTED),
                                                .icon = text_icon_code("search"),
                                                .icon_px = icon,
                                                .pad_px = pad,
                                                .name = chars("Search"),
                                                .value = text});
    box->state |= focused ? STATE_RING : 0;
    int32_t x = rect.x + pad + icon + px(p, 12), clear = text.size > 0 ? rect.height : px(p, 16);
    if (field != NULL) {
        struct paint_rect inner = {x, rect.y, rect.x + rect.width - clear - x, rect.height};
        line_present(p, field, inner, hint, focused);
    }
    if (text.size > 0) {
        struct paint_rect cross = {rect.x + rect.width - rect.height, rect.y, rect.height,
                                   rect.height};
        icon_button_add(p, id_of(p, list, PART_SEARCH_CLEAR), cross, "close", "Clear search")
            ->icon_px = icon;
    }
}

// Verbs of the section that are not its first concern: icons at the end of the title row.
static void quiet_verbs_present(struct presenter *p, int32_t right, struct paint_rect row)
{
    const struct ui_tree *tree = p->task->tree;
    uint16_t primary = primary_verb(p);
    int32_t side = px(p, p->fold.dense ? 40 : 48);
    for (uint16_t at = ui_tree_first(tree, task_section(p->task)); at != 0;
         at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_VERB && at != primary) {
            struct button button = {.x = right,
                                    .y = row.y + (row.height - side) / 2,
                                    .height = side,
                                    .node = at,
                                    .right = true,
                                    .icon_only = true};
            right -= button_add(p, &button);
        }
    }
}

// Statuses of the section stand between search and rows.
static int32_t statuses_present(struct presenter *p, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    int32_t margin = margin_of(p), y = rect.y;
    for (uint16_t at = ui_tree_first(tree, task_section(p->task)); at != 0;
         at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_STATUS &&
            ui_tree_number(tree, at, UI_TYPE) != UI_STATUS_EMPTY) {
            struct paint_rect place = {rect.x + margin, y, rect.width - 2 * margin, 0};
            y += status_present(p, at, place) + px(p, 8);
        }
    }
    return y - rect.y;
}

// What the app says of an empty list: the list's own status, or the section's first of that type.
static uint16_t empty_status(const struct presenter *p, uint16_t list)
{
    const struct ui_tree *tree = p->task->tree;
    uint16_t status = ui_tree_child(tree, list, UI_STATUS);
    for (uint16_t at = ui_tree_first(tree, task_section(p->task)); status == 0 && at != 0;
         at = ui_tree_next(tree, at)) {
        bool fits = ui_tree_kind(tree, at) == UI_STATUS &&
                    ui_tree_number(tree, at, UI_TYPE) == UI_STATUS_EMPTY;
        status = fits ? at : 0;
    }
    return status;
}

// No rows: what the app says about that, or that nothing was found.
static void none_present(struct presenter *p, uint16_t list, struct paint_rect rect)
{
    struct field *field = task_field(p->task, list);
    bool searching = field != NULL && editor_text(field->editor).size > 0;
    uint16_t status = empty_status(p, list);
    if (status != 0 && !searching) {
        empty_present(p, rect, status);
        return;
    }
    if (!searching && ui_tree_child(p->task->tree, task_section(p->task), UI_STATUS) != 0) {
        return; // another status, above, says why there is nothing
    }
    struct paragraph none = {.x = rect.x + px(p, 24),
                             .y = rect.y + px(p, 40),
                             .width = rect.width - px(p, 48),
                             .text = chars(searching ? "Nothing found" : "Nothing here yet"),
                             .type = TYPE_BODY,
                             .ink = COLOR_MUTED,
                             .role = ROLE_STATUS,
                             .centred = true};
    paragraph_add(p, &none);
}

// "10 items", for those who do not see.
static struct span rows_said(struct presenter *p, uint16_t list)
{
    char said[32];
    unsigned count = (unsigned)ui_tree_number(p->task->tree, list, UI_COUNT);
    snprintf(said, sizeof said, count == 1 ? "%u item" : "%u items", count);
    return boxes_text(p->boxes, said);
}

void list_pane_present(struct presenter *p, struct paint_rect rect)
{
    const struct ui_tree *tree = p->task->tree;
    uint16_t section = task_section(p->task), list = ui_tree_child(tree, section, UI_LIST);
    int32_t margin = margin_of(p), pad = pad_of(p), y = rect.y + px(p, p->fold.dense ? 12 : 8);
    enum type type = p->fold.dense ? TYPE_TITLE : TYPE_HEADLINE;
    struct paint_rect row = {rect.x + margin + pad, y, rect.width - 2 * (margin + pad),
                             theme_line_px(p->form, type) + px(p, 12)};
    struct label title = {.rect = row,
                          .text = title_of(p, section, UI_TITLE),
                          .type = type,
                          .ink = COLOR_ON,
                          .role = ROLE_HEADING};
    label_add(p, &title);
    quiet_verbs_present(p, rect.x + rect.width - margin, row);
    y += row.height + px(p, 4);
    if (ui_tree_number(tree, list, UI_SEARCH) != 0) {
        int32_t height = form_text_px(p->form, p->fold.dense ? 40 : 48);
        search_present(p, list,
                       (struct paint_rect){rect.x + margin, y, rect.width - 2 * margin, height});
        y += height + px(p, 8);
    }
    y += statuses_present(p, (struct paint_rect){rect.x, y, rect.width, 0});
    struct paint_rect rows = {rect.x, y, rect.width, rect.y + rect.height - y};
    boxes_add(p->boxes, &(struct box){.rect = rows,
                                      .id = id_of(p, list, PART_AREA),
                                      .role = ROLE_LIST,
                                      .name = title_of(p, section, UI_TITLE),
                                      .description = rows_said(p, list)});
    p->boxes->depth++;
    if (ui_tree_number(tree, list, UI_COUNT) == 0) {
        none_present(p, list, rows);
    } else {
        rows_present(p, list, rows);
    }
    p->boxes->depth--;
}
