// SPDX-License-Identifier: Apache-2.0
#include "task.h"

#include "base/math.h"

#include <stdlib.h>
#include <string.h>

struct task *task_create(const struct task_options *options)
{
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return NULL;
    }
    task->tree = ui_tree_create();
    if (task->tree == NULL) {
        free(task);
        return NULL;
    }
    size_t size = (size_t)min_u64(strlen(options->name), TASK_NAME_MAX - 1);
    memcpy(task->name, options->name, size);
    task->text = options->text;
    task->clipboard = options->clipboard;
    task->documents = options->documents;
    return task;
}

static void field_release(struct task *task, struct field *field)
{
    if (field->binding != NULL) {
        task->documents.unbind(task->documents.context, field->document, field->binding);
    }
    editor_destroy(field->editor);
    memset(field, 0, sizeof *field);
}

void task_destroy(struct task *task)
{
    if (task == NULL) {
        return;
    }
    for (uint32_t i = 0; i < TASK_FIELDS_MAX; i++) {
        field_release(task, &task->fields[i]);
    }
    ui_tree_destroy(task->tree);
    free(task);
}

struct field *task_field(struct task *task, uint32_t node)
{
    for (uint32_t i = 0; node != 0 && i < TASK_FIELDS_MAX; i++) {
        if (task->fields[i].node == node) {
            return &task->fields[i];
        }
    }
    return NULL;
}

struct scroll *task_scroll(struct task *task, uint16_t node)
{
    for (uint32_t i = 0; i < TASK_SCROLLS_MAX; i++) {
        if (task->scrolls[i].node == node) {
            return &task->scrolls[i];
        }
    }
    struct scroll *scroll = &task->scrolls[task->scroll_next++ % TASK_SCROLLS_MAX];
    *scroll = (struct scroll){.node = node};
    return scroll;
}

uint16_t task_find(const struct task *task, uint16_t top, enum ui_kind kind)
{
    for (uint16_t at = top; at != 0; at = ui_tree_walk(task->tree, top, at)) {
        if (at != top && task->tree->links[at].kind == kind) {
            return at;
        }
    }
    return 0;
}

uint16_t task_section(const struct task *task)
{
    const struct ui_tree *tree = task->tree;
    uint16_t first = ui_tree_child(tree, tree->root, UI_SECTION);
    for (uint16_t at = first; at != 0; at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_SECTION && ui_tree_flag(tree, at, UI_FLAG_CURRENT)) {
            return at;
        }
    }
    return first != 0 ? first : tree->root;
}

uint16_t task_detail(const struct task *task)
{
    return ui_tree_child(task->tree, task_section(task), UI_DETAIL);
}

uint16_t task_ask(const struct task *task)
{
    return task->tree->root != 0 ? task_find(task, task->tree->root, UI_ASK) : 0;
}

static uint64_t value_hash(struct span value)
{
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < value.size; i++) {
        hash = (hash ^ value.bytes[i]) * 1099511628211ull;
    }
    return hash;
}

// True when the node carries a text a person reads or edits line by line.
static bool node_has_field(const struct ui_tree *tree, uint16_t node)
{
    switch (ui_tree_kind(tree, node)) {
    case UI_TEXT:
        return true;
    case UI_FIELD:
        return ui_tree_number(tree, node, UI_TYPE) != UI_FIELD_TOGGLE;
    case UI_LIST:
        return ui_tree_number(tree, node, UI_SEARCH) != 0;
    default:
        return false;
    }
}

static void field_open(struct task *task, uint16_t node)
{
    struct field *field = NULL;
    for (uint32_t i = 0; i < TASK_FIELDS_MAX && field == NULL; i++) {
        field = task->fields[i].node == 0 ? &task->fields[i] : NULL;
    }
    if (field == NULL) {
        return; // more texts than a screen shows; it is presented without one
    }
    const struct ui_tree *tree = task->tree;
    uint8_t kind = ui_tree_kind(tree, node);
    struct editor_options options = {
        .text = task->text,
        .clipboard = task->clipboard,
        .multiline = kind == UI_TEXT && ui_tree_flag(tree, node, UI_FLAG_MULTILINE),
        .titled = kind == UI_TEXT && ui_tree_number(tree, node, UI_TYPE) == UI_TEXT_TITLED,
        .read_only = kind == UI_TEXT && !ui_tree_flag(tree, node, UI_FLAG_EDITABLE),
    };
    options.multiline = options.multiline || options.read_only;
    field->editor = editor_create(&options);
    if (field->editor == NULL) {
        return;
    }
    field->node = node;
    field->kind = kind;
    if (kind == UI_LIST) {
        // What is being searched, as the app knows it; from then on the field is the person's.
        (void)editor_set(field->editor, ui_tree_string(tree, node, UI_VALUE));
        editor_caret_to_end(field->editor);
    }
    field->document = ui_tree_document(tree, node);
    if (field->document != 0 && task->documents.bind != NULL) {
        status_t status = task->documents.bind(task->documents.context, field->document,
                                               field->editor, &field->binding);
        field->binding = status == OK ? field->binding : NULL;
    }
}

