// SPDX-License-Identifier: Apache-2.0
// Where one can go: the sections of the task in front and the other tasks, as a bar, a rail or a
// drawer; and the strip that says where one is.
#include "present_parts.h"

#include "base/math.h"

static struct destination destination_of_task(struct presenter *p, uint32_t index)
{
    struct presenter other = *p;
    other.task = p->scene->tasks[index];
    other.task_index = (uint8_t)index;
    uint16_t root = other.task->tree->root;
    uint16_t section = ui_tree_child(other.task->tree, root, UI_SECTION);
    uint32_t icon = icon_of(&other, root, NULL);
    return (struct destination){
        .id = {.part = PART_TASK, .index = (uint16_t)index},
        .title = title_of(&other, root, UI_TITLE),
        .icon = icon != 0 ? icon : icon_of(&other, section, "apps"),
    };
}

uint32_t destinations_of(struct presenter *p, struct destination out[DESTINATIONS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->scene->task_count && count < DESTINATIONS_MAX; i++) {
        const struct ui_tree *tree = p->scene->tasks[i]->tree;
        if (tree->root == 0) {
            continue;
        }
        uint16_t at = i == p->scene->current ? ui_tree_child(tree, tree->root, UI_SECTION) : 0;
        if (at == 0) {
            out[count] = destination_of_task(p, i);
            out[count++].current = i == p->scene->current;
            continue;
        }
        for (; at != 0 && count < DESTINATIONS_MAX; at = ui_tree_next(tree, at)) {
            if (ui_tree_kind(tree, at) == UI_SECTION) {
                out[count++] = (struct destination){.id = id_of(p, at, PART_NODE),
                                                    .title = title_of(p, at, UI_TITLE),
                                                    .icon = icon_of(p, at, "label"),
                                                    .current = at == task_section(p->task)};
            }
        }
    }
    return count;
}

uint16_t primary_verb(const struct presenter *p)
{
    const struct ui_tree *tree = p->task->tree;
    for (uint16_t at = ui_tree_first(tree, task_section(p->task)); at != 0;
         at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_VERB && ui_tree_number(tree, at, UI_ROLE) == UI_PRIMARY) {
            return at;
        }
    }
    return 0;
}

struct box *primary_icon_add(struct presenter *p, uint16_t verb, struct paint_rect rect)
{
    return part_add(p, &(struct box){.rect = rect,
                                     .id = id_of(p, verb, PART_NODE),
                                     .role = ROLE_BUTTON,
                                     .takes_focus = true,
                                     .takes_press = true,
                                     .fill = color(p, COLOR_ACCENT),
                                     .radius = PAINT_PILL,
                                     .ink = color(p, COLOR_ON_ACCENT),
                                     .icon_ink = color(p, COLOR_ON_ACCENT),
                                     .icon = icon_of(p, verb, "add"),
                                     .icon_px = px(p, 24),
                                     .centred = true,
                                     .name = title_of(p, verb, UI_TITLE)});
}

void strip_present(struct presenter *p, struct paint_rect rect)
{
    const struct strip *strip = &p->scene->strip;
    int32_t pad = px(p, 20), icon = px(p, 16), third = rect.width / 3;
    struct label time = {.rect = {pad, rect.y, third, rect.height},
                         .text = chars(strip->time),
                         .type = TYPE_CAPTION,
                         .ink = COLOR_ON,
                         .role = ROLE_STATUS};
    label_add(p, &time);
    struct label device = {.rect = {third, rect.y, third, rect.height},
                           .text = chars(strip->device),
                           .type = TYPE_CAPTION,
                           .ink = COLOR_MUTED,
                           .role = ROLE_STATUS,
                           .centred = true};
    label_add(p, &device);
    uint32_t ink = color(p, strip->linked ? COLOR_OK : COLOR_MUTED);
    boxes_add(p->boxes,
              &(struct box){.rect = {rect.width - pad - icon, rect.y, icon, rect.height},
                            .role = ROLE_STATUS,
                            .ink = ink,
                            .icon_ink = ink,
                            .icon = text_icon_code(strip->linked ? "devices" : "cloud_off"),
                            .icon_px = icon,
                            .centred = true,
                            .name = chars(strip->link)});
}

