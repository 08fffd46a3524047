// SPDX-License-Identifier: Apache-2.0
// Documents: what they refuse, what they bound, what observers and readers see.
#include "hex.h"

#include "base/math.h"

static void insert(struct doc *doc, const char *name, uint64_t index, const char *utf8)
{
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_text_insert(doc_text(doc, name), index, utf8, strlen(utf8)), OK);
    CHECK_EQ(doc_commit(doc, NULL), OK);
}

static void edits_outside_a_transaction_are_refused(void)
{
    struct doc *doc = make_doc(1), *reader = make_doc(0);
    struct doc_text *text = doc_text(doc, "t");
    CHECK_EQ(doc_text_insert(text, 0, "a", 1), ERR_BAD_STATE);
    CHECK_EQ(doc_map_set_null(doc_map(doc, "m"), "k"), ERR_BAD_STATE);
    CHECK_EQ(doc_commit(doc, NULL), ERR_BAD_STATE);
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_begin(doc), ERR_BAD_STATE);
    CHECK_EQ(apply_hex(doc, "0000"), ERR_BAD_STATE);
    CHECK_EQ(doc_commit(doc, NULL), OK);
    CHECK_EQ(doc_begin(reader), OK);
    CHECK_EQ(doc_text_insert(doc_text(reader, "t"), 0, "a", 1), ERR_DENIED);
    CHECK_EQ(doc_commit(reader, NULL), OK);
    doc_destroy(doc);
    doc_destroy(reader);
    doc_destroy(NULL);
}

static void text_refuses_places_and_bytes_it_cannot_hold(void)
{
    struct doc *doc = make_doc(1);
    struct doc_text *text = doc_text(doc, "t");
    struct buffer out = {0};
    insert(doc, "t", 0, "a\xf0\x9f\x98\x80z");
    CHECK_EQ(doc_text_length(text), 4);
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_text_insert(text, 5, "x", 1), ERR_INVALID);
    CHECK_EQ(doc_text_insert(text, 2, "x", 1), ERR_INVALID);
    CHECK_EQ(doc_text_insert(text, 0, "\xff", 1), ERR_INVALID);
    CHECK_EQ(doc_text_insert(text, 0, "\xed\xa0\x80", 3), ERR_INVALID);
    CHECK_EQ(doc_text_delete(text, 2, 1), ERR_INVALID);
    CHECK_EQ(doc_text_delete(text, 1, 1), ERR_INVALID);
    CHECK_EQ(doc_text_delete(text, 3, 2), ERR_INVALID);
    CHECK_EQ(doc_text_delete(text, 1, UINT64_MAX), ERR_INVALID);
    CHECK_EQ(doc_text_read(text, 3, 2, &out), ERR_INVALID);
    CHECK_EQ(doc_text_align(text, 2), 1);
    CHECK_EQ(doc_text_align(text, 3), 3);
    CHECK_EQ(doc_commit(doc, &out), OK);
    CHECK_EQ(out.size, 0);
    check_text(doc, "t", "a\xf0\x9f\x98\x80z");
    doc_destroy(doc);
}

static void maps_refuse_bad_keys_and_report_missing_ones(void)
{
    struct doc *doc = make_doc(1);
    struct doc_map *map = doc_map(doc, "m");
    struct doc_value value;
    char long_key[DOC_NAME_SIZE_MAX + 2];
    memset(long_key, 'k', sizeof long_key);
    long_key[sizeof long_key - 1] = 0;
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_map_set_null(map, long_key), ERR_INVALID);
    CHECK_EQ(doc_map_set_null(map, "\xff"), ERR_INVALID);
    CHECK_EQ(doc_map_delete(map, "k"), ERR_NOT_FOUND);
    CHECK_EQ(doc_map_get(map, "k", &value), ERR_NOT_FOUND);
    CHECK_EQ(doc_map_set_string(map, "k", "\xc0", 1), ERR_INVALID);
    CHECK_EQ(doc_map_set_bool(map, "k", true), OK);
    CHECK_EQ(doc_map_set_string(map, "l", "v", 1), OK);
    CHECK_EQ(doc_map_delete(map, "k"), OK);
    CHECK_EQ(doc_map_count(map), 1);
    CHECK_EQ(doc_commit(doc, NULL), OK);
    size_t cursor = 0;
    struct span key;
    CHECK_EQ(doc_map_next(map, &cursor, &key, &value), OK);
    CHECK(key.size == 1 && key.bytes[0] == 'l' && value.kind == DOC_STRING);
    CHECK_EQ(doc_map_next(map, &cursor, &key, &value), ERR_NOT_FOUND);
    CHECK(doc_text(doc, long_key) == NULL);
    doc_destroy(doc);
}

