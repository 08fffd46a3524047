// SPDX-License-Identifier: Apache-2.0
// Two devices of one person over a stream that cuts bytes anywhere, breaks, and may be hostile.
#include "device.h"

#include "../link.h"

struct pair {
    struct device a, b;
    struct link left, right; // a's and b's end
};

static void connect(struct pair *pair)
{
    CHECK_EQ(link_init(&pair->left, &pair->a.library), OK);
    CHECK_EQ(link_init(&pair->right, &pair->b.library), OK);
}

static void disconnect(struct pair *pair)
{
    link_finish(&pair->left);
    link_finish(&pair->right);
}

// Carries at most `most` bytes one way; true if there were any.
static bool carry(struct link *from, struct link *to, size_t most)
{
    struct span bytes = link_output(from);
    if (bytes.size == 0)
        return false;
    bytes.size = bytes.size < most ? bytes.size : most;
    struct buffer copy = {0};
    buffer_bytes(&copy, bytes.bytes, bytes.size);
    link_sent(from, bytes.size);
    CHECK_EQ(link_receive(to, buffer_span(&copy)), OK);
    buffer_finish(&copy);
    return true;
}

static void settle(struct pair *pair)
{
    bool moved = true;
    for (unsigned i = 0; moved && i < 100000; i++) {
        moved = carry(&pair->left, &pair->right, 1 + device_random(&pair->a) % 50);
        moved |= carry(&pair->right, &pair->left, 1 + device_random(&pair->b) % 50);
    }
    CHECK(!moved);
}

static void pair_init(struct pair *pair, uint64_t seed)
{
    *pair = (struct pair){0};
    device_init(&pair->a, seed);
    device_init(&pair->b, seed + 1000);
}

static void pair_finish(struct pair *pair)
{
    disconnect(pair);
    device_finish(&pair->a);
    device_finish(&pair->b);
}

// Every document and the index of both devices hold the same bytes.
static bool equal(struct pair *pair)
{
    struct list_node *it;
    bool same = pair->a.library.document_count == pair->b.library.document_count;
    LIST_FOR_EACH(it, &pair->a.library.documents)
    {
        struct document *mine = CONTAINER_OF(it, struct document, link);
        struct document *theirs = library_find(&pair->b.library, mine->id);
        struct doc *first, *second;
        struct buffer one = {0}, two = {0};
        if (!theirs)
            return false;
        CHECK_EQ(library_doc(&pair->a.library, mine, &first), OK);
        CHECK_EQ(library_doc(&pair->b.library, theirs, &second), OK);
        CHECK_EQ(doc_encode_state(first, NULL, 0, &one), OK);
        CHECK_EQ(doc_encode_state(second, NULL, 0, &two), OK);
        same &= one.size == two.size && memcmp(one.bytes, two.bytes, one.size) == 0;
        same &= mine->modified_unix_ms == theirs->modified_unix_ms || mine == pair->a.library.index;
        buffer_finish(&one);
        buffer_finish(&two);
    }
    return same;
}

// The example of docs/protocols/sync.md: an empty note is offered with an empty state vector.
static void the_greeting_is_the_documented_bytes(void)
{
    struct device device;
    struct link link;
    device_init(&device, 70);
    struct document *note = device_create(&device, "note");
    CHECK_EQ(link_init(&link, &device.library), OK);
    struct span bytes = link_output(&link);
    CHECK(bytes.size > 21 + 17 && bytes.bytes[0] == bytes.size - 21 - 1);
    CHECK_BYTES(bytes.bytes + 1, LIBRARY_INDEX "\0\0", 18);
    const uint8_t *last = bytes.bytes + bytes.size - 21;
    CHECK_EQ(last[0], 0x14);
    CHECK_BYTES(last + 1, note->id, LIBRARY_ID_BYTES);
    CHECK_BYTES(last + 17, "\0\0\1\0", 4);
    link_finish(&link);
    device_finish(&device);
}

