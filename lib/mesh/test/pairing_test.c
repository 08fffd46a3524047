// SPDX-License-Identifier: Apache-2.0
// Pairing between honest devices, with somebody in the middle, and with a peer that breaks the
// rules. Built a second time with PLANTED_COMMITMENT_UNCHECKED, where the search for a matching
// code succeeds and the tests must fail.
#include "help.h"
#include "mesh/pairing.h"

enum { SEARCH_TRIES = 6000000 };

static uint64_t seed;
static const struct mesh_random randomness = {dice_fill, &seed};

static struct pairing_party party(uint8_t number, const char *name)
{
    struct pairing_party result = {.form = "phone"};
    uint8_t key[32] = {number};
    peer_id_of_key(key, &result.id);
    strncpy(result.name, name, sizeof result.name - 1);
    return result;
}

static void start(struct pairing *side, bool is_initiator, const struct pairing_party *own,
                  const struct pairing_party *peer)
{
    pairing_start(side, is_initiator, own, &peer->id, &randomness);
    pairing_begin(side, 0);
}

// Moves everything one side has to say to the other, `step` bytes at a time.
static void pass(struct pairing *from, struct pairing *to, size_t step)
{
    uint8_t bytes[PAIRING_OUT_MAX];
    size_t size = from->out_size;
    memcpy(bytes, from->out, size);
    from->out_size = 0;
    for (size_t at = 0; at < size; at += step) {
        struct span part = {bytes + at, size - at < step ? size - at : step};
        pairing_feed(to, part, 0);
    }
}

static struct pairing phone, desktop;
static struct pairing_party phone_party, desktop_party;

// Two honest devices up to the code.
static void exchange(size_t step)
{
    phone_party = party(1, "phone");
    desktop_party = party(2, "desktop");
    start(&phone, true, &phone_party, &desktop_party);
    start(&desktop, false, &desktop_party, &phone_party);
    for (int i = 0; i < 4; i++) {
        pass(&phone, &desktop, step);
        pass(&desktop, &phone, step);
    }
}

static void both_screens_show_one_code_and_both_must_confirm(void)
{
    for (size_t step = 1; step < 80; step++) {
        exchange(step);
        CHECK(phone.phase == PAIRING_COMPARE && desktop.phase == PAIRING_COMPARE);
        CHECK(strcmp(phone.code, desktop.code) == 0);
        CHECK(strlen(phone.code) == 6 && strspn(phone.code, "0123456789") == 6);
        CHECK(strcmp(phone.peer.name, "desktop") == 0);
        struct pairing *first = step % 2 ? &phone : &desktop;
        struct pairing *second = step % 2 ? &desktop : &phone;
        CHECK_EQ(pairing_decide(first, true), OK);
        pass(first, second, step);
        CHECK(first->phase == PAIRING_WAITING && second->phase == PAIRING_COMPARE);
        CHECK_EQ(pairing_decide(second, true), OK);
        CHECK_EQ(second->phase, PAIRING_DONE);
        CHECK_EQ(first->phase, PAIRING_WAITING);
        pass(second, first, step);
        CHECK_EQ(first->phase, PAIRING_DONE);
        CHECK_EQ(pairing_decide(first, true), ERR_BAD_STATE);
    }
}

static void a_no_on_either_side_ends_it_for_both(void)
{
    for (int who = 0; who < 4; who++) {
        exchange(100);
        struct pairing *refuser = who % 2 ? &phone : &desktop;
        struct pairing *other = who % 2 ? &desktop : &phone;
        if (who >= 2) {
            CHECK_EQ(pairing_decide(other, true), OK);
            pass(other, refuser, 100);
        }
        CHECK_EQ(pairing_decide(refuser, false), OK);
        pass(refuser, other, 100);
        CHECK(refuser->phase == PAIRING_FAILED && other->phase == PAIRING_FAILED);
        CHECK(refuser->reason == ERR_CANCELLED && other->reason == ERR_CANCELLED);
        CHECK_EQ(other->code[0], 0);
        CHECK_EQ(pairing_decide(other, true), ERR_BAD_STATE);
    }
}

