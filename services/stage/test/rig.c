// SPDX-License-Identifier: Apache-2.0
#include "rig.h"

#include "stage_act.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct span font_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert(file != NULL);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size);
    assert(fread(bytes, 1, size, file) == size);
    fclose(file);
    return (struct span){bytes, size};
}

static struct span inter, icons;

static void row(struct ui *u, int i, const void *p)
{
    const struct rig *rig = p;
    char title[32], preview[48];
    snprintf(title, sizeof title, "Note %d", i);
    snprintf(preview, sizeof preview, "What note %d says", i);
    Item(.id = rig->first_id + (uint64_t)i, .title = title, .subtitle = preview, .note = "09:41",
         .selected = i == rig->selected);
}

static void notes_view(struct ui *u, const void *p)
{
    const struct rig *rig = p;
    App(.title = "Notes")
    {
        Section(.key = "all", .title = "Notes", .icon = "notes", .current = true)
        {
            Verb(.verb = RIG_NEW, .title = "New note", .icon = "add", .role = UI_PRIMARY,
                 .shortcut = "Ctrl+N");
            List(.key = "list", .open = RIG_OPEN, .search = RIG_FIND, .count = rig->count,
                 .row = row, .ctx = rig);
            Status(.type = UI_STATUS_EMPTY, .title = "No notes yet", .hint = "Write one");
            if (rig->selected >= 0) {
                Detail(.key = "note", .title = rig->note_title, .subtitle = "Edited",
                       .back = RIG_BACK)
                {
                    Verb(.verb = RIG_TRASH, .title = "Delete", .icon = "delete",
                         .role = UI_DESTRUCTIVE, .shortcut = "Del");
                    Verb(.verb = RIG_SHARE, .title = "Share", .icon = "share", .driving = true);
                    Text(.id = (uint64_t)rig->selected + 1, .value = rig->note, .editable = true,
                         .multiline = true, .type = UI_TEXT_TITLED);
                }
            }
            if (rig->asks) {
                Ask(.title = "Same code?", .value = "482 913")
                {
                    Verb(.verb = RIG_YES, .title = "Yes", .role = UI_PRIMARY);
                }
            }
        }
    }
}

static void tool_view(struct ui *u, const void *p)
{
    App(.title = "Devices", .icon = "devices", .role = UI_SECONDARY)
    {
        Section(.key = "d", .title = "Devices", .icon = "devices", .current = true)
        {
            Field(.title = "Name", .value = "Phone", .verb = RIG_NAME);
            Field(.title = "Visible", .type = UI_FIELD_TOGGLE, .value = "1", .verb = RIG_TOGGLE);
        }
    }
}

struct link {
    struct rig *rig;
    bool is_tool, is_new; // the stage is another one: everything is sent again
};

static status_t link_send(void *context, const struct ui_difference *difference)
{
    struct link *link = context;
    struct ui_difference_view view = {difference->bytes.bytes, difference->bytes.size,
                                      difference->documents, difference->document_count};
    struct task *task = link->is_tool ? link->rig->tool : link->rig->task;
    return stage_task_update(link->rig->stage, task, &view);
}

static status_t link_receive(void *context, struct ui_event *out_event)
{
    struct link *link = context;
    struct task *task = link->is_tool ? link->rig->tool : link->rig->task;
    if (link->is_new) {
        link->is_new = false;
        *out_event = (struct ui_event){.kind = UI_EVENT_RESEND};
        return OK;
    }
    return task_event_take(task, out_event) ? OK : ERR_AGAIN;
}

static struct link links[2];

static struct ui *app_create(struct rig *rig, bool is_tool)
{
    links[is_tool] = (struct link){.rig = rig, .is_tool = is_tool};
    return ui_create(&(struct ui_transport){link_send, link_receive, 3900, &links[is_tool]});
}

static void stage_begin(struct rig *rig, const struct form *form)
{
    rig->stage = stage_create(&(struct stage_options){.form = *form, .text = rig->text});
    assert(stage_task_open(rig->stage, "devices", &rig->tool) == OK);
    assert(stage_task_open(rig->stage, "notes", &rig->task) == OK);
}

void rig_restart(struct rig *rig)
{
    struct form form = rig->stage->form;
    stage_destroy(rig->stage);
    stage_begin(rig, &form);
    links[0].is_new = links[1].is_new = true;
}

void rig_show(struct rig *rig, bool tool)
{
    struct ui_event event;
    (void)ui_poll(tool ? rig->tool_app : rig->app, tool ? tool_view : notes_view, rig, &event);
    stage_present(rig->stage);
}

