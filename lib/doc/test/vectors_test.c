// SPDX-License-Identifier: Apache-2.0
// Bytes of real Yjs: applied, re-encoded, made by local edits, cut short and damaged.
#include "hex.h"
#include "vectors.h"

#include "base/math.h"
#include "doc/sync.h"

static void doc_encodes_what_yjs_encodes(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(vector_cases); i++) {
        const struct vector_case *vector = &vector_cases[i];
        struct doc *doc = make_doc(0);
        for (size_t j = 0; j < ARRAY_COUNT(vector->updates) && vector->updates[j]; j++)
            CHECK_EQ(apply_hex(doc, vector->updates[j]), OK);
        check_state(doc, vector->state, vector->name);
        if (vector->vector) {
            struct buffer out = {0};
            CHECK_EQ(doc_encode_state_vector(doc, &out), OK);
            check_hex(&out, vector->vector, vector->name);
        }
        doc_destroy(doc);
    }
}

static void doc_ignores_repeated_updates(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(vector_cases); i++) {
        const struct vector_case *vector = &vector_cases[i];
        struct doc *doc = make_doc(0);
        for (int round = 0; round < 3; round++)
            for (size_t j = 0; j < ARRAY_COUNT(vector->updates) && vector->updates[j]; j++)
                CHECK_EQ(apply_hex(doc, vector->updates[j]), OK);
        CHECK_EQ(apply_hex(doc, vector->state), OK);
        check_state(doc, vector->state, vector->name);
        doc_destroy(doc);
    }
}

// One transaction with one edit; its update must be these bytes.
static void edit(struct doc *doc, uint64_t index, uint64_t deleted, const char *inserted,
                 const char *hex)
{
    struct buffer update = {0};
    struct doc_text *text = doc_text(doc, "t");
    CHECK_EQ(doc_begin(doc), OK);
    if (deleted > 0)
        CHECK_EQ(doc_text_delete(text, index, deleted), OK);
    CHECK_EQ(doc_text_insert(text, index, inserted, strlen(inserted)), OK);
    CHECK_EQ(doc_commit(doc, &update), OK);
    check_hex(&update, hex, inserted);
}

static void text_edits_yield_the_updates_of_yjs(void)
{
    struct doc *doc = make_doc(1);
    edit(doc, 0, 0, "abc", "01010100040101740361626300");
    edit(doc, 1, 0, "X", "01010103c401000101015800");
    check_text(doc, "t", "aXbc");
    check_state(doc, "01030100040101740161840100026263c401000101015800", "T2");
    edit(doc, 1, 2, "", "0001010201010301");
    check_text(doc, "t", "ac");
    check_state(doc, "01040100040101740161810100018401010163c1010001010101010201010301", "T3");
    struct buffer diff = {0};
    CHECK_EQ(doc_encode_state(doc, "\x01\x01\x02", 3, &diff), OK);
    check_hex(&diff, "010201028401010163c1010001010101010201010301", "T3 diff");
    doc_destroy(doc);
}

static void map_edits_yield_the_updates_of_yjs(void)
{
    struct doc *doc = make_doc(1);
    struct doc_map *map = doc_map(doc, "m");
    static const char *wanted[] = {"010101002801016d016b017702763100",
                                   "01010101a80100017d020101010001", "000101010101"};
    for (int i = 0; i < 3; i++) {
        struct buffer update = {0};
        CHECK_EQ(doc_begin(doc), OK);
        CHECK_EQ(i == 0   ? doc_map_set_string(map, "k", "v1", 2)
                 : i == 1 ? doc_map_set_number(map, "k", 2)
                          : doc_map_delete(map, "k"),
                 OK);
        CHECK_EQ(doc_map_count(map), i < 2);
        CHECK_EQ(doc_commit(doc, &update), OK);
        check_hex(&update, wanted[i], "T6");
    }
    check_state(doc, "010101002101016d016b020101010002", "T6");
    doc_destroy(doc);
}

static void array_edits_yield_the_updates_of_yjs(void)
{
    struct doc *doc = make_doc(1);
    struct doc_array *array = doc_array(doc, "a");
    const struct doc_value values[] = {
        {.kind = DOC_NUMBER, .number = 1},
        {.kind = DOC_STRING, .bytes = {(const uint8_t *)"x", 1}},
        {.kind = DOC_NULL},
        {.kind = DOC_BOOL, .boolean = true},
    };
    struct buffer update = {0};
    CHECK_EQ(doc_begin(doc), OK);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++)
        CHECK_EQ(doc_array_push(array, &values[i]), OK);
    CHECK_EQ(doc_commit(doc, &update), OK);
    check_hex(&update, "0101010008010161047d017701787e7800", "T8");
    struct doc_value value;
    CHECK_EQ(doc_array_get(array, 1, &value), OK);
    CHECK_EQ(value.kind, DOC_STRING);
    CHECK_EQ(doc_array_get(array, 4, &value), ERR_NOT_FOUND);
    doc_destroy(doc);
}

