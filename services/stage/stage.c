// SPDX-License-Identifier: Apache-2.0
// Tasks, device and frame; what a person does is stage_act.c.
#include "stage.h"
#include "stage_act.h"

#include "describe.h"
#include "focus.h"
#include "place.h"

#include <stdlib.h>
#include <string.h>

struct stage *stage_create(const struct stage_options *options)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL) {
        return NULL;
    }
    stage->form = options->form;
    stage->text = options->text;
    stage->documents = options->documents;
    stage->notify = options->notify;
    stage->context = options->context;
    stage->scene.form = &stage->form;
    stage->scene.text = options->text;
    stage->is_dirty = true;
    if (options->form.outputs & FORM_PIXELS) {
        stage->screen =
            screen_create(&(struct screen_options){.form = &stage->form, .text = options->text});
        if (stage->screen == NULL) {
            free(stage);
            return NULL;
        }
    }
    return stage;
}

void stage_destroy(struct stage *stage)
{
    if (stage == NULL) {
        return;
    }
    for (uint32_t i = 0; i < stage->scene.task_count; i++) {
        task_destroy(stage->scene.tasks[i]);
    }
    screen_destroy(stage->screen);
    buffer_finish(&stage->clipboard.text);
    free(stage);
}

void stage_touch(struct stage *stage)
{
    stage->is_dirty = true;
}

status_t stage_task_open(struct stage *stage, const char *name, struct task **out_task)
{
    struct scene *scene = &stage->scene;
    if (scene->task_count == TASKS_MAX) {
        return ERR_FULL;
    }
    struct task *task = task_create(&(struct task_options){.name = name,
                                                           .text = stage->text,
                                                           .clipboard = &stage->clipboard,
                                                           .documents = stage->documents});
    if (task == NULL) {
        return ERR_NO_MEMORY;
    }
    scene->tasks[scene->task_count++] = task;
    stage->is_dirty = true;
    *out_task = task;
    return OK;
}

static void focus_drop(struct stage *stage)
{
    stage->scene.focus = stage->scene.hover = stage->scene.pressed = (struct box_id){0};
    stage->is_dirty = true;
}

void stage_task_close(struct stage *stage, struct task *task)
{
    struct scene *scene = &stage->scene;
    uint32_t at = 0;
    while (at < scene->task_count && scene->tasks[at] != task) {
        at++;
    }
    if (task == NULL || at == scene->task_count) {
        return;
    }
    memmove(&scene->tasks[at], &scene->tasks[at + 1],
            sizeof scene->tasks[0] * (scene->task_count - at - 1));
    scene->task_count--;
    scene->current -= scene->current > at || scene->current == scene->task_count;
    scene->current = scene->task_count == 0 ? 0 : scene->current;
    task_destroy(task);
    focus_drop(stage);
}

static bool is_tool(const struct task *task)
{
    return ui_tree_number(task->tree, task->tree->root, UI_ROLE) == UI_SECONDARY;
}

// Keeps tools behind the others; whoever is in front stays there, except that before a person chose
// it is the first.
static void tasks_order(struct stage *stage)
{
    struct scene *scene = &stage->scene;
    struct task *front = scene->tasks[scene->current], *focused = scene->tasks[scene->focus.task];
    for (uint32_t i = 1; i < scene->task_count; i++) {
        for (uint32_t k = i; k > 0 && is_tool(scene->tasks[k - 1]) && !is_tool(scene->tasks[k]) &&
                             scene->tasks[k]->tree->root != 0;
             k--) {
            struct task *swap = scene->tasks[k];
            scene->tasks[k] = scene->tasks[k - 1];
            scene->tasks[k - 1] = swap;
        }
    }
    for (uint32_t i = 0; i < scene->task_count; i++) {
        scene->current = stage->chose_task && scene->tasks[i] == front ? i : scene->current;
        scene->focus.task = scene->tasks[i] == focused ? (uint8_t)i : scene->focus.task;
    }
}

