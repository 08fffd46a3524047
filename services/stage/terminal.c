// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"
#include "stage_act.h"

#include "base/math.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 26 };

// A verb in sight and its key.
struct key_verb {
    uint16_t node;
    char key;
};

struct verbs {
    struct key_verb items[TERMINAL_VERBS_MAX];
    uint32_t count;
};

static struct task *front(struct stage *stage)
{
    const struct scene *scene = &stage->scene;
    struct task *task = scene->current < scene->task_count ? scene->tasks[scene->current] : NULL;
    return task != NULL && task->tree->root != 0 ? task : NULL;
}

static void put(struct buffer *out, const char *text)
{
    buffer_bytes(out, text, strlen(text));
}

static void put_span(struct buffer *out, struct span text)
{
    buffer_bytes(out, text.bytes, text.size);
}

// Characters, not bytes: what a column counts.
static size_t width_of(struct span text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++) {
        width += (text.bytes[i] & 0xc0) != 0x80;
    }
    return width;
}

static bool key_is_free(const struct verbs *verbs, char key)
{
    for (uint32_t i = 0; i < verbs->count; i++) {
        if (verbs->items[i].key == key) {
            return false;
        }
    }
    return key >= 'a' && key <= 'z';
}

static void verbs_add(struct verbs *verbs, const struct ui_tree *tree, uint16_t node)
{
    struct span title = ui_tree_string(tree, node, UI_TITLE);
    char key = 0;
    for (size_t i = 0; i < title.size && key == 0; i++) {
        char letter = (char)(title.bytes[i] | 0x20);
        key = key_is_free(verbs, letter) ? letter : 0;
    }
    for (char letter = 'a'; letter <= 'z' && key == 0; letter++) {
        key = key_is_free(verbs, letter) ? letter : 0;
    }
    if (key != 0 && verbs->count < TERMINAL_VERBS_MAX) {
        verbs->items[verbs->count++] = (struct key_verb){node, key};
    }
}

// The verbs in sight: of an open question alone, else of everything in the section shown.
static void verbs_find(const struct task *task, struct verbs *verbs)
{
    const struct ui_tree *tree = task->tree;
    uint16_t ask = task_ask(task), top = ask != 0 ? ask : task_section(task);
    for (uint16_t at = top; at != 0; at = ui_tree_walk(tree, top, at)) {
        if (ui_tree_kind(tree, at) == UI_VERB && !ui_tree_flag(tree, at, UI_FLAG_DISABLED)) {
            verbs_add(verbs, tree, at);
        }
    }
}

static void tasks_print(const struct scene *scene, struct buffer *out)
{
    put(out, "== ");
    for (uint32_t i = 0; i < scene->task_count; i++) {
        const struct ui_tree *tree = scene->tasks[i]->tree;
        put(out, i > 0 ? " | " : "");
        put(out, i == scene->current ? "[" : "");
        put_span(out, ui_tree_string(tree, tree->root, UI_TITLE));
        put(out, i == scene->current ? "]" : "");
    }
    put(out, " == ");
    put(out, scene->strip.device);
    put(out, scene->strip.linked ? ", " : "");
    put(out, scene->strip.linked ? scene->strip.link : "");
    put(out, "\n");
}

static void row_print(const struct ui_tree *tree, uint16_t node, uint32_t number,
                      struct buffer *out)
{
    char head[24];
    snprintf(head, sizeof head, "%c%3u  ", ui_tree_flag(tree, node, UI_FLAG_SELECTED) ? '>' : ' ',
             (unsigned)number);
    put(out, head);
    struct span title = ui_tree_string(tree, node, UI_TITLE);
    put_span(out, title);
    put(out, title.size == 0 ? "Untitled" : "");
    struct span subtitle = ui_tree_string(tree, node, UI_SUBTITLE);
    for (size_t i = title.size == 0 ? 8 : width_of(title); i < COLUMN && subtitle.size > 0; i++) {
        put(out, " ");
    }
    put(out, subtitle.size > 0 ? " " : "");
    put_span(out, subtitle);
    put(out, "\n");
}

