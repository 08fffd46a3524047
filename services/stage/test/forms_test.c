// SPDX-License-Identifier: Apache-2.0
// What every form promises, whatever an app asks: a round display, one that moves with its driver,
// one read from right to left, one turned by a knob. The planted twin lets every verb through.
#include "rig.h"

#include "base/test.h"
#include "keys.h"

#include <string.h>

enum { KEY_N = 49, KEY_DELETE = 111, KEY_ENTER = 28, TARGET_MOVING_DP = 76, TARGET_DP = 48 };

// The rig's stage as another device.
static struct rig *rig_of(const struct form *form, int count)
{
    struct rig *rig = rig_create(true, count);
    stage_form_set(rig->stage, form);
    stage_resize(rig->stage, form->width_px, form->height_px);
    stage_present(rig->stage);
    rig_settle(rig);
    return rig;
}

static struct form car(bool moving)
{
    return (struct form){.inputs = FORM_TOUCH | FORM_ROTARY,
                         .outputs = FORM_PIXELS,
                         .width_px = 1920,
                         .height_px = 720,
                         .scale_percent = 150,
                         .text_percent = 100,
                         .target_dp = 48,
                         .moving_limits = {6, 120},
                         .moving = moving};
}

static struct form watch(void)
{
    return (struct form){.inputs = FORM_TOUCH | FORM_ROTARY,
                         .outputs = FORM_PIXELS,
                         .width_px = 454,
                         .height_px = 454,
                         .scale_percent = 200,
                         .text_percent = 100,
                         .target_dp = 48,
                         .round = true};
}

static uint32_t count_of(struct rig *rig, uint8_t role)
{
    uint32_t count = 0;
    stage_present(rig->stage);
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        count += rig->stage->boxes.items[i].role == role;
    }
    return count;
}

static size_t characters(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += (text.bytes[i] & 0xc0) != 0x80;
    }
    return count;
}

// Everything that stands on the screen now is fit for who drives.
static void check_moving(struct rig *rig)
{
    stage_present(rig->stage);
    int32_t least = form_px(&rig->stage->form, TARGET_MOVING_DP);
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        const struct box *box = &rig->stage->boxes.items[i];
        CHECK(!(box->state & STATE_EDITABLE));
        CHECK(!box->takes_press || (box->rect.width >= least && box->rect.height >= least));
        CHECK(characters(box->name) <= 121 && characters(box->text) <= 121);
        CHECK(box->text.size == 0 || box->type == TYPE_GLANCE || box->type == TYPE_GLANCE_LINE);
    }
    CHECK(count_of(rig, ROLE_LISTITEM) <= 6);
    CHECK_EQ(rig->stage->boxes.scroll_count, 0);
}

static void moving_shows_little_whatever_an_app_asks(void)
{
    static char story[2048];
    memset(story, 'x', sizeof story - 1);
    for (size_t i = 6; i < sizeof story - 1; i += 7) {
        story[i] = i == 6 ? '\n' : ' ';
    }
    struct form form = car(true);
    struct rig *rig = rig_of(&form, 10);
    check_moving(rig);
    CHECK(rig_find(rig, "4 more when parked", ROLE_STATUS) != NULL);
    rig->note = story;
    CHECK(rig_tap(rig, "Note 2"));
    check_moving(rig);
    CHECK(rig_find(rig, "Share", ROLE_BUTTON) != NULL);
    CHECK(rig_find(rig, "Delete", ROLE_BUTTON) == NULL);
    CHECK(rig_find(rig, "Text", ROLE_TEXTBOX) == NULL);
    CHECK(rig_tap(rig, "Back"));
    rig_destroy(rig);
}

static void moving_refuses_what_keys_and_shortcuts_ask(void)
{
    struct form form = car(true);
    struct rig *rig = rig_of(&form, 10);
    CHECK(rig_tap(rig, "Note 2"));
    uint32_t events = rig->events;
    rig_key(rig, KEY_DELETE, 0);
    rig_key(rig, KEY_N, KEY_CTRL);
    CHECK_EQ(rig->events, events);
    CHECK(rig_tap(rig, "Share")); // meant for drivers, and no more than that
    CHECK_EQ(rig->last.verb, RIG_SHARE);
    rig_destroy(rig);
}

