// SPDX-License-Identifier: Apache-2.0
// Texts being read or edited: one box a line, so that a keystroke changes one box, selection
// behind, caret in front.
#include "present_parts.h"

#include "base/math.h"

#include <string.h>

enum { SELECTION_RECTS_MAX = 128 };

static enum type heading_type(const struct presenter *p)
{
    return p->form->round ? TYPE_TITLE : TYPE_HEADLINE;
}

static struct editor_look look_of(const struct presenter *p, int32_t width)
{
    struct editor_look look;
    memset(&look, 0, sizeof look);
    look.style = theme_style(p->form, TYPE_BODY);
    look.line_px = theme_line_px(p->form, TYPE_BODY);
    look.title_style = theme_style(p->form, heading_type(p));
    look.title_line_px = theme_line_px(p->form, heading_type(p));
    look.gap_px = px(p, 12);
    look.width_px = width;
    return look;
}

// Where a text stands on the screen. Carets and selections are laid out in the text's own
// direction, so a form from right to left turns the whole of it, not its parts.
static struct paint_rect placed(const struct presenter *p, struct paint_rect rect)
{
    rect.x = p->form->right_to_left ? p->form->width_px - rect.x - rect.width : rect.x;
    return rect;
}

static void selection_present(struct presenter *p, const struct editor *editor, int32_t x,
                              int32_t y)
{
    struct paint_rect rects[SELECTION_RECTS_MAX];
    size_t count = editor_selection(editor, rects, SELECTION_RECTS_MAX);
    for (size_t i = 0; i < count; i++) {
        rects[i].x += x;
        rects[i].y += y;
        panel_add(p, rects[i], COLOR_SELECTED, px(p, 2))->placed = true;
    }
}

static void caret_present(struct presenter *p, const struct editor *editor, int32_t x, int32_t y)
{
    struct paint_rect caret = editor_caret(editor);
    int32_t inset = caret.height / 8;
    panel_add(p,
              (struct paint_rect){x + caret.x - px(p, 1), y + caret.y + inset, max_i32(2, px(p, 2)),
                                  caret.height - 2 * inset},
              COLOR_ACCENT, px(p, 1))
        ->placed = true;
}

// Whether a line is cut by nothing: on a round display it shows when it has come far enough to the
// middle.
static bool line_fits(const struct presenter *p, struct span text, enum type type,
                      struct paint_rect place)
{
    if (!p->form->round) {
        return true;
    }
    struct paint_rect room = round_within(p, place.y, place.height);
    return place.x >= room.x && place.x + text_width(p, text, type) <= room.x + room.width;
}

static void lines_present(struct presenter *p, const struct editor *editor, struct paint_rect rect)
{
    size_t count = editor_line_count(editor);
    for (size_t i = 0; i < count; i++) {
        struct editor_line line = editor_line_at(editor, i);
        struct paint_rect place = {rect.x + line.rect.x, rect.y + line.rect.y, rect.width,
                                   line.rect.height};
        enum type type = line.is_title ? heading_type(p) : TYPE_BODY;
        if (line.text.size == 0 || !line_fits(p, line.text, type, place) ||
            place.y >= p->boxes->clip.y + p->boxes->clip.height ||
            place.y + place.height <= p->boxes->clip.y) {
            continue;
        }
        boxes_add(p->boxes, &(struct box){.rect = place,
                                          .ink = color(p, COLOR_ON),
                                          .type = (uint8_t)type,
                                          .plain_baseline = true,
                                          .uncut = true,
                                          .placed = true,
                                          .text = line.text});
    }
}

int32_t text_present(struct presenter *p, struct field *field, struct paint_rect rect, bool titled)
{
    struct editor_look look = look_of(p, rect.width);
    if (editor_look_set(field->editor, &look) < 0) {
        return 0;
    }
    struct paint_rect place = placed(p, rect);
    field->origin_x = place.x;
    field->origin_y = place.y;
    bool focused = box_id_equal(p->scene->focus, id_of(p, field->node, PART_NODE));
    if (editor_text(field->editor).size == 0) {
        struct span hint = title_of(p, field->node, UI_HINT);
        struct label label = {
            .rect = {rect.x, rect.y, rect.width, titled ? look.title_line_px : look.line_px},
            .text = hint.size > 0 ? hint : chars(titled ? "Title" : ""),
            .type = titled ? heading_type(p) : TYPE_BODY,
            .ink = COLOR_OUTLINE};
        label_add(p, &label)->plain_baseline = true;
    }
    if (focused) {
        selection_present(p, field->editor, place.x, place.y);
    }
    lines_present(p, field->editor, place);
    if (focused && !editor_is_read_only(field->editor)) {
        caret_present(p, field->editor, place.x, place.y);
    }
    return editor_height(field->editor);
}

// A secret is shown as dots, one a character.
static struct span shown_text(struct presenter *p, const struct field *field)
{
    struct span text = editor_text(field->editor);
    bool secret = field->kind == UI_FIELD &&
                  ui_tree_number(p->task->tree, field->node, UI_TYPE) == UI_FIELD_SECRET;
    if (!secret) {
        return text;
    }
    char dots[3 * 64 + 1] = {0};
    size_t count = 0;
    for (size_t i = 0; i < text.size && count < 64; i++) {
        count += (text.bytes[i] & 0xc0) != 0x80;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(dots + 3 * i, "\xe2\x80\xa2", 3);
    }
    return boxes_text(p->boxes, dots);
}

void line_present(struct presenter *p, struct field *field, struct paint_rect rect,
                  struct span hint, bool focused)
{
    struct editor_look look = look_of(p, rect.width);
    if (editor_look_set(field->editor, &look) < 0) {
        return;
    }
    struct span text = shown_text(p, field);
    int32_t top = rect.y + (rect.height - look.line_px) / 2;
    struct paint_rect before = p->boxes->clip, caret = editor_caret(field->editor);
    p->boxes->clip = paint_rect_intersect(before, paint_rect_inset(rect, -px(p, 1)));
    int32_t shift = max_i32(0, caret.x - rect.width + px(p, 2));
    int32_t x = placed(p, rect).x - shift;
    field->origin_x = x;
    field->origin_y = top;
    if (text.size == 0) {
        struct label label = {.rect = rect, .text = hint, .type = TYPE_BODY, .ink = COLOR_MUTED};
        label_add(p, &label);
    }
    if (focused) {
        selection_present(p, field->editor, x, top);
    }
    boxes_add(p->boxes, &(struct box){.rect = {x, rect.y, rect.width + shift, rect.height},
                                      .ink = color(p, COLOR_ON),
                                      .type = TYPE_BODY,
                                      .uncut = true,
                                      .placed = true,
                                      .text = text});
    if (focused) {
        caret_present(p, field->editor, x, top);
    }
    p->boxes->clip = before;
}
