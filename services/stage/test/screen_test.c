// SPDX-License-Identifier: Apache-2.0
// Painting what changed gives the same pixels as painting everything, whatever happened in between;
// and one keystroke costs a line, not a screen.
#include "rig.h"

#include "base/test.h"

static bool frame_is_whole(struct rig *rig)
{
    struct form *form = &rig->stage->form;
    size_t count = (size_t)(form->width_px * form->height_px);
    rig_frame(rig);
    uint32_t *whole = calloc(count, 4);
    struct screen *screen =
        screen_create(&(struct screen_options){.form = form, .text = rig->text});
    screen_paint(screen, &rig->stage->boxes, whole, form->width_px);
    bool same = true;
    for (size_t i = 0; i < count && same; i++) {
        same = ((rig->pixels[i] ^ whole[i]) & 0xffffff) == 0;
    }
    screen_destroy(screen);
    free(whole);
    return same;
}

static void act(struct rig *rig, uint32_t seed)
{
    static const uint16_t codes[] = {KEY_CODE_TAB,
                                     KEY_CODE_DOWN,
                                     KEY_CODE_UP,
                                     KEY_CODE_ENTER,
                                     KEY_CODE_ESCAPE,
                                     KEY_CODE_BACKSPACE,
                                     KEY_CODE_HOME,
                                     30,
                                     31,
                                     57};
    int32_t x = (int32_t)(seed >> 4) % rig->stage->form.width_px;
    int32_t y = (int32_t)(seed >> 14) % rig->stage->form.height_px;
    switch (seed % 5) {
    case 0:
    case 1:
        rig_tap_at(rig, x < 0 ? -x : x, y < 0 ? -y : y);
        break;
    case 2:
        rig_key(rig, codes[(seed >> 6) % 10], seed >> 30 == 3 ? KEY_SHIFT : 0);
        break;
    case 3: {
        struct pointer_event wheel = {
            .now_ns = rig->now_ns, .x = 300, .y = 500, .wheel = seed & 64 ? 3 : -3};
        stage_pointer(rig->stage, &wheel);
        break;
    }
    default:
        rig->count = (int)(seed >> 8) % 40;
        rig->asks = (seed >> 20) % 8 == 0;
        stage_dark_set(rig->stage, (seed >> 25) % 16 == 0);
        break;
    }
    rig->count = rig->count < 0 ? 0 : rig->count;
    rig_settle(rig);
}

static void repainting_damage_equals_repainting_all(void)
{
    for (int phone = 0; phone < 2; phone++) {
        struct rig *rig = rig_create(phone, 20);
        uint32_t seed = 7;
        for (int step = 0; step < 60; step++) {
            seed = seed * 1664525u + 1013904223u;
            act(rig, seed >> 3);
            CHECK(frame_is_whole(rig));
        }
        rig_destroy(rig);
    }
}

static void keystroke_damages_a_line(void)
{
    struct rig *rig = rig_create(false, 10);
    rig->note = "Title\nOne line\nAnother line\nA third one";
    rig_tap(rig, "Note 1");
    rig_tap(rig, "Text");
    rig_type(rig, "x");
    rig_frame(rig);
    rig_type(rig, "y");
    struct damage damage = rig_frame(rig);
    CHECK(damage.count > 0);
    CHECK(screen_painted(rig->stage->screen) < 720 * 24 * 2);
    CHECK(damage_is_empty(&(struct damage){0}));
    struct damage none = rig_frame(rig);
    CHECK(damage_is_empty(&none));
    rig_destroy(rig);
}

TEST_MAIN(TEST(repainting_damage_equals_repainting_all), TEST(keystroke_damages_a_line))
