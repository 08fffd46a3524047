// SPDX-License-Identifier: Apache-2.0
// What stands where: the one array that painting, hit testing, focus order and the tree as text all
// read. Presenting fills it anew for each frame; text is borrowed from the interface tree, the
// editors or the array's own arena, until the next change.
#pragma once

#include "theme.h"

#include "paint/paint.h"

enum { BOXES_MAX = 640, BOXES_ARENA_BYTES = 16384, SCROLLS_MAX = 8 };

// What part of a node a box is; the stage's own boxes have node 0.
enum part {
    PART_DECORATION = 0, // seen, but not pressed
    PART_NODE,           // the node itself: item, verb, field, text, section
    PART_SEARCH,         // a list's search field
    PART_SEARCH_CLEAR,
    PART_BACK,  // leaves a detail
    PART_TASK,  // index: which task
    PART_KEY,   // of the on-screen keyboard; index: which key
    PART_SCRIM, // behind a dialog
    PART_DARK,  // light or dark
    PART_AREA   // a pane: names a part of the screen in the tree
};

enum box_role {
    ROLE_NONE = 0,
    ROLE_APPLICATION,
    ROLE_NAVIGATION,
    ROLE_TAB,
    ROLE_HEADING,
    ROLE_SEARCHBOX,
    ROLE_LIST,
    ROLE_LISTITEM,
    ROLE_BUTTON,
    ROLE_ARTICLE,
    ROLE_TEXTBOX,
    ROLE_TEXT,
    ROLE_STATUS,
    ROLE_SWITCH,
    ROLE_DIALOG,
    ROLE_GROUP,
    ROLE_KEYBOARD,
    ROLE_KEY,
    ROLE_COUNT
};

enum box_state {
    STATE_FOCUSED = 1,
    STATE_SELECTED = 2,
    STATE_PRESSED = 4,
    STATE_HOVERED = 8,
    STATE_DISABLED = 16,
    STATE_EDITABLE = 32,
    STATE_RING = 64, // focus is shown
    STATE_CHECKED = 128,
    STATE_BUSY = 256
};

// Names a box over frames.
struct box_id {
    uint16_t node;
    uint8_t part; // enum part
    uint8_t task; // whose node
    uint16_t index;
};

struct box {
    struct paint_rect rect, clip; // px; what lies outside `clip` is not seen or pressed
    struct box_id id;
    uint16_t state; // enum box_state bits
    uint8_t role, depth;
    bool takes_focus, takes_press;
    // Surface.
    uint32_t fill, ring; // 0: none
    int32_t radius;
    uint8_t elevation; // 0 none, 1 raised, 2 floating
    // Content: [pad] icon [gap] text [pad], in the ink's colour.
    uint32_t ink, icon_ink;
    uint32_t icon; // code, 0: none
    int32_t icon_px, pad_px, gap_px;
    uint8_t type;        // enum type
    uint8_t centred;     // content in the middle; else at the start
    bool plain_baseline; // text sits on its line's baseline (paragraphs) instead of being centred
                         // by its capitals
    bool mirrored;       // content begins at the right: of a form from right to left
    bool placed;         // stands where it shall in any direction (lines of a text being edited)
    bool uncut;          // text longer than its room is not ended by an ellipsis (its clip cuts it)
    struct span text;    // drawn
    // For those who do not see.
    struct span name, description, value;
};

struct scroll_area {
    struct box_id id;
    struct paint_rect rect; // px
    int32_t content_px;     // height of all that could be shown
    int32_t offset_px;      // how far it is scrolled, already within bounds
};

struct boxes {
    struct box items[BOXES_MAX];
    uint32_t count;
    struct scroll_area scrolls[SCROLLS_MAX];
    uint32_t scroll_count;
    struct paint_rect clip; // given to each box added
    uint8_t depth;          // likewise
    char arena[BOXES_ARENA_BYTES];
    uint32_t arena_used;
    uint32_t lost; // boxes that found no room
};

void boxes_clear(struct boxes *boxes, struct paint_rect clip);
// Adds a copy with the present clip and depth; returns it to be completed, never NULL (when full,
// the last one is reused and counted in `lost`).
struct box *boxes_add(struct boxes *boxes, const struct box *box);
void boxes_scroll_add(struct boxes *boxes, const struct scroll_area *area);
// Copies text into the arena; empty when it is full.
struct span boxes_text(struct boxes *boxes, const char *text);
// Turns the screen of that width about its middle, for people who read from right to left.
void boxes_mirror(struct boxes *boxes, int32_t width_px);
// The topmost box at a point that can be pressed, or NULL.
const struct box *boxes_hit(const struct boxes *boxes, int32_t x, int32_t y);
const struct box *boxes_find(const struct boxes *boxes, struct box_id id);
// The scroll area under a point, or NULL.
const struct scroll_area *boxes_scroll_at(const struct boxes *boxes, int32_t x, int32_t y);
bool box_id_equal(struct box_id a, struct box_id b);
// What painting the box may touch, its ring and shadow included, within its clip.
struct paint_rect box_extent(const struct box *box, const struct form *form);
// Equal hashes: painted alike (FNV-1a over everything that painting reads).
uint64_t box_hash(const struct box *box);
const char *box_role_name(uint8_t role);
