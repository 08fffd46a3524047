// SPDX-License-Identifier: Apache-2.0
// The keyboard: first the text that has the focus, then shortcuts of the verbs in sight, then
// moving the focus.
#include "stage_act.h"

#include "focus.h"

#include "base/math.h"

enum { TURN_DP = 56, TURN_MOST = 16 };

// Scrolls so that a box with the focus is wholly in its area.
static void reveal(struct stage *stage, const struct box *box)
{
    const struct scroll_area *area =
        boxes_scroll_at(&stage->boxes, box->rect.x + 1, box->clip.y + 1);
    if (area == NULL || area->id.task >= stage->scene.task_count) {
        return;
    }
    struct scroll *scroll = task_scroll(stage->scene.tasks[area->id.task], area->id.node);
    int32_t margin = form_px(&stage->form, 8), bottom = area->rect.y + area->rect.height;
    if (box->rect.y < area->rect.y + margin) {
        scroll->offset_px -= area->rect.y + margin - box->rect.y;
    } else if (box->rect.y + box->rect.height + margin > bottom) {
        scroll->offset_px += box->rect.y + box->rect.height + margin - bottom;
    }
    scroll->offset_px = max_i32(0, scroll->offset_px);
}

static void focus_box(struct stage *stage, const struct box *box)
{
    if (box == NULL) {
        return;
    }
    reveal(stage, box);
    stage_focus(stage, box->id);
    stage->scene.show_focus = true;
    stage->is_dirty = true;
}

// Scrolls the first area by a notch; false when it is at its end.
static bool scroll_once(struct stage *stage, int32_t step)
{
    if (stage->boxes.scroll_count == 0) {
        return false;
    }
    const struct scroll_area *area = &stage->boxes.scrolls[0];
    struct scroll *scroll = task_scroll(stage->scene.tasks[area->id.task], area->id.node);
    int32_t most = max_i32(0, area->content_px - area->rect.height);
    int32_t to = scroll->offset_px + step * form_px(&stage->form, TURN_DP);
    to = max_i32(0, min_i32(most, to));
    bool moves = to != scroll->offset_px;
    scroll->offset_px = to;
    stage->is_dirty = stage->is_dirty || moves;
    return moves;
}

// What is next and in sight gets the focus; what is not yet comes nearer, so that a long text on
// the way is read. It does not go round.
static void turn_once(struct stage *stage, int32_t step)
{
    struct box_id focus = stage->scene.focus;
    const struct box *at = focus.part != 0 ? boxes_find(&stage->boxes, focus) : NULL;
    const struct box *next = focus_step(&stage->boxes, focus, step);
    if (next != NULL && at != NULL && (step > 0 ? next <= at : next >= at)) {
        next = NULL;
    }
    bool in_sight = next != NULL &&
                    2 * paint_rect_intersect(next->rect, next->clip).height >= next->rect.height;
    if (in_sight || !scroll_once(stage, step)) {
        focus_box(stage, next);
    }
}

void stage_turn(struct stage *stage, int32_t notches)
{
    int32_t step = notches > 0 ? 1 : -1;
    for (int32_t i = 0; i < TURN_MOST && i < notches * step; i++) {
        turn_once(stage, step);
        stage_present(stage);
    }
}

// The verb under `top` whose shortcut this is, or 0; verbs of items do not count.
static uint16_t verb_for(const struct task *task, uint16_t top, const struct stroke *stroke)
{
    const struct ui_tree *tree = task->tree;
    for (uint16_t at = ui_tree_first(tree, top); at != 0; at = ui_tree_next(tree, at)) {
        uint8_t kind = ui_tree_kind(tree, at);
        if (kind == UI_VERB && !ui_tree_flag(tree, at, UI_FLAG_DISABLED) &&
            keys_match(stroke, ui_tree_string(tree, at, UI_SHORTCUT))) {
            return at;
        }
    }
    return 0;
}

