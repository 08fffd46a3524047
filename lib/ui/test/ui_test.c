// SPDX-License-Identifier: Apache-2.0
// The app's side end to end: views are described, differences travel through a transport that
// applies them to a second tree, and both sides must agree.
// tidy: nesting, because a described tree nests as the interface does
#include "base/test.h"
#include "ui/ui.h"

struct row {
    uint64_t id;
    char title[24];
};

struct model {
    int count, selected;
    struct row rows[2000];
    ui_document_t text[8];
    int texts, rows_described;
    const char *extra;
};

// A stage in miniature: applies differences, hands out queued events.
struct mirror {
    struct ui_tree *tree;
    struct ui_event events[4];
    uint32_t event_count, event_next;
    uint32_t messages, bytes;
    status_t refuse_once;
};

static status_t mirror_send(void *context, const struct ui_difference *difference)
{
    struct mirror *mirror = context;
    mirror->messages++;
    mirror->bytes += (uint32_t)difference->bytes.size;
    if (mirror->refuse_once != OK) {
        status_t status = mirror->refuse_once;
        mirror->refuse_once = OK;
        return status;
    }
    struct ui_difference_view view = {difference->bytes.bytes, difference->bytes.size,
                                      difference->documents, difference->document_count};
    bool more = false;
    status_t status = ui_difference_apply(mirror->tree, &view, &more);
    CHECK_EQ(more, difference->more);
    return status;
}

static status_t mirror_receive(void *context, struct ui_event *out_event)
{
    struct mirror *mirror = context;
    if (mirror->event_next == mirror->event_count) {
        return ERR_CLOSED;
    }
    *out_event = mirror->events[mirror->event_next++];
    return OK;
}

static struct ui *ui_for(struct mirror *mirror, size_t limit)
{
    memset(mirror, 0, sizeof *mirror);
    mirror->tree = ui_tree_create();
    return ui_create(&(struct ui_transport){mirror_send, mirror_receive, limit, mirror});
}

static void ui_drop(struct ui *u, struct mirror *mirror)
{
    ui_destroy(u);
    ui_tree_destroy(mirror->tree);
}

static void row(struct ui *u, int i, const void *p)
{
    struct model *s = (struct model *)(uintptr_t)p;
    s->rows_described++;
    Item(.id = s->rows[i].id, .title = s->rows[i].title, .selected = i == s->selected);
}

static void view(struct ui *u, const void *p)
{
    const struct model *s = p;
    App(.title = "Notes")
    {
        Section(.key = "all", .title = "Notes", .current = true)
        {
            Verb(.verb = 1, .title = "New note", .role = UI_PRIMARY, .shortcut = "Ctrl+N");
            List(.key = "list", .open = 2, .search = 3, .count = s->count, .row = row, .ctx = s);
            if (s->extra != NULL) {
                Status(.title = s->extra);
            }
            if (s->texts > 0) {
                Detail(.key = "note", .title = "A note")
                {
                    for (int i = 0; i < s->texts; i++) {
                        Text(.id = (uint64_t)i, .doc = s->text[i], .editable = true);
                    }
                }
            }
        }
    }
}

static struct model *model_of(int count)
{
    struct model *model = calloc(1, sizeof *model);
    model->count = count;
    model->selected = -1;
    for (int i = 0; i < count; i++) {
        model->rows[i].id = (uint64_t)i + 1;
        snprintf(model->rows[i].title, sizeof model->rows[i].title, "Row %d", i);
    }
    return model;
}

static void view_arrives_whole_and_then_only_changes_travel(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    struct model *model = model_of(10);
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    CHECK_EQ(mirror.tree->count, 14);
    uint32_t whole = mirror.bytes;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(mirror.messages, 1);
    model->selected = 3;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(mirror.messages, 2);
    CHECK(mirror.bytes - whole < 40);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    free(model);
    ui_drop(u, &mirror);
}

static void list_costs_its_window_not_its_length(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    struct model *model = model_of(2000);
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(model->rows_described, 32);
    uint16_t section = ui_tree_child(mirror.tree, mirror.tree->root, UI_SECTION);
    uint16_t list = ui_tree_child(mirror.tree, section, UI_LIST);
    mirror.events[0] =
        (struct ui_event){.kind = UI_EVENT_ROWS, .node = list, .first = 1500, .count = 40};
    mirror.event_count = 1;
    struct ui_event event;
    CHECK_EQ(ui_poll(u, view, model, &event), ERR_CLOSED);
    CHECK_EQ(ui_tree_number(mirror.tree, list, UI_FIRST), 1500);
    uint16_t first = ui_tree_first(mirror.tree, list);
    CHECK_EQ(ui_tree_number(mirror.tree, first, UI_ID), 1501);
    model->count = 5;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(ui_tree_number(mirror.tree, list, UI_FIRST), 0);
    free(model);
    ui_drop(u, &mirror);
}

static void moved_row_keeps_its_number_and_moves_alone(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    struct model *model = model_of(20);
    CHECK_EQ(ui_show(u, view, model), OK);
    uint32_t before = mirror.bytes;
    struct row last = model->rows[19];
    memmove(&model->rows[1], &model->rows[0], sizeof model->rows[0] * 19);
    model->rows[0] = last;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    CHECK(mirror.bytes - before < 32);
    free(model);
    ui_drop(u, &mirror);
}

