// SPDX-License-Identifier: Apache-2.0
// The app's side: builds the wanted tree, giving each node the number of its counterpart in the
// tree sent before (same parent, kind, key and id), and sends the difference.
#include "ui/ui.h"

#include "base/assert.h"
#include "base/math.h"
#include "ui/attribute.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOWS_MAX = 16, WINDOW_DEFAULT = 32, WINDOW_MAX = 256 };

// Rows of one list that the stage wants.
struct window {
    uint16_t list;
    uint32_t first, count;
};

struct ui {
    struct ui_tree *sent, *next;
    struct ui_transport transport;
    struct buffer scratch;
    status_t status; // first rule the present view broke
    uint16_t stack[UI_DEPTH_MAX];
    uint16_t cursor[UI_DEPTH_MAX]; // where matching goes on among the old siblings, per level
    uint32_t depth, skipped;       // nodes opened inside a refused one
    uint16_t number_hint;
    struct window windows[WINDOWS_MAX];
    uint32_t window_next;
    char place[UI_EVENT_TEXT_MAX + 1]; // where the person is, as the stage said last
};

struct ui *ui_create(const struct ui_transport *transport)
{
    struct ui *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return NULL;
    }
    u->sent = ui_tree_create();
    u->next = ui_tree_create();
    u->transport = *transport;
    if (u->sent == NULL || u->next == NULL) {
        ui_destroy(u);
        return NULL;
    }
    return u;
}

void ui_destroy(struct ui *u)
{
    if (u != NULL) {
        ui_tree_destroy(u->sent);
        ui_tree_destroy(u->next);
        buffer_finish(&u->scratch);
        free(u);
    }
}

const struct ui_tree *ui_sent(const struct ui *u)
{
    return u->sent;
}

static void refuse(struct ui *u, status_t status)
{
    u->status = u->status == OK ? status : u->status;
    u->skipped++;
}

static struct span text_of(const char *text)
{
    return text != NULL ? (struct span){(const uint8_t *)text, strlen(text)}
                        : (struct span){NULL, 0};
}

static uint64_t flags_of(const struct ui_desc *desc)
{
    return (desc->current ? UI_FLAG_CURRENT : 0u) | (desc->selected ? UI_FLAG_SELECTED : 0u) |
           (desc->editable ? UI_FLAG_EDITABLE : 0u) | (desc->multiline ? UI_FLAG_MULTILINE : 0u) |
           (desc->disabled ? UI_FLAG_DISABLED : 0u) | (desc->driving ? UI_FLAG_DRIVING : 0u) |
           (desc->busy ? UI_FLAG_BUSY : 0u);
}

static struct ui_attributes attributes_of(const struct ui_desc *desc, uint32_t first)
{
    return (struct ui_attributes){
        .number = {[UI_ID] = desc->id,
                   [UI_VERB_ID] = desc->verb,
                   [UI_OPEN] = desc->open,
                   [UI_SEARCH] = desc->search,
                   [UI_BACK] = desc->back,
                   [UI_ROLE] = desc->role,
                   [UI_TYPE] = desc->type,
                   [UI_COUNT] = desc->count > 0 ? (uint64_t)desc->count : 0,
                   [UI_FIRST] = desc->done > 0 ? (uint64_t)desc->done : first,
                   [UI_FLAGS] = flags_of(desc),
                   [UI_TIME] = desc->time},
        .string = {[UI_KEY] = text_of(desc->key),
                   [UI_TITLE] = text_of(desc->title),
                   [UI_SUBTITLE] = text_of(desc->subtitle),
                   [UI_ICON] = text_of(desc->icon),
                   [UI_HINT] = text_of(desc->hint),
                   [UI_SHORTCUT] = text_of(desc->shortcut),
                   [UI_VALUE] = text_of(desc->value),
                   [UI_NOTE] = text_of(desc->note)},
    };
}

static bool is_counterpart(const struct ui *u, uint16_t old, uint8_t kind,
                           const struct ui_desc *desc)
{
    struct span key = ui_tree_string(u->sent, old, UI_KEY), wanted = text_of(desc->key);
    return u->sent->links[old].kind == kind && u->next->links[old].kind == 0 &&
           ui_tree_number(u->sent, old, UI_ID) == desc->id && key.size == wanted.size &&
           (key.size == 0 || memcmp(key.bytes, wanted.bytes, key.size) == 0);
}

