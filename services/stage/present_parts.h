// SPDX-License-Identifier: Apache-2.0
// What the presentations share: a presenter under way, and the small vocabulary (colour, length,
// button, paragraph) that they are written in. Internal to present*.c.
#pragma once

#include "present.h"

struct presenter {
    struct boxes *boxes;
    struct scene *scene;
    struct task *task; // in front, or NULL
    uint8_t task_index;
    const struct form *form;
    struct fold fold;
    bool again; // an offset had to be moved within bounds: present once more
};

// ---- present_parts.c ----
int32_t px(const struct presenter *p, int32_t dp);
uint32_t color(const struct presenter *p, enum color color);
struct span title_of(const struct presenter *p, uint16_t node, enum ui_string which);
struct span chars(const char *text);
uint32_t icon_of(const struct presenter *p, uint16_t node, const char *otherwise);
int32_t text_width(const struct presenter *p, struct span text, enum type type);
// Adds a box with the state of pointer and focus on it, and the tone that goes with it.
struct box *part_add(struct presenter *p, const struct box *box);
// The same for a part of a node of the task in front.
struct box_id id_of(const struct presenter *p, uint16_t node, enum part part);
// A plain surface, nothing to press.
struct box *panel_add(struct presenter *p, struct paint_rect rect, enum color fill, int32_t radius);
// One line of text at the start of `rect`, cut with an ellipsis.
struct label {
    struct paint_rect rect;
    struct span text;
    enum type type;
    enum color ink;
    enum box_role role;
    bool centred;
};
struct box *label_add(struct presenter *p, const struct label *label);
// A title and, unless it is empty, a quieter line under it, together in the middle of the height.
struct two_lines {
    struct paint_rect rect;
    struct span title, line;
    enum type title_type, line_type;
    uint32_t ink; // of the title
};
void two_lines_add(struct presenter *p, const struct two_lines *lines);
// A paragraph wrapped to `width`; returns its height. Nothing is added outside the clip.
struct paragraph {
    int32_t x, y, width;
    struct span text;
    enum type type;
    enum color ink;
    enum box_role role;
    bool centred;
};
int32_t paragraph_add(struct presenter *p, const struct paragraph *paragraph);
// A verb as a pill with icon and text, or icon alone; returns the width taken. `right`: x is its
// right edge.
struct button {
    int32_t x, y, height;
    uint16_t node;
    bool right, icon_only, filled;
    int32_t width; // 0: as wide as its content
};
int32_t button_add(struct presenter *p, const struct button *button);
// An icon button of the stage's own.
struct box *icon_button_add(struct presenter *p, struct box_id id, struct paint_rect rect,
                            const char *icon, const char *name);

// ---- present_nav.c ----
// A place to go: a section of the task in front, or another task.
enum { DESTINATIONS_MAX = 6 };
struct destination {
    struct box_id id;
    struct span title;
    uint32_t icon;
    bool current;
};
uint32_t destinations_of(struct presenter *p, struct destination out[DESTINATIONS_MAX]);
void strip_present(struct presenter *p, struct paint_rect rect);
void bar_present(struct presenter *p, struct paint_rect rect);
void rail_present(struct presenter *p, struct paint_rect rect);
void drawer_present(struct presenter *p, struct paint_rect rect);
// The verb that is the section's first concern, or 0.
uint16_t primary_verb(const struct presenter *p);

// That verb as a round button with nothing but its icon.
struct box *primary_icon_add(struct presenter *p, uint16_t verb, struct paint_rect rect);

// ---- present_list.c ----
void list_pane_present(struct presenter *p, struct paint_rect rect);
// One row (item, at most two lines and a note); returns nothing, the height is row_height.
int32_t row_height(const struct presenter *p);
void row_present(struct presenter *p, uint16_t node, struct paint_rect rect);
void empty_present(struct presenter *p, struct paint_rect rect, uint16_t status);
// Asks the app for the rows in sight and some around them, once for each window.
void rows_ask(struct presenter *p, uint16_t list, int32_t from, int32_t to);

// ---- present_detail.c ----
void detail_pane_present(struct presenter *p, struct paint_rect rect);

// ---- present_flow.c ----
// Lays the children of `parent` one under another from `rect.y` on; returns the height. Verbs only
// when `verbs`. A status as a tinted line; returns its height.
int32_t status_present(struct presenter *p, uint16_t node, struct paint_rect rect);
int32_t flow_present(struct presenter *p, uint16_t parent, struct paint_rect rect, bool verbs);

// ---- present_text.c ----
// A text of a node in `rect` (lines, selection, caret), its first line at rect.y; returns its
// height.
int32_t text_present(struct presenter *p, struct field *field, struct paint_rect rect, bool titled);
// A single line in `rect`, scrolled sideways so that the caret is seen.
void line_present(struct presenter *p, struct field *field, struct paint_rect rect,
                  struct span hint, bool focused);

// ---- present_round.c ----
// The widest rectangle at that height whose corners are inside the circle, by a margin.
struct paint_rect round_within(const struct presenter *p, int32_t y, int32_t height);
void round_present(struct presenter *p);
void round_ask_present(struct presenter *p, uint16_t ask);

// ---- present_glance.c ----
void glance_present(struct presenter *p);
void glance_ask_present(struct presenter *p, uint16_t ask);

// ---- present_ask.c ----
void ask_present(struct presenter *p, uint16_t ask);

// ---- present_keyboard.c ----
int32_t keyboard_height(const struct presenter *p);
void keyboard_present(struct presenter *p, struct paint_rect rect);

// ---- scrolling, present_parts.c ----
// Begins a scrolled area: clips to `rect` and returns the offset to subtract.
struct scrolled {
    struct paint_rect rect, clip_before;
    uint16_t node;
    int32_t offset_px;
};
struct scrolled scroll_begin(struct presenter *p, uint16_t node, struct paint_rect rect);
void scroll_end(struct presenter *p, const struct scrolled *scrolled, int32_t content_px);