static void documents_ride_as_handles_four_at_a_time(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    struct model *model = model_of(1);
    model->texts = 6;
    for (int i = 0; i < 6; i++) {
        model->text[i] = 100 + (uint64_t)i;
    }
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(mirror.messages, 2);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    model->text[2] = 7;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK_EQ(mirror.messages, 3);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    free(model);
    ui_drop(u, &mirror);
}

static void small_messages_carry_a_large_tree_in_parts(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 64);
    struct model *model = model_of(200);
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK(mirror.messages > 5);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    free(model);
    ui_drop(u, &mirror);
}

static void stage_that_lost_the_tree_gets_everything_again(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    struct model *model = model_of(10);
    CHECK_EQ(ui_show(u, view, model), OK);
    ui_tree_clear(mirror.tree);
    model->selected = 1;
    CHECK_EQ(ui_show(u, view, model), OK);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    ui_tree_clear(mirror.tree);
    mirror.events[0] = (struct ui_event){.kind = UI_EVENT_RESEND};
    mirror.event_count = 1;
    struct ui_event event;
    CHECK_EQ(ui_poll(u, view, model, &event), ERR_CLOSED);
    CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
    mirror.refuse_once = ERR_PEER_DIED;
    model->selected = 2;
    CHECK_EQ(ui_show(u, view, model), ERR_PEER_DIED);
    free(model);
    ui_drop(u, &mirror);
}

// Random edits: both sides agree after each, whatever the edit and the message size.
static void random_models_always_agree(void)
{
    uint32_t seed = 12345;
    for (int round = 0; round < 40; round++) {
        struct mirror mirror;
        struct ui *u = ui_for(&mirror, 40 + (size_t)round * 20);
        struct model *model = model_of(30);
        for (int step = 0; step < 40; step++) {
            seed = seed * 1664525u + 1013904223u;
            int a = (int)(seed >> 8) % 30, b = (int)(seed >> 16) % 30;
            struct row swap = model->rows[a];
            model->rows[a] = model->rows[b];
            model->rows[b] = swap;
            model->rows[a].id = seed % 5 == 0 ? seed : model->rows[a].id;
            model->count = (int)(seed >> 12) % 31;
            model->selected = (int)(seed >> 5) % 32 - 1;
            model->texts = (int)(seed >> 9) % 7;
            model->extra = seed & 64 ? "something" : NULL;
            model->text[seed >> 29] = seed;
            CHECK_EQ(ui_show(u, view, model), OK);
            CHECK(ui_tree_equal(ui_sent(u), mirror.tree));
        }
        free(model);
        ui_drop(u, &mirror);
    }
}

static void misplaced_view(struct ui *u, const void *p)
{
    App(.title = "x")
    {
        Item(.title = "an item belongs in a list");
        Section(.title = "skipped with what follows it")
        {
            Verb(.title = "y");
        }
    }
}

static void empty_view(struct ui *u, const void *p)
{
}

static void deep_view(struct ui *u, const void *p)
{
    ui_open(u, UI_APP, UI_DESC(.title = "deep"));
    for (int i = 0; i < 30; i++) {
        ui_open(u, UI_GROUP, UI_DESC(.title = "in"));
    }
    for (int i = 0; i < 31; i++) {
        ui_close(u);
    }
}

static void wide_view(struct ui *u, const void *p)
{
    App(.title = "wide")
    {
        for (int i = 0; i < UI_NODES_MAX; i++) {
            Verb(.title = "v", .id = (uint64_t)i);
        }
    }
}

static void view_that_breaks_a_rule_is_refused_by_name(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    CHECK_EQ(ui_show(u, misplaced_view, NULL), ERR_INVALID);
    CHECK_EQ(ui_show(u, empty_view, NULL), ERR_INVALID);
    CHECK_EQ(ui_show(u, deep_view, NULL), ERR_FULL);
    CHECK_EQ(ui_show(u, wide_view, NULL), ERR_FULL);
    CHECK_EQ(mirror.messages, 0);
    ui_drop(u, &mirror);
}

static void short_view(struct ui *u, const void *p)
{
    struct {
        uint32_t size, verb;
    } old = {8, 42};
    ui_open(u, UI_APP, UI_DESC(.title = "bad \xff bytes\x01", .value = "a\nb"));
    ui_open(u, UI_VERB, (const struct ui_desc *)(const void *)&old);
    ui_close(u);
    ui_close(u);
}

static void old_descriptors_and_bad_strings_are_taken(void)
{
    struct mirror mirror;
    struct ui *u = ui_for(&mirror, 4000);
    CHECK_EQ(ui_show(u, short_view, NULL), OK);
    uint16_t root = mirror.tree->root;
    CHECK_EQ(ui_tree_number(mirror.tree, ui_tree_first(mirror.tree, root), UI_VERB_ID), 42);
    struct span title = ui_tree_string(mirror.tree, root, UI_TITLE);
    CHECK_EQ(title.size, strlen("bad \xef\xbf\xbd bytes "));
    CHECK_BYTES(title.bytes, "bad \xef\xbf\xbd bytes ", title.size);
    ui_drop(u, &mirror);
}

TEST_MAIN(TEST(view_arrives_whole_and_then_only_changes_travel),
          TEST(list_costs_its_window_not_its_length),
          TEST(moved_row_keeps_its_number_and_moves_alone),
          TEST(documents_ride_as_handles_four_at_a_time),
          TEST(small_messages_carry_a_large_tree_in_parts),
          TEST(stage_that_lost_the_tree_gets_everything_again), TEST(random_models_always_agree),
          TEST(view_that_breaks_a_rule_is_refused_by_name),
          TEST(old_descriptors_and_bad_strings_are_taken))
