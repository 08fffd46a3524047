// SPDX-License-Identifier: Apache-2.0
// TCP and UDP between two stacks on a wire that behaves and one that does not.
#include "lab.h"

#include "base/test.h"

#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE (1u << 20)
#define OWNER    1u

void isolated(void (*body)(void))
{
    fflush(stdout);
    int child = fork();
    if (child == 0) {
        test_failures = 0;
        body();
        lab_stop();
        fflush(stdout);
        _exit(test_failures > 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool addresses_are_there(void)
{
    bool four = false;
    bool six = false;
    for (uint32_t i = 0; i < lab.report.status.address_count; i++) {
        four = four || lab.report.status.addresses[i].family == 4;
        six = six || lab.report.status.addresses[i].family == 6;
    }
    struct net_status_rep here;
    stack_status(&lab.stack, &here);
    return four && six && here.address_count >= 2;
}

static void bare_network(uint64_t seed)
{
    lab_start(seed);
    CHECK(lab_run_until(addresses_are_there, 15000 * LAB_MS));
}

static struct user user;

static bool is_connected(void)
{
    return user.connected != 1;
}

static status_t connect_to(struct net_address to)
{
    user_init(&user);
    status_t status = socket_connect(&lab.table, OWNER, user_memory(&user), &to, &user.socket);
    if (status < 0) {
        return status;
    }
    user.socket->tag = &user;
    lab_run_until(is_connected, 15000 * LAB_MS);
    return user.connected;
}

// What is sent to the echo server and must come back.
static uint32_t sent, received;

static uint8_t pattern(uint32_t at)
{
    return (uint8_t)(at * 2654435761u >> 24);
}

static void echo_turn(void)
{
    uint8_t bytes[NET_CHUNK_MAX];
    while (sent < MEBIBYTE) {
        uint32_t size = 1 + sent % 3000;
        size = size < MEBIBYTE - sent ? size : MEBIBYTE - sent;
        for (uint32_t i = 0; i < size; i++) {
            bytes[i] = pattern(sent + i);
        }
        if (user_write(&user, bytes, size) < 0) {
            break;
        }
        sent += size;
        if (sent == MEBIBYTE) {
            CHECK_EQ(user_write(&user, NULL, 0), OK);
        }
    }
    status_t size;
    while ((size = user_read(&user, bytes, sizeof bytes)) > 0) {
        for (uint32_t i = 0; i < (uint32_t)size; i++) {
            if (bytes[i] != pattern(received + i)) {
                CHECK(!"a byte differs");
                sent = MEBIBYTE;
                return;
            }
        }
        received += (uint32_t)size;
    }
}

static bool echo_is_done(void)
{
    echo_turn();
    return user.ended;
}

static void echo_mebibyte(uint8_t family)
{
    CHECK_EQ(connect_to(lab_peer_address(family, PEER_ECHO_PORT)), OK);
    CHECK(lab_run_until(echo_is_done, 600000 * LAB_MS));
    CHECK_EQ(received, MEBIBYTE);
    socket_close(user.socket);
    lab_run_for(2000 * LAB_MS);
    CHECK(user.socket == NULL);
    user_finish(&user);
}

static void body_addresses(void)
{
    bare_network(1);
    struct net_status_rep here;
    stack_status(&lab.stack, &here);
    struct net_address there = lab_peer_address(4, 0);
    CHECK_EQ(here.link_up, 1);
    CHECK_EQ(here.addresses[0].family, 4);
    CHECK_EQ(here.addresses[0].bytes[0], 169);
    CHECK_EQ(here.addresses[0].bytes[1], 254);
    CHECK_EQ(there.bytes[0], 169);
    CHECK(memcmp(here.addresses[0].bytes, there.bytes, 4) != 0);
    CHECK_EQ(here.addresses[1].family, 6);
    CHECK_EQ(here.addresses[1].bytes[0], 0xfe);
    CHECK_EQ(here.addresses[1].zone, 1);
    printf("ledger: net.addresses bare_network_ms=%" PRIu64 "\n", lab.now_ns / LAB_MS - 1000);
}

static void bare_network_gets_different_addresses(void)
{
    isolated(body_addresses);
}

static void body_echo4(void)
{
    bare_network(2);
    echo_mebibyte(4);
}

static void body_echo6(void)
{
    bare_network(3);
    echo_mebibyte(6);
}

static void body_echo_bad_wire(void)
{
    bare_network(4);
    lab.lose = 30;
    lab.twice = 30;
    lab.late = 100;
    echo_mebibyte(6);
}

static void a_mebibyte_comes_back_over_ipv4(void)
{
    isolated(body_echo4);
}

static void a_mebibyte_comes_back_over_link_local_ipv6(void)
{
    isolated(body_echo6);
}

static void a_mebibyte_comes_back_over_a_bad_wire(void)
{
    isolated(body_echo_bad_wire);
}

static bool something_is_received(void)
{
    uint8_t bytes[NET_CHUNK_MAX];
    status_t size = user_read(&user, bytes, sizeof bytes);
    received += size > 0 ? (uint32_t)size : 0;
    return received >= sent;
}

static void body_cut(void)
{
    bare_network(5);
    CHECK_EQ(connect_to(lab_peer_address(6, PEER_ECHO_PORT)), OK);
    for (uint32_t outage = 0; outage < 4; outage++) {
        lab.cut = true;
        CHECK_EQ(user_write(&user, "hello", 5), OK);
        sent += 5;
        lab_run_for((1000 + 12000 * outage) * LAB_MS);
        CHECK_EQ(received, sent - 5);
        lab.cut = false;
        uint64_t healed_ns = lab.now_ns;
        CHECK(lab_run_until(something_is_received, 1500 * LAB_MS));
        uint64_t took_ms = (lab.now_ns - healed_ns) / LAB_MS;
        printf("ledger: net.heal outage_ms=%u resumed_ms=%" PRIu64 "\n", 1000 + 12000 * outage,
               took_ms);
    }
    user_finish(&user);
}

static void a_healed_wire_carries_again_within_a_second_or_so(void)
{
    isolated(body_cut);
}

static void body_refused(void)
{
    bare_network(6);
    uint64_t before_ns = lab.now_ns;
    CHECK_EQ(connect_to(lab_peer_address(4, 1234)), ERR_UNREACHABLE);
    CHECK(lab.now_ns - before_ns < 1000 * LAB_MS);
    CHECK(user.socket == NULL);
    user_finish(&user);
    struct net_address nobody = lab_peer_address(4, 80);
    nobody.bytes[3] ^= 1;
    before_ns = lab.now_ns;
    CHECK_EQ(connect_to(nobody), ERR_TIMEOUT);
    CHECK(lab.now_ns - before_ns <= 11000 * LAB_MS);
    user_finish(&user);
    user_init(&user);
    struct net_address wrong = {.family = 5, .port = 1};
    CHECK_EQ(socket_connect(&lab.table, OWNER, user_memory(&user), &wrong, &user.socket),
             ERR_INVALID);
    wrong = lab_peer_address(4, 0);
    CHECK_EQ(socket_connect(&lab.table, OWNER, user_memory(&user), &wrong, &user.socket),
             ERR_INVALID);
    memset(user.memory, 0x5a, 2 * NET_RING_BYTES);
    wrong.port = PEER_ECHO_PORT;
    CHECK_EQ(socket_connect(&lab.table, OWNER, user_memory(&user), &wrong, &user.socket),
             ERR_CORRUPT);
    user_finish(&user);
}

static void refused_and_silent_peers_are_told_apart(void)
{
    isolated(body_refused);
}

static void body_pressure(void)
{
    bare_network(7);
    CHECK_EQ(connect_to(lab_peer_address(6, PEER_SINK_PORT)), OK);
    uint8_t bytes[NET_CHUNK_MAX] = {1};
    for (uint32_t i = 0; i < 2000; i++) {
        if (user_write(&user, bytes, sizeof bytes) == OK) {
            sent += sizeof bytes;
        }
        lab_run_for(10 * LAB_MS);
    }
    // Both rings, the send buffer and the window are full, and nothing more is taken.
    CHECK(sent < 6 * NET_RING_BYTES);
    CHECK_EQ(lab.report.sink_bytes, 0);
    lab_run_for(20000 * LAB_MS);
    lab_peer_read();
    lab_run_for(5000 * LAB_MS);
    CHECK_EQ(lab.report.sink_bytes, sent);
    socket_close(user.socket);
    lab_run_for(1000 * LAB_MS);
    CHECK_EQ(lab.report.open_sockets, 2); // the two UDP ports
    user_finish(&user);
}

static void a_reader_that_sleeps_stops_the_writer(void)
{
    isolated(body_pressure);
}

static void body_close_delivers(void)
{
    bare_network(8);
    lab_peer_read();
    CHECK_EQ(connect_to(lab_peer_address(6, PEER_SINK_PORT)), OK);
    uint8_t bytes[NET_CHUNK_MAX] = {1};
    while (user_write(&user, bytes, sizeof bytes) == OK) {
        sent += sizeof bytes;
    }
    socket_close(user.socket); // with full ring and buffers
    lab_run_for(3000 * LAB_MS);
    CHECK_EQ(lab.report.sink_bytes, sent);
    CHECK(user.socket == NULL);
    CHECK_EQ(lab.report.open_sockets, 2);
    user_finish(&user);
}

static void closing_still_delivers_what_was_written(void)
{
    isolated(body_close_delivers);
}

static void datagram_send(struct net_address to, const char *text)
{
    uint8_t record[200];
    struct net_datagram head = {.peer = to};
    memcpy(record, &head, sizeof head);
    memcpy(record + sizeof head, text, strlen(text));
    CHECK_EQ(user_write(&user, record, (uint32_t)(sizeof head + strlen(text))), OK);
}

static uint32_t pongs;
static struct net_datagram pong_from;

static bool pong_is_there(void)
{
    uint8_t record[sizeof(struct net_datagram) + NET_DATAGRAM_MAX];
    status_t size = user_read(&user, record, sizeof record);
    if (size > (status_t)sizeof pong_from && memcmp(record + sizeof pong_from, "pong:", 5) == 0) {
        memcpy(&pong_from, record, sizeof pong_from);
        pongs++;
    }
    return pongs > 0;
}

static void body_udp(void)
{
    bare_network(9);
    user_init(&user);
    struct socket_udp_options options = {.port = 0};
    CHECK_EQ(socket_udp(&lab.table, OWNER, user_memory(&user), &options, &user.socket), OK);
    struct net_address targets[4] = {
        lab_peer_address(4, PEER_PLAIN_PORT),
        lab_peer_address(6, PEER_PLAIN_PORT),
        {.family = 4, .port = PEER_GROUP_PORT, .bytes = {224, 0, 0, 251}},
        {.family = 6, .port = PEER_GROUP_PORT, .zone = 1, .bytes = {0xff, 2, [15] = 0xfb}},
    };
    for (uint32_t i = 0; i < 4; i++) {
        pongs = 0;
        datagram_send(targets[i], "x");
        CHECK(lab_run_until(pong_is_there, 3000 * LAB_MS));
        CHECK_EQ(pong_from.peer.family, targets[i].family);
        CHECK_EQ(pong_from.peer.port, targets[i].port);
    }
    datagram_send((struct net_address){.family = 9}, "nowhere");
    CHECK_EQ(user_write(&user, "short", 5), OK); // no head: dropped
    pongs = 0;
    datagram_send(targets[1], "y");
    CHECK(lab_run_until(pong_is_there, 3000 * LAB_MS));
    struct net_address one = lab_peer_address(4, 1);
    struct socket_udp_options wrong = {.groups = &one, .group_count = 1};
    struct user other;
    user_init(&other);
    CHECK_EQ(socket_udp(&lab.table, OWNER, user_memory(&other), &wrong, &other.socket),
             ERR_INVALID);
    socket_close(user.socket);
    user_finish(&user);
    user_finish(&other);
}

static void datagrams_reach_peers_and_groups(void)
{
    isolated(body_udp);
}

static void body_hostile_ring(void)
{
    bare_network(10);
    struct net_address to = lab_peer_address(6, PEER_ECHO_PORT);
    for (uint32_t round = 0; round < 25; round++) {
        CHECK_EQ(connect_to(to), OK);
        uint8_t bytes[600] = {7};
        for (uint32_t i = 0; i < 20; i++) {
            user_write(&user, bytes, sizeof bytes);
        }
        for (uint32_t i = 0; i < 100 && user.socket != NULL; i++) {
            lab.seed = lab.seed * 6364136223846793005ull + 1442695040888963407ull;
            uint32_t place = (uint32_t)(lab.seed >> 40) % (i % 2 ? 2 * NET_RING_BYTES : 256);
            place += i % 4 == 0 ? NET_RING_BYTES : 0;
            user.memory[place % (2 * NET_RING_BYTES)] = (uint8_t)(lab.seed >> 33);
            socket_kick(user.socket);
            lab_run_for(LAB_MS);
        }
        if (user.socket != NULL) {
            socket_close(user.socket);
        }
        lab_run_for(6000 * LAB_MS);
        CHECK(user.socket == NULL);
        user_finish(&user);
    }
    echo_mebibyte(6); // and nothing else was harmed
}

static void a_scribbling_client_harms_only_itself(void)
{
    isolated(body_hostile_ring);
}

static void body_limits(void)
{
    bare_network(11);
    struct net_address to = lab_peer_address(6, PEER_SINK_PORT);
    struct user many[SOCKETS_MAX];
    uint32_t opened = 0;
    status_t status = OK;
    while (status == OK && opened < SOCKETS_MAX) {
        user_init(&many[opened]);
        status = socket_connect(&lab.table, OWNER, user_memory(&many[opened]), &to,
                                &many[opened].socket);
        opened++;
    }
    CHECK_EQ(status, ERR_FULL);
    CHECK_EQ(opened, SOCKETS_PER_OWNER_MAX + 1);
    struct listener *listeners[LISTENERS_MAX + 1];
    CHECK_EQ(socket_listen(&lab.table, OWNER, 0, &listeners[0]), ERR_INVALID);
    CHECK_EQ(socket_listen(&lab.table, OWNER, 80, &listeners[0]), OK);
    CHECK_EQ(socket_listen(&lab.table, 2, 80, &listeners[1]), ERR_EXISTS);
    CHECK_EQ(socket_listen(&lab.table, OWNER, 81, &listeners[1]), OK);
    CHECK_EQ(socket_listen(&lab.table, OWNER, 82, &listeners[2]), OK);
    CHECK_EQ(socket_listen(&lab.table, OWNER, 83, &listeners[3]), ERR_FULL);
    CHECK_EQ(socket_listen(&lab.table, 2, 83, &listeners[3]), OK);
    CHECK_EQ(socket_listen(&lab.table, 2, 84, &listeners[4]), ERR_FULL);
    for (uint32_t i = 0; i < LISTENERS_MAX; i++) {
        listener_close(listeners[i]);
    }
    CHECK_EQ(socket_listen(&lab.table, OWNER, 80, &listeners[0]), OK);
    for (uint32_t i = 0; i + 1 < opened; i++) {
        socket_close(many[i].socket);
    }
    lab_run_for(8000 * LAB_MS);
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        CHECK_EQ(lab.table.sockets[i].state, SOCKET_FREE);
    }
    for (uint32_t i = 0; i < opened; i++) {
        user_finish(&many[i]);
    }
}

static void tables_are_bounded_per_owner(void)
{
    isolated(body_limits);
}

static void body_idle(void)
{
    bare_network(12);
    CHECK_EQ(connect_to(lab_peer_address(6, PEER_ECHO_PORT)), OK);
    lab_run_for(20000 * LAB_MS);
    uint32_t runs = 0;
    uint64_t end_ns = lab.now_ns + 60000 * LAB_MS;
    while (lab.now_ns < end_ns) {
        uint64_t next_ns = lab.next_ns;
        CHECK(next_ns > lab.now_ns);
        lab_run_for(next_ns - lab.now_ns);
        runs++;
    }
    printf("ledger: net.idle runs_per_minute=%u with an open connection\n", runs);
    CHECK(runs <= 8);
    user_finish(&user);
}

static void an_idle_stack_hardly_wakes(void)
{
    isolated(body_idle);
}

TEST_MAIN(TEST(bare_network_gets_different_addresses), TEST(a_mebibyte_comes_back_over_ipv4),
          TEST(a_mebibyte_comes_back_over_link_local_ipv6),
          TEST(a_mebibyte_comes_back_over_a_bad_wire),
          TEST(a_healed_wire_carries_again_within_a_second_or_so),
          TEST(refused_and_silent_peers_are_told_apart),
          TEST(a_reader_that_sleeps_stops_the_writer),
          TEST(closing_still_delivers_what_was_written), TEST(datagrams_reach_peers_and_groups),
          TEST(a_scribbling_client_harms_only_itself), TEST(tables_are_bounded_per_owner),
          TEST(an_idle_stack_hardly_wakes))