// The number of the same node in the tree sent before, or 0. Looks onward from the last match
// first, then from the start.
static uint16_t counterpart_find(struct ui *u, uint16_t parent, uint8_t kind,
                                 const struct ui_desc *desc)
{
    uint16_t start = u->cursor[u->depth];
    for (uint16_t old = start; old != 0; old = u->sent->links[old].next) {
        if (is_counterpart(u, old, kind, desc)) {
            return old;
        }
    }
    uint16_t first = parent != 0 ? ui_tree_first(u->sent, parent) : u->sent->root;
    for (uint16_t old = first; old != start; old = u->sent->links[old].next) {
        if (is_counterpart(u, old, kind, desc)) {
            return old;
        }
    }
    return 0;
}

// A number that neither tree uses, or 0 when all are taken.
static uint16_t number_take(struct ui *u)
{
    for (uint32_t tries = 1; tries < UI_NODES_MAX; tries++) {
        u->number_hint = (uint16_t)(u->number_hint % (UI_NODES_MAX - 1) + 1);
        if (u->sent->links[u->number_hint].kind == 0 && u->next->links[u->number_hint].kind == 0) {
            return u->number_hint;
        }
    }
    return 0;
}

static void child_append(struct ui_tree *tree, uint16_t parent, uint16_t number, uint8_t kind)
{
    struct ui_links *links = tree->links, *node = &links[number];
    *node = (struct ui_links){
        .parent = parent, .kind = kind, .depth = (uint8_t)(links[parent].depth + 1)};
    tree->count++;
    if (parent == 0) {
        tree->root = number;
        return;
    }
    node->previous = links[parent].last;
    if (node->previous != 0) {
        links[node->previous].next = number;
    } else {
        links[parent].first = number;
    }
    links[parent].last = number;
}

static status_t content_set(struct ui *u, uint16_t number, const struct ui_desc *desc,
                            uint32_t first)
{
    struct ui_attributes attributes = attributes_of(desc, first);
    if (u->next->links[number].kind == UI_APP && u->sent->sequence == 0) {
        attributes.string[UI_PLACE] = text_of(u->place);
    }
    buffer_clear(&u->scratch);
    ui_attributes_encode(&attributes, &u->scratch);
    struct span bytes = buffer_span(&u->scratch);
    uint8_t *copy = malloc(bytes.size + 1);
    if (copy == NULL || !buffer_ok(&u->scratch)) {
        free(copy);
        return ERR_NO_MEMORY;
    }
    if (bytes.size > 0) {
        memcpy(copy, bytes.bytes, bytes.size);
    }
    struct ui_node *node = &u->next->nodes[number];
    status_t status = ui_attributes_decode(copy, bytes.size, node);
    node->bytes = copy;
    node->size = (uint16_t)bytes.size;
    node->document = desc->doc;
    u->next->bytes += (uint32_t)bytes.size;
    return status == OK ? OK : ERR_INVALID;
}

// The window of a list, within its rows as they are now.
static struct window window_of(const struct ui *u, uint16_t list, int32_t count)
{
    struct window window = {.list = list, .first = 0, .count = WINDOW_DEFAULT};
    for (uint32_t i = 0; i < WINDOWS_MAX; i++) {
        window = u->windows[i].list == list && list != 0 ? u->windows[i] : window;
    }
    uint32_t rows = count > 0 ? (uint32_t)count : 0;
    if (window.first >= rows) {
        window.first = rows > window.count ? rows - window.count : 0;
    }
    window.count = (uint32_t)min_u64(window.count, rows - window.first);
    return window;
}

static void window_set(struct ui *u, uint32_t list, uint32_t first, uint32_t count)
{
    if (ui_tree_kind(u->sent, list) != UI_LIST) {
        return;
    }
    uint32_t slot = u->window_next % WINDOWS_MAX;
    for (uint32_t i = 0; i < WINDOWS_MAX; i++) {
        slot = u->windows[i].list == list ? i : slot;
    }
    u->window_next += slot == u->window_next % WINDOWS_MAX;
    u->windows[slot] = (struct window){(uint16_t)list, first, (uint32_t)min_u64(count, WINDOW_MAX)};
}

static void rows_describe(struct ui *u, const struct ui_desc *desc, struct window window)
{
    for (uint32_t i = 0; i < window.count && u->status == OK; i++) {
        desc->row(u, (int)(window.first + i), desc->ctx);
    }
}

// Reads a descriptor that may be shorter or longer than ours.
static struct ui_desc desc_read(const struct ui_desc *desc)
{
    struct ui_desc known = {0};
    memcpy(&known, desc, (size_t)min_u64(desc->size, sizeof known));
    return known;
}

