// SPDX-License-Identifier: Apache-2.0
// yamux against itself over two byte queues, and against a hand-written peer that breaks every
// rule.
#include "help.h"
#include "mesh/yamux.h"

// One side: what it sent, and what happened to it.
struct side {
    struct yamux yamux;
    struct buffer sent, received;
    size_t room;
    int opened, ended, closed, writable, pongs;
    uint32_t pong_value, away_code;
    status_t reason;
    bool refuse, hold, was_overrun;
    struct yamux_stream *last;
};

static void on_frame(void *context, const uint8_t header[YAMUX_HEADER_BYTES], struct span payload)
{
    struct side *side = context;
    buffer_bytes(&side->sent, header, YAMUX_HEADER_BYTES);
    buffer_bytes(&side->sent, payload.bytes, payload.size);
}

static size_t on_room(void *context)
{
    return ((struct side *)context)->room;
}

static bool on_opened(void *context, struct yamux_stream *stream)
{
    struct side *side = context;
    side->opened++;
    side->last = stream;
    return !side->refuse;
}

static void on_data(void *context, struct yamux_stream *stream, struct span bytes)
{
    struct side *side = context;
    buffer_bytes(&side->received, bytes.bytes, bytes.size);
    side->was_overrun |= stream->unconsumed > YAMUX_WINDOW_BYTES;
    if (!side->hold) {
        yamux_consume(&side->yamux, stream, bytes.size);
    }
}

static void on_writable(void *context, struct yamux_stream *stream)
{
    ((struct side *)context)->writable++;
}

static void on_ended(void *context, struct yamux_stream *stream)
{
    ((struct side *)context)->ended++;
}

static void on_closed(void *context, struct yamux_stream *stream, status_t reason)
{
    struct side *side = context;
    side->closed++;
    side->reason = reason;
}

static void on_pong(void *context, uint32_t value)
{
    struct side *side = context;
    side->pongs++;
    side->pong_value = value;
}

static void on_went_away(void *context, uint32_t code)
{
    ((struct side *)context)->away_code = code + 1;
}

static const struct yamux_ops ops = {on_frame, on_room,   on_opened, on_data,     on_writable,
                                     on_ended, on_closed, on_pong,   on_went_away};

static struct side client, server;

static void begin(void)
{
    struct side *sides[] = {&client, &server};
    for (int i = 0; i < 2; i++) {
        buffer_finish(&sides[i]->sent);
        buffer_finish(&sides[i]->received);
        *sides[i] = (struct side){.room = SIZE_MAX};
        yamux_init(&sides[i]->yamux, i == 0, &ops, sides[i]);
    }
}

// Moves everything until both are quiet, `step` bytes at a time.
static void exchange(size_t step)
{
    while (client.sent.size + server.sent.size > 0) {
        struct side *from = client.sent.size > 0 ? &client : &server;
        struct side *to = from == &client ? &server : &client;
        size_t size = from->sent.size < step ? from->sent.size : step;
        uint8_t *exact = malloc(size);
        memcpy(exact, from->sent.bytes, size);
        buffer_consume(&from->sent, size);
        CHECK_EQ(yamux_feed(&to->yamux, (struct span){exact, size}), OK);
        free(exact);
    }
}

static struct yamux_stream *open_stream(void)
{
    struct yamux_stream *stream = NULL;
    CHECK_EQ(yamux_open(&client.yamux, NULL, &stream), OK);
    return stream;
}

static struct span text(const char *chars)
{
    return (struct span){(const uint8_t *)chars, strlen(chars)};
}

// Feeds hexadecimal bytes to the server; checks its verdict and, unless NULL, what it sent.
static void server_hears(const char *hex, status_t verdict, const char *answer_hex)
{
    struct buffer bytes = {0}, answer = {0};
    hex_append(&bytes, hex);
    buffer_clear(&server.sent);
    CHECK_EQ(yamux_feed(&server.yamux, buffer_span(&bytes)), verdict);
    if (answer_hex) {
        hex_append(&answer, answer_hex);
        CHECK_EQ(server.sent.size, answer.size);
        CHECK_BYTES(server.sent.bytes, answer.bytes,
                    answer.size < server.sent.size ? answer.size : server.sent.size);
    }
    buffer_finish(&bytes);
    buffer_finish(&answer);
}

static void a_stream_carries_bytes_both_ways_and_ends(void)
{
    for (size_t step = 1; step < 40; step++) {
        begin();
        struct yamux_stream *stream = open_stream();
        CHECK_EQ(yamux_write(&client.yamux, stream, text("question")), 8);
        exchange(step);
        CHECK_EQ(server.opened, 1);
        CHECK_BYTES(server.received.bytes, "question", 8);
        CHECK_EQ(yamux_write(&server.yamux, server.last, text("answer")), 6);
        yamux_end(&client.yamux, stream);
        exchange(step);
        CHECK_EQ(server.ended, 1);
        CHECK_EQ(yamux_write(&client.yamux, stream, text("late")), 0);
        CHECK_EQ(yamux_write(&server.yamux, server.last, text("more")), 4);
        yamux_end(&server.yamux, server.last);
        exchange(step);
        CHECK_BYTES(client.received.bytes, "answermore", 10);
        CHECK(client.closed == 1 && server.closed == 1);
        CHECK(client.reason == OK && server.reason == OK);
        CHECK_EQ(stream->id, 0);
    }
}

