// SPDX-License-Identifier: Apache-2.0
// The interface tree: what an app means, as data. Both sides keep one: the app the tree it last
// sent, the stage the tree it shows; a difference (ui/difference.h) carries one to the other. A
// node is a kind, attributes and children; its attributes stay in their encoded form, so comparing,
// sending and storing a node all handle the same bytes.
//
//     number   1 … UI_NODES_MAX-1, the node's place in the table and its name in differences and
//     events links    parent, siblings, children by number (0: none); kept apart from content so
//     that a hostile difference is
//              tried on a copy of the links alone before anything changes
//
// Byte-exact format: docs/protocols/interface-tree.md. Not thread safe; one owner.
#pragma once

#include "base/codec.h"

enum {
    UI_NODES_MAX = 1024,       // nodes of one tree, the unused number 0 included
    UI_DEPTH_MAX = 12,         // levels, the App counted
    UI_STRING_MAX = 2048,      // bytes of one string attribute
    UI_NODE_BYTES_MAX = 6144,  // encoded attributes of one node
    UI_TREE_BYTES_MAX = 262144 // encoded attributes of the whole tree
};

// Meanings, not widgets. Numbers are on the wire: append only.
enum ui_kind {
    UI_APP = 1,
    UI_SECTION = 2,
    UI_LIST = 3,
    UI_ITEM = 4,
    UI_DETAIL = 5,
    UI_FORM = 6,
    UI_FIELD = 7,
    UI_VERB = 8,
    UI_TEXT = 9,
    UI_MEDIA = 10,
    UI_STATUS = 11,
    UI_ASK = 12,
    UI_GROUP = 13,
    UI_CHART = 14,
    UI_CANVAS = 15,
    UI_EXTENSION = 16,
    UI_KIND_COUNT
};

// Number attributes (tag < 64). Absent means zero.
enum ui_number {
    UI_ID = 1,  // the app's name for an item; comes back in events
    UI_VERB_ID, // verb sent when activated (Verb, Item, Ask)
    UI_OPEN,    // List: verb sent when an item is activated
    UI_SEARCH,  // List: verb sent with the text being searched
    UI_BACK,    // Detail, Ask: verb sent when the person leaves it
    UI_ROLE,    // enum ui_role
    UI_TYPE,    // enum ui_field, ui_status_type, ui_list_hint or ui_text_type
    UI_COUNT,   // List: how many rows there are; Status of progress: the total
    UI_FIRST, // List: index of the first row that is present; Status of progress: how much is done
    UI_FLAGS, // UI_FLAG_*
    UI_TIME,  // Item: when it last changed, milliseconds since 1970 UTC; shown as a person says it
    UI_NUMBER_COUNT
};

// String attributes (tag 64 + value), UTF-8 without control characters (VALUE may hold line feeds
// and tabs).
enum ui_string {
    UI_KEY = 0,  // identity among siblings of one kind
    UI_TITLE,    // what a person reads first, and what a person says
    UI_SUBTITLE, // one secondary line
    UI_ICON,     // name of an icon in the system's icon font
    UI_HINT,     // placeholder of a field or text, explanation of an empty list
    UI_SHORTCUT, // "Ctrl+N", "Del"
    UI_VALUE,    // Field: present value; Text without document: the text; Ask: the code to compare;
                 // List: what is searched
    UI_NOTE,     // a short fact at the end of a row: a time, a count
    UI_PLACE,    // App: where the person was, in the words of the stage that is no more
    UI_STRING_COUNT
};

enum ui_flag {
    UI_FLAG_CURRENT = 1,   // Section: the one shown
    UI_FLAG_SELECTED = 2,  // Item
    UI_FLAG_EDITABLE = 4,  // Text
    UI_FLAG_MULTILINE = 8, // Text
    UI_FLAG_DISABLED = 16, // Verb, Field
    UI_FLAG_DRIVING = 32,  // Verb: allowed while driving
    UI_FLAG_BUSY = 64,     // Status, Item: something is under way
    UI_FLAG_ALL = 127
};

