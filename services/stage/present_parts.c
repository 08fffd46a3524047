// SPDX-License-Identifier: Apache-2.0
// The vocabulary of the presentations: lengths, colours, labels, paragraphs, buttons, scrolled
// areas.
#include "present_parts.h"

#include "base/math.h"
#include "text/unicode.h"

#include <string.h>

enum { PARAGRAPH_LINES_MAX = 64 };

int32_t px(const struct presenter *p, int32_t dp)
{
    return form_px(p->form, dp);
}

uint32_t color(const struct presenter *p, enum color which)
{
    return theme_color(p->form, which);
}

struct span title_of(const struct presenter *p, uint16_t node, enum ui_string which)
{
    return ui_tree_string(p->task->tree, node, which);
}

struct span chars(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

uint32_t icon_of(const struct presenter *p, uint16_t node, const char *otherwise)
{
    char name[40] = {0};
    struct span icon = title_of(p, node, UI_ICON);
    memcpy(name, icon.bytes != NULL ? (const char *)icon.bytes : "",
           (size_t)min_u64(icon.size, sizeof name - 1));
    uint32_t code = name[0] != 0 ? text_icon_code(name) : 0;
    return code != 0 || otherwise == NULL ? code : text_icon_code(otherwise);
}

int32_t text_width(const struct presenter *p, struct span text, enum type type)
{
    struct text_run run = {
        .bytes = (const char *)text.bytes, .size = text.size, .style = theme_style(p->form, type)};
    return text.size > 0 ? (text_measure(p->scene->text, &run) + 63) / 64 : 0;
}

struct box_id id_of(const struct presenter *p, uint16_t node, enum part part)
{
    return (struct box_id){.node = node, .part = (uint8_t)part, .task = p->task_index};
}

struct box *part_add(struct presenter *p, const struct box *box)
{
    struct box *added = boxes_add(p->boxes, box);
    const struct scene *scene = p->scene;
    if (added->id.part == PART_DECORATION || added->state & STATE_DISABLED) {
        return added;
    }
    bool hovered = box_id_equal(added->id, scene->hover);
    bool pressed = box_id_equal(added->id, scene->pressed);
    bool focused = box_id_equal(added->id, scene->focus) && added->takes_focus;
    added->state |= (hovered ? STATE_HOVERED : 0) | (pressed ? STATE_PRESSED : 0) |
                    (focused ? STATE_FOCUSED : 0) | (focused && scene->show_focus ? STATE_RING : 0);
    if (p->form->high_contrast && added->takes_press && added->fill != 0 && added->ring == 0) {
        added->ring = color(p, COLOR_OUTLINE);
    }
    uint32_t strength = pressed ? 30 : hovered ? 16 : 0;
    if (strength > 0 && added->takes_press && added->role != ROLE_TEXTBOX) {
        added->fill = added->fill != 0 ? paint_color_mix(added->fill, added->ink, strength)
                                       : paint_color_alpha(added->ink, strength);
    }
    return added;
}

struct box *panel_add(struct presenter *p, struct paint_rect rect, enum color fill, int32_t radius)
{
    return boxes_add(p->boxes,
                     &(struct box){.rect = rect, .fill = color(p, fill), .radius = radius});
}

struct box *label_add(struct presenter *p, const struct label *label)
{
    return boxes_add(p->boxes, &(struct box){.rect = label->rect,
                                             .ink = color(p, label->ink),
                                             .type = (uint8_t)label->type,
                                             .role = (uint8_t)label->role,
                                             .centred = label->centred,
                                             .text = label->text,
                                             .name = label->text});
}

void two_lines_add(struct presenter *p, const struct two_lines *lines)
{
    int32_t first = theme_line_px(p->form, lines->title_type);
    int32_t second = lines->line.size > 0 ? theme_line_px(p->form, lines->line_type) : 0;
    struct paint_rect rect = lines->rect;
    rect.y += (rect.height - first - second) / 2;
    rect.height = first;
    struct label label = {
        .rect = rect, .text = lines->title, .type = lines->title_type, .ink = COLOR_ON};
    label_add(p, &label)->ink = lines->ink;
    label.rect.y += first;
    label.rect.height = second;
    label.text = lines->line;
    label.type = lines->line_type;
    label.ink = COLOR_MUTED;
    if (second > 0) {
        label_add(p, &label);
    }
}

// Where a line of at most `width_q6` ends: after the last word that fits, at a line feed, or within
// a word too long.
static size_t line_end(const struct presenter *p, struct span text, struct text_style style,
                       int32_t width_px)
{
    const char *bytes = (const char *)text.bytes;
    const char *feed = memchr(bytes, '\n', text.size);
    size_t size = feed != NULL ? (size_t)(feed - bytes) : text.size;
    struct text_run run = {.bytes = bytes, .size = size, .style = style};
    size_t fits = text_fit(p->scene->text, &run, width_px * 64, NULL);
    if (fits >= size) {
        return size;
    }
    size_t end = fits;
    while (end > 0 && bytes[end] != ' ' && bytes[end - 1] != ' ') {
        end--;
    }
    return end > 0 ? end : fits > 0 ? fits : unicode_grapheme_next(bytes, size, 0);
}

int32_t paragraph_add(struct presenter *p, const struct paragraph *paragraph)
{
    struct text_style style = theme_style(p->form, paragraph->type);
    int32_t line_px = theme_line_px(p->form, paragraph->type), y = paragraph->y;
    struct span rest = paragraph->text;
    struct box *first = NULL;
    for (uint32_t i = 0; rest.size > 0 && i < PARAGRAPH_LINES_MAX; i++) {
        size_t end = line_end(p, rest, style, paragraph->width);
        struct label line = {.rect = {paragraph->x, y, paragraph->width, line_px},
                             .text = {rest.bytes, end},
                             .type = paragraph->type,
                             .ink = paragraph->ink,
                             .role = i == 0 ? paragraph->role : ROLE_NONE,
                             .centred = paragraph->centred};
        struct box *added = label_add(p, &line);
        added->plain_baseline = true;
        first = i == 0 ? added : first;
        y += line_px;
        size_t skip = end;
        skip += skip < rest.size && (rest.bytes[skip] == '\n' || rest.bytes[skip] == ' ');
        rest = (struct span){rest.bytes + skip, rest.size - skip};
    }
    if (first != NULL) {
        first->name = paragraph->text;
    }
    return y - paragraph->y;
}

// Fill and ink of a verb by its role; danger shows in the text of a quiet button and fills one that
// stands alone.
static void button_tone(const struct presenter *p, uint64_t role, bool filled, struct box *box)
{
    bool primary = role == UI_PRIMARY && filled, danger = role == UI_DESTRUCTIVE;
    box->fill = primary            ? color(p, COLOR_ACCENT)
                : danger && filled ? color(p, COLOR_DANGER)
                                   : color(p, COLOR_SURFACE2);
    box->ink = primary            ? color(p, COLOR_ON_ACCENT)
               : danger && filled ? color(p, COLOR_ON_DANGER)
               : danger           ? color(p, COLOR_DANGER)
                                  : color(p, COLOR_ON);
}

int32_t button_add(struct presenter *p, const struct button *button)
{
    const struct ui_tree *tree = p->task->tree;
    struct span title = title_of(p, button->node, UI_TITLE);
    uint64_t role = ui_tree_number(tree, button->node, UI_ROLE);
    bool disabled = ui_tree_flag(tree, button->node, UI_FLAG_DISABLED);
    struct box box = {
        .id = id_of(p, button->node, PART_NODE),
        .role = ROLE_BUTTON,
        .state = disabled ? STATE_DISABLED : 0,
        .takes_focus = !disabled,
        .takes_press = !disabled,
        .radius = PAINT_PILL,
        .icon = icon_of(p, button->node, NULL),
        .icon_px = px(p, p->fold.dense ? 18 : 22),
        .gap_px = px(p, 8),
        .type = TYPE_LABEL,
        .centred = true,
        .text = title,
        .name = title,
        .description = title_of(p, button->node, UI_SHORTCUT),
    };
    button_tone(p, role, button->filled, &box);
    int32_t content =
        text_width(p, title, TYPE_LABEL) + (box.icon != 0 ? box.icon_px + box.gap_px : 0);
    int32_t width = content + px(p, 32);
    if (button->icon_only && box.icon != 0) {
        width = button->height;
        box.text = (struct span){NULL, 0};
        box.fill = 0;
        box.ink = role == UI_DESTRUCTIVE ? color(p, COLOR_DANGER) : color(p, COLOR_ON);
    }
    width = button->width > 0 ? button->width : width;
    box.rect = (struct paint_rect){button->right ? button->x - width : button->x, button->y, width,
                                   button->height};
    box.icon_ink = box.ink;
    if (disabled) {
        box.ink = box.icon_ink = color(p, COLOR_OUTLINE);
    }
    part_add(p, &box);
    return width;
}

struct box *icon_button_add(struct presenter *p, struct box_id id, struct paint_rect rect,
                            const char *icon, const char *name)
{
    return part_add(p, &(struct box){.rect = rect,
                                     .id = id,
                                     .role = ROLE_BUTTON,
                                     .takes_focus = true,
                                     .takes_press = true,
                                     .radius = PAINT_PILL,
                                     .ink = color(p, COLOR_ON),
                                     .icon_ink = color(p, COLOR_ON),
                                     .icon = text_icon_code(icon),
                                     .icon_px = px(p, 24),
                                     .centred = true,
                                     .name = chars(name)});
}

struct scrolled scroll_begin(struct presenter *p, uint16_t node, struct paint_rect rect)
{
    struct scroll *scroll = task_scroll(p->task, node);
    scroll->viewport_px = rect.height;
    struct scrolled scrolled = {rect, p->boxes->clip, node, scroll->offset_px};
    p->boxes->clip = paint_rect_intersect(p->boxes->clip, rect);
    return scrolled;
}

void scroll_end(struct presenter *p, const struct scrolled *scrolled, int32_t content_px)
{
    struct scroll *scroll = task_scroll(p->task, scrolled->node);
    int32_t most = max_i32(0, content_px - scrolled->rect.height);
    scroll->content_px = content_px;
    scroll->offset_px = max_i32(0, min_i32(scroll->offset_px, most));
    p->again = p->again || scroll->offset_px != scrolled->offset_px;
    boxes_scroll_add(p->boxes, &(struct scroll_area){.id = id_of(p, scrolled->node, PART_AREA),
                                                     .rect = scrolled->rect,
                                                     .content_px = content_px,
                                                     .offset_px = scroll->offset_px});
    if (most > 0 && !p->form->round) {
        int32_t track = scrolled->rect.height - px(p, 8);
        int32_t size =
            max_i32(px(p, 24), (int32_t)((int64_t)track * scrolled->rect.height / content_px));
        int32_t at = (int32_t)((int64_t)(track - size) * scroll->offset_px / most);
        struct paint_rect thumb = {scrolled->rect.x + scrolled->rect.width - px(p, 6),
                                   scrolled->rect.y + px(p, 4) + at, px(p, 3), size};
        panel_add(p, thumb, COLOR_SURFACE3, PAINT_PILL)->fill =
            paint_color_alpha(color(p, COLOR_OUTLINE), 120);
    }
    p->boxes->clip = scrolled->clip_before;
}
