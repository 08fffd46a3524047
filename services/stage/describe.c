// SPDX-License-Identifier: Apache-2.0
#include "describe.h"

#include <stdio.h>
#include <string.h>

static void put(struct buffer *out, const char *text)
{
    buffer_bytes(out, text, strlen(text));
}

static void put_quoted(struct buffer *out, struct span text)
{
    size_t size = text.size;
    if (size > DESCRIBE_VALUE_MAX) {
        size = DESCRIBE_VALUE_MAX;
        while (size > 0 && (text.bytes[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    buffer_u8(out, '"');
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = text.bytes[i];
        if (byte == '\n') {
            put(out, "\\n");
        } else if (byte == '"' || byte == '\\') {
            buffer_u8(out, '\\');
            buffer_u8(out, byte);
        } else {
            buffer_u8(out, byte);
        }
    }
    put(out, size < text.size ? "…\"" : "\"");
}

static void put_states(struct buffer *out, const struct box *box)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } names[] = {{STATE_FOCUSED, " focused"},   {STATE_SELECTED, " selected"},
                 {STATE_DISABLED, " disabled"}, {STATE_EDITABLE, " editable"},
                 {STATE_CHECKED, " checked"},   {STATE_BUSY, " busy"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (box->state & names[i].bit) {
            put(out, names[i].name);
        }
    }
    if (box->takes_focus) {
        put(out, " focusable");
    }
    if (paint_rect_is_empty(paint_rect_intersect(box->rect, box->clip))) {
        put(out, " offscreen");
    }
}

void describe(const struct boxes *boxes, struct buffer *out)
{
    for (uint32_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        if (box->role == ROLE_NONE) {
            continue;
        }
        for (uint8_t depth = 0; depth < box->depth; depth++) {
            put(out, "  ");
        }
        put(out, box_role_name(box->role));
        put(out, " ");
        put_quoted(out, box->name);
        put_states(out, box);
        char rect[64];
        snprintf(rect, sizeof rect, " [%d,%d %dx%d]", box->rect.x, box->rect.y, box->rect.width,
                 box->rect.height);
        put(out, rect);
        if (box->description.size > 0) {
            put(out, " description=");
            put_quoted(out, box->description);
        }
        if (box->value.size > 0) {
            put(out, " value=");
            put_quoted(out, box->value);
        }
        put(out, "\n");
    }
}