static void nobody_can_confirm_before_there_is_a_code(void)
{
    phone_party = party(1, "phone");
    desktop_party = party(2, "desktop");
    start(&phone, true, &phone_party, &desktop_party);
    CHECK_EQ(pairing_decide(&phone, true), ERR_BAD_STATE);
    CHECK_EQ(phone.phase, PAIRING_EXCHANGING);
    CHECK_EQ(pairing_decide(&phone, false), OK); // but anybody may give up
    CHECK_EQ(phone.phase, PAIRING_FAILED);
}

static void time_runs_out_for_machines_and_for_people(void)
{
    phone_party = party(1, "phone");
    desktop_party = party(2, "desktop");
    start(&phone, true, &phone_party, &desktop_party);
    pairing_tick(&phone, PAIRING_EXCHANGE_NS - 1);
    CHECK_EQ(phone.phase, PAIRING_EXCHANGING);
    pairing_tick(&phone, PAIRING_EXCHANGE_NS);
    CHECK(phone.phase == PAIRING_FAILED && phone.reason == ERR_TIMEOUT);
    exchange(100);
    CHECK_EQ(pairing_decide(&phone, true), OK);
    pairing_tick(&phone, PAIRING_EXCHANGE_NS);
    CHECK_EQ(phone.phase, PAIRING_WAITING);
    pairing_tick(&phone, PAIRING_DECISION_NS);
    CHECK(phone.phase == PAIRING_FAILED && phone.reason == ERR_TIMEOUT);
    pass(&phone, &desktop, 100);
    CHECK_EQ(pairing_decide(&desktop, true), OK); // its yes comes too late for the phone
    pass(&desktop, &phone, 100);
    CHECK_EQ(phone.phase, PAIRING_FAILED);
}

static void a_lost_stream_ends_an_unfinished_attempt_only(void)
{
    exchange(100);
    pairing_stream_ended(&phone);
    CHECK(phone.phase == PAIRING_FAILED && phone.reason == ERR_CLOSED);
    exchange(100);
    CHECK_EQ(pairing_decide(&phone, true), OK);
    pass(&phone, &desktop, 100);
    CHECK_EQ(pairing_decide(&desktop, true), OK);
    pairing_stream_ended(&desktop);
    CHECK_EQ(desktop.phase, PAIRING_DONE);
}

static void the_code_depends_on_everything_shown_and_proven(void)
{
    seed = 77;
    exchange(100);
    char code[PAIRING_CODE_MAX];
    memcpy(code, phone.code, sizeof code);
    seed = 77;
    exchange(100);
    CHECK(strcmp(phone.code, code) == 0); // the same numbers, the same code
    struct pairing_party other = party(1, "Phone");
    seed = 77;
    start(&phone, true, &other, &desktop_party);
    start(&desktop, false, &desktop_party, &other);
    for (int i = 0; i < 4; i++) {
        pass(&phone, &desktop, 100);
        pass(&desktop, &phone, 100);
    }
    CHECK_EQ(phone.phase, PAIRING_COMPARE);
    CHECK(strcmp(phone.code, code) != 0);
}

// Somebody in the middle with a key of its own, speaking to each device under the other's name.
struct middle {
    struct pairing_party id;
    struct pairing to_phone,
        to_desktop; // responder towards the phone, initiator towards the desktop
};

static void begin_middle(struct middle *middle)
{
    phone_party = party(1, "phone");
    desktop_party = party(2, "desktop");
    struct pairing_party as_desktop = party(3, "desktop"), as_phone = party(3, "phone");
    middle->id = as_desktop;
    start(&phone, true, &phone_party, &middle->id);
    start(&desktop, false, &desktop_party, &middle->id);
    start(&middle->to_phone, false, &as_desktop, &phone_party);
    start(&middle->to_desktop, true, &as_phone, &desktop_party);
}

// Runs the attacker's side towards the desktop honestly to the end, so that its code is known, and
// the one towards the phone up to the point where only the attacker's number is missing.
static void run_middle(struct middle *middle)
{
    for (int i = 0; i < 4; i++) {
        pass(&middle->to_desktop, &desktop, 100);
        pass(&desktop, &middle->to_desktop, 100);
    }
    pass(&phone, &middle->to_phone, 100); // commitment
    pass(&middle->to_phone, &phone, 100); // commitment
    pass(&phone, &middle->to_phone, 100); // the phone's number; the attacker holds its own back
}