static void parked_is_as_before_with_the_note_still_open(void)
{
    struct form parked = car(false), moving = car(true);
    struct rig *rig = rig_of(&parked, 10);
    CHECK(rig_tap(rig, "Note 2"));
    CHECK(rig_tap(rig, "Text"));
    CHECK(rig_find(rig, "Text", ROLE_TEXTBOX) != NULL);
    stage_form_set(rig->stage, &moving);
    check_moving(rig);
    rig_type(rig, "into nothing");
    stage_form_set(rig->stage, &parked);
    CHECK(rig_find(rig, "Text", ROLE_TEXTBOX) != NULL);
    CHECK(rig_tap(rig, "Text"));
    CHECK(strstr(rig_text(rig), "into nothing") == NULL);
    rig_destroy(rig);
}

static void a_question_without_an_answer_for_drivers_waits(void)
{
    struct form form = car(true);
    struct rig *rig = rig_of(&form, 3);
    rig->asks = true;
    rig_show(rig, false);
    check_moving(rig);
    CHECK(rig_find(rig, "Answer when parked", ROLE_TEXT) != NULL);
    CHECK(rig_find(rig, "Yes", ROLE_BUTTON) == NULL);
    rig_destroy(rig);
}

// What is pressed and wholly scrolled into sight lies inside the circle and is large enough.
static uint32_t check_round(struct rig *rig)
{
    uint32_t pressed = 0;
    stage_present(rig->stage);
    int32_t radius = rig->stage->form.width_px / 2, least = form_px(&rig->stage->form, TARGET_DP);
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        const struct box *box = &rig->stage->boxes.items[i];
        struct paint_rect seen = paint_rect_intersect(box->rect, box->clip);
        bool whole = seen.width == box->rect.width && seen.height == box->rect.height;
        if (!box->takes_press || !whole || box->role == ROLE_DIALOG || box->role == ROLE_TEXTBOX) {
            continue;
        }
        for (int corner = 0; corner < 4 && box->radius != PAINT_PILL; corner++) {
            int32_t x = box->rect.x + (corner & 1) * box->rect.width - radius;
            int32_t y = box->rect.y + (corner >> 1) * box->rect.height - radius;
            CHECK(x * x + y * y <= radius * radius);
        }
        CHECK(box->rect.height >= least);
        pressed++;
    }
    return pressed;
}

static void round_keeps_everything_inside_the_circle(void)
{
    struct form form = watch();
    struct rig *rig = rig_of(&form, 10);
    uint32_t pressed = 0;
    for (int notch = 0; notch < 40; notch++) {
        pressed += check_round(rig);
        stage_pointer(rig->stage, &(struct pointer_event){.now_ns = rig->now_ns, .wheel = -1});
    }
    CHECK(pressed >= 80);
    CHECK(rig_find(rig, "Note 9", ROLE_LISTITEM) != NULL);
    rig->asks = true;
    rig_show(rig, false);
    CHECK(check_round(rig) > 0);
    CHECK(rig_find(rig, "Yes", ROLE_BUTTON) != NULL);
    rig_destroy(rig);
}

// A long text is read on a round display without a letter outside of it.
static void round_cuts_no_line_of_a_text(void)
{
    struct form form = watch();
    struct rig *rig = rig_of(&form, 3);
    rig->note = "Title\nwords that go on and on and on, over the edge of any small round display, "
                "so that several lines of them are seen at once and others have to wait below";
    CHECK(rig_tap(rig, "Note 1"));
    uint32_t lines = 0;
    int32_t radius = form.width_px / 2;
    for (int notch = 0; notch < 12; notch++) {
        stage_present(rig->stage);
        for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
            const struct box *box = &rig->stage->boxes.items[i];
            if (!box->uncut || box->text.size == 0) {
                continue;
            }
            struct text_run run = {.bytes = (const char *)box->text.bytes,
                                   .size = box->text.size,
                                   .style = theme_style(&form, (enum type)box->type)};
            int32_t right = box->rect.x + text_measure(rig->text, &run) / 64 - radius;
            int32_t left = box->rect.x - radius, top = box->rect.y - radius;
            int32_t bottom = top + box->rect.height, far = top < 0 && -top > bottom ? top : bottom;
            CHECK(left * left + far * far <= radius * radius);
            CHECK(right * right + far * far <= radius * radius);
            lines++;
        }
        stage_pointer(rig->stage, &(struct pointer_event){.now_ns = rig->now_ns, .wheel = -1});
    }
    CHECK(lines >= 12);
    rig_destroy(rig);
}