static void list_print(const struct task *task, uint16_t list, struct buffer *out)
{
    const struct ui_tree *tree = task->tree;
    uint32_t number = (uint32_t)ui_tree_number(tree, list, UI_FIRST);
    uint32_t count = (uint32_t)ui_tree_number(tree, list, UI_COUNT);
    for (uint16_t at = ui_tree_first(tree, list); at != 0; at = ui_tree_next(tree, at)) {
        if (ui_tree_kind(tree, at) == UI_ITEM) {
            row_print(tree, at, ++number, out);
        }
    }
    if (number < count) {
        char more[48];
        snprintf(more, sizeof more, "     %u more: [m]\n", (unsigned)(count - number));
        put(out, more);
    }
}

static void text_print(struct task *task, uint16_t node, struct buffer *out)
{
    struct field *field = task_field(task, node);
    struct span text = field != NULL ? editor_text(field->editor) : (struct span){NULL, 0};
    uint32_t number = 0;
    for (size_t at = 0; at <= text.size && text.size > 0;) {
        const uint8_t *feed = memchr(text.bytes + at, '\n', text.size - at);
        size_t end = feed != NULL ? (size_t)(feed - text.bytes) : text.size;
        char head[16];
        snprintf(head, sizeof head, "%4u| ", (unsigned)++number);
        put(out, head);
        put_span(out, (struct span){text.bytes + at, end - at});
        put(out, "\n");
        at = end + 1;
    }
}

static void titled_print(const struct ui_tree *tree, uint16_t node, const char *before,
                         struct buffer *out)
{
    put(out, before);
    put_span(out, ui_tree_string(tree, node, UI_TITLE));
    struct span more = ui_tree_string(tree, node, UI_SUBTITLE);
    put(out, more.size > 0 ? ": " : "");
    put_span(out, more);
    struct span value = ui_tree_string(tree, node, UI_VALUE);
    put(out, value.size > 0 ? ": " : "");
    put_span(out, value);
    put(out, "\n");
}

// Everything in the section, in order.
static void section_print(struct task *task, struct buffer *out)
{
    const struct ui_tree *tree = task->tree;
    uint16_t section = task_section(task), list = ui_tree_child(tree, section, UI_LIST);
    for (uint16_t at = ui_tree_walk(tree, section, section); at != 0;
         at = ui_tree_walk(tree, section, at)) {
        bool is_empty = ui_tree_number(tree, at, UI_TYPE) == UI_STATUS_EMPTY;
        switch (ui_tree_kind(tree, at)) {
        case UI_LIST:
            list_print(task, at, out);
            break;
        case UI_DETAIL:
            titled_print(tree, at, "-- ", out);
            break;
        case UI_TEXT:
            text_print(task, at, out);
            break;
        case UI_FIELD:
            titled_print(tree, at, "   = ", out);
            break;
        case UI_ASK:
            titled_print(tree, at, "?? ", out);
            break;
        case UI_GROUP:
            titled_print(tree, at, "-- ", out);
            break;
        case UI_STATUS:
            if (!is_empty || list == 0 || ui_tree_number(tree, list, UI_COUNT) == 0) {
                titled_print(tree, at, "   * ", out);
            }
            break;
        default:
            break;
        }
    }
}

static uint16_t text_node(const struct task *task)
{
    uint16_t detail = task_detail(task);
    uint16_t text = detail != 0 ? ui_tree_child(task->tree, detail, UI_TEXT) : 0;
    return text != 0 && ui_tree_flag(task->tree, text, UI_FLAG_EDITABLE) ? text : 0;
}

