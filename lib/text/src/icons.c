// SPDX-License-Identifier: Apache-2.0
// Icons are glyphs of a font, so they share the glyph cache and take any colour. Code points are
// those of Material Icons (Apache-2.0); the plain words beside its names are ours. Sorted, for the
// binary search.
#include "engine.h"

#include "base/math.h"

#include <string.h>

struct icon_name {
    const char *name;
    uint16_t code;
};

// clang-format off
static const struct icon_name icon_names[] = {
    {"add", 0xE145}, {"apps", 0xE5C3}, {"archive", 0xE149}, {"arrow_back", 0xE5C4},
    {"arrow_forward", 0xE5C8}, {"attach_file", 0xE226}, {"back", 0xE5C4}, {"backspace", 0xE14A},
    {"battery_full", 0xE1A4}, {"bin", 0xE872}, {"bluetooth", 0xE1A7}, {"brightness_6", 0xE3AB},
    {"bug_report", 0xE868}, {"calendar", 0xE935}, {"calendar_today", 0xE935}, {"car", 0xE531},
    {"check", 0xE5CA}, {"check_box", 0xE834}, {"check_box_outline_blank", 0xE835},
    {"check_circle", 0xE86C}, {"checklist", 0xE6B1}, {"chevron_left", 0xE5CB},
    {"chevron_right", 0xE5CC}, {"close", 0xE5CD}, {"cloud_done", 0xE2BF}, {"cloud_off", 0xE2C1},
    {"computer", 0xE30A}, {"content_copy", 0xE14D}, {"content_cut", 0xE14E},
    {"content_paste", 0xE14F}, {"contrast", 0xEB37}, {"copy", 0xE14D}, {"cut", 0xE14E},
    {"dark_mode", 0xE51C}, {"delete", 0xE872}, {"description", 0xE873}, {"desktop", 0xE30C},
    {"desktop_windows", 0xE30C}, {"devices", 0xE1B1}, {"directions_car", 0xE531}, {"done", 0xE876},
    {"download", 0xF090}, {"edit", 0xE3C9}, {"error", 0xE000}, {"error_outline", 0xE001},
    {"expand_more", 0xE5CF}, {"favorite", 0xE87D}, {"fingerprint", 0xE90D}, {"folder", 0xE2C7},
    {"forward", 0xE5C8}, {"group", 0xE7EF}, {"help", 0xE887}, {"history", 0xE889}, {"home", 0xE88A},
    {"image", 0xE3F4}, {"inbox", 0xE156}, {"info", 0xE88E}, {"info_outline", 0xE88F},
    {"key", 0xE73C}, {"keyboard", 0xE312}, {"keyboard_arrow_up", 0xE316},
    {"keyboard_capslock", 0xE318}, {"keyboard_hide", 0xE31A}, {"keyboard_return", 0xE31B},
    {"label", 0xE892}, {"language", 0xE894}, {"laptop", 0xE31E}, {"light_mode", 0xE518},
    {"link", 0xE157}, {"link_off", 0xE16F}, {"list", 0xE896}, {"location_on", 0xE0C8},
    {"lock", 0xE897}, {"lock_open", 0xE898}, {"logout", 0xE9BA}, {"menu", 0xE5D2}, {"mic", 0xE029},
    {"more", 0xE5D4}, {"more_vert", 0xE5D4}, {"note", 0xE873}, {"notes", 0xE26C},
    {"palette", 0xE40A}, {"paste", 0xE14F}, {"pause", 0xE034}, {"people", 0xE7FB},
    {"person", 0xE7FD}, {"phone", 0xE0CD}, {"play_arrow", 0xE037}, {"power", 0xE8AC},
    {"power_settings_new", 0xE8AC}, {"public", 0xE80B}, {"push_pin", 0xF10D}, {"qr_code", 0xEF6B},
    {"radio", 0xE836}, {"radio_button_unchecked", 0xE836}, {"redo", 0xE15A}, {"refresh", 0xE5D5},
    {"save", 0xE161}, {"schedule", 0xE8B5}, {"search", 0xE8B6}, {"security", 0xE32A},
    {"send", 0xE163}, {"sensor", 0xE51E}, {"sensors", 0xE51E}, {"settings", 0xE8B8},
    {"share", 0xE80D}, {"shared", 0xE7FB}, {"smartphone", 0xE32C}, {"space_bar", 0xE256},
    {"speak", 0xE050}, {"star", 0xE838}, {"stop", 0xE047}, {"storage", 0xE1DB}, {"subject", 0xE8D2},
    {"sync", 0xE627}, {"sync_problem", 0xE629}, {"tablet", 0xE32F}, {"task_alt", 0xE2E6},
    {"tasks", 0xE6B1}, {"text_fields", 0xE262}, {"thermostat", 0xF076}, {"time", 0xE8B5},
    {"translate", 0xE8E2}, {"trash", 0xE872}, {"tune", 0xE429}, {"undo", 0xE166},
    {"unlink", 0xE16F}, {"upload", 0xF09B}, {"verified_user", 0xE8E8}, {"view_list", 0xE8EF},
    {"visibility", 0xE8F4}, {"visibility_off", 0xE8F5}, {"volume_up", 0xE050}, {"warning", 0xE002},
    {"watch", 0xE334}, {"wifi", 0xE63E}, {"wifi_off", 0xE648},
};
// clang-format on

uint32_t text_icon_code(const char *name)
{
    size_t low = 0, high = ARRAY_COUNT(icon_names);
    while (name != NULL && low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, icon_names[middle].name);
        if (order == 0) {
            return icon_names[middle].code;
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return 0;
}

void text_icon_draw(struct text *text, struct paint_target *target, const struct text_icon *icon,
                    int32_t x, int32_t y)
{
    struct text_style style = style_limit((struct text_style){
        TEXT_REGULAR, icon->size > TEXT_SIZE_MAX ? TEXT_SIZE_MAX * 64 : icon->size * 64});
    struct face *face = icon->code == 0 ? NULL : engine_face_of(text, FONT_ICONS, style);
    if (face == NULL) {
        return;
    }
    struct glyph_key key = {.face = face->index,
                            .glyph = (uint16_t)FT_Get_Char_Index(face->handle, icon->code),
                            .size_q6 = (uint32_t)style.size_q6};
    struct glyph glyph;
    int32_t stride;
    if (key.glyph == 0 || !engine_raster(text, face, key, &glyph, &stride)) {
        return;
    }
    // The em square is the icon's square; the baseline lies `descender` above its lower side.
    int32_t baseline = y + (face_scale(face, style.size_q6, face->handle->ascender) + 32) / 64;
    struct paint_mask mask = {glyph.bytes, glyph.width, glyph.height, stride};
    paint_glyph(target, x + glyph.left, baseline - glyph.top, &mask, icon->color);
}
