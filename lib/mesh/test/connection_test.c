// SPDX-License-Identifier: Apache-2.0
// Whole links: the two recorded conversations byte for byte in both roles, and everything a hostile
// or unlucky peer can do to one.
#include "pair.h"
#include "transcripts.h"

#include "base/math.h"

// The bytes one side sent in a recorded conversation.
static struct buffer recorded(const struct flight *flights, size_t count, char from)
{
    struct buffer bytes = {0};
    for (size_t i = 0; i < count; i++) {
        if (flights[i].from == from) {
            hex_append(&bytes, flights[i].hex);
        }
    }
    return bytes;
}

static void check_sent(const struct end *end, const struct buffer *expected)
{
    CHECK_EQ(end->sent.size, expected->size);
    CHECK_BYTES(end->sent.bytes, expected->bytes, min_u64(end->sent.size, expected->size));
}

static void then_end(void *context, status_t status, uint64_t round_trip_ns)
{
    end_ponged(context, status, round_trip_ns);
    ping_end(&((struct end *)context)->ping);
}

static void start_ping(struct end *end)
{
    CHECK_EQ(ping_send(&end->ping, end->connection), OK);
}

// A's ping stream closed: say goodbye, as the recorded A does.
static void ping_closed(void *context, struct stream *stream, status_t reason)
{
    ping_stream_ops.closed(NULL, stream, reason);
    connection_close(stream_connection(stream));
}

static struct stream_ops goodbye_ping_ops;

static void begin_ping(struct end *a, struct end *b)
{
    end_begin(a, true);
    end_begin(b, false);
    goodbye_ping_ops = ping_stream_ops;
    goodbye_ping_ops.closed = ping_closed;
    a->protocols[0].ops = &goodbye_ping_ops;
    a->ping.done = then_end;
    a->on_connected = start_ping;
    end_connect(a);
    end_connect(b);
}

static void the_recorded_ping_is_reproduced_byte_for_byte(void)
{
    struct buffer from_a = recorded(ping_flights, ARRAY_COUNT(ping_flights), 'A');
    struct buffer from_b = recorded(ping_flights, ARRAY_COUNT(ping_flights), 'B');
    for (size_t step = 1; step < 300; step += 1 + step / 8) {
        struct end a, b;
        begin_ping(&a, &b);
        exchange(&a, &b, step);
        check_sent(&a, &from_a);
        check_sent(&b, &from_b);
        CHECK(a.pings == 1 && a.ping_status == OK);
        CHECK(a.closed == 1 && a.reason == OK && b.closed == 1 && b.reason == OK);
        end_finish(&a);
        end_finish(&b);
    }
    buffer_finish(&from_a);
    buffer_finish(&from_b);
}

// Feeds one end the other's recorded bytes, cut at `cut`, and compares what it sends.
static void replay_against(bool is_dialer, const struct buffer *heard, size_t cut,
                           const struct buffer *expected)
{
    struct end a, b;
    begin_ping(&a, &b);
    struct end *end = is_dialer ? &a : &b;
    struct span parts[] = {{heard->bytes, cut}, {heard->bytes + cut, heard->size - cut}};
    for (int i = 0; i < 2; i++) {
        connection_feed(end->connection, parts[i], end->now_ns);
    }
    struct buffer rest = end_take(end, SIZE_MAX);
    check_sent(end, expected);
    buffer_finish(&rest);
    end_finish(&a);
    end_finish(&b);
}

static void a_conversation_may_be_cut_at_every_byte(void)
{
    struct buffer from_a = recorded(ping_flights, ARRAY_COUNT(ping_flights), 'A');
    struct buffer from_b = recorded(ping_flights, ARRAY_COUNT(ping_flights), 'B');
    for (size_t cut = 0; cut <= from_a.size; cut++) {
        replay_against(false, &from_a, cut, &from_b);
    }
    for (size_t cut = 0; cut <= from_b.size; cut++) {
        replay_against(true, &from_b, cut, &from_a);
    }
    buffer_finish(&from_a);
    buffer_finish(&from_b);
}