// The focus survives a difference when its box does; a new note's text takes it.
static void focus_settle(struct stage *stage, struct task *task)
{
    uint16_t detail = task_detail(task);
    uint16_t text = detail != 0 ? ui_tree_child(task->tree, detail, UI_TEXT) : 0;
    if (stage->focus_text && text != 0 && !task->is_partial) {
        stage->focus_text = false;
        stage_focus(stage, (struct box_id){.node = text,
                                           .part = PART_NODE,
                                           .task = (uint8_t)stage->scene.current});
    }
}

status_t stage_task_update(struct stage *stage, struct task *task,
                           const struct ui_difference_view *view)
{
    uint16_t root = task->tree->root;
    status_t status = task_update(task, view);
    if (status < 0) {
        return status;
    }
    if (root == 0) {
        tasks_order(stage);
        place_restore(stage, task);
    }
    if (stage->scene.tasks[stage->scene.current] == task) {
        focus_settle(stage, task);
    }
    stage->is_dirty = true;
    return OK;
}

void stage_resize(struct stage *stage, int32_t width_px, int32_t height_px)
{
    stage->form.width_px = width_px;
    stage->form.height_px = height_px;
    if (stage->screen != NULL) {
        screen_forget(stage->screen);
    }
    stage->is_dirty = true;
}

void stage_dark_set(struct stage *stage, bool dark)
{
    stage->is_dirty = stage->is_dirty || stage->form.dark != dark;
    stage->form.dark = dark;
}

void stage_form_set(struct stage *stage, const struct form *form)
{
    // A text that is open in a car stays open, but nobody types into it while it moves.
    if (form_is_moving(form) && !form_is_moving(&stage->form)) {
        focus_drop(stage);
    }
    stage->form = *form;
    stage->is_dirty = true;
}

void stage_strip_set(struct stage *stage, const struct strip *strip)
{
    if (memcmp(&stage->scene.strip, strip, sizeof *strip) != 0) {
        stage->scene.strip = *strip;
        stage->is_dirty = true;
    }
}

static bool is_partial(const struct stage *stage)
{
    const struct scene *scene = &stage->scene;
    return scene->current < scene->task_count && scene->tasks[scene->current]->is_partial;
}

// An on-screen keyboard for a text with the focus, where fingers are and no keys were used.
static void keyboard_settle(struct stage *stage)
{
    struct field *field = stage_focused_field(stage);
    stage->scene.keyboard.shown = field != NULL && !editor_is_read_only(field->editor) &&
                                  (stage->form.inputs & FORM_TOUCH) && !stage->keyboard_used;
}

bool stage_present(struct stage *stage)
{
    if (!stage->is_dirty || is_partial(stage) || stage->form.width_px == 0) {
        return false;
    }
    stage->is_dirty = false;
    keyboard_settle(stage);
    present(&stage->boxes, &stage->scene);
    if (stage->scene.focus.part != 0 && !focus_holds(&stage->boxes, stage->scene.focus)) {
        focus_drop(stage);
        stage->is_dirty = false;
        keyboard_settle(stage);
        present(&stage->boxes, &stage->scene);
    }
    stage->generation++;
    place_tell(stage);
    for (uint32_t i = 0; stage->notify != NULL && i < stage->scene.task_count; i++) {
        if (stage->scene.tasks[i]->event_count > 0) {
            stage->notify(stage->context, stage->scene.tasks[i]);
        }
    }
    return true;
}

bool stage_shows_app(const struct stage *stage)
{
    const struct scene *scene = &stage->scene;
    return scene->current < scene->task_count && scene->tasks[scene->current]->tree->root != 0;
}

struct damage stage_frame(struct stage *stage, uint32_t *pixels, int32_t stride_px)
{
    if (stage->screen == NULL || (!stage_present(stage) && is_partial(stage))) {
        return (struct damage){0};
    }
    return screen_paint(stage->screen, &stage->boxes, pixels, stride_px);
}

void stage_describe(struct stage *stage, struct buffer *out)
{
    stage_present(stage);
    describe(&stage->boxes, out);
}
