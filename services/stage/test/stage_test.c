// SPDX-License-Identifier: Apache-2.0
// The stage as a person meets it: taps, keys, pages, search, on a phone and on a desktop.
#include "rig.h"

#include "base/test.h"

#include "describe.h"
#include "stage_act.h"

static void phone_opens_a_note_and_goes_back(void)
{
    struct rig *rig = rig_create(true, 10);
    CHECK(rig_find(rig, "Navigation", ROLE_NAVIGATION) != NULL);
    CHECK(rig_find(rig, "Back", ROLE_BUTTON) == NULL);
    CHECK(rig_tap(rig, "Note 3"));
    CHECK_EQ(rig->last.verb, RIG_OPEN);
    CHECK_EQ(rig->last.id, 103);
    CHECK(rig_find(rig, "Back", ROLE_BUTTON) != NULL);
    CHECK(rig_find(rig, "Text", ROLE_TEXTBOX) != NULL);
    CHECK(rig_find(rig, "Note 3", ROLE_LISTITEM) == NULL);
    CHECK(rig_tap(rig, "Back"));
    CHECK_EQ(rig->last.verb, RIG_BACK);
    CHECK(rig_find(rig, "Note 3", ROLE_LISTITEM) != NULL);
    CHECK(rig_tap(rig,
                  "Note 3")); // the same again: it is selected already, and must open all the same
    CHECK(rig_find(rig, "Back", ROLE_BUTTON) != NULL);
    rig_destroy(rig);
}

static void desktop_shows_list_and_detail_side_by_side(void)
{
    struct rig *rig = rig_create(false, 10);
    CHECK(rig_find(rig, "Nothing selected", ROLE_STATUS) != NULL);
    CHECK(rig_tap(rig, "Note 2"));
    const struct box *item = rig_find(rig, "Note 2", ROLE_LISTITEM);
    CHECK(item != NULL && (item->state & STATE_SELECTED));
    CHECK(rig_find(rig, "Text", ROLE_TEXTBOX) != NULL);
    CHECK(rig_find(rig, "Back", ROLE_BUTTON) == NULL);
    rig_destroy(rig);
}

static void new_note_takes_the_focus_and_typing(void)
{
    struct rig *rig = rig_create(true, 3);
    CHECK(rig_tap(rig, "New note"));
    CHECK_EQ(rig->last.verb, RIG_NEW);
    CHECK(rig->stage->scene.keyboard.shown);
    CHECK(rig->stage->scene.keyboard.shift);
    rig_type(rig, "Milk\nand bread");
    CHECK(strcmp(rig_text(rig), "Milk\nand bread") == 0);
    CHECK(!rig->stage->scene.keyboard.shown); // a real keyboard was used
    rig_destroy(rig);
}

static void soft_keyboard_types_shifts_and_hides(void)
{
    struct rig *rig = rig_create(true, 3);
    CHECK(rig_tap(rig, "New note"));
    CHECK(rig_tap(rig, "H"));
    CHECK(rig_tap(rig, "i"));
    CHECK(rig_tap(rig, "space"));
    CHECK(rig_tap(rig, "?123"));
    CHECK(rig_tap(rig, "7"));
    CHECK(strcmp(rig_text(rig), "Hi 7") == 0);
    CHECK(rig_find(rig, "Keyboard", ROLE_KEYBOARD) != NULL);
    CHECK(rig_tap(rig, "Delete"));
    CHECK(strcmp(rig_text(rig), "Hi ") == 0);
    CHECK(rig_tap(rig, "Hide"));
    CHECK(rig_find(rig, "Keyboard", ROLE_KEYBOARD) == NULL);
    rig_destroy(rig);
}

static void search_tells_the_app_and_can_be_cleared(void)
{
    struct rig *rig = rig_create(false, 10);
    rig_type(rig, "/");
    CHECK(rig_find(rig, "Search", ROLE_SEARCHBOX)->state & STATE_FOCUSED);
    rig_type(rig, "milk");
    CHECK(strcmp(rig->search, "milk") == 0);
    CHECK(rig_tap(rig, "Clear search"));
    CHECK(strcmp(rig->search, "") == 0);
    rig_destroy(rig);
}

