// SPDX-License-Identifier: Apache-2.0
// Circles of several devices that exchange records in every way a network may.
#include "help.h"
#include "mesh/circle.h"

enum { DEVICES = 5 };

static struct device {
    uint8_t seed;
    struct peer_id id;
    struct mesh_signer signer;
    struct circle circle;
} devices[DEVICES];

static void begin(void)
{
    for (uint8_t i = 0; i < DEVICES; i++) {
        devices[i].seed = (uint8_t)(i + 1);
        devices[i].signer = test_signer(&devices[i].seed);
        peer_id_of_key(devices[i].signer.public_key, &devices[i].id);
        circle_init(&devices[i].circle, &devices[i].id);
    }
}

static struct circle_statement about(int by, int subject, const char *name)
{
    return (struct circle_statement){.subject = &devices[subject].id,
                                     .name = name,
                                     .form = "phone",
                                     .time_unix_ms = 1000,
                                     .signer = &devices[by].signer};
}

static status_t add(int by, int subject)
{
    char name[] = "device 0";
    name[7] = (char)('0' + subject);
    struct circle_statement statement = about(by, subject, name);
    return circle_add(&devices[by].circle, &statement);
}

static status_t remove_device(int by, int subject)
{
    struct circle_statement statement = about(by, subject, NULL);
    return circle_remove(&devices[by].circle, &statement);
}

static status_t name_device(int by, int subject, const char *name)
{
    struct circle_statement statement = about(by, subject, name);
    return circle_rename(&devices[by].circle, &statement);
}

static void pair(int a, int b)
{
    CHECK_EQ(add(a, b), OK);
    CHECK_EQ(add(b, a), OK);
}

static status_t give_record(const struct circle_record *record, struct circle *to)
{
    char key[CIRCLE_KEY_MAX];
    uint8_t value[CIRCLE_VALUE_MAX];
    circle_record_key(record, key);
    size_t size = circle_record_value(record, value);
    return circle_merge(to, (struct span){(const uint8_t *)key, strlen(key)},
                        (struct span){value, size});
}

// Everything `from` knows, to `to`.
static void give(int from, int to)
{
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        if (devices[from].circle.records[i].kind != 0) {
            CHECK(give_record(&devices[from].circle.records[i], &devices[to].circle) >= 0);
        }
    }
    CHECK(circle_settle(&devices[to].circle, &devices[to].signer, 2000) >= 0);
}

static void give_all(void)
{
    for (int round = 0; round < 2; round++) {
        for (int from = 0; from < DEVICES; from++) {
            for (int to = 0; to < DEVICES; to++) {
                give(from, to);
            }
        }
    }
}

static bool knows(int who, int whom)
{
    return circle_is_member(&devices[who].circle, &devices[whom].id);
}

static const char *name_at(int who, int whom)
{
    static struct circle_member tables[DEVICES][CIRCLE_MEMBERS_MAX];
    struct circle_member *members = tables[who];
    size_t count = circle_members(&devices[who].circle, members, CIRCLE_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (peer_id_equal(&members[i].id, &devices[whom].id)) {
            return members[i].name;
        }
    }
    return NULL;
}

static void a_device_alone_trusts_itself_only(void)
{
    begin();
    CHECK(knows(0, 0) && !knows(0, 1));
    CHECK_EQ(circle_members(&devices[0].circle, NULL, 0), 1);
    CHECK_EQ(remove_device(0, 0), ERR_INVALID);
    CHECK_EQ(remove_device(0, 1), ERR_NOT_FOUND);
    CHECK_EQ(name_device(0, 1, "x"), ERR_NOT_FOUND);
}

static void trust_travels_over_members_in_any_order(void)
{
    begin();
    pair(0, 1);
    pair(1, 2);
    give(2, 0); // the far end first: its author is still unknown
    CHECK(knows(0, 1) && !knows(0, 2));
    give(1, 0);
    CHECK(knows(0, 2));
    give_all();
    for (int who = 0; who < 3; who++) {
        for (int whom = 0; whom < 3; whom++) {
            CHECK(knows(who, whom));
        }
        CHECK(!knows(who, 3));
    }
    CHECK(strcmp(name_at(0, 2), "device 2") == 0);
}

static void strangers_cannot_add_or_remove_anybody(void)
{
    begin();
    pair(0, 1);
    pair(3, 4);
    CHECK_EQ(add(3, 1), OK); // a stranger claims our member, then removes it
    CHECK_EQ(remove_device(3, 1), OK);
    give(3, 0);
    CHECK(knows(0, 1) && !knows(0, 3) && !knows(0, 4));
}

