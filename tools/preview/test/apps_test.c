// SPDX-License-Identifier: Apache-2.0
// Notes and Devices as a person uses them, through the real stage service and the real interfaces.
#include "base/test.h"

#include "world.h"

#include "describe.h"
#include "terminal.h"

#include "abi/ipc/stage.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/signal.h"
#include "os/host.h"

static struct world world;

static struct span file_read(const char *path)
{
    struct buffer bytes = {0};
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    uint8_t chunk[65536];
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        buffer_bytes(&bytes, chunk, size);
    }
    fclose(file);
    return buffer_span(&bytes);
}

static void open_world(const char *form, int notes, bool terminal)
{
    static struct span font, icons;
    font = font.bytes == NULL ? file_read(FONT_INTER) : font;
    icons = icons.bytes == NULL ? file_read(FONT_ICONS) : icons;
    struct world_options options = {
        .form = form, .notes = notes, .terminal = terminal, .font = font, .icons = icons};
    world_init(&world, &options);
}

static void check_newest(const char *expected)
{
    struct buffer text = {0};
    fake_docs_read(&world.docs, &text);
    if (text.size == 0 || strcmp((const char *)text.bytes, expected) != 0) {
        fprintf(stderr, "\"%s\" is not \"%s\"\n", text.size > 0 ? (const char *)text.bytes : "",
                expected);
    }
    CHECK(text.size > 0 && strcmp((const char *)text.bytes, expected) == 0);
    buffer_finish(&text);
}

static bool tree_has(const char *text)
{
    struct buffer out = {0};
    stage_describe(world.service.stage, &out);
    buffer_u8(&out, 0);
    bool has = strstr((const char *)out.bytes, text) != NULL;
    if (!has) {
        fprintf(stderr, "no %s in\n%s", text, (const char *)out.bytes);
    }
    buffer_finish(&out);
    return has;
}

static void new_note_is_typed_into_its_document_and_listed(void)
{
    open_world("phone", 2, false);
    CHECK(world_tap(&world, "New note"));
    world_type(&world, "Milk\nand bread");
    check_newest("Milk\nand bread");
    CHECK(world_tap(&world, "Back"));
    CHECK(tree_has("listitem \"Milk\""));
    CHECK(tree_has("description=\"and bread\""));
    CHECK_EQ(fake_docs_count(&world.docs), 3);
    world_finish(&world);
}

static void words_of_another_device_appear_under_the_caret(void)
{
    open_world("desktop", 3, false);
    CHECK(world_tap(&world, "Groceries"));
    CHECK(world_tap(&world, "Text"));
    world_key(&world, "Ctrl+A");
    world_key(&world, "Backspace");
    world_type(&world, "ab");
    world_key(&world, "Left");
    fake_docs_write(&world.docs, 0, "Far ");
    world_settle(&world);
    world_type(&world, "X");
    check_newest("Far aXb");
    CHECK(tree_has("value=\"Far aXb\""));
    world_finish(&world);
}

static void searching_narrows_the_list(void)
{
    open_world("desktop", 10, false);
    world_type(&world, "/");
    world_type(&world, "lease");
    CHECK(tree_has("listitem \"Call with Ana\""));
    CHECK(tree_has("description=\"1 item\""));
    CHECK(world_find(&world, "Groceries") == NULL);
    CHECK(world_tap(&world, "Clear search"));
    CHECK(tree_has("description=\"10 items\""));
    world_finish(&world);
}

static void deleted_note_is_gone_and_closed(void)
{
    open_world("phone", 3, false);
    CHECK(world_tap(&world, "Sprint plan"));
    CHECK(world_tap(&world, "Delete"));
    CHECK_EQ(fake_docs_count(&world.docs), 2);
    CHECK(world_find(&world, "Sprint plan") == NULL);
    CHECK(world_find(&world, "Groceries") != NULL);
    world_finish(&world);
}

static void empty_list_invites(void)
{
    open_world("phone", 0, false);
    CHECK(tree_has("status \"No notes yet\""));
    CHECK(world_tap(&world, "New note"));
    world_type(&world, "First");
    check_newest("First");
    world_finish(&world);
}