static void keyboard_alone_reaches_everything(void)
{
    struct rig *rig = rig_create(false, 50);
    rig_key(rig, KEY_CODE_DOWN, 0);
    CHECK(rig_find(rig, "Note 0", ROLE_LISTITEM)->state & STATE_RING);
    for (int i = 0; i < 40; i++) {
        rig_key(rig, KEY_CODE_DOWN, 0);
    }
    const struct box *item = rig_find(rig, "Note 40", ROLE_LISTITEM);
    CHECK(item != NULL && (item->state & STATE_FOCUSED));
    CHECK(item->rect.y + item->rect.height <= 900);
    rig_key(rig, KEY_CODE_ENTER, 0);
    CHECK_EQ(rig->last.id, 140);
    rig_key(rig, KEY_CODE_DELETE, 0);
    CHECK_EQ(rig->last.verb, RIG_TRASH);
    rig_key(rig, keys_code((struct span){(const uint8_t *)"N", 1}), KEY_CTRL);
    CHECK_EQ(rig->last.verb, RIG_NEW);
    rig_type(rig, "x");
    rig_key(rig, KEY_CODE_DELETE, 0); // inside a text it deletes characters, not notes
    CHECK_EQ(rig->last.verb, RIG_NEW);
    CHECK(strcmp(rig_text(rig), "x") == 0);
    rig_destroy(rig);
}

static void tab_goes_round_all_that_takes_focus(void)
{
    struct rig *rig = rig_create(false, 3);
    rig_settle(rig);
    uint32_t focusable = 0;
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        focusable += rig->stage->boxes.items[i].takes_focus;
    }
    rig_key(rig, KEY_CODE_TAB, 0);
    struct box_id first = rig->stage->scene.focus;
    for (uint32_t i = 0; i < focusable; i++) {
        rig_key(rig, KEY_CODE_TAB, 0);
    }
    CHECK(box_id_equal(first, rig->stage->scene.focus));
    rig_key(rig, KEY_CODE_TAB, KEY_SHIFT);
    CHECK(!box_id_equal(first, rig->stage->scene.focus));
    rig_destroy(rig);
}

static void long_list_is_scrolled_and_rows_are_asked_for(void)
{
    struct rig *rig = rig_create(true, 1000);
    rig_settle(rig);
    for (int i = 0; i < 100; i++) {
        struct pointer_event wheel = {
            .now_ns = rig->now_ns += 16000000, .x = 200, .y = 600, .wheel = -10};
        stage_pointer(rig->stage, &wheel);
    }
    rig_settle(rig);
    uint32_t rows = 0;
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        rows += rig->stage->boxes.items[i].role == ROLE_LISTITEM;
    }
    CHECK(rows >= 8 && rows < 14);
    CHECK_EQ(rig->stage->boxes.lost, 0);
    rig_destroy(rig);
}

static void finger_scrolls_with_momentum_and_does_not_tap(void)
{
    struct rig *rig = rig_create(true, 100);
    rig_settle(rig);
    struct pointer_event finger = {
        .now_ns = rig->now_ns, .x = 200, .y = 800, .down = true, .touch = true};
    stage_pointer(rig->stage, &finger);
    for (int i = 0; i < 10; i++) {
        finger.now_ns += 16000000;
        finger.y -= 30;
        stage_pointer(rig->stage, &finger);
    }
    finger.down = false;
    finger.now_ns += 8000000;
    stage_pointer(rig->stage, &finger);
    rig_settle(rig);
    CHECK_EQ(rig->events, 0);
    uint16_t list = ui_tree_child(rig->task->tree, task_section(rig->task), UI_LIST);
    int32_t dragged = task_scroll(rig->task, list)->offset_px;
    CHECK(dragged > 200);
    int ticks = 0;
    for (int64_t now = finger.now_ns; ticks < 1000 && stage_tick(rig->stage, now += 16000000);
         ticks++) {
    }
    CHECK(ticks > 5 && ticks < 1000);
    CHECK(task_scroll(rig->task, list)->offset_px > dragged + 50);
    rig_destroy(rig);
}

static void question_stands_before_everything(void)
{
    struct rig *rig = rig_create(true, 5);
    rig_tap(rig, "Devices");
    rig->asks = true;
    rig_settle(rig);
    CHECK(rig_find(rig, "Same code?", ROLE_DIALOG) != NULL);
    CHECK(rig_find(rig, "482 913", ROLE_TEXT) != NULL);
    uint32_t before = rig->events;
    rig_tap_at(rig, 300, 1120); // the bar behind it
    CHECK_EQ(rig->events, before);
    rig_key(rig, KEY_CODE_TAB, 0);
    CHECK(rig_find(rig, "Yes", ROLE_BUTTON)->state & STATE_FOCUSED);
    rig_key(rig, KEY_CODE_ENTER, 0);
    CHECK_EQ(rig->last.verb, RIG_YES);
    rig_destroy(rig);
}