static void hostile_lengths_are_refused_before_any_memory_is_taken(void)
{
    static const char *bad[] = {
        "",
        "01",
        "ffffffffffffff0f00",             // clients without bytes
        "01ffffffffffffff0f0100",         // structs without bytes
        "0101010000ffffffffffffff7f00",   // a GC beyond the last clock
        "01010100000000",                 // a struct of no length
        "010101ffffffffffffff0f000200",   // a clock that overflows
        "0101010004010174ffffffff0f6100", // a string longer than the message
        "01010100080101740f7e00",         // more elements than bytes
        "000101ffffffff0f0000",           // ranges without bytes
        "00010101ffffffffffffff0f02",     // a range beyond the last clock
        "0101010084010004610000",         // refers to itself
        "0101010084010502616200",         // refers to its own future
        "01010100040101740261ff00",       // malformed UTF-8
        "010101000b010174026162",         // unknown content
        "0101010007010174070000",         // unknown type
        "010101000402017402616200",       // parent info that is neither 0 nor 1
        "02010100040101740161010101040101740161"
        "00",                       // a client twice
        "0101010004010174016100ff", // bytes left over
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct doc *doc = make_doc(0);
        size_t before = doc_memory(doc);
        CHECK_EQ(apply_hex(doc, bad[i]), ERR_BAD_MESSAGE);
        CHECK_EQ(doc_memory(doc), before);
        check_state(doc, "0000", bad[i]);
        doc_destroy(doc);
    }
}

static void state_vectors_are_checked(void)
{
    static const char *bad[] = {"01", "0101", "ffffffff0f0101", "01010200"};
    struct doc *doc = make_doc(1);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct buffer vector = from_hex(bad[i]), out = {0};
        CHECK_EQ(doc_encode_state(doc, vector.bytes, vector.size, &out), ERR_BAD_MESSAGE);
        CHECK_EQ(out.size, 0);
        buffer_finish(&vector);
    }
    doc_destroy(doc);
}

