// SPDX-License-Identifier: Apache-2.0
// One running app as the stage sees it: its tree, and the presentation state that is the stage's
// own (scroll, page, texts being edited). Survives every difference; what belongs to a node that
// went goes with it.
#pragma once

#include "editor.h"

#include "ui/ui.h"

enum { TASK_FIELDS_MAX = 24, TASK_SCROLLS_MAX = 16, TASK_EVENTS_MAX = 32, TASK_NAME_MAX = 32 };

// A text of a node: a Text bound to a document, a Field, or the search of a List.
struct field {
    uint16_t node; // 0: free
    uint8_t kind;  // enum ui_kind of the node
    struct editor *editor;
    ui_document_t document;
    void *binding;              // of the documents, for a bound text
    int32_t origin_x, origin_y; // px: where its first line stands on the screen, as last presented
    uint64_t value_hash;        // of the app's value, so that a new one from the app is noticed
};

struct scroll {
    uint16_t node;
    int32_t offset_px, content_px, viewport_px; // the last two as last presented
};

// What the stage can do with documents; given by who runs the stage.
struct task_documents {
    // Starts following `document` for `editor`: sets its text and source, and keeps both as one;
    // *out_binding ends it.
    status_t (*bind)(void *context, ui_document_t document, struct editor *editor,
                     void **out_binding);
    // Ends it; the document will not be used again.
    void (*unbind)(void *context, ui_document_t document, void *binding);
    void *context;
};

struct task {
    char name[TASK_NAME_MAX];
    struct ui_tree *tree;
    struct text *text;           // borrowed
    struct clipboard *clipboard; // borrowed
    struct task_documents documents;
    struct field fields[TASK_FIELDS_MAX];
    struct scroll scrolls[TASK_SCROLLS_MAX];
    uint32_t scroll_next;
    // The page shown where one pane must do: the detail is in front.
    bool detail_open;
    bool open_pending; // a person opened something: the next difference brings its detail
    uint16_t detail_node;
    bool reveal_caret; // scroll to the caret when presenting next
    bool is_partial;   // a difference with more parts to come was applied: do not show yet
    struct {
        uint16_t list;
        uint32_t first, count;
    } asked;                                 // rows last asked for
    struct ui_event events[TASK_EVENTS_MAX]; // waiting for the app
    bool is_shown;                           // last told to the app (UI_EVENT_SHOWN)
    char place[UI_EVENT_TEXT_MAX + 1];       // last told to the app (place.h)
    uint32_t event_head, event_count;
    bool took_verb; // the app holds a verb that it has not answered
    bool is_late;   // and keys were held for it long enough
};

struct task_options {
    const char *name;
    struct text *text;
    struct clipboard *clipboard;
    struct task_documents documents;
};

// NULL when memory is exhausted.
struct task *task_create(const struct task_options *options);
void task_destroy(struct task *task);
// Applies a difference and settles fields, page and documents. Errors of ui_difference_apply:
// nothing changed.
status_t task_update(struct task *task, const struct ui_difference_view *view);
// Queues an event. A newer text or window replaces an older one of the same node; a full queue
// drops the event.
void task_emit(struct task *task, const struct ui_event *event);
// Takes the oldest event; false when there is none.
bool task_event_take(struct task *task, struct ui_event *out_event);
// The app comes for events: all it took before is dealt with, and shown.
void task_answered(struct task *task);
// Whether what a person typed now could meet an interface from before their last verb.
bool task_owes_answer(struct task *task);
// The text of a node, or NULL.
struct field *task_field(struct task *task, uint32_t node);
// The scroll state of a node, made when it has none.
struct scroll *task_scroll(struct task *task, uint16_t node);
// The section shown (the App itself when it has none), 0 for an empty tree.
uint16_t task_section(const struct task *task);
// The detail of the section shown, or 0.
uint16_t task_detail(const struct task *task);
// Whether a verb may be used while the device moves with its driver: the app says so, and it
// destroys nothing.
bool task_verb_is_for_drivers(const struct task *task, uint16_t verb);
// An open question, or 0.
uint16_t task_ask(const struct task *task);
// The first node of `kind` under `top`, in order, or 0.
uint16_t task_find(const struct task *task, uint16_t top, enum ui_kind kind);
