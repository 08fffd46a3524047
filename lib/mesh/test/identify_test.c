// SPDX-License-Identifier: Apache-2.0
// Identify between two of our own links (js-libp2p's message is in connection_test.c), push, and
// nonsense.
#include "pair.h"

static struct identify asker, answerer;
static struct identify_info a_info, b_info, told;
static status_t told_status;
static int told_count;

static void on_told(void *context, status_t status, const struct identify_info *peer)
{
    told_count++;
    told_status = status;
    told = *peer;
}

static void fill_info(struct identify_info *info, const struct end *end, const char *agent)
{
    const char *text = "/ip4/127.0.0.1/tcp/4001";
    *info = (struct identify_info){.has_key = true, .listen_count = 1, .protocol_count = 2};
    memcpy(info->public_key, end->identity.public_key, sizeof info->public_key);
    CHECK_EQ(multiaddr_parse_text(text, strlen(text), &info->listen[0]), OK);
    info->observed = info->listen[0];
    strncpy(info->protocols[0], IDENTIFY_PROTOCOL, IDENTIFY_TEXT_MAX - 1);
    strncpy(info->protocols[1], PING_PROTOCOL, IDENTIFY_TEXT_MAX - 1);
    strncpy(info->protocol_version, "ipfs/0.1.0", IDENTIFY_TEXT_MAX - 1);
    strncpy(info->agent_version, agent, IDENTIFY_TEXT_MAX - 1);
}

static void begin(struct end *a, struct end *b)
{
    end_begin(a, true);
    end_begin(b, false);
    fill_info(&a_info, a, "a/1");
    fill_info(&b_info, b, "b/1");
    asker = (struct identify){.own = &a_info, .told = on_told};
    answerer = (struct identify){.own = &b_info, .told = on_told};
    struct end *ends[] = {a, b};
    struct identify *nouns[] = {&asker, &answerer};
    for (int i = 0; i < 2; i++) {
        end_offer(ends[i], IDENTIFY_PROTOCOL, &identify_stream_ops, nouns[i]);
        end_offer(ends[i], IDENTIFY_PUSH_PROTOCOL, &identify_push_stream_ops, nouns[i]);
        end_connect(ends[i]);
    }
    exchange(a, b, 1000);
    told_count = 0;
}

static void finish(struct end *a, struct end *b)
{
    end_finish(a);
    end_finish(b);
    identify_finish(&asker);
    identify_finish(&answerer);
}

static void a_peer_tells_what_it_is(void)
{
    for (size_t step = 1; step < 64; step += 9) {
        struct end a, b;
        begin(&a, &b);
        CHECK_EQ(identify_ask(&asker, a.connection), OK);
        CHECK_EQ(identify_ask(&asker, a.connection), ERR_AGAIN);
        exchange(&a, &b, step);
        CHECK(told_count == 1 && told_status == OK);
        CHECK(strcmp(told.agent_version, "b/1") == 0);
        CHECK_EQ(told.protocol_count, 2);
        CHECK(strcmp(told.protocols[1], PING_PROTOCOL) == 0);
        CHECK_EQ(told.listen_count, 1);
        CHECK_BYTES(told.public_key, b.identity.public_key, 32);
        finish(&a, &b);
    }
}

static void a_push_changes_only_what_it_names(void)
{
    struct end a, b;
    begin(&a, &b);
    CHECK_EQ(identify_ask(&asker, a.connection), OK);
    exchange(&a, &b, 50);
    struct identify_info change = {.agent_version = "b/2"};
    answerer.own = &change;
    CHECK_EQ(identify_push(&answerer, b.connection), OK);
    exchange(&a, &b, 50);
    CHECK(told_count == 2 && told_status == OK);
    CHECK(strcmp(told.agent_version, "b/2") == 0);
    CHECK(told.listen_count == 1 && told.protocol_count == 2 && told.has_key);
    finish(&a, &b);
}

static void a_foreign_key_in_the_message_is_refused(void)
{
    struct end a, b;
    begin(&a, &b);
    b_info.public_key[0] ^= 1;
    CHECK_EQ(identify_ask(&asker, a.connection), OK);
    exchange(&a, &b, 500);
    CHECK(told_count == 1 && told_status == ERR_UNTRUSTED);
    finish(&a, &b);
}

// A peer that answers identify with raw bytes.
static struct span raw;

static void raw_opened(void *context, struct stream *stream)
{
    (void)stream_write(stream, raw);
    stream_end(stream);
}

static const struct stream_ops raw_ops = {.opened = raw_opened};

static status_t ask_raw(const void *bytes, size_t size)
{
    struct end a, b;
    begin(&a, &b);
    raw = (struct span){bytes, size};
    b.protocols[1].ops = &raw_ops;
    CHECK_EQ(identify_ask(&asker, a.connection), OK);
    exchange(&a, &b, 5000);
    CHECK_EQ(told_count, 1);
    finish(&a, &b);
    return told_status;
}

static void nonsense_and_excess_are_refused(void)
{
    static uint8_t flood[40000];
    CHECK_EQ(ask_raw("", 0), ERR_BAD_MESSAGE);
    CHECK_EQ(ask_raw("\x05\x0a\x03", 3), ERR_BAD_MESSAGE);  // ends early
    CHECK_EQ(ask_raw("\x02\x0f\x00", 3), ERR_BAD_MESSAGE);  // no such wire type
    CHECK_EQ(ask_raw("\x03\x0a\x01x", 4), ERR_BAD_MESSAGE); // no key
    CHECK_EQ(ask_raw("\x81\x40zzzz", 6), ERR_TOO_LARGE);    // 8193 bytes announced
    CHECK_EQ(ask_raw(flood, 10), OK);                       // ten empty messages
    CHECK_EQ(ask_raw(flood, 11), ERR_TOO_LARGE);            // one more
    memset(flood, 0xff, sizeof flood);
    CHECK_EQ(ask_raw(flood, sizeof flood), ERR_BAD_MESSAGE);
}

static void lists_past_the_bound_are_cut(void)
{
    struct buffer message = {0};
    for (int i = 0; i < 100; i++) {
        buffer_bytes(&message, "\x12\x08\x04\x7f\x00\x00\x01\x06\x0f\xa1\x1a\x02/x", 14);
    }
    struct identify_info info = {0};
    CHECK_EQ(identify_merge(buffer_span(&message), &info), OK);
    CHECK_EQ(info.listen_count, IDENTIFY_ADDRESSES_MAX);
    CHECK_EQ(info.protocol_count, IDENTIFY_PROTOCOLS_MAX);
    buffer_finish(&message);
}

static void mutated_messages_never_break_the_parser(void)
{
    struct end end;
    struct buffer message = {0};
    uint64_t seed = 4;
    end_begin(&end, true);
    fill_info(&a_info, &end, "agent");
    identify_encode(&a_info, &message);
    for (int round = 0; round < 20000; round++) {
        struct buffer copy = mutated(message.bytes, message.size, &seed);
        struct identify_info info = {0};
        (void)identify_merge(buffer_span(&copy), &info);
        buffer_finish(&copy);
    }
    buffer_finish(&message);
    end_finish(&end);
}

TEST_MAIN(TEST(a_peer_tells_what_it_is), TEST(a_push_changes_only_what_it_names),
          TEST(a_foreign_key_in_the_message_is_refused), TEST(nonsense_and_excess_are_refused),
          TEST(lists_past_the_bound_are_cut), TEST(mutated_messages_never_break_the_parser))
