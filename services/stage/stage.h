// SPDX-License-Identifier: Apache-2.0
// The stage as one thing: tasks, what a person does to them, and the frame to show. No IPC and no
// device in it; main.c, the preview tool and the tests drive it through this header. Single
// threaded. Times are nanoseconds of any monotonic clock.
#pragma once

#include "pointer.h"
#include "present.h"
#include "screen.h"

#include "base/buffer.h"

struct stage {
    struct form form;
    struct text *text;
    struct clipboard clipboard;
    struct scene scene;
    struct boxes boxes;
    struct screen *screen; // NULL on a form without pixels
    struct pointer pointer;
    struct keys keys;
    struct task_documents documents;
    void (*notify)(void *context, struct task *task); // a task has events waiting; may be NULL
    void *context;
    bool keyboard_used;  // a real keyboard was: no on-screen keyboard
    bool chose_task;     // a person did; else the first task stays in front
    bool focus_text;     // the text of the next detail takes the focus
    bool is_dirty;       // present again
    uint64_t generation; // grows with each presentation
};

struct stage_options {
    struct form form;
    struct text *text; // borrowed
    struct task_documents documents;
    void (*notify)(void *context, struct task *task);
    void *context;
};

// NULL when memory is exhausted.
struct stage *stage_create(const struct stage_options *options);
void stage_destroy(struct stage *stage);

// ---- tasks ----

// Opens a task, after those already there; tools (an App whose role is secondary) are kept last.
// ERR_FULL, ERR_NO_MEMORY.
status_t stage_task_open(struct stage *stage, const char *name, struct task **out_task);
// Closes it; accepts NULL.
void stage_task_close(struct stage *stage, struct task *task);
// Errors of ui_difference_apply: nothing changed.
status_t stage_task_update(struct stage *stage, struct task *task,
                           const struct ui_difference_view *view);

// ---- the device ----

void stage_resize(struct stage *stage, int32_t width_px, int32_t height_px);
void stage_dark_set(struct stage *stage, bool dark);
// The device's state changed (text scale, contrast, direction, motion); size and kind stay.
void stage_form_set(struct stage *stage, const struct form *form);
void stage_strip_set(struct stage *stage, const struct strip *strip);
// Something outside changed (a document): present again.
void stage_touch(struct stage *stage);

// ---- a person ----

void stage_pointer(struct stage *stage, const struct pointer_event *event);
// A key of a real keyboard; codes and values of the Linux input event interface.
void stage_key(struct stage *stage, uint16_t code, int32_t value);
// Momentum. True: call again in 16 ms.
bool stage_tick(struct stage *stage, int64_t now_ns);

// ---- the frame ----

// Presents if anything changed. True when it did.
bool stage_present(struct stage *stage);
// Whether the interface of the app in front is there, rather than that it starts.
bool stage_shows_app(const struct stage *stage);
// Presents and paints what changed into `pixels`.
struct damage stage_frame(struct stage *stage, uint32_t *pixels, int32_t stride_px);
// Appends the interface as text (describe.h).
void stage_describe(struct stage *stage, struct buffer *out);