// Icon in a pill with the title under it: one destination of a bar or a rail.
static void stacked_present(struct presenter *p, const struct destination *to,
                            struct paint_rect rect)
{
    int32_t pill_width = px(p, 60), pill_height = px(p, 32), top = rect.y + px(p, 8);
    struct paint_rect pill = {rect.x + (rect.width - pill_width) / 2, top, pill_width, pill_height};
    part_add(p, &(struct box){.rect = rect,
                              .id = to->id,
                              .role = ROLE_TAB,
                              .state = to->current ? STATE_SELECTED : 0,
                              .takes_focus = true,
                              .takes_press = true,
                              .radius = px(p, 16),
                              .ink = color(p, COLOR_ON),
                              .name = to->title});
    uint32_t ink = color(p, to->current ? COLOR_ON_SELECTED : COLOR_MUTED);
    boxes_add(p->boxes, &(struct box){.rect = pill,
                                      .fill = to->current ? color(p, COLOR_SELECTED) : 0,
                                      .radius = PAINT_PILL,
                                      .ink = ink,
                                      .icon_ink = ink,
                                      .icon = to->icon,
                                      .icon_px = px(p, 24),
                                      .centred = true});
    struct label label = {.rect = {rect.x, top + pill_height + px(p, 2), rect.width,
                                   theme_line_px(p->form, TYPE_CAPTION) + px(p, 4)},
                          .text = to->title,
                          .type = TYPE_CAPTION,
                          .ink = to->current ? COLOR_ON : COLOR_MUTED,
                          .centred = true};
    label_add(p, &label);
}

static struct box *navigation_area(struct presenter *p, struct paint_rect rect)
{
    struct box *area = panel_add(p, rect, COLOR_SURFACE2, 0);
    area->role = ROLE_NAVIGATION;
    area->name = chars("Navigation");
    return area;
}

void bar_present(struct presenter *p, struct paint_rect rect)
{
    struct destination to[DESTINATIONS_MAX];
    navigation_area(p, rect);
    uint32_t count = destinations_of(p, to);
    p->boxes->depth++;
    for (uint32_t i = 0; i < count; i++) {
        int32_t left = rect.width * (int32_t)i / (int32_t)count;
        int32_t right = rect.width * (int32_t)(i + 1) / (int32_t)count;
        stacked_present(p, &to[i], (struct paint_rect){left, rect.y, right - left, rect.height});
    }
    p->boxes->depth--;
}

// The filled button at the head of a rail (icon) or a drawer (icon, text, shortcut).
static void primary_present(struct presenter *p, struct paint_rect rect, bool wide)
{
    uint16_t verb = primary_verb(p);
    if (verb == 0) {
        return;
    }
    struct span title = title_of(p, verb, UI_TITLE), shortcut = title_of(p, verb, UI_SHORTCUT);
    uint32_t ink = color(p, COLOR_ON_ACCENT);
    part_add(p, &(struct box){.rect = rect,
                              .id = id_of(p, verb, PART_NODE),
                              .role = ROLE_BUTTON,
                              .takes_focus = true,
                              .takes_press = true,
                              .fill = color(p, COLOR_ACCENT),
                              .radius = px(p, wide ? 12 : 16),
                              .ink = ink,
                              .icon_ink = ink,
                              .icon = icon_of(p, verb, "add"),
                              .icon_px = px(p, wide ? 20 : 24),
                              .pad_px = px(p, 14),
                              .gap_px = px(p, 12),
                              .type = TYPE_LABEL,
                              .centred = !wide,
                              .text = wide ? title : (struct span){NULL, 0},
                              .name = title,
                              .description = shortcut});
    int32_t hint = text_width(p, shortcut, TYPE_CAPTION);
    int32_t taken = px(p, 14 + 20 + 12) + text_width(p, title, TYPE_LABEL) + px(p, 8);
    if (wide && hint > 0 && taken + hint + px(p, 14) <= rect.width) {
        struct label label = {
            .rect = {rect.x + rect.width - hint - px(p, 14), rect.y, hint, rect.height},
            .text = shortcut,
            .type = TYPE_CAPTION,
            .ink = COLOR_ON_ACCENT};
        label_add(p, &label);
    }
}

