// SPDX-License-Identifier: Apache-2.0
// The whole screen: what folding decided, pane by pane. Order is paint order.
//
//     phone                      tablet, desktop
//     +--------------+           +--------+---------+------------------+
//     | strip        |           | rail   | list    | detail           |
//     | list or      |           | or     |         |                  |
//     |   detail     |           | drawer |         |                  |
//     | bar          |           +--------+---------+------------------+
//     +--------------+
//
// A round display and one that moves with its driver have presentations of their own.
#include "present_parts.h"

#include "base/math.h"

enum {
    STRIP_DP = 28,
    BAR_DP = 56,
    BAR_LABEL_DP = 16,
    FAB_DP = 56,
    MARGIN_DP = 16,
    PANE_GAP_DP = 8
};

// The floating button of a phone: the section's first concern.
static void floating_present(struct presenter *p, struct paint_rect rect)
{
    uint16_t verb = primary_verb(p);
    if (verb == 0) {
        return;
    }
    int32_t side = px(p, FAB_DP), margin = px(p, MARGIN_DP);
    struct paint_rect corner = {rect.x + rect.width - side - margin,
                                rect.y + rect.height - side - margin, side, side};
    struct box *box = primary_icon_add(p, verb, corner);
    box->radius = px(p, 16);
    box->elevation = 2;
    box->icon_px = px(p, 26);
}

// A section without a list: its contents as one page.
static void page_present(struct presenter *p, struct paint_rect rect)
{
    uint16_t section = task_section(p->task);
    struct scrolled scrolled = scroll_begin(p, section, rect);
    // The title stands where that of a list does, so that it stays put from one section to another.
    int32_t margin = px(p, 12), y = rect.y - scrolled.offset_px + px(p, p->fold.dense ? 18 : 14);
    int32_t inset = margin + px(p, p->fold.dense ? 12 : 16);
    struct span title = title_of(p, section, UI_TITLE);
    struct paragraph heading = {.x = rect.x + inset,
                                .y = y,
                                .width = rect.width - 2 * inset,
                                .text = title,
                                .type = p->fold.dense ? TYPE_TITLE : TYPE_HEADLINE,
                                .ink = COLOR_ON,
                                .role = ROLE_HEADING};
    y += paragraph_add(p, &heading) + px(p, 12);
    int32_t width = min_i32(rect.width - 2 * margin, px(p, 640));
    y += flow_present(p, section, (struct paint_rect){rect.x + margin, y, width, 0}, true);
    scroll_end(p, &scrolled, y + px(p, 24) - rect.y + scrolled.offset_px);
}

static bool has_list(const struct presenter *p)
{
    return ui_tree_child(p->task->tree, task_section(p->task), UI_LIST) != 0;
}

static void one_pane_present(struct presenter *p, struct paint_rect rect)
{
    if (p->task->detail_open && task_detail(p->task) != 0) {
        detail_pane_present(p, rect);
    } else if (has_list(p)) {
        list_pane_present(p, rect);
    } else {
        page_present(p, rect);
    }
}

static void two_panes_present(struct presenter *p, struct paint_rect rect)
{
    if (!has_list(p)) {
        page_present(p, rect);
        return;
    }
    int32_t gap = px(p, PANE_GAP_DP);
    list_pane_present(p, (struct paint_rect){rect.x, rect.y, p->fold.list_px, rect.height});
    struct paint_rect pane = {rect.x + p->fold.list_px, rect.y + gap,
                              rect.width - p->fold.list_px - gap, rect.height - 2 * gap};
    detail_pane_present(p, pane);
}

static void panes_present(struct presenter *p, struct paint_rect rect)
{
    if (p->task == NULL || p->task->tree->root == 0) {
        struct label label = {.rect = rect,
                              .text = chars("Starting…"),
                              .type = TYPE_BODY,
                              .ink = COLOR_MUTED,
                              .role = ROLE_STATUS,
                              .centred = true};
        label_add(p, &label);
    } else if (p->fold.two_panes) {
        two_panes_present(p, rect);
    } else {
        one_pane_present(p, rect);
    }
}

