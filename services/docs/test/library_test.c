// SPDX-License-Identifier: Apache-2.0
// The library on one device: what it keeps, lists, refuses, and what survives a power cut.
#include "device.h"

static uint32_t list(struct device *device, const char *kind, const char *text,
                     const struct document **rows)
{
    uint32_t count = 0, total = 0;
    const struct library_query query = {
        .kind = kind, .text = {(const uint8_t *)text, strlen(text)}, .row_max = 8};
    CHECK_EQ(library_list(&device->library, &query, rows, &count, &total), OK);
    return total;
}

static void confirmed_changes_survive_a_power_cut(void)
{
    struct device device;
    uint8_t id[LIBRARY_ID_BYTES];
    device_init(&device, 1);
    struct document *document = device_create(&device, "note");
    memcpy(id, document->id, sizeof id);
    CHECK_EQ(device_type(&device, document, "Groceries\nmilk", true), OK);
    CHECK(device.library.confirmed < device.library.sequence);
    CHECK_EQ(library_flush(&device.library), OK);
    CHECK_EQ(device.library.confirmed, device.library.sequence);
    CHECK_EQ(device_type(&device, document, "lost", true), OK);
    device_restart(&device);
    document = library_find(&device.library, id);
    CHECK(document != NULL);
    CHECK(device_shows(&device, document, "Groceries\nmilk"));
    CHECK(strcmp(document->summary.title, "Groceries") == 0);
    CHECK(strcmp(document->summary.preview, "milk") == 0);
    CHECK_EQ(document->modified_unix_ms, 1000);
    device_finish(&device);
}

static void a_failing_store_keeps_changes_queued(void)
{
    struct device device;
    device_init(&device, 2);
    struct document *document = device_create(&device, "note");
    CHECK_EQ(library_flush(&device.library), OK);
    device.store.failure = ERR_NO_SPACE;
    CHECK_EQ(device_type(&device, document, "text", true), OK);
    CHECK_EQ(library_flush(&device.library), ERR_NO_SPACE);
    CHECK_EQ(device.library.error, ERR_NO_SPACE);
    CHECK(library_is_dirty(&device.library));
    CHECK(device.library.confirmed < device.library.sequence);
    device.store.failure = OK;
    CHECK_EQ(library_flush(&device.library), OK);
    CHECK_EQ(device.library.error, OK);
    CHECK(!library_is_dirty(&device.library));
    device_finish(&device);
}