static void frames_have_the_known_bytes(void)
{
    begin();
    struct yamux_stream *stream = open_stream();
    yamux_end(&client.yamux, stream);
    yamux_ping(&client.yamux, 5);
    yamux_go_away(&client.yamux, YAMUX_AWAY_NORMAL);
    struct buffer known = {0};
    hex_append(&known, "000100010000000100000000"
                       "000100040000000100000000"
                       "000200010000000000000005"
                       "000300000000000000000000");
    CHECK_EQ(client.sent.size, known.size);
    CHECK_BYTES(client.sent.bytes, known.bytes, known.size);
    buffer_finish(&known);
    begin();
    // SYN with data: the first frame back acknowledges and gives the window back.
    server_hears("000000010000000100000002aabb", OK, "000100020000000100000002");
}

static void the_peers_window_is_never_exceeded(void)
{
    begin();
    static uint8_t block[100000];
    server.hold = true;
    struct yamux_stream *stream = open_stream();
    size_t sent = 0, wrote;
    while ((wrote = yamux_write(&client.yamux, stream, (struct span){block, sizeof block})) > 0) {
        sent += wrote;
    }
    CHECK_EQ(sent, YAMUX_WINDOW_BYTES);
    exchange(1000);
    CHECK_EQ(server.received.size, YAMUX_WINDOW_BYTES);
    CHECK_EQ(client.writable, 0);
    yamux_consume(&server.yamux, server.last, 1000);
    exchange(1000);
    CHECK_EQ(client.writable, 1);
    CHECK_EQ(yamux_write(&client.yamux, stream, (struct span){block, sizeof block}), 1000);
    exchange(1000);
    CHECK(!server.was_overrun);
}

static void a_peer_that_exceeds_our_window_is_cut_off(void)
{
    begin();
    server_hears("000000010000000100040001", ERR_BAD_MESSAGE, "000300000000000000000001");
    begin();
    server.hold = true;
    server_hears("000000010000000100000001aa", OK, NULL);
    server_hears("000000000000000100040000", ERR_BAD_MESSAGE, "000300000000000000000001");
}

static void little_room_cuts_a_write_and_draining_resumes_it(void)
{
    begin();
    struct yamux_stream *stream = open_stream();
    client.room = 3;
    CHECK_EQ(yamux_write(&client.yamux, stream, (struct span){(const uint8_t *)"abc", 3}), 3);
    client.room = 0;
    CHECK_EQ(yamux_write(&client.yamux, stream, text("d")), 0);
    yamux_drained(&client.yamux);
    CHECK_EQ(client.writable, 0);
    client.room = 10;
    yamux_drained(&client.yamux);
    CHECK_EQ(client.writable, 1);
    yamux_drained(&client.yamux);
    CHECK_EQ(client.writable, 1);
}

static void reset_ends_both_sides(void)
{
    begin();
    struct yamux_stream *stream = open_stream();
    yamux_write(&client.yamux, stream, text("x"));
    exchange(100);
    yamux_reset(&client.yamux, stream);
    CHECK_EQ(client.reason, ERR_CANCELLED);
    exchange(100);
    CHECK_EQ(server.reason, ERR_CLOSED);
    CHECK(client.closed == 1 && server.closed == 1);
}

static void frames_on_unknown_streams_are_skipped(void)
{
    begin();
    server_hears("000000000000000900000003aabbcc"
                 "000100000000000900000003"
                 "000100040000000900000000"
                 "000100080000000900000000"
                 "000200010000000000000007",
                 OK, "000200020000000000000007");
    CHECK_EQ(server.received.size, 0);
    CHECK_EQ(server.opened + server.closed, 0);
}

static void rule_breakers_are_told_and_refused(void)
{
    static const char *const bad[] = {
        "010000010000000100000000",                         // version
        "000400000000000100000000",                         // type
        "000100010000000200000000",                         // SYN with our kind of id
        "000100010000000000000000",                         // SYN without one
        "000000000000000000000000",                         // data for the session
        "000200010000000100000000",                         // ping on a stream
        "000300000000000100000000",                         // go away on a stream
        "000100010000000100000000000100010000000100000000", // the same SYN twice
        "00010001000000010000000000010000000000"
        "01ffffffff",                                         // a window past 32 bits
        "000100050000000100000000000000000000000100000001aa", // data after FIN
        "000000000000000900040001",                           // more than any window, for nobody
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin();
        server_hears(bad[i], ERR_BAD_MESSAGE, "000300000000000000000001");
        yamux_finish(&server.yamux, ERR_BAD_MESSAGE);
        CHECK_EQ(server.closed, server.opened);
    }
}

