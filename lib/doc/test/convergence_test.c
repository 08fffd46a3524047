// SPDX-License-Identifier: Apache-2.0
// Several copies edit at once over a network that loses, repeats and reorders; afterwards all must
// hold the same bytes. Along the way every copy keeps a mirror of its text from the observed
// changes alone. Seeds are printed on failure: run the program with one as argument to repeat it.
// Built once more with a planted error (planted_order.c), this program must fail.
#include "hex.h"

#include "base/math.h"

enum { SCENARIOS = 1500, PEERS_MAX = 5, MESSAGES_MAX = 400, MIRROR_MAX = 4096 };

struct peer {
    struct doc *doc;
    struct doc_text *text;
    uint16_t mirror[MIRROR_MAX];
    size_t mirror_length;
};

struct message {
    struct buffer update;
    unsigned to;
};

struct network {
    struct peer peers[PEERS_MAX];
    unsigned peer_count;
    struct message messages[MESSAGES_MAX];
    unsigned message_count;
    uint64_t random;
};

// The units [index, index + length) of a text.
static void read_units(struct doc_text *text, uint64_t index, uint64_t length, uint16_t *out)
{
    struct buffer utf8 = {0};
    CHECK_EQ(doc_text_read(text, index, length, &utf8), OK);
    for (size_t i = 0; i < utf8.size;) {
        uint8_t lead = utf8.bytes[i];
        size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t code = size == 1 ? lead : lead & (0x7fu >> size);
        for (size_t j = 1; j < size; j++)
            code = code << 6 | (utf8.bytes[i + j] & 0x3f);
        if (size == 4) {
            *out++ = (uint16_t)(0xd800 + ((code - 0x10000) >> 10));
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        *out++ = (uint16_t)code;
        i += size;
    }
    buffer_finish(&utf8);
}

static void mirror_follow(void *context, struct doc_text *text, const struct doc_delta *steps,
                          size_t count)
{
    struct peer *peer = context;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)steps[i].length;
        size_t tail = peer->mirror_length - at;
        if (steps[i].kind == DOC_RETAIN) {
            at += length;
        } else if (steps[i].kind == DOC_DELETE) {
            CHECK(length <= tail);
            memmove(peer->mirror + at, peer->mirror + at + length, (tail - length) * 2);
            peer->mirror_length -= length;
        } else if (peer->mirror_length + length <= MIRROR_MAX) {
            memmove(peer->mirror + at + length, peer->mirror + at, tail * 2);
            read_units(text, at, length, peer->mirror + at);
            peer->mirror_length += length;
            at += length;
        }
    }
}

static void check_mirror(const struct peer *peer)
{
    uint16_t units[MIRROR_MAX];
    uint64_t length = doc_text_length(peer->text);
    CHECK_EQ(length, peer->mirror_length);
    if (length != peer->mirror_length)
        return;
    read_units(peer->text, 0, length, units);
    CHECK_BYTES(units, peer->mirror, length * 2);
}

static void edit_text(struct peer *peer, uint64_t *random)
{
    static const char *words[] = {
        "a", "bc", "hello ", "\xc3\xa9", "\xf0\x9f\x98\x80!", "0123456789abcdefghij"};
    uint64_t length = doc_text_length(peer->text);
    uint64_t index = doc_text_align(peer->text, random_below(random, length + 1));
    if (random_below(random, 3) > 0 || length == 0) {
        const char *word = words[random_below(random, ARRAY_COUNT(words))];
        CHECK_EQ(doc_text_insert(peer->text, index, word, strlen(word)), OK);
    } else {
        uint64_t end = index + random_below(random, min_u64(8, length - index) + 1);
        end = doc_text_align(peer->text, end);
        if (end > index)
            CHECK_EQ(doc_text_delete(peer->text, index, end - index), OK);
    }
}

static void edit_map(struct peer *peer, uint64_t *random)
{
    char key[2] = {(char)('a' + random_below(random, 4)), 0};
    struct doc_map *map = doc_map(peer->doc, "m");
    struct doc_value value;
    struct doc_text *nested;
    switch (random_below(random, 4)) {
    case 0:
        (void)doc_map_delete(map, key);
        break;
    case 1:
        CHECK_EQ(doc_map_set_text(map, key, &nested), OK);
        CHECK_EQ(doc_text_insert(nested, 0, "nested", 6), OK);
        break;
    case 2:
        if (doc_map_get(map, key, &value) == OK && value.kind == DOC_TEXT_REF)
            CHECK_EQ(doc_text_insert(value.nested, 0, "x", 1), OK);
        break;
    default:
        CHECK_EQ(doc_map_set_number(map, key, (double)random_below(random, 1000) / 8), OK);
    }
}

static void edit_array(struct peer *peer, uint64_t *random)
{
    struct doc_array *array = doc_array(peer->doc, "a");
    uint64_t length = doc_array_length(array), index = random_below(random, length + 1);
    const struct doc_value value = {.kind = DOC_NUMBER, .number = (double)random_below(random, 9)};
    if (random_below(random, 3) > 0)
        CHECK_EQ(doc_array_insert(array, index, &value), OK);
    else if (index < length)
        CHECK_EQ(doc_array_delete(array, index, 1), OK);
}