// An insert by `client` at `clock` that builds on a unit nobody has.
static void orphan(struct buffer *out, uint64_t client, uint64_t clock)
{
    static const uint8_t text[] = {20,  'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x',
                                   'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 0};
    buffer_uvarint(out, 1);
    buffer_uvarint(out, 1);
    buffer_uvarint(out, client);
    buffer_uvarint(out, clock);
    buffer_u8(out, 0x84);
    buffer_uvarint(out, 7777);
    buffer_uvarint(out, 5);
    buffer_bytes(out, text, sizeof text);
}

static void what_waits_is_bounded_and_the_rest_still_applies(void)
{
    enum { PENDING_MAX = 8 << 10 };
    struct doc *doc = NULL;
    CHECK_EQ(doc_create(&(struct doc_options){.pending_max = PENDING_MAX}, &doc), OK);
    status_t status = OK;
    unsigned sent = 0;
    for (; status == OK && sent < 10000; sent++) {
        struct buffer update = {0};
        orphan(&update, 1000 + sent, 0);
        status = doc_apply(doc, update.bytes, update.size, NULL);
        buffer_finish(&update);
        CHECK(doc_pending(doc) <= PENDING_MAX);
    }
    CHECK_EQ(status, ERR_FULL);
    CHECK(sent > 100);
    CHECK_EQ(apply_hex(doc, "01010100040101740361626300"), OK);
    check_text(doc, "t", "abc");
    CHECK_EQ(apply_hex(doc, "0101e13c00040101740a3132333435363738393000"), OK); // client 7777
    CHECK_EQ(doc_pending(doc), 0);
    CHECK(doc_text_length(doc_text(doc, "t")) > 2000);
    doc_destroy(doc);
}

static void waiting_deletes_are_bounded(void)
{
    struct doc *doc = make_doc(0);
    struct buffer update = {0};
    buffer_uvarint(&update, 0);
    buffer_uvarint(&update, 1);
    buffer_uvarint(&update, 1);
    buffer_uvarint(&update, 50000);
    for (uint64_t i = 0; i < 50000; i++) {
        buffer_uvarint(&update, i * 3);
        buffer_uvarint(&update, 1);
    }
    CHECK_EQ(doc_apply(doc, update.bytes, update.size, NULL), ERR_FULL);
    CHECK(doc_pending(doc) > 0 && doc_pending(doc) <= DOC_PENDING_SIZE_MAX);
    buffer_finish(&update);
    doc_destroy(doc);
}

static void news_are_what_a_call_changed(void)
{
    struct doc *doc = make_doc(0);
    struct buffer update = from_hex("01010100040101740361626300"), news = {0};
    CHECK_EQ(doc_apply(doc, update.bytes, update.size, &news), OK);
    check_hex(&news, "01010100040101740361626300", "news");
    CHECK_EQ(doc_apply(doc, update.bytes, update.size, &news), OK);
    CHECK_EQ(news.size, 0);
    buffer_finish(&update);
    doc_destroy(doc);
}

struct seen {
    struct doc_delta steps[8];
    size_t count, calls;
};

static void note(void *context, struct doc_text *text, const struct doc_delta *steps, size_t count)
{
    struct seen *seen = context;
    CHECK(count <= ARRAY_COUNT(seen->steps));
    memcpy(seen->steps, steps, count * sizeof *steps);
    seen->count = count;
    seen->calls++;
    CHECK(text != NULL);
}

static void observers_see_each_change_once_in_order(void)
{
    struct doc *doc = make_doc(1);
    struct doc_text *text = doc_text(doc, "t");
    struct seen seen = {0};
    CHECK_EQ(doc_text_observe(text, note, &seen), OK);
    insert(doc, "t", 0, "hello world");
    insert(doc, "other", 0, "unheard");
    CHECK_EQ(seen.calls, 1);
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_text_delete(text, 6, 5), OK);
    CHECK_EQ(doc_text_insert(text, 5, ",", 1), OK);
    CHECK_EQ(doc_commit(doc, NULL), OK);
    CHECK_EQ(seen.calls, 2);
    CHECK_EQ(seen.count, 4);
    CHECK(seen.steps[0].kind == DOC_RETAIN && seen.steps[0].length == 5);
    CHECK(seen.steps[1].kind == DOC_INSERT && seen.steps[1].length == 1);
    CHECK(seen.steps[2].kind == DOC_RETAIN && seen.steps[2].length == 1);
    CHECK(seen.steps[3].kind == DOC_DELETE && seen.steps[3].length == 5);
    doc_text_unobserve(text, note, &seen);
    insert(doc, "t", 0, "x");
    CHECK_EQ(seen.calls, 2);
    doc_destroy(doc);
}

static void observers_are_bounded(void)
{
    struct doc *doc = make_doc(1);
    static int contexts[DOC_OBSERVERS_MAX + 1];
    for (unsigned i = 0; i < DOC_OBSERVERS_MAX; i++)
        CHECK_EQ(doc_text_observe(doc_text(doc, "t"), note, &contexts[i]), OK);
    CHECK_EQ(doc_text_observe(doc_text(doc, "t"), note, &contexts[DOC_OBSERVERS_MAX]), ERR_FULL);
    doc_destroy(doc);
}

static void carets_move_with_what_happens_before_them(void)
{
    const struct doc_delta steps[] = {{DOC_RETAIN, 3}, {DOC_INSERT, 2}, {DOC_DELETE, 4}};
    CHECK_EQ(doc_delta_move(steps, 3, 2, true), 2);
    CHECK_EQ(doc_delta_move(steps, 3, 3, true), 5);
    CHECK_EQ(doc_delta_move(steps, 3, 3, false), 3);
    CHECK_EQ(doc_delta_move(steps, 3, 5, true), 5);
    CHECK_EQ(doc_delta_move(steps, 3, 7, true), 5);
    CHECK_EQ(doc_delta_move(steps, 3, 9, true), 7);
}

static void memory_bound_refuses_and_keeps_the_document(void)
{
    struct doc *doc = NULL;
    const struct doc_options options = {.client = 1, .memory_max = 64 << 10};
    CHECK_EQ(doc_create(&options, &doc), OK);
    struct doc_text *text = doc_text(doc, "t");
    status_t status = OK;
    for (unsigned i = 0; i < 100000 && status == OK; i++) {
        CHECK_EQ(doc_begin(doc), OK);
        status = doc_text_insert(text, doc_text_length(text) / 2, "text ", 5);
        CHECK_EQ(doc_commit(doc, NULL), OK);
    }
    CHECK_EQ(status, ERR_NO_MEMORY);
    CHECK(doc_text_length(text) > 500);
    CHECK(doc_memory(doc) < (66 << 10));
    struct buffer state = {0}, again = {0};
    struct doc *copy = make_doc(0);
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &state), OK);
    CHECK_EQ(doc_apply(copy, state.bytes, state.size, NULL), OK);
    CHECK_EQ(doc_encode_state(copy, NULL, 0, &again), OK);
    CHECK_EQ(again.size, state.size);
    CHECK_BYTES(again.bytes, state.bytes, state.size);
    buffer_finish(&state);
    buffer_finish(&again);
    doc_destroy(copy);
    doc_destroy(doc);
}