static void keys_print(struct stage *stage, struct task *task, struct buffer *out)
{
    const struct ui_tree *tree = task->tree;
    struct verbs verbs = {0};
    verbs_find(task, &verbs);
    uint16_t list = ui_tree_child(tree, task_section(task), UI_LIST);
    put(out, list != 0 && ui_tree_number(tree, list, UI_COUNT) > 0 ? "[number] open  " : "");
    put(out, list != 0 && ui_tree_number(tree, list, UI_SEARCH) != 0 ? "[/text] find  " : "");
    for (uint32_t i = 0; i < verbs.count; i++) {
        const char key[6] = {'[', verbs.items[i].key, ']', ' ', 0};
        put(out, key);
        put_span(out, ui_tree_string(tree, verbs.items[i].node, UI_TITLE));
        bool danger = ui_tree_number(tree, verbs.items[i].node, UI_ROLE) == UI_DESTRUCTIVE;
        put(out, danger ? "!  " : "  ");
    }
    put(out,
        text_node(task) != 0 ? "[+text] add line  [2=text] change line 2  [2-] drop it  " : "");
    put(out, task_detail(task) != 0 ? "[<] Back  " : "");
    put(out, stage->scene.task_count > 1 ? "[.] next app" : "");
    put(out, "\n");
}

void terminal_print(struct stage *stage, struct buffer *out)
{
    struct task *task = front(stage);
    if (task == NULL) {
        put(out, "== starting ==\n");
        return;
    }
    tasks_print(&stage->scene, out);
    section_print(task, out);
    keys_print(stage, task, out);
}

// ---- lines ----

static void activate(struct stage *stage, uint16_t node, enum part part)
{
    struct box box = {
        .id = {.node = node, .part = (uint8_t)part, .task = (uint8_t)stage->scene.current}};
    stage_activate(stage, &box);
}

// The number a line begins with; *out_rest is what follows it. 0: none.
static uint32_t number_read(struct span line, struct span *out_rest)
{
    uint32_t number = 0;
    size_t at = 0;
    while (at < line.size && at < 7 && line.bytes[at] >= '0' && line.bytes[at] <= '9') {
        number = number * 10 + (line.bytes[at++] - '0');
    }
    *out_rest = (struct span){line.bytes + at, line.size - at};
    return number;
}

static bool item_open(struct stage *stage, struct task *task, uint32_t number)
{
    const struct ui_tree *tree = task->tree;
    uint16_t list = ui_tree_child(tree, task_section(task), UI_LIST);
    uint32_t at = (uint32_t)ui_tree_number(tree, list, UI_FIRST);
    for (uint16_t row = ui_tree_first(tree, list); row != 0; row = ui_tree_next(tree, row)) {
        if (ui_tree_kind(tree, row) == UI_ITEM && ++at == number) {
            activate(stage, row, PART_NODE);
            return true;
        }
    }
    return false;
}

// Bytes [from, to) of line `number` (from 1) of a text, without its line feed; false beyond the
// end.
static bool line_find(struct span text, uint32_t number, size_t *out_from, size_t *out_to)
{
    size_t at = 0;
    for (uint32_t i = 1; at <= text.size; i++) {
        const uint8_t *feed = at < text.size ? memchr(text.bytes + at, '\n', text.size - at) : NULL;
        size_t end = feed != NULL ? (size_t)(feed - text.bytes) : text.size;
        if (i == number) {
            *out_from = at;
            *out_to = end;
            return true;
        }
        at = end + 1;
    }
    return false;
}

static bool line_edit(struct editor *editor, uint32_t number, struct span command)
{
    struct span text = editor_text(editor);
    size_t from = 0, to = 0;
    if (number == 0 || !line_find(text, number, &from, &to)) {
        return false;
    }
    if (command.bytes[0] == '=') {
        return editor_replace(editor, from, to,
                              (struct span){command.bytes + 1, command.size - 1}) == EDITOR_CHANGED;
    }
    // The line feed after it goes too, or that before the last line.
    bool is_last = to == text.size;
    from -= is_last && from > 0;
    return editor_replace(editor, from, is_last ? to : to + 1, (struct span){NULL, 0}) ==
           EDITOR_CHANGED;
}