static void odd_but_lawful_mixes_are_understood(void)
{
    begin(); // SYN, data and FIN in one frame; FIN comes after the data
    server_hears("000000050000000100000002aabb", OK, NULL);
    CHECK_EQ(server.received.size, 2);
    CHECK(server.opened == 1 && server.ended == 1 && server.closed == 0);
    begin(); // SYN and RST at once
    server_hears("000100090000000100000000", OK, "");
    CHECK(server.opened == 1 && server.closed == 1);
    begin(); // empty data, FIN twice
    server_hears("000000010000000100000000"
                 "000000040000000100000000"
                 "000000040000000100000000",
                 OK, NULL);
    CHECK_EQ(server.ended, 1);
    begin(); // a bigger window right with the SYN
    server_hears("0001000100000001000c0000", OK, NULL);
    CHECK_EQ(server.last->send_window, 1048576);
    begin(); // a reset frame's payload is not delivered
    server_hears("000000010000000100000000"
                 "000000080000000100000001aa",
                 OK, NULL);
    CHECK(server.received.size == 0 && server.closed == 1);
}

static void too_many_and_unwanted_streams_are_reset(void)
{
    begin();
    for (unsigned i = 0; i < YAMUX_STREAMS_MAX; i++) {
        char hex[25];
        snprintf(hex, sizeof hex, "00010001%08x00000000", 2 * i + 1);
        server_hears(hex, OK, "");
    }
    server_hears("000100010000100100000000", OK, "000100080000100100000000");
    struct yamux_stream *stream;
    CHECK_EQ(yamux_open(&server.yamux, NULL, &stream), ERR_FULL);
    begin();
    server.refuse = true;
    server_hears("000100010000000100000000", OK, "000100080000000100000000");
    CHECK_EQ(server.closed, 0);
}

static void go_away_ends_opening_in_both_directions(void)
{
    begin();
    struct yamux_stream *stream = open_stream();
    yamux_go_away(&server.yamux, YAMUX_AWAY_NORMAL);
    exchange(100);
    CHECK_EQ(client.away_code, 1);
    CHECK_EQ(client.closed, 1); // it crossed the go away and was refused
    CHECK_EQ(yamux_open(&client.yamux, NULL, &stream), ERR_CLOSED);
    CHECK_EQ(yamux_open(&server.yamux, NULL, &stream), ERR_CLOSED);
}

static void pings_are_answered_with_their_value(void)
{
    begin();
    yamux_ping(&client.yamux, 0xdeadbeef);
    exchange(5);
    CHECK_EQ(client.pongs, 1);
    CHECK_EQ(client.pong_value, 0xdeadbeef);
}

static void a_thousand_streams_come_and_go(void)
{
    begin();
    for (int i = 0; i < 1000; i++) {
        struct yamux_stream *stream = open_stream();
        CHECK_EQ(stream->id, 2 * i + 1);
        yamux_write(&client.yamux, stream, text("x"));
        yamux_end(&client.yamux, stream);
        exchange(100);
        yamux_end(&server.yamux, server.last);
        exchange(100);
    }
    CHECK(client.closed == 1000 && server.closed == 1000);
}

static void mutated_sessions_never_break_the_parser(void)
{
    struct buffer known = {0};
    hex_append(&known, "000100010000000100000000"
                       "000000000000000100000004aabbccdd"
                       "000200010000000000000005"
                       "000000010000000300000002eeff"
                       "000100000000000100000100"
                       "000000040000000300000000"
                       "000100080000000100000000"
                       "000300000000000000000000");
    uint64_t seed = 11;
    for (int round = 0; round < 60000; round++) {
        begin();
        server.hold = round % 2;
        struct buffer bytes = mutated(known.bytes, known.size, &seed);
        (void)yamux_feed(&server.yamux, buffer_span(&bytes));
        yamux_finish(&server.yamux, ERR_CLOSED);
        CHECK_EQ(server.opened, server.closed);
        buffer_finish(&bytes);
    }
    buffer_finish(&known);
    begin();
}

TEST_MAIN(TEST(a_stream_carries_bytes_both_ways_and_ends), TEST(frames_have_the_known_bytes),
          TEST(the_peers_window_is_never_exceeded), TEST(a_peer_that_exceeds_our_window_is_cut_off),
          TEST(little_room_cuts_a_write_and_draining_resumes_it), TEST(reset_ends_both_sides),
          TEST(frames_on_unknown_streams_are_skipped), TEST(rule_breakers_are_told_and_refused),
          TEST(odd_but_lawful_mixes_are_understood), TEST(too_many_and_unwanted_streams_are_reset),
          TEST(go_away_ends_opening_in_both_directions), TEST(pings_are_answered_with_their_value),
          TEST(a_thousand_streams_come_and_go), TEST(mutated_sessions_never_break_the_parser))
