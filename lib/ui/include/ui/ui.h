// SPDX-License-Identifier: Apache-2.0
// Describing an interface. An app says what it means for its present state, in one function called
// a view; the library finds what changed since the last view and sends that to the stage, which
// owns everything a person sees and touches.
//
//     static void row(struct ui *u, int i, const void *p) { const struct notes *s = p; Item(.id =
//     …, .title = …); }
//
//     static void view(struct ui *u, const void *p) {
//         App(.title = "Notes") {
//             Section(.key = "all", .title = "Notes", .icon = "notes", .current = true) {
//                 Verb(.verb = NEW, .title = "New note", .icon = "add", .role = UI_PRIMARY,
//                 .shortcut = "Ctrl+N"); List(.key = "list", .open = OPEN, .search = FIND, .count =
//                 s->count, .row = row, .ctx = s);
//             }
//         }
//     }
//
//     for (struct ui_event e; ui_poll(u, view, &state, &e) == OK;) { handle(&state, &e); }
//
// The core is three functions: ui_open, ui_close, ui_poll. The capitalised macros are sugar over
// the first two and expect a `struct ui *u` in scope. Strings are copied while describing. Rows
// come through a callback and only for the window the stage asked for, so a list of a million rows
// costs what a list of thirty does.
//
// Single threaded: one `struct ui` per thread of an app.
#pragma once

#include "ui/difference.h"

struct ui;

typedef void (*ui_row_fn)(struct ui *u, int index, const void *ctx);
typedef void (*ui_view_fn)(struct ui *u, const void *state);

// One node. Zero means absent. `size` is first and lets the descriptor grow: the library reads that
// many bytes.
struct ui_desc {
    uint32_t size;   // sizeof(struct ui_desc)
    uint32_t verb;   // Verb, Item, Ask: what the app is told on activation
    uint32_t open;   // List: verb for opening an item (the event carries the item's id)
    uint32_t search; // List: verb for a changed search text; 0: no search field
    uint32_t back;   // Detail, Ask: verb for leaving it
    uint32_t role;   // enum ui_role
    uint32_t type;   // enum ui_field, ui_status_type, ui_list_hint or ui_text_type
    int32_t count;   // List: rows; Status of progress: total
    int32_t done;    // Status of progress: done so far
    bool current, selected, editable, multiline, disabled, driving, busy; // UI_FLAG_*
    uint64_t id;       // the app's name for it, 63 bits
    uint64_t time;     // Item: when it last changed, milliseconds since 1970 UTC
    ui_document_t doc; // Text: the document shown; the app keeps its handle
    const char *key;   // identity among siblings of one kind; `id` serves as well
    const char *title, *subtitle, *icon, *hint, *shortcut, *value, *note;
    ui_row_fn row;   // List: describes row `index` with one Item
    const void *ctx; // List: handed to `row`
};

// What a person did, or what the stage needs.
enum ui_event_kind {
    UI_EVENT_VERB = 1,   // `verb` was activated; `id` of the item or verb
    UI_EVENT_SEARCH = 2, // the search text of a list is now `text`; `verb` is its search verb
    UI_EVENT_VALUE = 3,  // a field's value is now `text`; `verb` of the field
    UI_EVENT_ROWS =
        4, // rows [first, first + count) of list `node` are wanted (answered by the library)
    UI_EVENT_RESEND = 5, // the stage lost the tree (answered by the library)
    UI_EVENT_CHANGED =
        6,              // something else the app waits for (a document, a service) may have changed
    UI_EVENT_CLOSE = 7, // the task ends; save and return
    UI_EVENT_PLACE = 8, // where the person is, in the stage's words: kept by the library, given
                        // back to a new stage
    UI_EVENT_SHOWN = 9  // the task stands before the person (`first` 1) or no longer (0)
};

enum { UI_EVENT_TEXT_MAX = 119 };

