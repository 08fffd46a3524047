// SPDX-License-Identifier: Apache-2.0
#include "help.h"
#include "mesh/multistream.h"

static const char dial_noise[] = "\x13/multistream/1.0.0\n\x07/noise\n";

// Feeds everything, answering proposals: only `offered` is accepted. Returns the last event; the
// answer goes to `out`.
static enum multistream_event feed_all(struct multistream *side, struct span bytes,
                                       const char *offered, struct buffer *out)
{
    struct reader in = reader_of(bytes.bytes, bytes.size);
    enum multistream_event event = MULTISTREAM_MORE;
    uint8_t message[MULTISTREAM_OUT_MAX];
    while (reader_left(&in) > 0) {
        event = multistream_feed(side, &in);
        if (event == MULTISTREAM_PROPOSED) {
            bool same = strcmp(side->protocol, offered) == 0;
            same ? multistream_accept(side) : multistream_refuse(side);
            event = same ? MULTISTREAM_AGREED : MULTISTREAM_MORE;
        }
        for (size_t size; (size = multistream_take(side, message)) > 0;) {
            buffer_bytes(out, message, size);
        }
        if (event != MULTISTREAM_MORE) {
            break;
        }
    }
    return event;
}

static void the_dialers_first_flight_has_the_known_bytes(void)
{
    struct multistream dialer;
    uint8_t message[MULTISTREAM_OUT_MAX];
    multistream_dial(&dialer, "/noise");
    CHECK_EQ(multistream_take(&dialer, message), 28);
    CHECK_BYTES(message, dial_noise, 28);
    CHECK_EQ(multistream_take(&dialer, message), 0);
}

static void both_roles_agree_however_the_bytes_are_cut(void)
{
    for (size_t cut = 0; cut <= 28; cut++) {
        struct multistream dialer, listener;
        struct buffer answer = {0}, none = {0};
        multistream_listen(&listener);
        struct span head = {(const uint8_t *)dial_noise, cut};
        struct span tail = {(const uint8_t *)dial_noise + cut, 28 - cut};
        enum multistream_event event = feed_all(&listener, head, "/noise", &answer);
        event = tail.size ? feed_all(&listener, tail, "/noise", &answer) : event;
        CHECK_EQ(event, MULTISTREAM_AGREED);
        CHECK_EQ(answer.size, 28);
        CHECK_BYTES(answer.bytes, dial_noise, 28);
        multistream_dial(&dialer, "/noise");
        dialer.out_size = 0;
        head.bytes = answer.bytes;
        tail.bytes = answer.bytes + cut;
        event = feed_all(&dialer, head, "", &none);
        event = tail.size ? feed_all(&dialer, tail, "", &none) : event;
        CHECK_EQ(event, MULTISTREAM_AGREED);
        buffer_finish(&answer);
        buffer_finish(&none);
    }
}

static void after_na_a_second_proposal_is_agreed(void)
{
    struct multistream dialer, listener;
    struct buffer to_listener = {0}, to_dialer = {0};
    uint8_t message[MULTISTREAM_OUT_MAX];
    multistream_dial(&dialer, "/tls/1.0.0");
    multistream_listen(&listener);
    buffer_bytes(&to_listener, message, multistream_take(&dialer, message));
    CHECK_EQ(feed_all(&listener, buffer_span(&to_listener), "/noise", &to_dialer),
             MULTISTREAM_MORE);
    CHECK_EQ(to_dialer.size, 24);
    CHECK_BYTES(to_dialer.bytes + 20, "\x03na\n", 4);
    buffer_clear(&to_listener);
    CHECK_EQ(feed_all(&dialer, buffer_span(&to_dialer), "", &to_listener), MULTISTREAM_REFUSED);
    multistream_propose(&dialer, "/noise");
    buffer_bytes(&to_listener, message, multistream_take(&dialer, message));
    buffer_clear(&to_dialer);
    CHECK_EQ(feed_all(&listener, buffer_span(&to_listener), "/noise", &to_dialer),
             MULTISTREAM_AGREED);
    CHECK_EQ(feed_all(&dialer, buffer_span(&to_dialer), "", &to_listener), MULTISTREAM_AGREED);
    buffer_finish(&to_listener);
    buffer_finish(&to_dialer);
}