// Phone: strip, page, bar or keyboard.
static void narrow_present(struct presenter *p, struct paint_rect screen)
{
    int32_t strip = px(p, STRIP_DP), bar = px(p, BAR_DP) + form_text_px(p->form, BAR_LABEL_DP);
    bool in_detail = p->task != NULL && p->task->detail_open && task_detail(p->task) != 0;
    bool keyboard = p->scene->keyboard.shown;
    int32_t foot = keyboard ? keyboard_height(p) : in_detail ? 0 : bar;
    struct paint_rect page = {0, strip, screen.width, screen.height - strip - foot};
    if (in_detail) {
        panel_add(p, (struct paint_rect){0, 0, screen.width, strip}, COLOR_SURFACE, 0);
    }
    strip_present(p, (struct paint_rect){0, 0, screen.width, strip});
    struct paint_rect clip = p->boxes->clip;
    p->boxes->clip = paint_rect_intersect(clip, page);
    panes_present(p, page);
    if (!in_detail && !keyboard && p->task != NULL) {
        floating_present(p, page);
    }
    p->boxes->clip = clip;
    struct paint_rect below = {0, screen.height - foot, screen.width, foot};
    if (keyboard) {
        keyboard_present(p, below);
    } else if (!in_detail) {
        bar_present(p, below);
    }
}

static void wide_present(struct presenter *p, struct paint_rect screen)
{
    struct paint_rect side = {0, 0, p->fold.navigation_px, screen.height};
    int32_t foot = p->scene->keyboard.shown ? keyboard_height(p) : 0;
    if (p->fold.navigation == NAVIGATION_DRAWER) {
        drawer_present(p, side);
    } else {
        rail_present(p, side);
    }
    panes_present(
        p, (struct paint_rect){side.width, 0, screen.width - side.width, screen.height - foot});
    if (foot > 0) {
        keyboard_present(p, (struct paint_rect){0, screen.height - foot, screen.width, foot});
    }
}

static void question_present(struct presenter *p, uint16_t ask)
{
    if (form_is_moving(p->form)) {
        glance_ask_present(p, ask);
    } else if (p->form->round) {
        round_ask_present(p, ask);
    } else {
        ask_present(p, ask);
    }
}

static void screen_present(struct presenter *p)
{
    struct paint_rect screen = {0, 0, p->form->width_px, p->form->height_px};
    boxes_clear(p->boxes, screen);
    p->again = false;
    panel_add(p, screen, COLOR_BG, 0);
    if (p->task != NULL && p->task->tree->root != 0) {
        struct box *app = panel_add(p, screen, COLOR_BG, 0);
        app->fill = 0;
        app->role = ROLE_APPLICATION;
        app->name = title_of(p, p->task->tree->root, UI_TITLE);
    }
    p->boxes->depth = 1;
    if (form_is_moving(p->form)) {
        glance_present(p);
    } else if (p->form->round) {
        round_present(p);
    } else if (p->fold.navigation == NAVIGATION_BAR) {
        narrow_present(p, screen);
    } else {
        wide_present(p, screen);
    }
    for (uint32_t i = 0; i < p->scene->task_count; i++) {
        // A question may come from a task that is not in front.
        uint16_t ask = task_ask(p->scene->tasks[i]);
        if (ask != 0) {
            struct presenter asking = *p;
            asking.task = p->scene->tasks[i];
            asking.task_index = (uint8_t)i;
            question_present(&asking, ask);
            break;
        }
    }
    if (p->form->right_to_left) {
        boxes_mirror(p->boxes, screen.width);
    }
}

void present(struct boxes *boxes, struct scene *scene)
{
    struct presenter p = {
        .boxes = boxes, .scene = scene, .form = scene->form, .fold = form_fold(scene->form)};
    if (scene->current < scene->task_count) {
        p.task = scene->tasks[scene->current];
        p.task_index = (uint8_t)scene->current;
    }
    screen_present(&p);
    if (p.again) {
        screen_present(&p);
    }
    if (p.task != NULL) {
        p.task->reveal_caret = false;
    }
}