// One transaction; its update goes to everybody, now and then twice, now and then not at all.
static void edit(struct network *network, struct peer *peer)
{
    struct buffer update = {0};
    CHECK_EQ(doc_begin(peer->doc), OK);
    for (uint64_t edits = 1 + random_below(&network->random, 3); edits > 0; edits--) {
        uint64_t dice = random_below(&network->random, 10);
        if (dice < 6)
            edit_text(peer, &network->random);
        else if (dice < 8)
            edit_map(peer, &network->random);
        else
            edit_array(peer, &network->random);
    }
    CHECK_EQ(doc_commit(peer->doc, &update), OK);
    for (unsigned to = 0; to < network->peer_count; to++) {
        uint64_t copies = random_below(&network->random, 10);
        copies = copies < 2 ? 0 : copies < 8 ? 1 : 2;
        for (; copies > 0 && network->message_count < MESSAGES_MAX; copies--) {
            struct message *message = &network->messages[network->message_count++];
            *message = (struct message){.to = to};
            buffer_bytes(&message->update, update.bytes, update.size);
        }
    }
    buffer_finish(&update);
}

// Any waiting message, not the oldest.
static void deliver(struct network *network)
{
    if (network->message_count == 0)
        return;
    uint64_t pick = random_below(&network->random, network->message_count);
    struct message message = network->messages[pick];
    network->messages[pick] = network->messages[--network->message_count];
    if (message.update.size > 0)
        CHECK_EQ(doc_apply(network->peers[message.to].doc, message.update.bytes,
                           message.update.size, NULL),
                 OK);
    buffer_finish(&message.update);
}

static void pull(struct doc *to, struct doc *from)
{
    struct buffer vector = {0}, diff = {0};
    CHECK_EQ(doc_encode_state_vector(to, &vector), OK);
    CHECK_EQ(doc_encode_state(from, vector.bytes, vector.size, &diff), OK);
    CHECK_EQ(doc_apply(to, diff.bytes, diff.size, NULL), OK);
    buffer_finish(&vector);
    buffer_finish(&diff);
}

// Heals the network and compares every copy with the first, byte by byte.
static bool settle(struct network *network)
{
    while (network->message_count > 0)
        deliver(network);
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < network->peer_count; i++)
            for (unsigned j = 0; j < network->peer_count; j++)
                if (i != j)
                    pull(network->peers[i].doc, network->peers[j].doc);
    struct buffer first = {0};
    bool equal = true;
    CHECK_EQ(doc_encode_state(network->peers[0].doc, NULL, 0, &first), OK);
    for (unsigned i = 0; i < network->peer_count; i++) {
        struct buffer state = {0};
        CHECK_EQ(doc_encode_state(network->peers[i].doc, NULL, 0, &state), OK);
        equal &= state.size == first.size && memcmp(state.bytes, first.bytes, first.size) == 0;
        CHECK_EQ(doc_pending(network->peers[i].doc), 0);
        check_mirror(&network->peers[i]);
        buffer_finish(&state);
    }
    buffer_finish(&first);
    return equal;
}

static bool scenario(uint64_t seed)
{
    static struct network network;
    network = (struct network){.random = seed * 2654435761u + 88172645463325252u};
    network.peer_count = 2 + (unsigned)random_below(&network.random, PEERS_MAX - 1);
    for (unsigned i = 0; i < network.peer_count; i++) {
        struct peer *peer = &network.peers[i];
        peer->doc = make_doc(1 + random_below(&network.random, UINT32_MAX));
        peer->text = doc_text(peer->doc, "t");
        CHECK_EQ(doc_text_observe(peer->text, mirror_follow, peer), OK);
    }
    for (uint64_t steps = 5 + random_below(&network.random, 60); steps > 0; steps--) {
        if (random_below(&network.random, 2))
            edit(&network, &network.peers[random_below(&network.random, network.peer_count)]);
        else
            deliver(&network);
    }
    bool equal = settle(&network);
    for (unsigned i = 0; i < network.peer_count; i++)
        doc_destroy(network.peers[i].doc);
    return equal;
}

int main(int count, char **arguments)
{
    uint64_t first = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    uint64_t last = count > 1 ? first : SCENARIOS;
    unsigned diverged = 0;
    for (uint64_t seed = first; seed <= last && test_failures == 0; seed++) {
        bool equal = scenario(seed);
        if (!equal && diverged++ == 0)
            printf("seed %" PRIu64 " diverges\n", seed);
        if (test_failures)
            printf("seed %" PRIu64 " fails a check\n", seed);
    }
    printf("convergence: seeds %" PRIu64 " diverged %u failures %d\n", last - first + 1, diverged,
           test_failures);
    return diverged > 0 || test_failures > 0;
}