static void a_note_appears_on_the_other_device(void)
{
    struct pair pair;
    pair_init(&pair, 1);
    connect(&pair);
    settle(&pair);
    pair.b.now_unix_ms = 9000;
    struct document *note = device_create(&pair.a, "note");
    CHECK_EQ(device_type(&pair.a, note, "Groceries\nmilk", true), OK);
    settle(&pair);
    struct document *other = library_find(&pair.b.library, note->id);
    CHECK(other != NULL && device_shows(&pair.b, other, "Groceries\nmilk"));
    CHECK(other && strcmp(other->kind, "note") == 0);
    CHECK(other && other->modified_unix_ms == 1000);
    CHECK(other && strcmp(other->summary.title, "Groceries") == 0);
    CHECK(equal(&pair));
    pair_finish(&pair);
}

static void libraries_with_a_past_become_one(void)
{
    struct pair pair;
    pair_init(&pair, 2);
    CHECK_EQ(device_type(&pair.a, device_create(&pair.a, "note"), "from a", true), OK);
    CHECK_EQ(device_type(&pair.b, device_create(&pair.b, "note"), "from b", true), OK);
    CHECK_EQ(device_type(&pair.b, device_create(&pair.b, "circle"), "more from b", true), OK);
    connect(&pair);
    settle(&pair);
    CHECK_EQ(pair.a.library.document_count, 3);
    CHECK(equal(&pair));
    pair_finish(&pair);
}

static void edits_apart_meet_when_the_link_heals(void)
{
    struct pair pair;
    pair_init(&pair, 3);
    connect(&pair);
    struct document *note = device_create(&pair.a, "note");
    CHECK_EQ(device_type(&pair.a, note, "middle", true), OK);
    settle(&pair);
    disconnect(&pair);
    struct document *other = library_find(&pair.b.library, note->id);
    CHECK_EQ(device_type(&pair.a, note, "begin ", false), OK);
    CHECK_EQ(device_type(&pair.b, other, " end", true), OK);
    connect(&pair);
    settle(&pair);
    CHECK(device_shows(&pair.a, note, "begin middle end"));
    CHECK(device_shows(&pair.b, other, "begin middle end"));
    CHECK(equal(&pair));
    pair_finish(&pair);
}

static void a_removed_note_goes_everywhere(void)
{
    struct pair pair;
    pair_init(&pair, 4);
    connect(&pair);
    struct document *note = device_create(&pair.a, "note");
    uint8_t id[LIBRARY_ID_BYTES];
    memcpy(id, note->id, sizeof id);
    CHECK_EQ(device_type(&pair.a, note, "away", true), OK);
    settle(&pair);
    CHECK_EQ(library_remove(&pair.b.library, library_find(&pair.b.library, id)), OK);
    CHECK_EQ(device_type(&pair.a, note, "not ", false), OK);
    settle(&pair);
    CHECK(library_find(&pair.a.library, id) == NULL);
    CHECK(library_find(&pair.b.library, id) == NULL);
    CHECK(equal(&pair));
    pair_finish(&pair);
}

static void everything_synchronised_survives_a_power_cut(void)
{
    struct pair pair;
    pair_init(&pair, 5);
    connect(&pair);
    struct document *note = device_create(&pair.a, "note");
    CHECK_EQ(device_type(&pair.a, note, "kept", true), OK);
    settle(&pair);
    CHECK_EQ(library_flush(&pair.b.library), OK);
    disconnect(&pair);
    device_restart(&pair.b);
    struct document *other = library_find(&pair.b.library, note->id);
    CHECK(other && device_shows(&pair.b, other, "kept"));
    connect(&pair);
    settle(&pair);
    CHECK(equal(&pair));
    pair_finish(&pair);
}