static bool shortcut(struct stage *stage, const struct stroke *stroke)
{
    struct scene *scene = &stage->scene;
    if (scene->current >= scene->task_count) {
        return false;
    }
    struct task *task = scene->tasks[scene->current];
    uint16_t section = task_section(task), detail = task_detail(task);
    uint16_t tops[3] = {detail, section, task->tree->root};
    for (uint32_t i = 0; i < 3; i++) {
        uint16_t verb = tops[i] != 0 ? verb_for(task, tops[i], stroke) : 0;
        if (verb != 0) {
            struct box box = {
                .id = {.node = verb, .part = PART_NODE, .task = (uint8_t)scene->current}};
            stage_activate(stage, &box);
            return true;
        }
    }
    return false;
}

static void escape(struct stage *stage)
{
    struct scene *scene = &stage->scene;
    if (scene->focus.part != 0) {
        stage_focus(stage, (struct box_id){0});
        return;
    }
    if (scene->current < scene->task_count && scene->tasks[scene->current]->detail_open) {
        struct box back = {.id = {.part = PART_BACK, .task = (uint8_t)scene->current}};
        stage_activate(stage, &back);
    }
}

static void focus_key(struct stage *stage, const struct stroke *stroke)
{
    const struct boxes *boxes = &stage->boxes;
    struct box_id focus = stage->scene.focus;
    const struct box *at = focus.part != 0 ? boxes_find(boxes, focus) : NULL;
    bool down = stroke->code == KEY_CODE_DOWN;
    switch (stroke->code) {
    case KEY_CODE_TAB:
        focus_box(stage, focus_step(boxes, focus, stroke->modifiers & KEY_SHIFT ? -1 : 1));
        break;
    case KEY_CODE_UP:
    case KEY_CODE_DOWN:
        focus_box(stage, at != NULL && at->role != ROLE_SEARCHBOX
                             ? focus_vertical(boxes, focus, down)
                             : focus_first(boxes, ROLE_LISTITEM));
        break;
    case KEY_CODE_LEFT:
    case KEY_CODE_RIGHT:
        focus_box(stage, at != NULL
                             ? focus_step(boxes, focus, stroke->code == KEY_CODE_RIGHT ? 1 : -1)
                             : NULL);
        break;
    case KEY_CODE_ENTER:
    case KEY_CODE_SPACE:
        if (at != NULL) {
            stage_activate(stage, at);
        }
        break;
    case KEY_CODE_ESCAPE:
    case KEY_CODE_BACK:
        escape(stage);
        break;
    default:
        if (stroke->text == '/') {
            focus_box(stage, focus_first(boxes, ROLE_SEARCHBOX));
        }
        break;
    }
}

// A key for the text that has the focus; false when the text has no use for it.
static bool text_key(struct stage *stage, struct field *field, const struct stroke *stroke)
{
    if (stroke->code == KEY_CODE_TAB || stroke->code == KEY_CODE_ESCAPE ||
        stroke->code == KEY_CODE_BACK) {
        return false;
    }
    struct task *task = stage->scene.tasks[stage->scene.focus.task];
    switch (editor_key(field->editor, stroke)) {
    case EDITOR_CHANGED:
        stage_text_changed(stage, field);
        return true;
    case EDITOR_MOVED:
        task->reveal_caret = true;
        stage->is_dirty = true;
        return true;
    case EDITOR_ENTERED:
        focus_box(stage, focus_step(&stage->boxes, stage->scene.focus, 1));
        return true;
    case EDITOR_IGNORED:
        break;
    }
    // Up and Down leave a single line; nothing else does.
    bool leaves = stroke->code == KEY_CODE_UP || stroke->code == KEY_CODE_DOWN;
    return !leaves && (stroke->modifiers & (KEY_CTRL | KEY_ALT | KEY_META)) == 0;
}

void stage_key(struct stage *stage, uint16_t code, int32_t value)
{
    struct stroke stroke;
    if (!keys_feed(&stage->keys, code, value, &stroke)) {
        return;
    }
    stage_present(stage);
    stage->is_dirty = stage->is_dirty || !stage->keyboard_used;
    stage->keyboard_used = true;
    static const uint8_t dark[] = "Ctrl+Shift+D"; // everywhere, also where no button for it fits
    if (keys_match(&stroke, (struct span){dark, sizeof dark - 1})) {
        stage_dark_set(stage, !stage->form.dark);
        return;
    }
    struct field *field = stage_focused_field(stage);
    if ((field != NULL && text_key(stage, field, &stroke)) || shortcut(stage, &stroke)) {
        return;
    }
    focus_key(stage, &stroke);
}