static void a_number_other_than_the_committed_one_is_refused(void)
{
    struct middle middle;
    begin_middle(&middle);
    run_middle(&middle);
    CHECK_EQ(middle.to_phone.out[1], 2); // REVEAL
    middle.to_phone.out[2 + 31] ^= 1;
    pass(&middle.to_phone, &phone, 100);
    CHECK(phone.phase == PAIRING_FAILED && phone.reason == ERR_UNTRUSTED);
}

// The attacker knows the desktop's code and the phone's number, and looks for a number of its own
// that gives the phone the same code. It finds one; the commitment is what makes it useless.
static void somebody_in_the_middle_cannot_search_for_a_matching_code(void)
{
    struct middle middle;
    seed = 5;
    begin_middle(&middle);
    run_middle(&middle);
    CHECK_EQ(desktop.phase, PAIRING_COMPARE);
    uint8_t reveal[2 + PAIRING_NONCE_BYTES];
    memcpy(reveal, middle.to_phone.out, sizeof reveal);
    struct pairing search = {0};
    for (uint32_t i = 0; i < SEARCH_TRIES && strcmp(search.code, desktop.code) != 0; i++) {
        memcpy(reveal + 2, &i, sizeof i);
        search = middle.to_phone;
        memcpy(search.nonce, reveal + 2, PAIRING_NONCE_BYTES);
        search.phase = PAIRING_EXCHANGING;
        uint8_t again[2 + PAIRING_NONCE_BYTES] = {1 + PAIRING_NONCE_BYTES, 2};
        memcpy(again + 2, phone.nonce, PAIRING_NONCE_BYTES);
        search.out_size = 0;
        pairing_feed(&search, (struct span){again, sizeof again}, 0);
    }
    CHECK(strcmp(search.code, desktop.code) == 0); // the search itself is easy
    pairing_feed(&phone, (struct span){reveal, sizeof reveal}, 0);
    bool is_fooled = phone.phase == PAIRING_COMPARE && strcmp(phone.code, desktop.code) == 0;
    CHECK(!is_fooled);
    CHECK(phone.phase == PAIRING_FAILED && phone.reason == ERR_UNTRUSTED);
}

static void an_honest_looking_middle_shows_two_different_codes(void)
{
    int same = 0;
    for (int round = 0; round < 3000; round++) {
        struct middle middle;
        begin_middle(&middle);
        run_middle(&middle);
        pass(&middle.to_phone, &phone, 100);
        CHECK(phone.phase == PAIRING_COMPARE && desktop.phase == PAIRING_COMPARE);
        same += strcmp(phone.code, desktop.code) == 0;
    }
    CHECK(same <= 1); // 3000 tries at one in a million
}

// Everything a device said in one attempt is useless in another.
static void a_replayed_conversation_fails(void)
{
    struct buffer said = {0};
    phone_party = party(1, "phone");
    desktop_party = party(2, "desktop");
    start(&phone, true, &phone_party, &desktop_party);
    start(&desktop, false, &desktop_party, &phone_party);
    for (int i = 0; i < 4; i++) {
        buffer_bytes(&said, phone.out, phone.out_size);
        pass(&phone, &desktop, 100);
        pass(&desktop, &phone, 100);
    }
    CHECK_EQ(pairing_decide(&phone, true), OK);
    buffer_bytes(&said, phone.out, phone.out_size);
    start(&desktop, false, &desktop_party, &phone_party); // a new attempt, a new number
    pairing_feed(&desktop, buffer_span(&said), 0);
    CHECK(desktop.phase == PAIRING_FAILED && desktop.reason == ERR_UNTRUSTED);
    // From another device the commitment already fails: the ids are part of it.
    struct pairing_party thief = party(4, "phone");
    start(&desktop, false, &desktop_party, &thief);
    pairing_feed(&desktop, buffer_span(&said), 0);
    CHECK(desktop.phase == PAIRING_FAILED && desktop.reason == ERR_UNTRUSTED);
    // Sent back to its author it fails too: the role is part of it.
    start(&phone, true, &phone_party, &desktop_party);
    pairing_feed(&phone, buffer_span(&said), 0);
    CHECK_EQ(phone.phase, PAIRING_FAILED);
    buffer_finish(&said);
}

