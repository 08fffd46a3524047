// SPDX-License-Identifier: Apache-2.0
#include "screen.h"

#include "base/math.h"

#include <stdlib.h>
#include <string.h>

// A box as it was shown.
struct shown {
    uint64_t hash;
    struct paint_rect extent;
};

struct screen {
    const struct form *form;
    struct text *text;
    struct paint_cache *cache;
    struct shown shown[2][BOXES_MAX]; // before and now, taken in turn
    uint32_t count[2], now;
    bool is_fresh; // nothing is on the screen yet
    int64_t painted;
};

struct screen *screen_create(const struct screen_options *options)
{
    struct screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL) {
        return NULL;
    }
    screen->form = options->form;
    screen->text = options->text;
    screen->cache = paint_cache_create();
    screen->is_fresh = true;
    return screen;
}

void screen_destroy(struct screen *screen)
{
    if (screen != NULL) {
        paint_cache_destroy(screen->cache);
        free(screen);
    }
}

void screen_forget(struct screen *screen)
{
    screen->is_fresh = true;
}

int64_t screen_painted(const struct screen *screen)
{
    return screen->painted;
}

static void remember(struct screen *screen, const struct boxes *boxes)
{
    struct shown *shown = screen->shown[screen->now];
    for (uint32_t i = 0; i < boxes->count; i++) {
        shown[i].hash = box_hash(&boxes->items[i]);
        shown[i].extent = box_extent(&boxes->items[i], screen->form);
    }
    screen->count[screen->now] = boxes->count;
}

// Finds `wanted` in `list` from `*from` on, looking a bounded way ahead; moves *from past it.
static bool shown_skip(const struct shown *list, uint32_t count, uint32_t *from, uint64_t wanted)
{
    uint32_t end = (uint32_t)min_u64(count, (uint64_t)*from + BOXES_MAX);
    for (uint32_t i = *from; i < end; i++) {
        if (list[i].hash == wanted) {
            *from = i + 1;
            return true;
        }
    }
    return false;
}

// Order is paint order, so boxes count as unchanged only in the same order: the two lists are
// walked like two texts; what stands in one only is damage.
static void damage_find(const struct screen *screen, struct paint_rect bounds,
                        struct damage *damage)
{
    const struct shown *old = screen->shown[!screen->now], *new = screen->shown[screen->now];
    uint32_t old_count = screen->count[!screen->now], at = 0;
    for (uint32_t i = 0; i < screen->count[screen->now]; i++) {
        uint32_t next = at;
        if (shown_skip(old, old_count, &next, new[i].hash)) {
            for (; at + 1 < next; at++) {
                damage_add(damage, old[at].extent, bounds);
            }
            at = next;
        } else {
            damage_add(damage, new[i].extent, bounds);
        }
    }
    for (; at < old_count; at++) {
        damage_add(damage, old[at].extent, bounds);
    }
}

static void content_paint(struct screen *screen, struct paint_target *target, const struct box *box)
{
    struct text_style style = theme_style(screen->form, (enum type)box->type);
    struct text_run run = {.bytes = (const char *)box->text.bytes,
                           .size = box->text.size,
                           .style = style,
                           .color = box->ink};
    int32_t icon = box->icon != 0 ? box->icon_px : 0,
            gap = icon > 0 && box->text.size > 0 ? box->gap_px : 0;
    int32_t room = box->rect.width - 2 * box->pad_px - icon - gap, x = box->rect.x + box->pad_px;
    run.width_max_q6 = box->uncut ? 0 : max_i32(1, room) * 64;
    int32_t text = 0;
    if (box->text.size > 0 && (box->centred || box->mirrored)) {
        text = (text_measure(screen->text, &run) + 63) / 64;
    }
    if (box->centred) {
        x = box->rect.x + (box->rect.width - icon - gap - text) / 2;
    } else if (box->mirrored) {
        x = box->rect.x + box->rect.width - box->pad_px - icon - gap - text;
    }
    // A mirrored box has its icon behind its text.
    int32_t icon_x = box->mirrored ? x + text + gap : x;
    x += box->mirrored ? 0 : icon + gap;
    if (icon > 0) {
        struct text_icon glyph = {.code = box->icon, .size = icon, .color = box->icon_ink};
        text_icon_draw(screen->text, target, &glyph, icon_x,
                       box->rect.y + (box->rect.height - icon) / 2);
    }
    if (box->text.size > 0) {
        struct text_metrics metrics = text_metrics_of(screen->text, style);
        int32_t slack = box->rect.height - metrics.ascent - metrics.descent;
        int32_t baseline =
            box->plain_baseline
                ? box->rect.y + slack / 2 + metrics.ascent
                : text_baseline_centred(screen->text, style, box->rect.y, box->rect.height);
        text_draw(screen->text, target, &run, x * 64, baseline);
    }
}

// The focus: outside the box, and off a strongly coloured one by a gap, since the two colours are
// near each other.
static void ring_paint(const struct form *form, struct paint_target *target, const struct box *box)
{
    int32_t thick = form_px(form, 2);
    int32_t out = box->fill == theme_color(form, COLOR_ACCENT) ? 2 * thick : thick;
    int32_t radius = box->radius == PAINT_PILL ? PAINT_PILL : box->radius + out;
    struct paint_shape shape = paint_shape_of(paint_rect_inset(box->rect, -out), radius);
    paint_shape_ring(target, &shape, thick, theme_color(form, COLOR_FOCUS));
}

static void box_paint(struct screen *screen, struct paint_target *target, const struct box *box)
{
    const struct form *form = screen->form;
    if (box->elevation > 0) {
        struct paint_shadow shadow = {.radius = box->radius,
                                      .blur = form_px(form, 16),
                                      .offset_y = form_px(form, 4),
                                      .color = 0x50000000u};
        paint_shadow(target, box->rect, &shadow);
    }
    if (box->fill != 0) {
        paint_round_rect(target, box->rect, box->radius, box->fill);
    }
    if (box->ring != 0) {
        struct paint_shape shape = paint_shape_of(box->rect, box->radius);
        paint_shape_ring(target, &shape, max_i32(1, form_px(form, 1)), box->ring);
    }
    if (box->state & STATE_RING) {
        ring_paint(form, target, box);
    }
    content_paint(screen, target, box);
}

static void rect_paint(struct screen *screen, const struct boxes *boxes,
                       struct paint_target *target, struct paint_rect rect)
{
    for (uint32_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        struct paint_rect extent = screen->shown[screen->now][i].extent;
        if (paint_rect_is_empty(paint_rect_intersect(extent, rect))) {
            continue;
        }
        struct paint_rect before = paint_clip_push(target, paint_rect_intersect(rect, box->clip));
        box_paint(screen, target, box);
        paint_clip_restore(target, before);
    }
}

struct damage screen_paint(struct screen *screen, const struct boxes *boxes, uint32_t *pixels,
                           int32_t stride_px)
{
    struct paint_rect bounds = {0, 0, screen->form->width_px, screen->form->height_px};
    struct damage damage = {0};
    screen->now = !screen->now;
    remember(screen, boxes);
    if (screen->is_fresh) {
        damage_add(&damage, bounds, bounds);
    } else {
        damage_find(screen, bounds, &damage);
    }
    screen->is_fresh = false;
    struct paint_target target = paint_target_of(pixels, bounds.width, bounds.height, stride_px);
    target.cache = screen->cache;
    for (int32_t i = 0; i < damage.count; i++) {
        rect_paint(screen, boxes, &target, damage.rects[i]);
    }
    screen->painted = damage_area(&damage);
    return damage;
}