struct rig *rig_create(bool phone, int count)
{
    struct rig *rig = calloc(1, sizeof *rig);
    inter = inter.bytes == NULL ? font_load(FONT_INTER) : inter;
    icons = icons.bytes == NULL ? font_load(FONT_ICONS) : icons;
    rig->text = text_create(
        &(struct text_options){.font = inter, .icons = icons, .scale_q6 = phone ? 96 : 64});
    struct form form = {.inputs = phone ? FORM_TOUCH : FORM_POINTER | FORM_KEYBOARD,
                        .outputs = FORM_PIXELS,
                        .width_px = phone ? 540 : 1600,
                        .height_px = phone ? 1170 : 900,
                        .scale_percent = phone ? 150 : 100,
                        .text_percent = 100,
                        .target_dp = phone ? 48 : 32};
    stage_begin(rig, &form);
    rig->pixels = calloc((size_t)(form.width_px * form.height_px), 4);
    rig->count = count;
    rig->selected = -1;
    rig->first_id = 100;
    rig->note = "Title\nBody of the note.";
    rig->note_title = "Title";
    rig->app = app_create(rig, false);
    rig->tool_app = app_create(rig, true);
    assert(ui_show(rig->tool_app, tool_view, rig) == OK);
    assert(ui_show(rig->app, notes_view, rig) == OK);
    stage_strip_set(rig->stage, &(struct strip){"09:41", "Phone", "No devices near", false});
    rig->now_ns = 1000000000;
    return rig;
}

void rig_destroy(struct rig *rig)
{
    ui_destroy(rig->app);
    ui_destroy(rig->tool_app);
    stage_destroy(rig->stage);
    text_destroy(rig->text);
    free(rig->pixels);
    free(rig);
}

static void event_take(struct rig *rig, const struct ui_event *event)
{
    if (event->kind == UI_EVENT_SHOWN) {
        return; // of the stage's own accord; the tests count what a person did
    }
    rig->last = *event;
    rig->events++;
    switch (event->verb) {
    case RIG_OPEN:
        rig->selected = (int)(event->id - rig->first_id);
        break;
    case RIG_NEW:
        rig->count++;
        rig->selected = 0;
        rig->first_id--;
        rig->note = "";
        rig->note_title = "";
        break;
    case RIG_TRASH:
        rig->count--;
        rig->selected = -1;
        break;
    case RIG_FIND:
        memcpy(rig->search, event->text, sizeof rig->search);
        break;
    case RIG_NAME:
        memcpy(rig->name, event->text, sizeof rig->name);
        break;
    default:
        break;
    }
}

void rig_settle(struct rig *rig)
{
    struct ui_event event;
    for (int i = 0; i < 100; i++) {
        stage_present(rig->stage);
        bool any = false;
        if (ui_poll(rig->app, notes_view, rig, &event) == OK) {
            event_take(rig, &event);
            any = true;
        }
        if (ui_poll(rig->tool_app, tool_view, rig, &event) == OK) {
            event_take(rig, &event);
            any = true;
        }
        if (!any && !rig->stage->is_dirty) {
            return;
        }
    }
    assert(!"the stage never settles");
}

const struct box *rig_find(struct rig *rig, const char *name, uint8_t role)
{
    rig_settle(rig);
    for (uint32_t i = rig->stage->boxes.count; i > 0; i--) {
        const struct box *box = &rig->stage->boxes.items[i - 1];
        if (box->role != ROLE_NONE && (role == 0 || box->role == role) &&
            box->name.size == strlen(name) && memcmp(box->name.bytes, name, box->name.size) == 0) {
            return box;
        }
    }
    return NULL;
}

void rig_tap_at(struct rig *rig, int32_t x, int32_t y)
{
    bool touch = rig->stage->form.inputs & FORM_TOUCH;
    struct pointer_event event = {
        .now_ns = rig->now_ns += 1000000000, .x = x, .y = y, .touch = touch};
    stage_pointer(rig->stage, &event);
    event.down = true;
    stage_pointer(rig->stage, &event);
    event.down = false;
    event.now_ns = rig->now_ns += 50000000;
    stage_pointer(rig->stage, &event);
    rig_settle(rig);
}

bool rig_tap(struct rig *rig, const char *name)
{
    const struct box *box = rig_find(rig, name, 0);
    if (box != NULL) {
        rig_tap_at(rig, box->rect.x + box->rect.width / 2, box->rect.y + box->rect.height / 2);
    }
    return box != NULL;
}

void rig_key(struct rig *rig, uint16_t code, uint8_t modifiers)
{
    static const struct {
        uint8_t modifier;
        uint16_t code;
    } held[] = {{KEY_SHIFT, KEY_CODE_LEFT_SHIFT}, {KEY_CTRL, KEY_CODE_LEFT_CTRL}};
    for (size_t i = 0; i < 2; i++) {
        if (modifiers & held[i].modifier) {
            stage_key(rig->stage, held[i].code, 1);
        }
    }
    stage_key(rig->stage, code, 1);
    stage_key(rig->stage, code, 0);
    for (size_t i = 0; i < 2; i++) {
        if (modifiers & held[i].modifier) {
            stage_key(rig->stage, held[i].code, 0);
        }
    }
    rig_settle(rig);
}

void rig_type(struct rig *rig, const char *text)
{
    for (; *text != 0; text++) {
        struct stroke stroke;
        assert(keys_stroke_for(*text, &stroke));
        rig_key(rig, stroke.code, stroke.modifiers);
    }
}

struct damage rig_frame(struct rig *rig)
{
    return stage_frame(rig->stage, rig->pixels, rig->stage->form.width_px);
}

const char *rig_text(struct rig *rig)
{
    static char held[256];
    struct field *field = stage_focused_field(rig->stage);
    struct span text = field != NULL ? editor_text(field->editor) : (struct span){NULL, 0};
    snprintf(held, sizeof held, "%.*s", (int)text.size,
             text.bytes != NULL ? (const char *)text.bytes : "");
    return held;
}