// Whatever the bound, a document that ran out of memory is whole: its state opens elsewhere and its
// text reads.
static void every_memory_bound_leaves_a_whole_document(void)
{
    static const char *updates[] = {"01010100040101740361626300",
                                    "01010103c401000101015800",
                                    "0001010201010301",
                                    "01040200070101610128000200016b017d018702000008000202017d0200",
                                    "000102010002",
                                    "010103002801016d016b017705746872656500",
                                    "0101040184010101640101"};
    for (size_t bound = 64; bound < (96 << 10); bound += bound < 4096 ? 64 : 512) {
        struct doc *doc = NULL, *copy = make_doc(0);
        struct buffer state = {0};
        const struct doc_options options = {.client = 9, .memory_max = bound};
        CHECK_EQ(doc_create(&options, &doc), OK);
        for (size_t i = 0; i < ARRAY_COUNT(updates); i++)
            (void)apply_hex(doc, updates[i]);
        struct doc_text *text = doc_text(doc, "t");
        for (unsigned i = 0; text && i < 400; i++) {
            CHECK_EQ(doc_begin(doc), OK);
            (void)doc_text_insert(text, doc_text_length(text) / 3, "0123456789abcdefghij", 20);
            (void)doc_text_delete(text, doc_text_length(text) / 2, 3);
            if (doc_map(doc, "m"))
                (void)doc_map_set_null(doc_map(doc, "m"), "k");
            (void)doc_commit(doc, NULL);
        }
        if (doc_encode_state(doc, NULL, 0, &state) == OK)
            CHECK_EQ(doc_apply(copy, state.bytes, state.size, NULL), OK);
        CHECK(doc_memory(doc) <= bound + 4096);
        buffer_finish(&state);
        doc_destroy(doc);
        doc_destroy(copy);
    }
}

// Many nested types would exhaust the stack of a recursive engine.
static void deep_nesting_is_deleted_without_recursion(void)
{
    struct doc *doc = make_doc(0);
    struct buffer update = {0};
    enum { DEPTH = 20000 };
    buffer_uvarint(&update, 1);
    buffer_uvarint(&update, DEPTH);
    buffer_uvarint(&update, 1);
    buffer_uvarint(&update, 0);
    buffer_bytes(&update, "\x07\x01\x01\x61\x00", 5);
    for (uint64_t i = 1; i < DEPTH; i++) {
        buffer_bytes(&update, "\x07\x00\x01", 3);
        buffer_uvarint(&update, i - 1);
        buffer_u8(&update, 0);
    }
    buffer_u8(&update, 0);
    CHECK_EQ(doc_apply(doc, update.bytes, update.size, NULL), OK);
    CHECK_EQ(apply_hex(doc, "000101010001"), OK);
    struct buffer state = {0};
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &state), OK);
    check_hex(&state, "010201000101016101009f9c0101010100a09c01", "nested");
    buffer_finish(&update);
    doc_destroy(doc);
}

TEST_MAIN(TEST(edits_outside_a_transaction_are_refused),
          TEST(text_refuses_places_and_bytes_it_cannot_hold),
          TEST(maps_refuse_bad_keys_and_report_missing_ones),
          TEST(hostile_lengths_are_refused_before_any_memory_is_taken),
          TEST(state_vectors_are_checked), TEST(what_waits_is_bounded_and_the_rest_still_applies),
          TEST(waiting_deletes_are_bounded), TEST(news_are_what_a_call_changed),
          TEST(observers_see_each_change_once_in_order), TEST(observers_are_bounded),
          TEST(carets_move_with_what_happens_before_them),
          TEST(memory_bound_refuses_and_keeps_the_document),
          TEST(every_memory_bound_leaves_a_whole_document),
          TEST(deep_nesting_is_deleted_without_recursion))
