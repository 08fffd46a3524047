// SPDX-License-Identifier: Apache-2.0
// What a person does: pressing a box, pointing, typing. Everything ends in an event to a task, a
// changed text, or another presentation.
#include "stage_act.h"

#include "focus.h"
#include "soft_keys.h"

#include "base/math.h"

#include <string.h>

static struct task *task_of(struct stage *stage, struct box_id id)
{
    return id.task < stage->scene.task_count ? stage->scene.tasks[id.task] : NULL;
}

static void emit(struct stage *stage, struct task *task, const struct ui_event *event)
{
    task_emit(task, event);
    if (stage->notify != NULL) {
        stage->notify(stage->context, task);
    }
}

static void emit_verb(struct stage *stage, struct task *task, uint16_t node, uint64_t verb)
{
    if (verb == 0) {
        return;
    }
    emit(stage, task,
         &(struct ui_event){.kind = UI_EVENT_VERB,
                            .verb = (uint32_t)verb,
                            .id = ui_tree_number(task->tree, node, UI_ID),
                            .node = node});
}

// Tells the app the text of a search or a field, cut at the event's size.
static void emit_text(struct stage *stage, struct task *task, const struct field *field)
{
    bool search = field->kind == UI_LIST;
    struct ui_event event = {
        .kind = search ? UI_EVENT_SEARCH : UI_EVENT_VALUE,
        .verb = (uint32_t)ui_tree_number(task->tree, field->node, search ? UI_SEARCH : UI_VERB_ID),
        .id = ui_tree_number(task->tree, field->node, UI_ID),
        .node = field->node};
    struct span text = editor_text(field->editor);
    size_t size = (size_t)min_u64(text.size, UI_EVENT_TEXT_MAX);
    while (size > 0 && size < text.size && (text.bytes[size] & 0xc0) == 0x80) {
        size--;
    }
    if (size > 0) {
        memcpy(event.text, text.bytes, size);
    }
    event.text_size = (uint32_t)size;
    if (event.verb != 0) {
        emit(stage, task, &event);
    }
}

struct field *stage_focused_field(struct stage *stage)
{
    struct box_id id = stage->scene.focus;
    struct task *task = id.part != 0 ? task_of(stage, id) : NULL;
    bool is_text = id.part == PART_NODE || id.part == PART_SEARCH;
    return task != NULL && is_text ? task_field(task, id.node) : NULL;
}

void stage_focus(struct stage *stage, struct box_id id)
{
    if (box_id_equal(stage->scene.focus, id)) {
        return;
    }
    stage->scene.focus = id;
    stage->scene.keyboard.shift = false;
    stage->scene.keyboard.symbols = false;
    struct field *field = stage_focused_field(stage);
    if (field != NULL) {
        editor_caret_to_end(field->editor);
        task_of(stage, id)->reveal_caret = true;
        stage->scene.keyboard.shift =
            editor_text(field->editor).size == 0 && field->kind == UI_TEXT;
    }
    stage->is_dirty = true;
}

static void go_back(struct stage *stage)
{
    struct scene *scene = &stage->scene;
    if (scene->task_count == 0) {
        return;
    }
    struct task *task = scene->tasks[scene->current];
    if (task->detail_open) {
        uint16_t detail = task_detail(task);
        task->detail_open = false;
        stage_focus(stage, (struct box_id){0});
        emit_verb(stage, task, detail, ui_tree_number(task->tree, detail, UI_BACK));
    }
    stage->is_dirty = true;
}

static void task_show(struct stage *stage, uint32_t index)
{
    stage->scene.current = index;
    stage->chose_task = true;
    stage->scene.tasks[index]->detail_open = false;
    stage_focus(stage, (struct box_id){0});
    stage->is_dirty = true;
}

static void toggle(struct stage *stage, struct task *task, uint16_t node)
{
    struct span value = ui_tree_string(task->tree, node, UI_VALUE);
    bool on = value.size > 0 && value.bytes[0] == '1';
    struct ui_event event = {.kind = UI_EVENT_VALUE,
                             .verb = (uint32_t)ui_tree_number(task->tree, node, UI_VERB_ID),
                             .id = ui_tree_number(task->tree, node, UI_ID),
                             .node = node,
                             .text_size = 1,
                             .text = {on ? '0' : '1'}};
    emit(stage, task, &event);
}