static bool line_append(struct editor *editor, struct span text)
{
    size_t size = editor_text(editor).size;
    struct buffer line = {0};
    if (size > 0) {
        buffer_u8(&line, '\n');
    }
    buffer_bytes(&line, text.bytes, text.size);
    bool done = buffer_ok(&line) &&
                editor_replace(editor, size, size, buffer_span(&line)) == EDITOR_CHANGED;
    buffer_finish(&line);
    return done;
}

static bool search(struct stage *stage, struct task *task, struct span text)
{
    uint16_t list = ui_tree_child(task->tree, task_section(task), UI_LIST);
    struct field *field = task_field(task, list);
    if (field == NULL || editor_set(field->editor, text) < 0) {
        return false;
    }
    stage_focus(
        stage,
        (struct box_id){.node = list, .part = PART_SEARCH, .task = (uint8_t)stage->scene.current});
    stage_text_changed(stage, field);
    stage_focus(stage, (struct box_id){0});
    return true;
}

static bool field_set(struct stage *stage, struct task *task, struct span text)
{
    uint16_t node = task_find(task, task_section(task), UI_FIELD);
    struct field *field = task_field(task, node);
    if (field == NULL || editor_set(field->editor, text) < 0) {
        return false;
    }
    stage_focus(stage, (struct box_id){
                           .node = node, .part = PART_NODE, .task = (uint8_t)stage->scene.current});
    stage_text_changed(stage, field);
    stage_focus(stage, (struct box_id){0});
    return true;
}

static bool more_ask(struct task *task)
{
    uint16_t list = ui_tree_child(task->tree, task_section(task), UI_LIST);
    uint32_t held = 0;
    for (uint16_t at = ui_tree_first(task->tree, list); at != 0;
         at = ui_tree_next(task->tree, at)) {
        held++;
    }
    uint32_t first = (uint32_t)ui_tree_number(task->tree, list, UI_FIRST) + held;
    task_emit(task,
              &(struct ui_event){.kind = UI_EVENT_ROWS, .node = list, .first = first, .count = 32});
    return list != 0;
}

static bool verb_press(struct stage *stage, struct task *task, char key)
{
    struct verbs verbs = {0};
    verbs_find(task, &verbs);
    for (uint32_t i = 0; i < verbs.count; i++) {
        if (verbs.items[i].key == key) {
            activate(stage, verbs.items[i].node, PART_NODE);
            return true;
        }
    }
    return key == 'm' && more_ask(task);
}

static bool line_do(struct stage *stage, struct task *task, struct span line)
{
    struct field *text = task_field(task, text_node(task));
    struct span rest, after = {line.bytes + 1, line.size - 1};
    uint32_t number = number_read(line, &rest);
    switch (line.bytes[0]) {
    case '/':
        return search(stage, task, after);
    case '+':
        return text != NULL && line_append(text->editor, after);
    case '=':
        return field_set(stage, task, after);
    case '<':
        task->detail_open = task_detail(task) != 0;
        activate(stage, 0, PART_BACK);
        return true;
    case '.': {
        struct box next = {
            .id = {.part = PART_TASK,
                   .index = (uint16_t)((stage->scene.current + 1) % stage->scene.task_count)}};
        stage_activate(stage, &next);
        return true;
    }
    default:
        break;
    }
    if (number != 0 && rest.size > 0) {
        bool edits = rest.bytes[0] == '=' || (rest.bytes[0] == '-' && rest.size == 1);
        return edits && text != NULL && line_edit(text->editor, number, rest);
    }
    return number != 0 ? item_open(stage, task, number)
                       : line.size == 1 && verb_press(stage, task, (char)(line.bytes[0] | 0x20));
}

void terminal_line(struct stage *stage, struct span line, struct buffer *out)
{
    struct task *task = front(stage);
    if (task == NULL || line.size == 0) {
        return;
    }
    stage_touch(stage);
    if (line.size > TERMINAL_LINE_MAX || !line_do(stage, task, line)) {
        put(out, "? not here: the keys in [ ] say what can be typed\n");
    }
}