static void restarted_stage_shows_the_same_and_loses_nothing(void)
{
    open_world("desktop", 3, false);
    CHECK(world_tap(&world, "Groceries"));
    CHECK(world_tap(&world, "Text"));
    world_key(&world, "Ctrl+A");
    world_type(&world, "before");
    world_restart_stage(&world);
    CHECK(tree_has("value=\"before\""));
    CHECK(world_tap(&world, "Text"));
    world_key(&world, "Ctrl+End");
    world_type(&world, " and after");
    check_newest("before and after");
    world_finish(&world);
}

static void restart_in_the_middle_of_a_word_goes_on_there(void)
{
    static const char *const forms[] = {"desktop", "phone", "tablet"};
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        open_world(forms[i], 3, false);
        CHECK(world_tap(&world, "New note"));
        world_type(&world, "hlo");
        world_key(&world, "Left");
        world_key(&world, "Left");
        world_restart_stage(&world);
        world_type(&world, "el");
        check_newest("hello");
        world_finish(&world);
    }
}

static void restart_keeps_search_and_dark(void)
{
    open_world("desktop", 10, false);
    world_type(&world, "/");
    world_type(&world, "lease");
    world_key(&world, "Escape");
    CHECK(world_tap(&world, "Dark"));
    world_restart_stage(&world);
    CHECK(world.service.stage->form.dark);
    CHECK(tree_has("value=\"lease\""));
    CHECK(tree_has("description=\"1 item\""));
    CHECK(world_tap(&world, "Light"));
    CHECK(!world.service.stage->form.dark);
    world_key(&world, "Ctrl+Shift+D");
    CHECK(world.service.stage->form.dark);
    world_finish(&world);
}

static void restart_keeps_the_app_in_front(void)
{
    open_world("phone", 3, false);
    CHECK(world_tap(&world, "Devices"));
    CHECK(world_tap(&world, "Desktop"));
    world_restart_stage(&world);
    CHECK(tree_has("application \"Devices\""));
    CHECK(tree_has("button \"Back\""));
    world_finish(&world);
}

static void offers_are_taken_only_while_the_devices_are_shown(void)
{
    open_world("phone", 1, false);
    CHECK(!world.mesh.is_listening);
    CHECK(world_tap(&world, "Devices"));
    CHECK(world.mesh.is_listening);
    world_restart_stage(&world);
    CHECK(world.mesh.is_listening);
    CHECK(world_tap(&world, "Notes"));
    CHECK(!world.mesh.is_listening);
    world_finish(&world);
}

static void devices_are_paired_by_comparing_a_code(void)
{
    open_world("phone", 1, false);
    CHECK(world_tap(&world, "Devices"));
    CHECK(world_tap(&world, "Shelf sensor"));
    CHECK(world_tap(&world, "Pair"));
    CHECK(tree_has("dialog \"Is this the code on Shelf sensor?\""));
    CHECK(tree_has("text \"482 913\""));
    CHECK(world_tap(&world, "It is the same"));
    CHECK(tree_has("dialog \"Confirmed here\""));
    fake_mesh_peer_confirms(&world.mesh, true);
    world_settle(&world);
    CHECK(world_find(&world, "Confirmed here") == NULL);
    CHECK(world_tap(&world, "Back"));
    CHECK(tree_has("status \"Paired\""));
    CHECK(tree_has("description=\"Yours, connected\""));
    world_finish(&world);
}

static void refused_code_pairs_nothing_and_says_so(void)
{
    open_world("desktop", 1, false);
    CHECK(world_tap(&world, "Devices"));
    CHECK(world_tap(&world, "Shelf sensor"));
    CHECK(world_tap(&world, "Pair"));
    CHECK(world_tap(&world, "Cancel"));
    CHECK(tree_has("status \"Pairing failed\""));
    CHECK_EQ(world.mesh.devices[2].flags & MESH_MEMBER, 0);
    world_finish(&world);
}

static void device_is_renamed_and_removed(void)
{
    open_world("desktop", 1, false);
    CHECK(world_tap(&world, "Devices"));
    CHECK(world_tap(&world, "Desktop"));
    CHECK(world_tap(&world, "Name"));
    world_key(&world, "Ctrl+A");
    world_type(&world, "Study");
    CHECK(world_tap(&world, "Rename"));
    CHECK(strcmp(world.mesh.devices[1].name, "Study") == 0);
    CHECK(tree_has("listitem \"Study\""));
    CHECK(world_tap(&world, "Remove"));
    CHECK_EQ(world.mesh.devices[1].flags & MESH_MEMBER, 0);
    world_finish(&world);
}

