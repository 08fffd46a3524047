// SPDX-License-Identifier: Apache-2.0
#include "box.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

void boxes_clear(struct boxes *boxes, struct paint_rect clip)
{
    boxes->count = boxes->scroll_count = boxes->arena_used = boxes->lost = 0;
    boxes->depth = 0;
    boxes->clip = clip;
}

struct box *boxes_add(struct boxes *boxes, const struct box *box)
{
    assert(box->type < TYPE_COUNT && box->role < ROLE_COUNT);
    if (boxes->count == BOXES_MAX) {
        boxes->lost++;
        boxes->count--;
    }
    struct box *added = &boxes->items[boxes->count];
    *added = *box;
    added->clip = boxes->clip;
    added->depth = boxes->depth;
    boxes->count++;
    return added;
}

void boxes_scroll_add(struct boxes *boxes, const struct scroll_area *area)
{
    if (boxes->scroll_count < SCROLLS_MAX) {
        boxes->scrolls[boxes->scroll_count++] = *area;
    }
}

static void rect_mirror(struct paint_rect *rect, int32_t width_px)
{
    rect->x = width_px - rect->x - rect->width;
}

// What points somewhere points the other way.
static uint32_t icon_mirrored(uint32_t icon)
{
    static const char *const pairs[][2] = {{"arrow_back", "arrow_forward"},
                                           {"chevron_left", "chevron_right"}};
    for (size_t i = 0; icon != 0 && i < ARRAY_COUNT(pairs); i++) {
        uint32_t left = text_icon_code(pairs[i][0]), right = text_icon_code(pairs[i][1]);
        if (icon == left || icon == right) {
            return icon == left ? right : left;
        }
    }
    return icon;
}

void boxes_mirror(struct boxes *boxes, int32_t width_px)
{
    for (uint32_t i = 0; i < boxes->count; i++) {
        struct box *box = &boxes->items[i];
        rect_mirror(&box->clip, width_px);
        if (!box->placed) {
            rect_mirror(&box->rect, width_px);
            box->mirrored = true;
            box->icon = icon_mirrored(box->icon);
        }
    }
    for (uint32_t i = 0; i < boxes->scroll_count; i++) {
        rect_mirror(&boxes->scrolls[i].rect, width_px);
    }
}

struct span boxes_text(struct boxes *boxes, const char *text)
{
    size_t size = strlen(text);
    if (size > sizeof boxes->arena - boxes->arena_used) {
        return (struct span){NULL, 0};
    }
    char *copy = boxes->arena + boxes->arena_used;
    memcpy(copy, text, size);
    boxes->arena_used += (uint32_t)size;
    return (struct span){(const uint8_t *)copy, size};
}

static bool rect_has(struct paint_rect rect, int32_t x, int32_t y)
{
    return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

const struct box *boxes_hit(const struct boxes *boxes, int32_t x, int32_t y)
{
    for (uint32_t i = boxes->count; i > 0; i--) {
        const struct box *box = &boxes->items[i - 1];
        if (box->takes_press && rect_has(box->rect, x, y) && rect_has(box->clip, x, y)) {
            return box;
        }
    }
    return NULL;
}

bool box_id_equal(struct box_id a, struct box_id b)
{
    return a.node == b.node && a.part == b.part && a.task == b.task && a.index == b.index;
}

const struct box *boxes_find(const struct boxes *boxes, struct box_id id)
{
    for (uint32_t i = 0; i < boxes->count; i++) {
        if (box_id_equal(boxes->items[i].id, id)) {
            return &boxes->items[i];
        }
    }
    return NULL;
}

const struct scroll_area *boxes_scroll_at(const struct boxes *boxes, int32_t x, int32_t y)
{
    for (uint32_t i = boxes->scroll_count; i > 0; i--) {
        if (rect_has(boxes->scrolls[i - 1].rect, x, y)) {
            return &boxes->scrolls[i - 1];
        }
    }
    return NULL;
}

struct paint_rect box_extent(const struct box *box, const struct form *form)
{
    struct paint_rect extent = box->rect;
    if (box->state & STATE_RING) {
        extent = paint_rect_inset(extent, -2 * form_px(form, 2));
    }
    if (box->elevation > 0) {
        extent = paint_rect_inset(extent, -form_px(form, 24));
    }
    return paint_rect_intersect(extent, box->clip);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211ull;
    }
    return hash;
}

uint64_t box_hash(const struct box *box)
{
    // Only what painting reads, copied into a struct without padding.
    const struct {
        struct paint_rect rect, clip;
        uint32_t fill, ring, ink, icon_ink, icon;
        int32_t radius, icon_px, pad_px, gap_px;
        uint32_t kind;
        uint32_t state;
        uint32_t text_size;
    } seen = {box->rect,
              box->clip,
              box->fill,
              box->ring,
              box->ink,
              box->icon_ink,
              box->icon,
              box->radius,
              box->icon_px,
              box->pad_px,
              box->gap_px,
              (uint32_t)(box->type | box->centred << 8 | box->elevation << 16 |
                         box->plain_baseline << 24 | box->uncut << 25 | box->mirrored << 26),
              box->state & STATE_RING,
              (uint32_t)box->text.size};
    return mix(mix(14695981039346656037ull, &seen, sizeof seen), box->text.bytes, box->text.size);
}

const char *box_role_name(uint8_t role)
{
    static const char *const names[ROLE_COUNT] = {
        [ROLE_NONE] = "none",
        [ROLE_APPLICATION] = "application",
        [ROLE_NAVIGATION] = "navigation",
        [ROLE_TAB] = "tab",
        [ROLE_HEADING] = "heading",
        [ROLE_SEARCHBOX] = "searchbox",
        [ROLE_LIST] = "list",
        [ROLE_LISTITEM] = "listitem",
        [ROLE_BUTTON] = "button",
        [ROLE_ARTICLE] = "article",
        [ROLE_TEXTBOX] = "textbox",
        [ROLE_TEXT] = "text",
        [ROLE_STATUS] = "status",
        [ROLE_SWITCH] = "switch",
        [ROLE_DIALOG] = "dialog",
        [ROLE_GROUP] = "group",
        [ROLE_KEYBOARD] = "keyboard",
        [ROLE_KEY] = "key",
    };
    return names[role];
}