// The app's own value, when it is new.
static void field_value(struct task *task, struct field *field)
{
    if (field->document != 0 || field->kind == UI_LIST) {
        return;
    }
    struct span value = ui_tree_string(task->tree, field->node, UI_VALUE);
    uint64_t hash = value_hash(value);
    if (hash != field->value_hash) {
        field->value_hash = hash;
        (void)editor_set(field->editor, value);
        editor_caret_to_end(field->editor);
    }
}

static void fields_settle(struct task *task)
{
    for (uint32_t i = 0; i < TASK_FIELDS_MAX; i++) {
        struct field *field = &task->fields[i];
        bool same = field->node != 0 && ui_tree_kind(task->tree, field->node) == field->kind &&
                    ui_tree_document(task->tree, field->node) == field->document &&
                    node_has_field(task->tree, field->node);
        if (field->node != 0 && !same) {
            field_release(task, field);
        }
    }
    uint16_t root = task->tree->root;
    for (uint16_t at = root; at != 0; at = ui_tree_walk(task->tree, root, at)) {
        if (node_has_field(task->tree, at) && task_field(task, at) == NULL) {
            field_open(task, at);
        }
        struct field *field = task_field(task, at);
        if (field != NULL) {
            field_value(task, field);
        }
    }
}

// A detail that is new, or that a person asked for, comes to the front.
static void page_settle(struct task *task)
{
    uint16_t detail = task_detail(task);
    if (detail == 0) {
        task->detail_open = false;
    } else if (task->open_pending || (detail != task->detail_node && task->detail_node != 0)) {
        task->detail_open = true;
        task_scroll(task, detail)->offset_px = 0;
    }
    task->detail_node = detail;
    task->open_pending = false;
}

status_t task_update(struct task *task, const struct ui_difference_view *view)
{
    bool more = false;
    status_t status = ui_difference_apply(task->tree, view, &more);
    if (status < 0) {
        return status;
    }
    task->is_partial = more;
    memset(&task->asked, 0, sizeof task->asked); // what is still missing is asked for again
    fields_settle(task);
    if (!more) {
        page_settle(task);
    }
    return OK;
}

static struct ui_event *event_at(struct task *task, uint32_t index)
{
    return &task->events[(task->event_head + index) % TASK_EVENTS_MAX];
}

static void event_remove(struct task *task, uint32_t index)
{
    for (uint32_t i = index; i + 1 < task->event_count; i++) {
        *event_at(task, i) = *event_at(task, i + 1);
    }
    task->event_count--;
}

void task_emit(struct task *task, const struct ui_event *event)
{
    bool latest = event->kind == UI_EVENT_SEARCH || event->kind == UI_EVENT_ROWS ||
                  event->kind == UI_EVENT_VALUE || event->kind == UI_EVENT_PLACE ||
                  event->kind == UI_EVENT_SHOWN;
    for (uint32_t i = 0; latest && i < task->event_count; i++) {
        // Only the last text or window counts: it replaces an older one that was not taken.
        if (event_at(task, i)->kind == event->kind && event_at(task, i)->node == event->node) {
            event_remove(task, i);
            break;
        }
    }
    if (task->event_count < TASK_EVENTS_MAX) {
        task->event_count++;
        *event_at(task, task->event_count - 1) = *event;
    }
}

bool task_event_take(struct task *task, struct ui_event *out_event)
{
    if (task->event_count == 0) {
        return false;
    }
    *out_event = *event_at(task, 0);
    task->event_head = (task->event_head + 1) % TASK_EVENTS_MAX;
    task->event_count--;
    task->took_verb = task->took_verb || out_event->kind == UI_EVENT_VERB;
    return true;
}

void task_answered(struct task *task)
{
    task->took_verb = task->is_late = false;
}

bool task_owes_answer(struct task *task)
{
    bool owes = task->took_verb;
    for (uint32_t i = 0; i < task->event_count && !owes; i++) {
        owes = event_at(task, i)->kind == UI_EVENT_VERB;
    }
    return owes && !task->is_late;
}

bool task_verb_is_for_drivers(const struct task *task, uint16_t verb)
{
    return ui_tree_flag(task->tree, verb, UI_FLAG_DRIVING) &&
           ui_tree_number(task->tree, verb, UI_ROLE) != UI_DESTRUCTIVE;
}