static void fields_and_switches_tell_their_values(void)
{
    struct rig *rig = rig_create(true, 5);
    CHECK(rig_tap(rig, "Devices"));
    CHECK(rig_tap(rig, "Visible"));
    CHECK_EQ(rig->last.verb, RIG_TOGGLE);
    CHECK(strcmp(rig->last.text, "0") == 0);
    CHECK(rig_tap(rig, "Name"));
    rig_key(rig, KEY_CODE_END, 0);
    rig_type(rig, " of Ana");
    CHECK(strcmp(rig->name, "Phone of Ana") == 0);
    rig_destroy(rig);
}

static void apps_come_before_tools_whoever_is_first(void)
{
    struct rig *rig = rig_create(true, 5);
    const struct box *notes = rig_find(rig, "Notes", ROLE_TAB),
                     *tool = rig_find(rig, "Devices", ROLE_TAB);
    CHECK(notes != NULL && tool != NULL && notes->rect.x < tool->rect.x);
    CHECK(notes->state & STATE_SELECTED);
    rig_destroy(rig);
}

static void empty_list_says_so(void)
{
    struct rig *rig = rig_create(true, 0);
    CHECK(rig_find(rig, "No notes yet", ROLE_STATUS) != NULL);
    CHECK(rig_find(rig, "Write one", ROLE_TEXT) != NULL);
    rig_destroy(rig);
}

static void restarted_stage_keeps_the_focus_whoever_comes_back_first(void)
{
    for (int tool_first = 0; tool_first < 2; tool_first++) {
        struct rig *rig = rig_create(true, 5);
        CHECK(rig_tap(rig, "New note"));
        rig_settle(rig);
        CHECK(stage_focused_field(rig->stage) != NULL);
        rig_restart(rig);
        stage_present(rig->stage);
        rig_show(rig, tool_first == 1);
        rig_show(rig, tool_first == 0);
        rig_settle(rig);
        CHECK(stage_focused_field(rig->stage) != NULL);
        CHECK(rig_find(rig, "Back", ROLE_BUTTON) != NULL);
        CHECK(rig->stage->chose_task); // input need not wait
        rig_destroy(rig);
    }
}

static void app_that_dies_leaves_the_others(void)
{
    struct rig *rig = rig_create(true, 5);
    CHECK(rig_tap(rig, "Devices"));
    stage_task_close(rig->stage, rig->tool);
    rig->tool = NULL;
    stage_present(rig->stage);
    bool seen = false;
    for (uint32_t i = 0; i < rig->stage->boxes.count; i++) {
        seen = seen || rig->stage->boxes.items[i].role == ROLE_LISTITEM;
    }
    CHECK(seen);
    stage_task_close(rig->stage, rig->task);
    rig->task = NULL;
    stage_present(rig->stage);
    stage_key(rig->stage, KEY_CODE_TAB, 1);
    stage_key(rig->stage, KEY_CODE_ESCAPE, 1);
    struct pointer_event press = {.now_ns = 1, .x = 50, .y = 1100, .down = true, .touch = true};
    stage_pointer(rig->stage, &press);
    rig_destroy(rig);
}

static void tree_as_text_names_roles_states_and_places(void)
{
    struct rig *rig = rig_create(false, 2);
    CHECK(rig_tap(rig, "Note 1"));
    struct buffer out = {0};
    stage_describe(rig->stage, &out);
    buffer_u8(&out, 0);
    const char *text = (const char *)out.bytes;
    CHECK(strstr(text, "application \"Notes\" [0,0 1600x900]\n") != NULL);
    CHECK(strstr(text, "listitem \"Note 1\" selected focusable [232,163 356x52]") != NULL);
    CHECK(strstr(text, "value=\"Title\\nBody of the note.\"") != NULL);
    buffer_finish(&out);
    rig_destroy(rig);
}

TEST_MAIN(TEST(phone_opens_a_note_and_goes_back), TEST(desktop_shows_list_and_detail_side_by_side),
          TEST(new_note_takes_the_focus_and_typing), TEST(soft_keyboard_types_shifts_and_hides),
          TEST(search_tells_the_app_and_can_be_cleared), TEST(keyboard_alone_reaches_everything),
          TEST(tab_goes_round_all_that_takes_focus),
          TEST(long_list_is_scrolled_and_rows_are_asked_for),
          TEST(finger_scrolls_with_momentum_and_does_not_tap),
          TEST(question_stands_before_everything), TEST(fields_and_switches_tell_their_values),
          TEST(apps_come_before_tools_whoever_is_first), TEST(empty_list_says_so),
          TEST(restarted_stage_keeps_the_focus_whoever_comes_back_first),
          TEST(app_that_dies_leaves_the_others), TEST(tree_as_text_names_roles_states_and_places))