static void a_knob_alone_opens_reads_and_goes_back(void)
{
    struct form form = watch();
    struct rig *rig = rig_of(&form, 3);
    const struct pointer_event on = {.wheel = -1};
    stage_pointer(rig->stage, &on);
    const struct box *at = boxes_find(&rig->stage->boxes, rig->stage->scene.focus);
    CHECK(at != NULL && at->role == ROLE_LISTITEM);
    rig_key(rig, KEY_ENTER, 0);
    CHECK_EQ(rig->last.verb, RIG_OPEN);
    CHECK(rig_find(rig, "Back", ROLE_BUTTON) != NULL);
    stage_pointer(rig->stage, &(struct pointer_event){.wheel = 1});
    for (int i = 0; i < 20 && rig->last.verb != RIG_BACK; i++) {
        if (rig->stage->scene.focus.part == PART_BACK) {
            rig_key(rig, KEY_ENTER, 0);
        } else {
            stage_pointer(rig->stage, &(struct pointer_event){.wheel = 1});
        }
    }
    CHECK_EQ(rig->last.verb, RIG_BACK);
    rig_destroy(rig);
}

static void right_to_left_is_the_mirror_image(void)
{
    struct rig *rig = rig_create(false, 10);
    CHECK(rig_tap(rig, "Note 2"));
    stage_present(rig->stage);
    static struct boxes before;
    before = rig->stage->boxes;
    struct form form = rig->stage->form;
    form.right_to_left = true;
    stage_form_set(rig->stage, &form);
    stage_present(rig->stage);
    CHECK_EQ(rig->stage->boxes.count, before.count);
    uint32_t turned = 0;
    for (uint32_t i = 0; i < before.count; i++) {
        const struct box *was = &before.items[i], *is = &rig->stage->boxes.items[i];
        CHECK_EQ(is->rect.y, was->rect.y);
        CHECK_EQ(is->rect.width, was->rect.width);
        if (!is->placed) {
            CHECK_EQ(is->rect.x, form.width_px - was->rect.x - was->rect.width);
            turned++;
        }
    }
    CHECK(turned > 20);
    CHECK(rig_tap(rig, "Note 5")); // where it is seen it is pressed
    CHECK_EQ(rig->last.id, 105);
    rig_destroy(rig);
}

static void states_have_names_and_limits(void)
{
    struct form form = car(false), before = form;
    CHECK_EQ(form_state_set(&form, "mood", 1), ERR_NOT_FOUND);
    CHECK_EQ(form_state_set(&form, "dark", 2), ERR_INVALID);
    CHECK_EQ(form_state_set(&form, "text", 84), ERR_INVALID);
    CHECK_EQ(form_state_set(&form, "text", 201), ERR_INVALID);
    CHECK(memcmp(&form, &before, sizeof form) == 0);
    CHECK_EQ(form_state_set(&form, "text", 200), OK);
    CHECK_EQ(form_state_set(&form, "moving", 1), OK);
    CHECK(form_is_moving(&form) && form.text_percent == 200);
    form = watch();
    CHECK_EQ(form_state_set(&form, "moving", 1), ERR_UNSUPPORTED);
    CHECK(!form_is_moving(&form));
}

TEST_MAIN(TEST(moving_shows_little_whatever_an_app_asks),
          TEST(moving_refuses_what_keys_and_shortcuts_ask),
          TEST(parked_is_as_before_with_the_note_still_open),
          TEST(a_question_without_an_answer_for_drivers_waits),
          TEST(round_keeps_everything_inside_the_circle), TEST(round_cuts_no_line_of_a_text),
          TEST(a_knob_alone_opens_reads_and_goes_back), TEST(right_to_left_is_the_mirror_image),
          TEST(states_have_names_and_limits))