void rail_present(struct presenter *p, struct paint_rect rect)
{
    struct destination to[DESTINATIONS_MAX];
    navigation_area(p, rect);
    p->boxes->depth++;
    int32_t side = px(p, 56), y = px(p, 12);
    if (p->task != NULL && p->task->tree->root != 0 && primary_verb(p) != 0) {
        primary_present(p, (struct paint_rect){(rect.width - side) / 2, y, side, side}, false);
        y += side + px(p, 16);
    }
    uint32_t count = destinations_of(p, to);
    for (uint32_t i = 0; i < count; i++) {
        int32_t height = px(p, 68);
        stacked_present(p, &to[i], (struct paint_rect){0, y, rect.width, height});
        y += height;
    }
    p->boxes->depth--;
}

static void drawer_row(struct presenter *p, const struct destination *to, struct paint_rect rect)
{
    uint32_t ink = color(p, to->current ? COLOR_ON_SELECTED : COLOR_ON);
    part_add(p, &(struct box){.rect = rect,
                              .id = to->id,
                              .role = ROLE_TAB,
                              .state = to->current ? STATE_SELECTED : 0,
                              .takes_focus = true,
                              .takes_press = true,
                              .fill = to->current ? color(p, COLOR_SELECTED) : 0,
                              .radius = PAINT_PILL,
                              .ink = ink,
                              .icon_ink = to->current ? ink : color(p, COLOR_MUTED),
                              .icon = to->icon,
                              .icon_px = px(p, 20),
                              .pad_px = px(p, 16),
                              .gap_px = px(p, 14),
                              .type = to->current ? TYPE_LABEL : TYPE_SECONDARY,
                              .text = to->title,
                              .name = to->title});
}

// This device and whom it is linked to, at the foot of the drawer.
static void drawer_foot(struct presenter *p, struct paint_rect rect)
{
    const struct strip *strip = &p->scene->strip;
    int32_t line = theme_line_px(p->form, TYPE_LABEL), small = theme_line_px(p->form, TYPE_CAPTION);
    int32_t x = rect.x + px(p, 24), width = rect.width - px(p, 40);
    int32_t y = rect.y + rect.height - px(p, 16) - line - small;
    int32_t time = text_width(p, chars(strip->time), TYPE_LABEL);
    struct label device = {.rect = {x, y, width - time - px(p, 8), line},
                           .text = chars(strip->device),
                           .type = TYPE_LABEL,
                           .ink = COLOR_ON,
                           .role = ROLE_STATUS};
    label_add(p, &device);
    struct label clock = {.rect = {x + width - time, y, time, line},
                          .text = chars(strip->time),
                          .type = TYPE_LABEL,
                          .ink = COLOR_ON,
                          .role = ROLE_STATUS};
    label_add(p, &clock);
    struct label link = {.rect = {x + px(p, 14), y + line, width - px(p, 14), small},
                         .text = chars(strip->link),
                         .type = TYPE_CAPTION,
                         .ink = COLOR_MUTED,
                         .role = ROLE_STATUS};
    label_add(p, &link);
    int32_t dot = px(p, 8);
    panel_add(p, (struct paint_rect){x, y + line + (small - dot) / 2, dot, dot},
              strip->linked ? COLOR_OK : COLOR_OUTLINE, PAINT_PILL);
    int32_t side = px(p, 40);
    struct paint_rect corner = {rect.x + rect.width - px(p, 12) - side, y - side - px(p, 4), side,
                                side};
    icon_button_add(p, (struct box_id){.part = PART_DARK}, corner,
                    p->form->dark ? "light_mode" : "dark_mode", p->form->dark ? "Light" : "Dark")
        ->icon_px = px(p, 20);
}

void drawer_present(struct presenter *p, struct paint_rect rect)
{
    struct destination to[DESTINATIONS_MAX];
    navigation_area(p, rect);
    p->boxes->depth++;
    int32_t margin = px(p, 12), y = px(p, 12), width = rect.width - 2 * margin;
    if (p->task != NULL && p->task->tree->root != 0 && primary_verb(p) != 0) {
        primary_present(p, (struct paint_rect){margin, y, width, px(p, 44)}, true);
        y += px(p, 44) + px(p, 16);
    }
    uint32_t count = destinations_of(p, to);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && to[i].id.part == PART_TASK && to[i - 1].id.part == PART_NODE) {
            panel_add(p,
                      (struct paint_rect){margin + px(p, 16), y + px(p, 6), width - px(p, 32), 1},
                      COLOR_SURFACE3, 0);
            y += px(p, 13);
        }
        drawer_row(p, &to[i], (struct paint_rect){margin, y, width, px(p, 40)});
        y += px(p, 44);
    }
    drawer_foot(p, rect);
    p->boxes->depth--;
}