// Crosses processes: fixed layout, 152 bytes.
struct ui_event {
    uint32_t kind; // enum ui_event_kind
    uint32_t verb;
    uint64_t id;
    uint32_t node;                    // number of the node it happened on
    uint32_t first, count;            // UI_EVENT_ROWS
    uint32_t text_size;               // bytes of `text`, without the NUL
    char text[UI_EVENT_TEXT_MAX + 1]; // UTF-8, NUL-terminated
};
_Static_assert(sizeof(struct ui_event) == 152, "ui_event crosses processes");

// How differences and events travel; over IPC on a device, a function call in a test.
struct ui_transport {
    // Sends one difference to the stage; documents ride as handles. Any error but ERR_BAD_STATE
    // (send everything again) ends the app.
    status_t (*send)(void *context, const struct ui_difference *difference);
    // Waits for the next event. ERR_CLOSED when the stage has no more.
    status_t (*receive)(void *context, struct ui_event *out_event);
    size_t limit; // bytes in one message
    void *context;
};

// Allocates; NULL when memory is exhausted. `transport` is copied.
struct ui *ui_create(const struct ui_transport *transport);
void ui_destroy(struct ui *u);

// Begins a node of `kind`; what is opened until its ui_close is under it. Always true, so that a
// block can be a loop; what goes wrong (misplaced kind, too deep, too many) is remembered and
// returned by ui_poll.
bool ui_open(struct ui *u, enum ui_kind kind, const struct ui_desc *desc);
// Ends the node opened last. Always false.
bool ui_close(struct ui *u);
// Describes the present state with `view`, sends what changed, waits for the next event. Answers
// the stage's own questions (rows, resend) itself. OK with *out_event; ERR_CLOSED when the app
// should end; ERR_INVALID for a view that breaks a rule; ERR_FULL for one over a bound; else the
// transport's error.
status_t ui_poll(struct ui *u, ui_view_fn view, const void *state, struct ui_event *out_event);
// Describes and sends without waiting. Errors as ui_poll.
status_t ui_show(struct ui *u, ui_view_fn view, const void *state);
// The tree as last sent.
const struct ui_tree *ui_sent(const struct ui *u);

#define UI_JOIN_(a, b) a##b
#define UI_JOIN(a, b)  UI_JOIN_(a, b)
#define UI_DESC(...)   (&(const struct ui_desc){.size = sizeof(struct ui_desc), __VA_ARGS__})
// A node with a block of children.
#define UI_BLOCK(kind, ...)                                                                        \
    for (bool UI_JOIN(ui_in_, __LINE__) = ui_open(u, kind, UI_DESC(__VA_ARGS__));                  \
         UI_JOIN(ui_in_, __LINE__); UI_JOIN(ui_in_, __LINE__) = ui_close(u))
// A node without children.
#define UI_LEAF(kind, ...) ((void)ui_open(u, kind, UI_DESC(__VA_ARGS__)), (void)ui_close(u))

#define App(...)           UI_BLOCK(UI_APP, __VA_ARGS__)
#define Section(...)       UI_BLOCK(UI_SECTION, __VA_ARGS__)
#define Detail(...)        UI_BLOCK(UI_DETAIL, __VA_ARGS__)
#define Form(...)          UI_BLOCK(UI_FORM, __VA_ARGS__)
#define Group(...)         UI_BLOCK(UI_GROUP, __VA_ARGS__)
#define Ask(...)           UI_BLOCK(UI_ASK, __VA_ARGS__)
#define List(...)          UI_LEAF(UI_LIST, __VA_ARGS__)
#define Item(...)          UI_LEAF(UI_ITEM, __VA_ARGS__)
#define Verb(...)          UI_LEAF(UI_VERB, __VA_ARGS__)
#define Text(...)          UI_LEAF(UI_TEXT, __VA_ARGS__)
#define Field(...)         UI_LEAF(UI_FIELD, __VA_ARGS__)
#define Status(...)        UI_LEAF(UI_STATUS, __VA_ARGS__)