static void bytes_after_the_agreement_are_left_alone(void)
{
    struct multistream listener;
    struct reader in = reader_of("\x13/multistream/1.0.0\n\x07/noise\nxyz", 31);
    multistream_listen(&listener);
    CHECK_EQ(multistream_feed(&listener, &in), MULTISTREAM_PROPOSED);
    multistream_accept(&listener);
    CHECK_EQ(reader_left(&in), 3);
    CHECK_EQ(multistream_feed(&listener, &in), MULTISTREAM_MORE);
    CHECK_EQ(reader_left(&in), 3);
}

static enum multistream_event listener_says(const void *bytes, size_t size)
{
    struct multistream listener;
    struct buffer out = {0};
    multistream_listen(&listener);
    enum multistream_event event = feed_all(&listener, (struct span){bytes, size}, "/noise", &out);
    buffer_finish(&out);
    return event;
}

static void broken_messages_are_refused(void)
{
    static const char *const bad[] = {"\x13/multistream/2.0.0\n",
                                      "\x07/noise\n",
                                      "\x13/multistream/1.0.0 ",
                                      "\x01\n",
                                      "\x93\x80\x01",
                                      "\x93\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ(listener_says(bad[i], strlen(bad[i])), MULTISTREAM_FAILED);
    }
    CHECK_EQ(listener_says("\0", 1), MULTISTREAM_FAILED);
    CHECK_EQ(listener_says("\x93\0", 2), MULTISTREAM_FAILED); // 19 in two bytes: not minimal
}

static void a_long_name_gets_na_and_a_longer_message_is_refused(void)
{
    uint8_t bytes[20 + 2 + 1025];
    memcpy(bytes, dial_noise, 20);
    memset(bytes + 22, 'x', sizeof bytes - 22);
    bytes[20] = 0x80; // 1024
    bytes[21] = 0x08;
    bytes[22 + 1023] = '\n';
    CHECK_EQ(listener_says(bytes, 22 + 1024), MULTISTREAM_MORE);
    bytes[20] = 0x81; // 1025
    CHECK_EQ(listener_says(bytes, 22), MULTISTREAM_FAILED);
}

static void endless_proposals_are_cut_off(void)
{
    struct buffer bytes = {0};
    buffer_bytes(&bytes, dial_noise, 20);
    for (int i = 0; i < MULTISTREAM_PROPOSALS_MAX; i++) {
        buffer_bytes(&bytes, "\x03ls\n", 4);
    }
    CHECK_EQ(listener_says(bytes.bytes, bytes.size), MULTISTREAM_MORE);
    buffer_bytes(&bytes, "\x03ls\n", 4);
    CHECK_EQ(listener_says(bytes.bytes, bytes.size), MULTISTREAM_FAILED);
    buffer_finish(&bytes);
}

static void an_echo_of_something_else_is_refused(void)
{
    struct multistream dialer;
    struct buffer out = {0};
    multistream_dial(&dialer, "/noise");
    dialer.out_size = 0;
    struct span answer = {(const uint8_t *)"\x13/multistream/1.0.0\n\x07/noisy\n", 28};
    CHECK_EQ(feed_all(&dialer, answer, "", &out), MULTISTREAM_FAILED);
    buffer_finish(&out);
}

static void mutated_bytes_never_break_either_role(void)
{
    uint64_t seed = 3;
    for (int round = 0; round < 40000; round++) {
        struct buffer bytes = mutated(dial_noise, 28, &seed), out = {0};
        struct multistream side;
        if (round % 2) {
            multistream_listen(&side);
        } else {
            multistream_dial(&side, "/noise");
            side.out_size = 0;
        }
        (void)feed_all(&side, buffer_span(&bytes), "/noise", &out);
        buffer_finish(&bytes);
        buffer_finish(&out);
    }
}

TEST_MAIN(TEST(the_dialers_first_flight_has_the_known_bytes),
          TEST(both_roles_agree_however_the_bytes_are_cut),
          TEST(after_na_a_second_proposal_is_agreed),
          TEST(bytes_after_the_agreement_are_left_alone), TEST(broken_messages_are_refused),
          TEST(a_long_name_gets_na_and_a_longer_message_is_refused),
          TEST(endless_proposals_are_cut_off), TEST(an_echo_of_something_else_is_refused),
          TEST(mutated_bytes_never_break_either_role))