static void messages_out_of_order_or_malformed_are_refused(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {{"\x00", 1},      {"\x81", 1},     {"\x01\x05", 2},
               {"\x01\x02", 2},  {"\x01\x01", 2}, {"\x04\x01\x00\x00\x00", 5},
               {"\x02\x04x", 3}, {"\x01\x03", 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start(&desktop, false, &desktop_party, &phone_party);
        pairing_feed(&desktop, (struct span){(const uint8_t *)bad[i].bytes, bad[i].size}, 0);
        CHECK(desktop.phase == PAIRING_FAILED && desktop.reason == ERR_BAD_MESSAGE);
    }
    exchange(100); // a second commitment after the code
    start(&phone, true, &phone_party, &desktop_party);
    pass(&phone, &desktop, 100);
    CHECK(desktop.phase == PAIRING_FAILED && desktop.reason == ERR_BAD_MESSAGE);
}

static void names_with_control_bytes_are_refused(void)
{
    phone_party = party(1, "pho\nne");
    start(&phone, true, &phone_party, &desktop_party);
    start(&desktop, false, &desktop_party, &phone_party);
    pass(&phone, &desktop, 100);
    CHECK(desktop.phase == PAIRING_FAILED && desktop.reason == ERR_BAD_MESSAGE);
}

static void attempts_from_outside_need_an_open_door_and_patience(void)
{
    struct pairing_guard guard = {0};
    CHECK_EQ(pairing_guard_start(&guard, false, 0), ERR_DENIED);
    guard.is_open = true;
    CHECK_EQ(pairing_guard_start(&guard, false, 0), OK);
    CHECK_EQ(pairing_guard_start(&guard, false, 0), ERR_BAD_STATE);
    CHECK_EQ(pairing_guard_start(&guard, true, 0), ERR_BAD_STATE);
    pairing_guard_end(&guard, false, 0);
    CHECK_EQ(pairing_guard_start(&guard, false, PAIRING_BLOCK_NS - 1), ERR_AGAIN);
    CHECK_EQ(pairing_guard_start(&guard, true, 1), OK);
    pairing_guard_end(&guard, false, 0);
    CHECK_EQ(pairing_guard_start(&guard, false, 2 * PAIRING_BLOCK_NS - 1), ERR_AGAIN);
    for (int i = 0; i < 50; i++) {
        pairing_guard_end(&guard, false, 0);
    }
    CHECK_EQ(guard.blocked_until_ns, PAIRING_BLOCK_MAX_NS);
    pairing_guard_end(&guard, true, 0);
    CHECK_EQ(pairing_guard_start(&guard, false, 0), OK);
}

static void mutated_conversations_never_confirm(void)
{
    struct buffer said = {0};
    phone_party = party(1, "phone");
    exchange(100);
    start(&phone, true, &phone_party, &desktop_party);
    buffer_bytes(&said, phone.out, phone.out_size);
    phone.out_size = 0;
    uint8_t reveal[2] = {1 + PAIRING_NONCE_BYTES, 2}, confirm[34] = {33, 3};
    buffer_bytes(&said, reveal, 2);
    buffer_bytes(&said, phone.nonce, PAIRING_NONCE_BYTES);
    buffer_bytes(&said, confirm, sizeof confirm);
    for (int round = 0; round < 20000; round++) {
        struct buffer copy = mutated(said.bytes, said.size, &seed);
        start(&desktop, false, &desktop_party, &phone_party);
        pairing_feed(&desktop, buffer_span(&copy), 0);
        CHECK(!desktop.peer_confirmed && desktop.phase != PAIRING_DONE);
        buffer_finish(&copy);
    }
    buffer_finish(&said);
}

TEST_MAIN(TEST(both_screens_show_one_code_and_both_must_confirm),
          TEST(a_no_on_either_side_ends_it_for_both),
          TEST(nobody_can_confirm_before_there_is_a_code),
          TEST(time_runs_out_for_machines_and_for_people),
          TEST(a_lost_stream_ends_an_unfinished_attempt_only),
          TEST(the_code_depends_on_everything_shown_and_proven),
          TEST(a_number_other_than_the_committed_one_is_refused),
          TEST(somebody_in_the_middle_cannot_search_for_a_matching_code),
          TEST(an_honest_looking_middle_shows_two_different_codes),
          TEST(a_replayed_conversation_fails), TEST(messages_out_of_order_or_malformed_are_refused),
          TEST(names_with_control_bytes_are_refused),
          TEST(attempts_from_outside_need_an_open_door_and_patience),
          TEST(mutated_conversations_never_confirm))