static void any_flipped_bit_ends_the_link_or_changes_nothing_proven(void)
{
    struct buffer from_a = recorded(ping_flights, ARRAY_COUNT(ping_flights), 'A');
    for (size_t bit = 0; bit < 8 * from_a.size; bit += 3) {
        struct end a, b;
        begin_ping(&a, &b);
        from_a.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        connection_feed(b.connection, buffer_span(&from_a), b.now_ns);
        connection_hang_up(b.connection);
        from_a.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_EQ(b.closed, 1);
        CHECK(b.reason < 0);
        CHECK(b.connected == 0 || bit / 8 >= 28 + 34 + 186);
        end_finish(&a);
        end_finish(&b);
    }
    buffer_finish(&from_a);
}

// B of the second recording answers identify with js-libp2p's own message.
static struct buffer js_identify;

static void js_identify_opened(void *context, struct stream *stream)
{
    CHECK_EQ(stream_write(stream, buffer_span(&js_identify)), js_identify.size);
    stream_end(stream);
}

static const struct stream_ops js_identify_ops = {.opened = js_identify_opened};

static struct identify_info told_info;
static status_t told_status;
static int told_count;

static void on_told(void *context, status_t status, const struct identify_info *peer)
{
    told_count++;
    told_status = status;
    told_info = *peer;
}

static struct identify asker;

static void start_identify(struct end *end)
{
    CHECK_EQ(identify_ask(&asker, end->connection), OK);
}

static void identify_closed(void *context, struct stream *stream, status_t reason)
{
    identify_stream_ops.closed(context, stream, reason);
    connection_close(stream_connection(stream));
}

// Opens the recorded frames with the recorded keys and takes B's identify message out.
static void load_js_identify(const struct buffer *from_b)
{
    struct noise_cipher cipher = {0};
    struct reader reader = reader_of(from_b->bytes + 28 + 218, from_b->size - 28 - 218);
    hex_bytes("31afe41fee9c650f0b5985013999d47a239b9c95235f7b3a1bd3e2328d76884e", cipher.key);
    while (reader_left(&reader) > 0) {
        uint8_t frame[1024];
        size_t size = 0;
        struct span sealed = reader_take(&reader, reader_be16(&reader));
        memcpy(frame, sealed.bytes, sealed.size);
        CHECK_EQ(noise_open(&cipher, frame, sealed.size, &size), OK);
        if (size == 12 + 0x149) {
            buffer_bytes(&js_identify, frame + 12, 0x149);
        }
    }
}

static void the_recorded_identify_is_reproduced_byte_for_byte(void)
{
    struct buffer from_a = recorded(identify_flights, ARRAY_COUNT(identify_flights), 'A');
    struct buffer from_b = recorded(identify_flights, ARRAY_COUNT(identify_flights), 'B');
    struct stream_ops goodbye_ops = identify_stream_ops;
    struct end a, b;
    goodbye_ops.closed = identify_closed;
    load_js_identify(&from_b);
    end_begin(&a, true);
    end_begin(&b, false);
    asker = (struct identify){.told = on_told};
    end_offer(&a, IDENTIFY_PROTOCOL, &goodbye_ops, &asker);
    end_offer(&b, IDENTIFY_PROTOCOL, &js_identify_ops, NULL);
    a.on_connected = start_identify;
    end_connect(&a);
    end_connect(&b);
    told_count = 0;
    exchange(&a, &b, 77);
    check_sent(&a, &from_a);
    check_sent(&b, &from_b);
    CHECK(told_count == 1 && told_status == OK);
    CHECK(strcmp(told_info.agent_version, "test/1.0") == 0);
    CHECK(strcmp(told_info.protocol_version, "ipfs/0.1.0") == 0);
    CHECK(told_info.has_key && told_info.listen_count == 1 && told_info.observed.size > 8);
    CHECK_BYTES(told_info.public_key, b.identity.public_key, 32);
    end_finish(&a);
    end_finish(&b);
    identify_finish(&asker);
    buffer_finish(&js_identify);
    buffer_finish(&from_a);
    buffer_finish(&from_b);
}