static void a_removal_reaches_everybody_and_wins_in_any_order(void)
{
    begin();
    pair(0, 1);
    pair(1, 2);
    give_all();
    CHECK_EQ(remove_device(0, 2), OK);
    CHECK(!knows(0, 2) && knows(1, 2));
    CHECK_EQ(name_device(1, 2, "renamed"), OK); // crosses the removal
    give_all();
    CHECK(!knows(0, 2) && !knows(1, 2));
    CHECK(knows(0, 1) && knows(1, 0));
    CHECK(knows(2, 2)); // a device always is in its own circle
    CHECK(circle_is_removed(&devices[2].circle) && !circle_is_removed(&devices[1].circle));
    pair(0, 2);
    give_all();
    CHECK(!circle_is_removed(&devices[2].circle) && knows(1, 2));
}

static void an_old_addition_cannot_undo_a_removal_but_pairing_again_does(void)
{
    begin();
    pair(0, 1);
    struct circle_record old = devices[0].circle.records[0];
    CHECK_EQ(remove_device(0, 1), OK);
    CHECK_EQ(give_record(&old, &devices[0].circle), OK); // known: not news
    CHECK(!knows(0, 1));
    pair(0, 1);
    CHECK(knows(0, 1));
    give_all();
    CHECK(knows(0, 1) && knows(1, 0));
    CHECK_EQ(remove_device(0, 1), OK);
    CHECK(!knows(0, 1));
}

static void devices_a_removed_one_had_brought_stay(void)
{
    begin();
    pair(0, 1);
    pair(1, 2);
    pair(2, 3);
    give_all();
    CHECK_EQ(remove_device(0, 1), OK);
    CHECK(!knows(0, 1) && knows(0, 2) && knows(0, 3));
    give_all();
    CHECK(!knows(3, 1) && knows(3, 0) && knows(3, 2));
    CHECK(knows(2, 0) && knows(2, 3) && !knows(2, 1));
    CHECK(strcmp(name_at(0, 3), "device 3") == 0);
}

static void a_removed_device_can_bring_nobody_back_or_in(void)
{
    begin();
    pair(0, 1);
    give_all();
    CHECK_EQ(remove_device(0, 1), OK);
    pair(1, 4); // the thief pairs its own device
    CHECK_EQ(add(1, 0), OK);
    give_all();
    CHECK(!knows(0, 1) && !knows(0, 4));
}

static void the_newest_name_wins_everywhere(void)
{
    begin();
    pair(0, 1);
    give_all();
    CHECK_EQ(name_device(0, 1, "Kitchen"), OK);
    CHECK_EQ(name_device(1, 1, "Küche"), OK); // at the same time, by the device itself
    give_all();
    CHECK(strcmp(name_at(0, 1), name_at(1, 1)) == 0);
    CHECK_EQ(name_device(0, 1, "Bath"), OK);
    CHECK_EQ(name_device(0, 0, "Me"), OK);
    give_all();
    CHECK(strcmp(name_at(1, 1), "Bath") == 0);
    CHECK(strcmp(name_at(1, 0), "Me") == 0);
    CHECK_EQ(name_device(0, 1, ""), ERR_INVALID);
    CHECK_EQ(name_device(0, 1, "a\nb"), ERR_INVALID);
    CHECK_EQ(name_device(0, 1, "a name that is much too long to be shown"), ERR_INVALID);
}

static void the_order_of_arrival_does_not_matter(void)
{
    begin();
    pair(0, 1);
    pair(1, 2);
    give_all();
    pair(2, 3);
    give_all();
    CHECK_EQ(remove_device(1, 3), OK);
    CHECK_EQ(name_device(2, 0, "zero"), OK);
    pair(0, 4);
    give_all();
    uint64_t seed = 31;
    for (int round = 0; round < 40; round++) {
        struct circle fresh;
        circle_init(&fresh, &devices[0].id);
        uint16_t order[CIRCLE_RECORDS_MAX];
        for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
            order[i] = (uint16_t)i;
        }
        for (size_t i = CIRCLE_RECORDS_MAX - 1; i > 0; i--) {
            size_t j = dice(&seed) % (i + 1);
            uint16_t swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
            const struct circle_record *record = &devices[4].circle.records[order[i]];
            if (record->kind != 0) {
                CHECK_EQ(give_record(record, &fresh), 1);
                CHECK_EQ(give_record(record, &fresh), OK);
            }
        }
        for (int whom = 0; whom < DEVICES; whom++) {
            CHECK_EQ(circle_is_member(&fresh, &devices[whom].id), whom != 3);
        }
    }
}

