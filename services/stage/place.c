// SPDX-License-Identifier: Apache-2.0
#include "place.h"
#include "stage_act.h"

#include <stdio.h>
#include <string.h>

// Numbers of nodes do not survive a new tree; "the second Field" does.
static uint32_t ordinal_of(const struct ui_tree *tree, uint16_t node)
{
    uint32_t ordinal = 0;
    for (uint16_t at = tree->root; at != 0 && at != node; at = ui_tree_walk(tree, tree->root, at)) {
        ordinal += tree->links[at].kind == tree->links[node].kind;
    }
    return ordinal;
}

static uint16_t node_at(const struct ui_tree *tree, uint32_t kind, uint32_t ordinal)
{
    for (uint16_t at = tree->root; at != 0; at = ui_tree_walk(tree, tree->root, at)) {
        if (tree->links[at].kind == kind && ordinal-- == 0) {
            return at;
        }
    }
    return 0;
}

static uint16_t list_of(const struct task *task)
{
    return ui_tree_child(task->tree, task_section(task), UI_LIST);
}

static void place_write(struct stage *stage, uint32_t index, char out[UI_EVENT_TEXT_MAX + 1])
{
    struct task *task = stage->scene.tasks[index];
    struct box_id focus = stage->scene.focus;
    uint32_t part = 0, kind = 0, ordinal = 0, caret = 0;
    uint64_t replica = 0, typed = 0;
    if (focus.part != 0 && focus.task == index && ui_tree_kind(task->tree, focus.node) != 0) {
        part = focus.part;
        kind = task->tree->links[focus.node].kind;
        ordinal = ordinal_of(task->tree, focus.node);
        struct field *field = stage_focused_field(stage);
        caret = field != NULL ? (uint32_t)editor_offset(field->editor) : 0;
        typed = field != NULL ? editor_typed(field->editor, &replica) : 0;
    }
    bool front = stage->chose_task && stage->scene.current == index;
    uint16_t list = list_of(task);
    memset(out, 0, UI_EVENT_TEXT_MAX + 1);
    snprintf(out, UI_EVENT_TEXT_MAX + 1, "f%u n%u d%u p%u k%u o%u c%u r%u t%u s%d", (unsigned)front,
             (unsigned)stage->form.dark, (unsigned)task->detail_open, (unsigned)part,
             (unsigned)kind, (unsigned)ordinal, (unsigned)caret, (unsigned)replica, (unsigned)typed,
             list != 0 ? (int)task_scroll(task, list)->offset_px : 0);
}

void place_tell(struct stage *stage)
{
    for (uint32_t i = 0; i < stage->scene.task_count; i++) {
        struct task *task = stage->scene.tasks[i];
        if (task->tree->root == 0) {
            continue;
        }
        bool shown = stage->scene.current == i;
        if (shown != task->is_shown) {
            task->is_shown = shown;
            task_emit(task, &(struct ui_event){.kind = UI_EVENT_SHOWN, .first = shown});
        }
        struct ui_event event = {.kind = UI_EVENT_PLACE};
        place_write(stage, i, event.text);
        if (strcmp(event.text, task->place) != 0) {
            memcpy(task->place, event.text, sizeof task->place);
            event.text_size = (uint32_t)strlen(event.text);
            task_emit(task, &event);
        }
    }
}

// The number after a letter, 0 when it is not there or absurd.
static uint32_t value_of(struct span place, char letter)
{
    for (size_t i = 0; i + 1 < place.size; i++) {
        bool begins = place.bytes[i] == (uint8_t)letter && (i == 0 || place.bytes[i - 1] == ' ');
        uint64_t value = 0;
        for (size_t k = i + 1; begins && k < place.size && k < i + 11 && place.bytes[k] >= '0' &&
                               place.bytes[k] <= '9';
             k++) {
            value = value * 10 + (uint64_t)(place.bytes[k] - '0');
        }
        if (begins) {
            return value <= UINT32_MAX ? (uint32_t)value : 0;
        }
    }
    return 0;
}

static void focus_restore(struct stage *stage, struct task *task, struct span place)
{
    uint32_t index = 0;
    while (stage->scene.tasks[index] != task) {
        index++;
    }
    uint16_t node = node_at(task->tree, value_of(place, 'k'), value_of(place, 'o'));
    uint32_t part = value_of(place, 'p');
    if (node == 0 || (part != PART_NODE && part != PART_SEARCH)) {
        return;
    }
    stage_focus(stage,
                (struct box_id){.node = node, .part = (uint8_t)part, .task = (uint8_t)index});
    struct field *field = stage_focused_field(stage);
    if (field != NULL) {
        editor_resume(field->editor, value_of(place, 'c'), value_of(place, 'r'),
                      value_of(place, 't'));
    }
}

void place_restore(struct stage *stage, struct task *task)
{
    struct span place = ui_tree_string(task->tree, task->tree->root, UI_PLACE);
    if (place.size == 0) {
        return;
    }
    stage_dark_set(stage, value_of(place, 'n') == 1);
    task->detail_open = value_of(place, 'd') == 1 && task_detail(task) != 0;
    uint16_t list = list_of(task);
    if (list != 0) {
        task_scroll(task, list)->offset_px = (int32_t)value_of(place, 's');
    }
    // Who had the focus was in front, chosen or by being the first.
    bool front = value_of(place, 'f') == 1 || value_of(place, 'p') != 0;
    for (uint32_t i = 0; front && i < stage->scene.task_count; i++) {
        if (stage->scene.tasks[i] == task) {
            stage->scene.current = i;
            stage->chose_task = true;
        }
    }
    if (value_of(place, 'p') != 0) {
        focus_restore(stage, task, place);
    }
}