// Random edits on both sides, with links that break at any byte.
static void devices_converge_whatever_the_link_does(void)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct pair pair;
        pair_init(&pair, seed * 77);
        connect(&pair);
        for (int step = 0; step < 60; step++) {
            struct device *device = device_random(&pair.a) % 2 ? &pair.a : &pair.b;
            uint64_t dice = device_random(&pair.a) % 10;
            struct document *document =
                LIST_FIRST(&device->library.index->link, struct document, link);
            pair.a.now_unix_ms = pair.b.now_unix_ms += 5;
            if (dice == 0 || device->library.document_count == 0)
                (void)device_create(device, "note");
            else if (dice < 5)
                CHECK_EQ(device_type(device, document, "word ", device_random(&pair.a) % 2), OK);
            else if (dice == 5)
                (void)library_remove(&device->library, document);
            else if (dice == 6)
                disconnect(&pair), connect(&pair);
            else
                carry(&pair.left, &pair.right, 1 + device_random(&pair.a) % 400),
                    carry(&pair.right, &pair.left, 1 + device_random(&pair.b) % 400);
        }
        disconnect(&pair);
        connect(&pair);
        settle(&pair);
        CHECK(equal(&pair));
        if (test_failures)
            printf("seed %" PRIu64 "\n", seed);
        pair_finish(&pair);
    }
}

static void garbage_ends_the_link_and_changes_nothing(void)
{
    static const char *garbage[] = {
        "\x00",                                         // a message of no size
        "\xff\xff\xff\xff\x7f",                         // one of four gigabytes
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", // an endless length
        "\x05hello",                                    // shorter than a document's id
        "\x14nexus-index-0001\x01\x07\x01\x00",         // an unknown sync message
        "\x14nexus-index-0001\x01\x02\x01\x01",         // an update cut short
    };
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        struct device device;
        struct link link;
        device_init(&device, 90 + i);
        struct document *note = device_create(&device, "note");
        CHECK_EQ(device_type(&device, note, "mine", true), OK);
        CHECK_EQ(link_init(&link, &device.library), OK);
        size_t size = garbage[i][0] ? strlen(garbage[i]) : 1;
        size += i == 4 ? 1 : 0; // ends in a zero
        struct span bytes = {(const uint8_t *)garbage[i], size};
        CHECK_EQ(link_receive(&link, bytes), ERR_BAD_MESSAGE);
        CHECK_EQ(link_output(&link).size, 0);
        CHECK(device_shows(&device, note, "mine"));
        link_finish(&link);
        device_finish(&device);
    }
}

// A recorded conversation with one byte changed, replayed to a device.
static void damaged_conversations_never_crash(void)
{
    struct pair pair;
    struct buffer recorded = {0};
    pair_init(&pair, 6);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(device_type(&pair.a, device_create(&pair.a, "note"), "some text", true), OK);
    CHECK_EQ(link_init(&pair.left, &pair.a.library), OK);
    struct device empty;
    device_init(&empty, 7);
    CHECK_EQ(link_init(&pair.right, &empty.library), OK);
    for (int i = 0; i < 20; i++) {
        struct span bytes = link_output(&pair.left);
        buffer_bytes(&recorded, bytes.bytes, bytes.size);
        while (carry(&pair.left, &pair.right, 1000) || carry(&pair.right, &pair.left, 1000))
            ;
    }
    for (size_t i = 0; i < recorded.size * 4; i++) {
        struct device device;
        struct link link;
        device_init(&device, i + 1);
        CHECK_EQ(link_init(&link, &device.library), OK);
        uint8_t old = recorded.bytes[i / 4];
        recorded.bytes[i / 4] = (uint8_t)device_random(&device);
        (void)link_receive(&link, buffer_span(&recorded));
        recorded.bytes[i / 4] = old;
        link_finish(&link);
        device_finish(&device);
    }
    buffer_finish(&recorded);
    link_finish(&pair.right);
    device_finish(&empty);
    pair_finish(&pair);
}

TEST_MAIN(TEST(the_greeting_is_the_documented_bytes), TEST(a_note_appears_on_the_other_device),
          TEST(libraries_with_a_past_become_one), TEST(edits_apart_meet_when_the_link_heals),
          TEST(a_removed_note_goes_everywhere), TEST(everything_synchronised_survives_a_power_cut),
          TEST(devices_converge_whatever_the_link_does),
          TEST(garbage_ends_the_link_and_changes_nothing), TEST(damaged_conversations_never_crash))