static void item_open(struct stage *stage, struct task *task, uint16_t node)
{
    const struct ui_tree *tree = task->tree;
    uint64_t verb = ui_tree_number(tree, node, UI_VERB_ID);
    verb = verb != 0 ? verb : ui_tree_number(tree, tree->links[node].parent, UI_OPEN);
    task->open_pending = true;
    if (ui_tree_flag(tree, node, UI_FLAG_SELECTED) && task_detail(task) != 0) {
        task->detail_open = true;
    }
    emit_verb(stage, task, node, verb);
}

static void node_activate(struct stage *stage, struct task *task, const struct box *box)
{
    uint16_t node = box->id.node;
    const struct ui_tree *tree = task->tree;
    switch (ui_tree_kind(tree, node)) {
    case UI_ITEM:
        item_open(stage, task, node);
        break;
    case UI_VERB:
        if (form_is_moving(&stage->form) && !task_verb_is_for_drivers(task, node)) {
            break; // whatever key or shortcut asked for it
        }
        task->open_pending = stage->focus_text = ui_tree_number(tree, node, UI_ROLE) == UI_PRIMARY;
        emit_verb(stage, task, node, ui_tree_number(tree, node, UI_VERB_ID));
        break;
    case UI_SECTION:
        task->detail_open = false;
        emit_verb(stage, task, node, ui_tree_number(tree, node, UI_VERB_ID));
        break;
    case UI_FIELD:
        if (ui_tree_number(tree, node, UI_TYPE) == UI_FIELD_TOGGLE) {
            toggle(stage, task, node);
            break;
        }
        stage_focus(stage, box->id);
        break;
    default:
        stage_focus(stage, box->id);
        break;
    }
}

void stage_text_changed(struct stage *stage, struct field *field)
{
    struct task *task = task_of(stage, stage->scene.focus);
    task->reveal_caret = true;
    stage->is_dirty = true;
    if (field->document == 0) {
        emit_text(stage, task, field);
    }
}

static void soft_key_press(struct stage *stage, uint32_t index)
{
    struct soft_keyboard *keyboard = &stage->scene.keyboard;
    struct field *field = stage_focused_field(stage);
    struct soft_key key;
    if (field == NULL || !soft_key_at(keyboard, index, &key)) {
        return;
    }
    struct stroke stroke = {.text = key.text};
    stage->is_dirty = true;
    switch (key.action) {
    case SOFT_SHIFT:
        keyboard->shift = !keyboard->shift;
        return;
    case SOFT_SYMBOLS:
        keyboard->symbols = !keyboard->symbols;
        return;
    case SOFT_HIDE:
        stage_focus(stage, (struct box_id){0});
        return;
    case SOFT_BACKSPACE:
        stroke = (struct stroke){.code = KEY_CODE_BACKSPACE};
        break;
    case SOFT_ENTER:
        stroke = (struct stroke){.code = KEY_CODE_ENTER};
        break;
    default:
        keyboard->shift = false;
        break;
    }
    enum editor_result result = editor_key(field->editor, &stroke);
    if (result == EDITOR_CHANGED) {
        stage_text_changed(stage, field);
    } else if (result == EDITOR_ENTERED) {
        stage_focus(stage, (struct box_id){0});
    }
}

void stage_activate(struct stage *stage, const struct box *box)
{
    struct task *task = task_of(stage, box->id);
    struct field *field = NULL;
    stage->is_dirty = true;
    switch (box->id.part) {
    case PART_NODE:
        if (task != NULL) {
            node_activate(stage, task, box);
        }
        break;
    case PART_SEARCH:
        stage_focus(stage, box->id);
        break;
    case PART_SEARCH_CLEAR:
        field = task != NULL ? task_field(task, box->id.node) : NULL;
        if (field != NULL && editor_set(field->editor, (struct span){NULL, 0}) == OK) {
            emit_text(stage, task, field);
        }
        break;
    case PART_BACK:
        go_back(stage);
        break;
    case PART_TASK:
        task_show(stage, box->id.index);
        break;
    case PART_DARK:
        stage_dark_set(stage, !stage->form.dark);
        break;
    case PART_KEY:
        soft_key_press(stage, box->id.index);
        break;
    default:
        break;
    }
}

// ---- pointing ----

static bool is_text_box(struct stage *stage, const struct box *box)
{
    struct task *task = box != NULL ? task_of(stage, box->id) : NULL;
    return task != NULL && (box->id.part == PART_NODE || box->id.part == PART_SEARCH) &&
           task_field(task, box->id.node) != NULL;
}

