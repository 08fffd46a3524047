// SPDX-License-Identifier: Apache-2.0
// Devices that find, pair, lose and remove each other, on a network in memory and in virtual time.
#include "base/test.h"
#include "world.h"

static bool knows(int who, int whom)
{
    return circle_is_member(&world_node(who)->circle, world_id(whom));
}

static const struct world_pipe *pipe_to(int who, int whom)
{
    const struct node_link *link = node_link_of(world_node(who), world_id(whom));
    return link ? &world()->nodes[who].pipes[link->number] : NULL;
}

static bool documents_met(int a, int b)
{
    const struct world_pipe *ours = pipe_to(a, b), *theirs = pipe_to(b, a);
    const char *a_name = world()->nodes[a].name, *b_name = world()->nodes[b].name;
    return ours && theirs && ours->sync_received.size == 5 && theirs->sync_received.size == 5 &&
           memcmp(ours->sync_received.bytes, b_name, 5) == 0 &&
           memcmp(theirs->sync_received.bytes, a_name, 5) == 0;
}

static uint32_t links_of(int who)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        count += world_node(who)->links[i].connection != NULL;
    }
    return count;
}

static void two_devices_pair_and_their_documents_meet(void)
{
    world_begin(2);
    world_pair(0, 1);
    CHECK(knows(0, 1) && knows(1, 0));
    CHECK(world_until(documents_met, 0, 1, WORLD_SECOND) != UINT64_MAX);
    CHECK(links_of(0) == 1 && links_of(1) == 1);
    struct circle_member members[2];
    CHECK_EQ(circle_members(&world_node(0)->circle, members, 2), 2);
    CHECK(strcmp(members[1].name, "dev1") == 0);
    world_end();
}

static void devices_that_are_not_paired_do_not_link(void)
{
    world_begin(2);
    world_run(20 * WORLD_SECOND);
    CHECK(world_near(0, 1) && world_near(1, 0));
    CHECK(world_not_linked(0, 1));
    CHECK_EQ(world()->nodes[0].dials + world()->nodes[1].dials, 0);
    world_end();
}