enum ui_role {
    UI_PLAIN = 0,
    UI_PRIMARY = 1,
    UI_SECONDARY = 2,
    UI_DESTRUCTIVE = 3,
    UI_NAVIGATION = 4
};
enum ui_field {
    UI_FIELD_TEXT = 0,
    UI_FIELD_NUMBER = 1,
    UI_FIELD_DATE = 2,
    UI_FIELD_CHOICE = 3,
    UI_FIELD_TOGGLE = 4,
    UI_FIELD_SECRET = 5
};
enum ui_status_type {
    UI_STATUS_INFO = 0,
    UI_STATUS_PROGRESS = 1,
    UI_STATUS_EMPTY = 2,
    UI_STATUS_ERROR = 3,
    UI_STATUS_OK = 4
};
// A titled text is one whose first line names it; shown as a heading.
enum ui_text_type { UI_TEXT_PLAIN = 0, UI_TEXT_TITLED = 1 };
enum ui_list_hint { UI_LIST_ROWS = 0, UI_LIST_TREE = 1, UI_LIST_GRID = 2, UI_LIST_FEED = 3 };

// A document bound to a Text: on the app's side its handle, on the stage's side what the handle
// arrived as. 0: none.
typedef uint64_t ui_document_t;

struct ui_links {
    uint16_t parent, previous, next, first, last;
    uint8_t kind;  // enum ui_kind, 0 when the number is free
    uint8_t depth; // 1 for the App
};

struct ui_node {
    uint8_t *bytes; // encoded attributes, owned
    uint16_t size;
    uint16_t offset[UI_STRING_COUNT], length[UI_STRING_COUNT]; // strings inside `bytes`
    uint64_t number[UI_NUMBER_COUNT];
    ui_document_t document;
};

// Owned by the caller; init before use.
struct ui_tree {
    struct ui_links links[UI_NODES_MAX];
    struct ui_node nodes[UI_NODES_MAX];
    uint32_t count, bytes;
    uint32_t
        sequence;  // differences applied since the start; a difference names the one it continues
    uint16_t root; // 0 when empty
};

// Allocates an empty tree; NULL when memory is exhausted.
struct ui_tree *ui_tree_create(void);
// Frees the tree and every node; accepts NULL.
void ui_tree_destroy(struct ui_tree *tree);
// Removes every node and starts again at sequence 0.
void ui_tree_clear(struct ui_tree *tree);

// The node's kind, or 0 when `number` names none (any number may be asked).
uint8_t ui_tree_kind(const struct ui_tree *tree, uint32_t number);
// A string attribute, borrowed until the tree changes; an empty span when absent. Not
// NUL-terminated.
struct span ui_tree_string(const struct ui_tree *tree, uint32_t number, enum ui_string which);
uint64_t ui_tree_number(const struct ui_tree *tree, uint32_t number, enum ui_number which);
bool ui_tree_flag(const struct ui_tree *tree, uint32_t number, enum ui_flag flag);
ui_document_t ui_tree_document(const struct ui_tree *tree, uint32_t number);
uint16_t ui_tree_first(const struct ui_tree *tree, uint32_t number);
uint16_t ui_tree_next(const struct ui_tree *tree, uint32_t number);
// The next node in depth-first order that stays under `top`, or 0 at the end; start with `at` =
// `top`.
uint16_t ui_tree_walk(const struct ui_tree *tree, uint16_t top, uint16_t at);
// The first node of `kind` among the children of `parent`, or 0.
uint16_t ui_tree_child(const struct ui_tree *tree, uint32_t parent, enum ui_kind kind);

// True when a node of `kind` may stand under one of `parent_kind` (0: at the top).
bool ui_kind_may_contain(uint8_t parent_kind, uint8_t kind);
// "List" for UI_LIST; "?" for what is no kind. A constant string.
const char *ui_kind_name(uint8_t kind);
// Equal trees: same numbers, links, attributes and documents.
bool ui_tree_equal(const struct ui_tree *a, const struct ui_tree *b);