static void nested_text_in_a_map_yields_the_update_of_yjs(void)
{
    struct doc *doc = make_doc(1);
    struct doc_text *text = NULL;
    struct buffer update = {0};
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_map_set_text(doc_map(doc, "m"), "t", &text), OK);
    CHECK_EQ(doc_text_insert(text, 0, "hi", 2), OK);
    CHECK_EQ(doc_commit(doc, &update), OK);
    check_hex(&update, "010201002701016d0174020400010002686900", "T10");
    doc_destroy(doc);
}

// Damages one vector in every way of one kind; a refusal must leave the document as it was.
static void damage(const struct vector_case *vector, const struct buffer *update, size_t size)
{
    struct doc *doc = make_doc(0);
    CHECK_EQ(apply_hex(doc, "01010900040101740361626300"), OK);
    struct buffer before = {0}, after = {0};
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &before), OK);
    status_t status = doc_apply(doc, update->bytes, size, NULL);
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &after), OK);
    if (status < 0) {
        CHECK_EQ(before.size, after.size);
        CHECK_BYTES(before.bytes, after.bytes, before.size);
    } else {
        CHECK_EQ(doc_update_check(after.bytes, after.size), OK);
    }
    if (size < update->size)
        CHECK_EQ(status, ERR_BAD_MESSAGE);
    (void)vector;
    buffer_finish(&before);
    buffer_finish(&after);
    doc_destroy(doc);
}

static void cut_updates_change_nothing(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(vector_cases); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(vector_cases[i].updates); j++) {
            if (!vector_cases[i].updates[j])
                continue;
            struct buffer update = from_hex(vector_cases[i].updates[j]);
            for (size_t size = 0; size < update.size; size++)
                damage(&vector_cases[i], &update, size);
            buffer_finish(&update);
        }
    }
}

static void flipped_bits_never_apply_in_part(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(vector_cases); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(vector_cases[i].updates); j++) {
            if (!vector_cases[i].updates[j])
                continue;
            struct buffer update = from_hex(vector_cases[i].updates[j]);
            for (size_t bit = 0; bit < update.size * 8; bit++) {
                update.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                damage(&vector_cases[i], &update, update.size);
                update.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            buffer_finish(&update);
        }
    }
}

static void sync_messages_are_those_of_y_protocols(void)
{
    struct doc *a = make_doc(1), *b = make_doc(2);
    struct buffer update = {0}, opening = {0}, reply = {0}, message = {0};
    edit(a, 0, 0, "hi", "010101000401017402686900");
    CHECK_EQ(doc_begin(b), OK);
    CHECK_EQ(doc_text_insert(doc_text(b, "t"), 0, "yo", 2), OK);
    CHECK_EQ(doc_commit(b, &update), OK);
    CHECK_EQ(sync_open(b, &opening), OK);
    CHECK_EQ(sync_receive(a, buffer_span(&opening), &reply, NULL), OK);
    check_hex(&opening, "0003010202", "step 1");
    CHECK_EQ(sync_receive(b, buffer_span(&reply), &message, NULL), OK);
    CHECK_EQ(message.size, 0);
    check_hex(&reply, "010c010101000401017402686900", "step 2");
    check_text(b, "t", "hiyo");
    const struct sync_message out = {SYNC_UPDATE, buffer_span(&update)};
    CHECK_EQ(sync_message_encode(&out, &message), OK);
    CHECK_EQ(sync_receive(a, buffer_span(&message), &reply, NULL), OK);
    check_hex(&message, "020c010102000401017402796f00", "update");
    check_text(a, "t", "hiyo");
    buffer_finish(&update);
    doc_destroy(a);
    doc_destroy(b);
}

static void bad_sync_messages_are_refused(void)
{
    static const char *bad[] = {"", "00", "0001", "0003010202ff", "03020000", "0100", "010100"};
    struct doc *doc = make_doc(1);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct buffer message = from_hex(bad[i]), reply = {0};
        CHECK_EQ(sync_receive(doc, buffer_span(&message), &reply, NULL), ERR_BAD_MESSAGE);
        CHECK_EQ(reply.size, 0);
        buffer_finish(&message);
    }
    doc_destroy(doc);
}

TEST_MAIN(TEST(doc_encodes_what_yjs_encodes), TEST(doc_ignores_repeated_updates),
          TEST(text_edits_yield_the_updates_of_yjs), TEST(map_edits_yield_the_updates_of_yjs),
          TEST(array_edits_yield_the_updates_of_yjs),
          TEST(nested_text_in_a_map_yields_the_update_of_yjs), TEST(cut_updates_change_nothing),
          TEST(flipped_bits_never_apply_in_part), TEST(sync_messages_are_those_of_y_protocols),
          TEST(bad_sync_messages_are_refused))