bool ui_open(struct ui *u, enum ui_kind kind, const struct ui_desc *desc)
{
    if (u->skipped > 0) {
        u->skipped++;
        return true;
    }
    uint16_t parent = u->depth > 0 ? u->stack[u->depth - 1] : 0;
    if (!ui_kind_may_contain(u->next->links[parent].kind, (uint8_t)kind) ||
        (parent == 0 && u->next->root != 0) || desc->size < sizeof desc->size) {
        refuse(u, ERR_INVALID);
        return true;
    }
    struct ui_desc known = desc_read(desc);
    uint16_t old = u->depth < UI_DEPTH_MAX ? counterpart_find(u, parent, (uint8_t)kind, &known) : 0;
    uint16_t number = old != 0 ? old : number_take(u);
    if (number == 0 || u->depth == UI_DEPTH_MAX || u->next->bytes > UI_TREE_BYTES_MAX) {
        refuse(u, ERR_FULL);
        return true;
    }
    bool has_rows = kind == UI_LIST && known.row != NULL;
    struct window window = has_rows ? window_of(u, old, known.count) : (struct window){0};
    child_append(u->next, parent, number, (uint8_t)kind);
    status_t status = content_set(u, number, &known, window.first);
    u->status = u->status == OK ? status : u->status;
    u->cursor[u->depth] = old != 0 ? u->sent->links[old].next : u->cursor[u->depth];
    u->stack[u->depth++] = number;
    if (u->depth < UI_DEPTH_MAX) {
        u->cursor[u->depth] = old != 0 ? ui_tree_first(u->sent, old) : 0;
    }
    if (has_rows) {
        rows_describe(u, &known, window);
    }
    return true;
}

bool ui_close(struct ui *u)
{
    if (u->skipped > 0) {
        u->skipped--;
        return false;
    }
    assert(u->depth > 0);
    u->depth--;
    return false;
}

// Sends the difference from what was sent to what is wanted, in as many messages as it takes.
static status_t difference_send(struct ui *u)
{
    for (bool more = true; more;) {
        struct ui_difference difference;
        status_t status = ui_difference_write(u->sent, u->next, u->transport.limit, &difference);
        if (status < 0) {
            return status;
        }
        more = difference.more;
        if (!difference.empty) {
            status = u->transport.send(u->transport.context, &difference);
            struct ui_difference_view view = {difference.bytes.bytes, difference.bytes.size,
                                              difference.documents, difference.document_count};
            status = status == OK ? ui_difference_apply(u->sent, &view, NULL) : status;
        }
        ui_difference_finish(&difference);
        if (status < 0) {
            return status;
        }
    }
    return OK;
}

status_t ui_show(struct ui *u, ui_view_fn view, const void *state)
{
    for (int tries = 0; tries < 2; tries++) {
        ui_tree_clear(u->next);
        u->status = OK;
        u->depth = u->skipped = 0;
        u->cursor[0] = u->sent->root;
        view(u, state);
        if (u->status == OK && u->next->root == 0) {
            u->status = ERR_INVALID;
        }
        status_t status = u->status == OK ? difference_send(u) : u->status;
        if (status != ERR_BAD_STATE) {
            return status;
        }
        ui_tree_clear(u->sent);
    }
    return ERR_BAD_STATE;
}

// Answers the stage's own questions; false for an event that is the app's. *out_show: the view must
// run again.
static bool event_answer(struct ui *u, const struct ui_event *event, bool *out_show)
{
    *out_show = true;
    switch (event->kind) {
    case UI_EVENT_ROWS:
        window_set(u, event->node, event->first, event->count);
        return true;
    case UI_EVENT_RESEND:
        ui_tree_clear(u->sent);
        return true;
    case UI_EVENT_PLACE:
        memcpy(u->place, event->text, sizeof u->place);
        *out_show = false;
        return true;
    default:
        return false;
    }
}

status_t ui_poll(struct ui *u, ui_view_fn view, const void *state, struct ui_event *out_event)
{
    for (bool show = true;;) {
        status_t status = show ? ui_show(u, view, state) : OK;
        struct ui_event event = {0};
        status = status == OK ? u->transport.receive(u->transport.context, &event) : status;
        if (status < 0) {
            return status;
        }
        event.text[UI_EVENT_TEXT_MAX] = 0;
        if (!event_answer(u, &event, &show)) {
            *out_event = event;
            return OK;
        }
    }
}