static void the_muxer_is_negotiated_when_either_side_wants_that(void)
{
    for (int plain = 0; plain < 4; plain++) {
        struct end a, b;
        end_begin(&a, true);
        end_begin(&b, false);
        a.options.plain_muxer = plain & 1;
        b.options.plain_muxer = plain & 2;
        a.on_connected = start_ping;
        end_connect(&a);
        end_connect(&b);
        exchange(&a, &b, 9);
        CHECK(a.connected == 1 && b.connected == 1 && a.pings == 1 && a.ping_status == OK);
        end_finish(&a);
        end_finish(&b);
    }
}

static void the_dialer_meets_whom_it_expects_or_nobody(void)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct end a, b;
        struct peer_id expected;
        end_begin(&a, true);
        end_begin(&b, false);
        peer_id_of_key((wrong ? &a : &b)->identity.public_key, &expected);
        a.options.expected = &expected;
        end_connect(&a);
        end_connect(&b);
        exchange(&a, &b, 1000);
        CHECK_EQ(a.connected, !wrong);
        CHECK_EQ(a.closed, wrong);
        CHECK_EQ(b.connected, !wrong);
        if (wrong) {
            CHECK_EQ(a.reason, ERR_UNTRUSTED);
            CHECK_EQ(a.sent.size, 28 + 34); // not a byte after the peer's payload
        } else {
            CHECK(peer_id_equal(&a.peer, &expected));
        }
        end_finish(&a);
        end_finish(&b);
    }
}

static void echo_data(void *context, struct stream *stream, struct span bytes)
{
    struct end *end = context;
    buffer_bytes(&end->received, bytes.bytes, bytes.size);
    size_t wrote = stream_write(stream, buffer_span(&end->received));
    buffer_consume(&end->received, wrote);
    stream_consume(stream, wrote);
}

static void echo_writable(void *context, struct stream *stream)
{
    echo_data(context, stream, (struct span){0});
    struct end *end = context;
    if (end->received.size == 0 && end->stream_ended) {
        stream_end(stream);
    }
}

static void echo_ended(void *context, struct stream *stream)
{
    struct end *end = context;
    end->stream_ended++;
    if (end->received.size == 0) {
        stream_end(stream);
    }
}

static const struct stream_ops echo_ops = {
    .data = echo_data, .writable = echo_writable, .ended = echo_ended, .closed = collect_closed};

// Two ends with an open echo stream from A to B.
static struct stream *begin_echo(struct end *a, struct end *b)
{
    struct stream *stream = NULL;
    end_begin(a, true);
    end_begin(b, false);
    end_offer(a, ECHO_PROTOCOL, &collect_ops, a);
    end_offer(b, ECHO_PROTOCOL, &echo_ops, b);
    end_connect(a);
    end_connect(b);
    exchange(a, b, 4096);
    CHECK_EQ(connection_open(a->connection, ECHO_PROTOCOL, NULL, &stream), OK);
    exchange(a, b, 4096);
    return stream;
}

static void megabytes_come_back_unchanged_within_all_bounds(void)
{
    static uint8_t data[3 << 20];
    struct end a, b;
    uint64_t seed = 1;
    dice_fill(&seed, data, sizeof data);
    struct stream *stream = begin_echo(&a, &b);
    size_t sent = 0, idle = 0;
    while (a.stream_closed == 0 && idle < 100000) {
        struct span rest = {data + sent, sizeof data - sent};
        sent += stream_write(stream, rest);
        if (sent == sizeof data) {
            stream_end(stream);
        }
        CHECK(connection_output(a.connection).size < CONNECTION_PENDING_MAX + 65536);
        CHECK(connection_output(b.connection).size < CONNECTION_PENDING_MAX + 65536);
        buffer_clear(&a.sent);
        buffer_clear(&b.sent);
        struct buffer to_b = end_take(&a, 1 + dice(&seed) % 70000);
        struct buffer to_a = end_take(&b, 1 + dice(&seed) % 70000);
        connection_feed(b.connection, buffer_span(&to_b), 0);
        connection_feed(a.connection, buffer_span(&to_a), 0);
        buffer_finish(&to_a);
        buffer_finish(&to_b);
        idle++;
    }
    CHECK(a.stream_closed == 1 && a.stream_reason == OK && b.stream_reason == OK);
    CHECK_EQ(a.received.size, sizeof data);
    CHECK_BYTES(a.received.bytes, data, sizeof data);
    end_finish(&a);
    end_finish(&b);
}