static void line(const char *text, const char *expected)
{
    struct buffer out = {0};
    terminal_line(world.service.stage, (struct span){(const uint8_t *)text, strlen(text)}, &out);
    world_settle(&world);
    terminal_print(world.service.stage, &out);
    buffer_u8(&out, 0);
    bool has = strstr((const char *)out.bytes, expected) != NULL;
    if (!has) {
        fprintf(stderr, "after \"%s\" no \"%s\" in\n%s", text, expected, (const char *)out.bytes);
    }
    CHECK(has);
    buffer_finish(&out);
}

static void terminal_reads_searches_and_edits(void)
{
    open_world("phone", 3, true);
    line("1", "   1| Groceries\n");
    line("+a new line", "| a new line\n");
    line("1=Shopping", "   1| Shopping\n");
    line("/kyoto", "   1  Kyoto trip");
    line("/", "  3  ");
    line("<", "[n] New note");
    line("n", "-- ");
    line("+Hello", "   1| Hello\n");
    check_newest("Hello");
    line("+World", "   2| World\n");
    line("1-", "   1| World\n");
    check_newest("World");
    line("9", "? not here");
    line("9=x", "? not here");
    line("!", "? not here");
    line(".", "[Devices]");
    world_finish(&world);
}

static void hostile_app_gets_errors_and_nothing_else(void)
{
    open_world("phone", 1, false);
    struct stage_update_req update = {.last = 1};
    struct stage_update_rep updated;
    handle_t stage = ipc_host_client(&world.service.server, 9);
    CHECK_EQ(stage_update(stage, &update, &updated, NULL), ERR_BAD_STATE); // never opened
    struct stage_open_req open = {.name = "evil"};
    struct stage_open_rep opened;
    CHECK_EQ(stage_open(stage, &open, &opened, NULL), ERR_INVALID); // no signal
    handle_t signal;
    CHECK_EQ(os_signal_create(&signal), OK);
    struct ipc_extra extra = {.handle_count = 1, .handles = {signal}};
    CHECK_EQ(stage_open(stage, &open, &opened, &extra), OK);
    handle_t task = extra.reply_handles[0];
    uint32_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[64] = {1, 1, 0};
        for (size_t k = 3; k < sizeof bytes; k++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[k] = (uint8_t)((seed >> 24) % (k % 3 ? 12 : 70));
        }
        struct ipc_extra garbage = {.tail = bytes, .tail_size = 3 + (seed >> 8) % 60};
        CHECK(stage_update(task, &update, &updated, &garbage) < 0);
    }
    os_handle_close(task);
    world_settle(&world);
    CHECK_EQ(world.service.stage->scene.task_count, 2);
    CHECK(tree_has("application \"Notes\""));
    world_finish(&world);
}

static void no_handle_is_leaked_by_opening_and_closing_notes(void)
{
    open_world("phone", 3, false);
    CHECK(world_tap(&world, "Groceries"));
    CHECK(world_tap(&world, "Back"));
    uint32_t before = os_host_handle_count();
    for (int i = 0; i < 10; i++) {
        CHECK(world_tap(&world, "Groceries"));
        CHECK(world_tap(&world, "Back"));
    }
    CHECK_EQ(os_host_handle_count(), before);
    world_finish(&world);
}

TEST_MAIN(TEST(new_note_is_typed_into_its_document_and_listed),
          TEST(words_of_another_device_appear_under_the_caret), TEST(searching_narrows_the_list),
          TEST(deleted_note_is_gone_and_closed), TEST(empty_list_invites),
          TEST(restarted_stage_shows_the_same_and_loses_nothing),
          TEST(restart_in_the_middle_of_a_word_goes_on_there), TEST(restart_keeps_the_app_in_front),
          TEST(restart_keeps_search_and_dark), TEST(devices_are_paired_by_comparing_a_code),
          TEST(offers_are_taken_only_while_the_devices_are_shown),
          TEST(refused_code_pairs_nothing_and_says_so), TEST(device_is_renamed_and_removed),
          TEST(terminal_reads_searches_and_edits), TEST(hostile_app_gets_errors_and_nothing_else),
          TEST(no_handle_is_leaked_by_opening_and_closing_notes))