static void pairing_needs_the_other_person_to_look(void)
{
    world_begin(2);
    node_watch(world_node(0), true, world()->now_ns);
    CHECK(world_until(world_near, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    CHECK_EQ(node_pair(world_node(0), world_id(1), world()->now_ns), OK);
    CHECK_EQ(node_pair(world_node(0), world_id(1), world()->now_ns), ERR_BAD_STATE);
    world_run(WORLD_SECOND);
    CHECK(!world_node(0)->pairing.is_running);
    CHECK_EQ(world_node(0)->pairing.reason, ERR_UNSUPPORTED);
    CHECK(!knows(0, 1) && !knows(1, 0));
    CHECK_EQ(node_pair(world_node(0), world_id(0), world()->now_ns), ERR_NOT_FOUND);
    world_end();
}

static bool compares(int a, int b)
{
    return world_node(a)->pairing.is_running &&
           world_node(a)->pairing.state.phase == PAIRING_COMPARE &&
           world_node(b)->pairing.is_running &&
           world_node(b)->pairing.state.phase == PAIRING_COMPARE;
}

static void begin_compare(void)
{
    world_begin(2);
    node_watch(world_node(0), true, world()->now_ns);
    node_watch(world_node(1), true, world()->now_ns);
    CHECK(world_until(world_near, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    CHECK_EQ(node_pair(world_node(0), world_id(1), world()->now_ns), OK);
    CHECK(world_until(compares, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
}

static void a_no_leaves_both_strangers_and_slows_the_next_try(void)
{
    begin_compare();
    CHECK_EQ(node_confirm(world_node(1), false, world()->now_ns), OK);
    world_run(WORLD_SECOND / 10);
    CHECK_EQ(world_node(0)->pairing.reason, ERR_CANCELLED);
    CHECK_EQ(world_node(1)->pairing.reason, ERR_CANCELLED);
    CHECK(!knows(0, 1) && !knows(1, 0));
    CHECK_EQ(node_pair(world_node(0), world_id(1), world()->now_ns), OK);
    world_run(WORLD_SECOND);
    CHECK_EQ(world_node(0)->pairing.reason, ERR_UNSUPPORTED); // the other side pauses
    CHECK_EQ(node_confirm(world_node(0), true, world()->now_ns), ERR_BAD_STATE);
    world_end();
}

static void a_cable_pulled_while_comparing_leaves_both_strangers(void)
{
    begin_compare();
    CHECK_EQ(node_confirm(world_node(0), true, world()->now_ns), OK);
    world()->nodes[1].is_cut = true;
    world_run(4 * WORLD_SECOND);
    CHECK(!world_node(0)->pairing.is_running && !world_node(1)->pairing.is_running);
    CHECK(world_node(0)->pairing.reason < 0 && world_node(1)->pairing.reason < 0);
    CHECK(!knows(0, 1) && !knows(1, 0));
    world_end();
}

static void both_pressing_pair_at_once_is_one_attempt(void)
{
    world_begin(2);
    node_watch(world_node(0), true, world()->now_ns);
    node_watch(world_node(1), true, world()->now_ns);
    CHECK(world_until(world_near, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    CHECK(world_until(world_near, 1, 0, 3 * WORLD_SECOND) != UINT64_MAX);
    CHECK_EQ(node_pair(world_node(0), world_id(1), world()->now_ns), OK);
    CHECK_EQ(node_pair(world_node(1), world_id(0), world()->now_ns), OK);
    CHECK(world_until(compares, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    CHECK(strcmp(world_node(0)->pairing.state.code, world_node(1)->pairing.state.code) == 0);
    CHECK_EQ(node_confirm(world_node(0), true, world()->now_ns), OK);
    CHECK_EQ(node_confirm(world_node(1), true, world()->now_ns), OK);
    CHECK(world_until(world_linked, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    world_end();
}

static void a_third_device_is_known_to_all_without_pairing_with_all(void)
{
    world_begin(3);
    world_pair(0, 1);
    world_pair(1, 2);
    CHECK(world_until(world_linked, 0, 2, 5 * WORLD_SECOND) != UINT64_MAX);
    CHECK(knows(0, 2) && knows(2, 0));
    CHECK(world_until(documents_met, 0, 2, WORLD_SECOND) != UINT64_MAX);
    world_run(5 * WORLD_SECOND);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(links_of(i), 2); // one link per pair of devices
    }
    world_end();
}

static void a_cut_is_noticed_within_three_seconds_and_healed_within_two(void)
{
    static const uint64_t cuts_ns[] = {4, 9, 30, 200};
    world_begin(2);
    world_pair(0, 1);
    for (size_t i = 0; i < 4; i++) {
        world()->nodes[i % 2].is_cut = true;
        uint64_t noticed_ns = world_until(world_not_linked, 0, 1, 10 * WORLD_SECOND);
        CHECK(noticed_ns <= 3 * WORLD_SECOND);
        world_run(cuts_ns[i] * WORLD_SECOND + i * 370000000);
        world()->nodes[i % 2].is_cut = false;
        uint64_t healed_ns = world_until(world_linked, 0, 1, 10 * WORLD_SECOND);
        CHECK(healed_ns <= 2 * WORLD_SECOND);
        CHECK(world_until(documents_met, 0, 1, WORLD_SECOND) != UINT64_MAX);
        printf("     cut %d: noticed after %d ms, healed after %d ms\n", (int)i,
               (int)(noticed_ns / 1000000), (int)(healed_ns / 1000000));
    }
    world_end();
}

static void an_unreachable_member_is_never_dialed_blindly(void)
{
    world_begin(2);
    world_pair(0, 1);
    world()->nodes[1].is_cut = true;
    world_run(4 * WORLD_SECOND);
    uint64_t before = world()->nodes[0].dials;
    world_run(60 * WORLD_SECOND);
    CHECK(world()->nodes[0].dials - before <= 1);
    world_end();
}

static void a_restarted_device_keeps_its_circle_and_links_again(void)
{
    world_begin(2);
    world_pair(0, 1);
    for (int round = 0; round < 4; round++) {
        world_crash(round % 2);
        world_run((uint64_t)round * WORLD_SECOND);
        world_start(round % 2);
        CHECK(knows(0, 1) && knows(1, 0));
        CHECK(world_until(world_linked, 0, 1, 6 * WORLD_SECOND) != UINT64_MAX);
    }
    world_run(5 * WORLD_SECOND);
    CHECK(links_of(0) == 1 && links_of(1) == 1);
    world_end();
}

static void a_removed_device_loses_its_links_everywhere(void)
{
    world_begin(3);
    world_pair(0, 1);
    world_pair(1, 2);
    CHECK(world_until(world_linked, 0, 2, 5 * WORLD_SECOND) != UINT64_MAX);
    CHECK_EQ(node_remove(world_node(0), world_id(2), world()->now_ns), OK);
    CHECK_EQ(node_remove(world_node(0), world_id(0), world()->now_ns), ERR_INVALID);
    CHECK_EQ(node_remove(world_node(0), world_id(2), world()->now_ns), ERR_NOT_FOUND);
    world_run(WORLD_SECOND);
    CHECK(!knows(0, 2) && !knows(1, 2));
    CHECK(world_not_linked(0, 2));
    CHECK(!node_link_of(world_node(1), world_id(2)) ||
          !node_link_of(world_node(1), world_id(2))->sync);
    CHECK(world_linked(0, 1));
    world_run(60 * WORLD_SECOND);
    CHECK(links_of(0) == 1 && links_of(1) == 1 && links_of(2) == 0);
    world_pair(0, 2); // and may come back
    CHECK(world_until(world_linked, 1, 2, 5 * WORLD_SECOND) != UINT64_MAX);
    world_end();
}

static void a_name_is_seen_by_all(void)
{
    char name[CIRCLE_NAME_MAX];
    world_begin(2);
    world_pair(0, 1);
    CHECK_EQ(node_rename(world_node(0), world_id(1), "Kitchen", world()->now_ns), OK);
    world_run(WORLD_SECOND / 10);
    node_own_name(world_node(1), name);
    CHECK(strcmp(name, "Kitchen") == 0);
    CHECK_EQ(node_rename(world_node(0), world_id(1), "", world()->now_ns), ERR_INVALID);
    world_end();
}

static void slow_documents_hold_the_peer_back_and_lose_nothing(void)
{
    static uint8_t bulk[1000000];
    world_begin(2);
    world_pair(0, 1);
    CHECK(world_until(documents_met, 0, 1, WORLD_SECOND) != UINT64_MAX);
    for (size_t i = 0; i < sizeof bulk; i++) {
        bulk[i] = (uint8_t)(i * 7 + i / 256);
    }
    const struct node_link *from = node_link_of(world_node(0), world_id(1));
    const struct node_link *to = node_link_of(world_node(1), world_id(0));
    struct world_pipe *sender = &world()->nodes[0].pipes[from->number];
    struct world_pipe *taker = &world()->nodes[1].pipes[to->number];
    world()->nodes[1].sync_capacity = 0;
    buffer_bytes(&sender->sync_sent, bulk, sizeof bulk);
    node_sync_ready(world_node(0), from->number, world()->now_ns);
    world_run(4 * WORLD_SECOND);
    CHECK(to->sync_in.size <= YAMUX_WINDOW_BYTES);
    CHECK(sender->sync_taken < 500000);
    CHECK(world_linked(0, 1)); // and the link lives on beside it
    world()->nodes[1].sync_capacity = 3000;
    for (int i = 0; i < 2000 && taker->sync_received.size < sizeof bulk + 5; i++) {
        node_sync_ready(world_node(1), to->number, world()->now_ns);
        world_run(WORLD_STEP_NS);
    }
    CHECK_EQ(taker->sync_received.size, sizeof bulk + 5);
    CHECK_BYTES(taker->sync_received.bytes + 5, bulk, sizeof bulk);
    world_end();
}

static void documents_that_are_away_are_tried_again(void)
{
    world_begin(2);
    world()->nodes[1].sync_refusal = ERR_PEER_DIED;
    node_watch(world_node(0), true, world()->now_ns);
    world_run(3 * WORLD_SECOND);
    struct circle_statement statement = {.name = "x", .form = "phone"};
    for (int i = 0; i < 2; i++) { // paired earlier
        statement.subject = world_id(1 - i);
        statement.signer = &world()->nodes[i].signer;
        CHECK_EQ(circle_add(&world_node(i)->circle, &statement), OK);
    }
    world_run(5 * WORLD_SECOND);
    CHECK(node_link_of(world_node(0), world_id(1)) && !world_linked(0, 1));
    world()->nodes[1].sync_refusal = OK;
    CHECK(world_until(world_linked, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    node_sync_restarted(world_node(1), world()->now_ns);
    CHECK(!world_linked(0, 1));
    CHECK(world_until(world_linked, 0, 1, 3 * WORLD_SECOND) != UINT64_MAX);
    world_end();
}

static void strangers_cannot_take_all_links(void)
{
    world_begin(2);
    struct node *node = world_node(0);
    for (int i = 0; i < NODE_STRANGERS_MAX; i++) {
        CHECK_EQ(node_accept(node, world()->now_ns), i);
    }
    CHECK_EQ(node_accept(node, world()->now_ns), ERR_FULL);
    world_run(11 * WORLD_SECOND); // none of them says anything
    CHECK_EQ(links_of(0), 0);
    world_end();
}

static void garbage_from_the_network_changes_nothing(void)
{
    world_begin(2);
    world_pair(0, 1);
    uint64_t dice = 5;
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[80];
        for (size_t j = 0; j < sizeof bytes; j++) {
            dice = dice * UINT64_C(6364136223846793005) + 1;
            bytes[j] = (uint8_t)(dice >> 56);
        }
        node_heard(world_node(0), (struct span){bytes, (size_t)(i % 81)}, world()->now_ns);
        if (i % 50 == 0) {
            status_t link = node_accept(world_node(0), world()->now_ns);
            if (link >= 0) {
                node_received(world_node(0), (uint32_t)link, (struct span){bytes, sizeof bytes},
                              world()->now_ns);
            }
        }
    }
    CHECK(world_linked(0, 1));
    CHECK(links_of(0) <= 1 + NODE_STRANGERS_MAX);
    world_end();
}

TEST_MAIN(TEST(two_devices_pair_and_their_documents_meet),
          TEST(devices_that_are_not_paired_do_not_link),
          TEST(pairing_needs_the_other_person_to_look),
          TEST(a_no_leaves_both_strangers_and_slows_the_next_try),
          TEST(a_cable_pulled_while_comparing_leaves_both_strangers),
          TEST(both_pressing_pair_at_once_is_one_attempt),
          TEST(a_third_device_is_known_to_all_without_pairing_with_all),
          TEST(a_cut_is_noticed_within_three_seconds_and_healed_within_two),
          TEST(an_unreachable_member_is_never_dialed_blindly),
          TEST(a_restarted_device_keeps_its_circle_and_links_again),
          TEST(a_removed_device_loses_its_links_everywhere), TEST(a_name_is_seen_by_all),
          TEST(slow_documents_hold_the_peer_back_and_lose_nothing),
          TEST(documents_that_are_away_are_tried_again), TEST(strangers_cannot_take_all_links),
          TEST(garbage_from_the_network_changes_nothing))