static void a_full_queue_refuses_before_anything_changes(void)
{
    struct device device;
    char text[60001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    device_init(&device, 3);
    struct document *document = device_create(&device, "note");
    device.store.failure = ERR_IO;
    status_t status = OK;
    uint64_t length = 0;
    for (int i = 0; i < 200 && status == OK; i++) {
        status = device_type(&device, document, text, true);
        length += status == OK ? strlen(text) : 0;
    }
    CHECK_EQ(status, ERR_NO_SPACE);
    struct doc *doc;
    CHECK_EQ(library_doc(&device.library, document, &doc), OK);
    CHECK_EQ(doc_text_length(doc_text(doc, "text")), length);
    struct document *other;
    CHECK_EQ(library_create(&device.library, "note", &other), ERR_NO_SPACE);
    device_finish(&device);
}

static void bad_updates_are_refused_whole(void)
{
    struct device device;
    device_init(&device, 4);
    struct document *document = device_create(&device, "note");
    uint64_t sequence = device.library.sequence;
    const struct library_change bad = {.document = document,
                                       .update = {(const uint8_t *)"\x01\x01\x01\x00\x04", 5}};
    CHECK_EQ(library_apply(&device.library, &bad, NULL), ERR_BAD_MESSAGE);
    const struct library_change huge = {.document = document,
                                        .update = {NULL, LIBRARY_UPDATE_MAX + 1}};
    CHECK_EQ(library_apply(&device.library, &huge, NULL), ERR_TOO_LARGE);
    CHECK_EQ(device.library.sequence, sequence);
    CHECK(device_shows(&device, document, ""));
    device_finish(&device);
}

static void repeated_updates_are_stored_once(void)
{
    static const uint8_t update[] = "\x01\x01\x01\x00\x04\x01\x04text\x03"
                                    "abc\x00";
    struct device device;
    device_init(&device, 5);
    struct document *document = device_create(&device, "note");
    const struct library_change change = {.document = document, .update = {update, 16}};
    uint64_t first, second;
    CHECK_EQ(library_apply(&device.library, &change, &first), OK);
    CHECK_EQ(library_apply(&device.library, &change, &second), OK);
    CHECK_EQ(first, second);
    CHECK(device_shows(&device, document, "abc"));
    device_finish(&device);
}

static void updates_that_wait_survive_a_power_cut_too(void)
{
    static const uint8_t first[] = "\x01\x01\x01\x00\x04\x01\x04text\x01"
                                   "a\x00";
    static const uint8_t second[] = "\x01\x01\x01\x01\x84\x01\x00\x01"
                                    "b\x00";
    struct device device;
    uint8_t id[LIBRARY_ID_BYTES];
    device_init(&device, 6);
    struct document *document = device_create(&device, "note");
    memcpy(id, document->id, sizeof id);
    const struct library_change early = {.document = document, .update = {second, 10}};
    CHECK_EQ(library_apply(&device.library, &early, NULL), OK);
    CHECK_EQ(library_flush(&device.library), OK);
    device_restart(&device);
    document = library_find(&device.library, id);
    const struct library_change late = {.document = document, .update = {first, 14}};
    CHECK_EQ(library_apply(&device.library, &late, NULL), OK);
    CHECK(device_shows(&device, document, "ab"));
    device_finish(&device);
}

static void lists_are_by_time_kind_and_text(void)
{
    struct device device;
    const struct document *rows[8];
    device_init(&device, 7);
    static const char *texts[] = {"Alpha\nfirst note", "Beta\nSECOND Übung", "Gamma\nthird"};
    for (unsigned i = 0; i < 3; i++) {
        device.now_unix_ms += 10;
        struct document *document = device_create(&device, i == 2 ? "task" : "note");
        CHECK_EQ(device_type(&device, document, texts[i], true), OK);
    }
    CHECK_EQ(list(&device, "", "", rows), 3);
    CHECK(strcmp(rows[0]->summary.title, "Gamma") == 0);
    CHECK(strcmp(rows[2]->summary.title, "Alpha") == 0);
    CHECK_EQ(list(&device, "note", "", rows), 2);
    CHECK(strcmp(rows[0]->summary.title, "Beta") == 0);
    CHECK_EQ(list(&device, "note", "second \xc3\xbc", rows), 1);
    CHECK_EQ(list(&device, "", "nowhere", rows), 0);
    CHECK_EQ(list(&device, "other", "", rows), 0);
    device_finish(&device);
}

static void kinds_are_checked(void)
{
    struct device device;
    struct document *document;
    device_init(&device, 8);
    CHECK_EQ(library_create(&device.library, "", &document), ERR_INVALID);
    CHECK_EQ(library_create(&device.library, "Note", &document), ERR_INVALID);
    CHECK_EQ(library_create(&device.library, "a kind that is too long", &document), ERR_INVALID);
    CHECK_EQ(library_remove(&device.library, device.library.index), ERR_DENIED);
    device_finish(&device);
}

static void removed_documents_stay_away(void)
{
    struct device device;
    const struct document *rows[8];
    device_init(&device, 9);
    struct document *kept = device_create(&device, "note"), *gone = device_create(&device, "note");
    uint8_t id[LIBRARY_ID_BYTES];
    memcpy(id, gone->id, sizeof id);
    CHECK_EQ(device_type(&device, gone, "gone", true), OK);
    CHECK_EQ(device_type(&device, kept, "kept", true), OK);
    CHECK_EQ(library_remove(&device.library, gone), OK);
    CHECK_EQ(library_flush(&device.library), OK);
    device_restart(&device);
    CHECK(library_find(&device.library, id) == NULL);
    CHECK_EQ(list(&device, "", "", rows), 1);
    device_finish(&device);
}

static void long_logs_are_compacted(void)
{
    struct device device;
    uint8_t id[LIBRARY_ID_BYTES];
    device_init(&device, 10);
    struct document *document = device_create(&device, "note");
    memcpy(id, document->id, sizeof id);
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(device_type(&device, document, i % 2 ? "b" : "a", true), OK);
        CHECK_EQ(library_flush(&device.library), OK);
    }
    CHECK(device.store.compactions >= 2);
    CHECK(document->record_count < 130);
    device_restart(&device);
    document = library_find(&device.library, id);
    struct buffer text = {0};
    CHECK_EQ(library_text(&device.library, document, &text), OK);
    CHECK_EQ(text.size, 300);
    buffer_finish(&text);
    device_finish(&device);
}