static void any_flipped_bit_of_a_record_is_refused(void)
{
    begin();
    CHECK_EQ(add(0, 1), OK);
    char key[CIRCLE_KEY_MAX];
    uint8_t value[CIRCLE_VALUE_MAX];
    const struct circle_record *record = &devices[0].circle.records[0];
    circle_record_key(record, key);
    size_t size = circle_record_value(record, value), key_size = strlen(key);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        value[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(circle_merge(&devices[1].circle, (struct span){(uint8_t *)key, key_size},
                           (struct span){value, size}) < 0);
        value[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * key_size; bit++) {
        key[bit / 8] ^= (char)(1 << bit % 8);
        CHECK_EQ(circle_merge(&devices[1].circle, (struct span){(uint8_t *)key, key_size},
                              (struct span){value, size}),
                 ERR_BAD_MESSAGE);
        key[bit / 8] ^= (char)(1 << bit % 8);
    }
    CHECK_EQ(devices[1].circle.generation, 0);
}

static void what_is_new_is_told_once_and_in_order(void)
{
    begin();
    pair(0, 1);
    give(1, 0);
    CHECK_EQ(name_device(0, 1, "Kitchen"), OK);
    uint64_t after = 0;
    int told = 0;
    const struct circle_record *record;
    while ((record = circle_news(&devices[0].circle, after))) {
        CHECK(record->accepted > after);
        after = record->accepted;
        told++;
    }
    CHECK_EQ(told, 3);
    CHECK_EQ(name_device(0, 1, "Bath"), OK); // takes the place of the older one
    record = circle_news(&devices[0].circle, after);
    CHECK(record && strcmp(record->name, "Bath") == 0);
    CHECK(!circle_news(&devices[0].circle, record->accepted));
}

static void a_signer_with_another_key_is_caught(void)
{
    begin();
    struct circle_statement statement = about(1, 2, "x");
    CHECK_EQ(circle_add(&devices[0].circle, &statement), ERR_BAD_SIGNATURE);
    CHECK_EQ(devices[0].circle.generation, 0);
}

// A stranger may fill the table with its talk, but not push out what matters.
static void a_flood_of_strange_records_does_not_push_out_ours(void)
{
    begin();
    pair(0, 1);
    give_all();
    struct circle *flood = &devices[3].circle;
    for (int i = 0; i < 300; i++) {
        struct peer_id subject;
        uint8_t key[32] = {9, (uint8_t)i, (uint8_t)(i >> 8)};
        peer_id_of_key(key, &subject);
        struct circle_statement statement = about(3, 0, "noise");
        statement.subject = &subject;
        circle_init(flood, &devices[3].id);
        CHECK_EQ(circle_add(flood, &statement), OK);
        CHECK_EQ(give_record(&flood->records[0], &devices[0].circle), 1);
    }
    CHECK(knows(0, 1));
    CHECK_EQ(add(0, 2), OK);
    CHECK(knows(0, 2));
}

static void mutated_values_never_break_the_parser(void)
{
    begin();
    CHECK_EQ(add(0, 1), OK);
    char key[CIRCLE_KEY_MAX];
    uint8_t value[CIRCLE_VALUE_MAX];
    uint64_t seed = 8;
    circle_record_key(&devices[0].circle.records[0], key);
    size_t size = circle_record_value(&devices[0].circle.records[0], value);
    for (int round = 0; round < 20000; round++) {
        struct buffer copy = mutated(value, size, &seed);
        status_t status = circle_merge(
            &devices[1].circle, (struct span){(uint8_t *)key, strlen(key)}, buffer_span(&copy));
        CHECK(status < 0 || copy.size == size);
        buffer_finish(&copy);
    }
}

TEST_MAIN(TEST(a_device_alone_trusts_itself_only), TEST(trust_travels_over_members_in_any_order),
          TEST(strangers_cannot_add_or_remove_anybody),
          TEST(a_removal_reaches_everybody_and_wins_in_any_order),
          TEST(an_old_addition_cannot_undo_a_removal_but_pairing_again_does),
          TEST(devices_a_removed_one_had_brought_stay),
          TEST(a_removed_device_can_bring_nobody_back_or_in), TEST(the_newest_name_wins_everywhere),
          TEST(the_order_of_arrival_does_not_matter), TEST(any_flipped_bit_of_a_record_is_refused),
          TEST(what_is_new_is_told_once_and_in_order), TEST(a_signer_with_another_key_is_caught),
          TEST(a_flood_of_strange_records_does_not_push_out_ours),
          TEST(mutated_values_never_break_the_parser))