static void what_the_owner_does_not_allow_gets_na(void)
{
    struct end a, b;
    struct stream *stream;
    begin_echo(&a, &b);
    b.refuse = true;
    CHECK_EQ(connection_open(a.connection, ECHO_PROTOCOL, NULL, &stream), OK);
    exchange(&a, &b, 100);
    CHECK(a.stream_closed == 1 && a.stream_reason == ERR_UNSUPPORTED);
    CHECK_EQ(b.stream_closed, 0); // its owner never heard of it
    b.refuse = false;
    end_offer(&a, "/test/unknown", &collect_ops, &a);
    CHECK_EQ(connection_open(a.connection, "/test/unknown", NULL, &stream), ERR_NOT_FOUND);
    end_finish(&a);
    end_finish(&b);
}

static void protocols_nobody_offers_are_not_even_asked_about(void)
{
    struct end a, b;
    struct stream *stream;
    end_begin(&a, true);
    end_begin(&b, false);
    end_offer(&a, ECHO_PROTOCOL, &collect_ops, &a);
    end_offer(&b, ECHO_PROTOCOL, &collect_ops, &b);
    b.protocols[1].dial_only = true;
    end_connect(&a);
    end_connect(&b);
    CHECK_EQ(connection_open(a.connection, ECHO_PROTOCOL, NULL, &stream), ERR_BAD_STATE);
    exchange(&a, &b, 100);
    CHECK_EQ(connection_open(a.connection, ECHO_PROTOCOL, NULL, &stream), OK);
    exchange(&a, &b, 100);
    CHECK_EQ(a.stream_reason, ERR_UNSUPPORTED);
    CHECK_EQ(b.asked, 0);
    end_finish(&a);
    end_finish(&b);
}

static void an_aborted_stream_is_told_on_both_sides_once(void)
{
    struct end a, b;
    struct stream *stream = begin_echo(&a, &b);
    stream_reset(stream);
    exchange(&a, &b, 100);
    CHECK(a.stream_closed == 1 && a.stream_reason == ERR_CANCELLED);
    CHECK(b.stream_closed == 1 && b.stream_reason == ERR_CLOSED);
    CHECK_EQ(stream_write(stream, (struct span){(const uint8_t *)"x", 1}), 0);
    end_finish(&a);
    end_finish(&b);
}

static void a_lost_link_closes_its_streams_first(void)
{
    struct end a, b;
    begin_echo(&a, &b);
    connection_hang_up(a.connection);
    CHECK(a.closed == 1 && a.reason == ERR_CLOSED);
    CHECK(a.stream_closed == 1 && a.stream_reason == ERR_CLOSED);
    connection_close(b.connection);
    CHECK(b.closed == 1 && b.reason == OK && b.stream_reason == ERR_CANCELLED);
    connection_hang_up(b.connection);
    connection_feed(b.connection, (struct span){(const uint8_t *)"x", 1}, 0);
    CHECK_EQ(b.closed, 1);
    end_finish(&a);
    end_finish(&b);
}

static void a_peer_that_never_finishes_the_handshake_is_dropped(void)
{
    struct end a;
    end_begin(&a, true);
    end_connect(&a);
    CHECK_EQ(connection_deadline_ns(a.connection), a.now_ns + CONNECTION_HANDSHAKE_NS);
    connection_tick(a.connection, a.now_ns + CONNECTION_HANDSHAKE_NS - 1);
    CHECK_EQ(a.closed, 0);
    connection_tick(a.connection, a.now_ns + CONNECTION_HANDSHAKE_NS);
    CHECK(a.closed == 1 && a.reason == ERR_TIMEOUT);
    CHECK_EQ(connection_deadline_ns(a.connection), UINT64_MAX);
    end_finish(&a);
}

static void a_stream_that_is_never_agreed_times_out(void)
{
    struct end a, b;
    struct stream *stream;
    begin_echo(&a, &b);
    CHECK_EQ(connection_open(a.connection, ECHO_PROTOCOL, NULL, &stream), OK);
    connection_tick(a.connection, connection_deadline_ns(a.connection));
    CHECK(a.stream_closed == 1 && a.stream_reason == ERR_TIMEOUT && a.closed == 0);
    end_finish(&a);
    end_finish(&b);
}