// Puts the caret where a person points, and the focus with it.
static void caret_place(struct stage *stage, const struct box *box, const struct gesture *at,
                        bool extend)
{
    struct box_id id = box->id;
    stage_focus(stage, id);
    struct field *field = stage_focused_field(stage);
    if (field != NULL) {
        editor_press(field->editor, at->x - field->origin_x, at->y - field->origin_y, extend);
        task_of(stage, id)->reveal_caret = false;
    }
    stage->is_dirty = true;
}

static void press(struct stage *stage, const struct gesture *gesture)
{
    const struct box *box = boxes_hit(&stage->boxes, gesture->x, gesture->y);
    stage->scene.pressed = box != NULL ? box->id : (struct box_id){0};
    stage->scene.show_focus = false;
    stage->is_dirty = true;
    if (is_text_box(stage, box) && !stage->pointer.touch) {
        caret_place(stage, box, gesture, false);
    }
}

static void tap(struct stage *stage, const struct gesture *gesture, bool twice)
{
    const struct box *box = boxes_hit(&stage->boxes, gesture->x, gesture->y);
    bool same = box != NULL && box_id_equal(box->id, stage->scene.pressed);
    stage->scene.pressed = (struct box_id){0};
    stage->is_dirty = true;
    if (!same) {
        return;
    }
    if (is_text_box(stage, box)) {
        caret_place(stage, box, gesture, false);
        if (twice && stage_focused_field(stage) != NULL) {
            editor_select_word(stage_focused_field(stage)->editor);
        }
        return;
    }
    stage_activate(stage, box);
}

static void scroll(struct stage *stage, const struct gesture *gesture)
{
    const struct scroll_area *area = boxes_scroll_at(&stage->boxes, gesture->x, gesture->y);
    struct task *task = area != NULL ? task_of(stage, area->id) : NULL;
    if (task == NULL) {
        return;
    }
    struct scroll *held = task_scroll(task, area->id.node);
    int32_t most = max_i32(0, area->content_px - area->rect.height);
    int32_t to = max_i32(0, min_i32(most, held->offset_px + gesture->dy));
    stage->is_dirty = stage->is_dirty || to != held->offset_px;
    stage->pointer.velocity_px_s =
        to == held->offset_px && gesture->dy != 0 ? 0 : stage->pointer.velocity_px_s;
    held->offset_px = to;
}

static void hover(struct stage *stage, const struct gesture *gesture)
{
    const struct box *box = boxes_hit(&stage->boxes, gesture->x, gesture->y);
    struct box_id id = box != NULL ? box->id : (struct box_id){0};
    stage->is_dirty = stage->is_dirty || !box_id_equal(id, stage->scene.hover);
    stage->scene.hover = id;
}

static void gesture_act(struct stage *stage, const struct gesture *gesture)
{
    switch (gesture->kind) {
    case GESTURE_HOVER:
        hover(stage, gesture);
        break;
    case GESTURE_PRESS:
        press(stage, gesture);
        break;
    case GESTURE_TAP:
    case GESTURE_DOUBLE:
        tap(stage, gesture, gesture->kind == GESTURE_DOUBLE);
        break;
    case GESTURE_SCROLL:
        scroll(stage, gesture);
        break;
    case GESTURE_DRAG: {
        const struct box *box = boxes_find(&stage->boxes, stage->scene.pressed);
        if (is_text_box(stage, box)) {
            caret_place(stage, box, gesture, true);
        }
        break;
    }
    case GESTURE_CANCEL:
    case GESTURE_RELEASE:
        stage->scene.pressed = (struct box_id){0};
        stage->is_dirty = true;
        break;
    case GESTURE_NONE:
        break;
    }
}

void stage_pointer(struct stage *stage, const struct pointer_event *event)
{
    stage_present(stage);
    if (event->wheel != 0 && (stage->form.inputs & FORM_ROTARY)) {
        stage_turn(stage, -event->wheel);
        return;
    }
    struct gesture gesture = pointer_feed(&stage->pointer, &stage->form, event);
    gesture_act(stage, &gesture);
}

bool stage_tick(struct stage *stage, int64_t now_ns)
{
    struct gesture gesture = pointer_tick(&stage->pointer, &stage->form, now_ns);
    gesture_act(stage, &gesture);
    return pointer_is_moving(&stage->pointer);
}