static void damaged_records_are_passed_over(void)
{
    struct device device;
    uint8_t id[LIBRARY_ID_BYTES];
    device_init(&device, 11);
    struct document *document = device_create(&device, "note");
    memcpy(id, document->id, sizeof id);
    CHECK_EQ(device_type(&device, document, "good", true), OK);
    CHECK_EQ(library_flush(&device.library), OK);
    struct buffer record = {0};
    buffer_bytes(&record, id, sizeof id);
    buffer_bytes(&record, "\x0c\0\0\0", 4);
    buffer_bytes(&record, "\0\0\0\0\0\0\0\0\x01\x01\x01\x01", 12);
    CHECK_EQ(memory_store_ops.append(&device.store, buffer_span(&record)), OK);
    buffer_finish(&record);
    device_restart(&device);
    document = library_find(&device.library, id);
    CHECK(document != NULL && device_shows(&device, document, "good"));
    device_finish(&device);
}

static void clocks_that_run_ahead_do_not_pin_a_row(void)
{
    static const uint8_t update[] = "\x01\x01\x01\x00\x04\x01\x04text\x03"
                                    "abc\x00";
    struct device device;
    device_init(&device, 12);
    struct document *document = device_create(&device, "note");
    const struct library_change change = {
        .document = document, .update = {update, 16}, .modified_unix_ms = UINT64_MAX};
    CHECK_EQ(library_apply(&device.library, &change, NULL), OK);
    CHECK_EQ(document->modified_unix_ms, device.now_unix_ms);
    device_finish(&device);
}

static void titles_are_cut_at_characters(void)
{
    struct summary summary;
    char text[200];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    summary_make((struct span){(const uint8_t *)text, 198}, &summary);
    CHECK_EQ(strlen(summary.title), 78);
    CHECK_EQ(summary.preview[0], 0);
    summary_make((struct span){(const uint8_t *)"\n  \n one \t two \n\n three\nfour ", 28},
                 &summary);
    CHECK(strcmp(summary.title, "one two") == 0);
    CHECK(strcmp(summary.preview, "three four") == 0);
    summary_make((struct span){(const uint8_t *)" \n", 2}, &summary);
    CHECK_EQ(summary.title[0], 0);
}

TEST_MAIN(TEST(confirmed_changes_survive_a_power_cut), TEST(a_failing_store_keeps_changes_queued),
          TEST(a_full_queue_refuses_before_anything_changes), TEST(bad_updates_are_refused_whole),
          TEST(repeated_updates_are_stored_once), TEST(updates_that_wait_survive_a_power_cut_too),
          TEST(lists_are_by_time_kind_and_text), TEST(kinds_are_checked),
          TEST(removed_documents_stay_away), TEST(long_logs_are_compacted),
          TEST(damaged_records_are_passed_over), TEST(clocks_that_run_ahead_do_not_pin_a_row),
          TEST(titles_are_cut_at_characters))