static void silence_is_noticed_and_an_answer_prevents_it(void)
{
    struct end a, b;
    end_begin(&a, true);
    end_begin(&b, false);
    a.options.keep_alive_ns = 1000;
    end_connect(&a);
    end_connect(&b);
    exchange(&a, &b, 1000);
    for (int i = 0; i < 50; i++) { // the peer answers
        a.now_ns = connection_deadline_ns(a.connection);
        connection_tick(a.connection, a.now_ns);
        exchange(&a, &b, 1000);
        CHECK_EQ(a.closed, 0);
    }
    uint64_t heard_ns = a.now_ns;
    for (int i = 0; i < 10 && a.closed == 0; i++) { // and now the cable is cut
        a.now_ns = connection_deadline_ns(a.connection);
        connection_tick(a.connection, a.now_ns);
    }
    CHECK(a.closed == 1 && a.reason == ERR_TIMEOUT);
    CHECK(a.now_ns - heard_ns <= 3000);
    end_finish(&a);
    end_finish(&b);
}

// B echoes but its output is never taken: data stops at its bound, control frames at theirs.
static void a_peer_that_asks_and_never_reads_is_dropped(void)
{
    struct end a, b;
    begin_echo(&a, &b);
    for (int i = 0; i < 100000 && b.closed == 0; i++) {
        struct stream *stream;
        if (connection_open(a.connection, ECHO_PROTOCOL, NULL, &stream) == OK) {
            stream_reset(stream);
        }
        struct buffer to_b = end_take(&a, SIZE_MAX);
        buffer_clear(&a.sent);
        connection_feed(b.connection, buffer_span(&to_b), b.now_ns);
        buffer_finish(&to_b);
    }
    CHECK(b.closed == 1 && b.reason == ERR_FULL);
    CHECK(!connection_wants_input(b.connection));
    CHECK(connection_output(b.connection).size < 2 * CONNECTION_PENDING_MAX + 65536);
    end_finish(&a);
    end_finish(&b);
}

static void mutated_flights_never_break_a_link(void)
{
    struct buffer sides[2] = {recorded(ping_flights, ARRAY_COUNT(ping_flights), 'A'),
                              recorded(ping_flights, ARRAY_COUNT(ping_flights), 'B')};
    uint64_t seed = 21;
    for (int round = 0; round < 600; round++) {
        struct end a, b;
        begin_ping(&a, &b);
        struct end *end = round % 2 ? &a : &b;
        struct buffer bytes = mutated(sides[round % 2].bytes, sides[round % 2].size, &seed);
        connection_feed(end->connection, buffer_span(&bytes), end->now_ns);
        connection_hang_up(end->connection);
        CHECK_EQ(end->closed, 1);
        buffer_finish(&bytes);
        end_finish(&a);
        end_finish(&b);
    }
    buffer_finish(&sides[0]);
    buffer_finish(&sides[1]);
}

TEST_MAIN(TEST(the_recorded_ping_is_reproduced_byte_for_byte),
          TEST(a_conversation_may_be_cut_at_every_byte),
          TEST(any_flipped_bit_ends_the_link_or_changes_nothing_proven),
          TEST(the_recorded_identify_is_reproduced_byte_for_byte),
          TEST(the_muxer_is_negotiated_when_either_side_wants_that),
          TEST(the_dialer_meets_whom_it_expects_or_nobody),
          TEST(megabytes_come_back_unchanged_within_all_bounds),
          TEST(what_the_owner_does_not_allow_gets_na),
          TEST(protocols_nobody_offers_are_not_even_asked_about),
          TEST(an_aborted_stream_is_told_on_both_sides_once),
          TEST(a_lost_link_closes_its_streams_first),
          TEST(a_peer_that_never_finishes_the_handshake_is_dropped),
          TEST(a_stream_that_is_never_agreed_times_out),
          TEST(silence_is_noticed_and_an_answer_prevents_it),
          TEST(a_peer_that_asks_and_never_reads_is_dropped),
          TEST(mutated_flights_never_break_a_link))
