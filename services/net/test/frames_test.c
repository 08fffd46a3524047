// SPDX-License-Identifier: Apache-2.0
// The stack against a hand-made other end: a DHCP server, and a fuzzer that sends back what the
// stack itself sent and what was built for it, mutated, with checksums made right again so that the
// bytes get past the door.
#include "lab.h"

#include "base/test.h"

#include <sys/wait.h>
#include <unistd.h>

#define FRAMES_KEPT  64u
#define FUZZ_ROUNDS  30000u
#define ETHERNET     14u
#define TYPE_IP4     0x0800
#define TYPE_IP6     0x86dd
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define DHCP_MAGIC   0x63825363u

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t size, uint32_t sum)
{
    for (uint32_t i = 0; i < size; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    return sum;
}

static uint32_t fold(uint32_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

// Where the checksum of an upper protocol lies; 0: none.
static uint32_t checksum_place(uint8_t protocol)
{
    switch (protocol) {
    case 1:  // ICMP
    case 2:  // IGMP
    case 58: // ICMPv6
        return 2;
    case PROTOCOL_TCP:
        return 16;
    case PROTOCOL_UDP:
        return 6;
    default:
        return 0;
    }
}

// Rights the checksums of a frame as far as its (perhaps nonsensical) lengths allow.
static void checksums_fix(uint8_t *frame, uint32_t size)
{
    uint8_t *ip = frame + ETHERNET;
    bool six = get16(frame + 12) == TYPE_IP6;
    if (size < ETHERNET + (six ? 40u : 20u) || (!six && get16(frame + 12) != TYPE_IP4)) {
        return;
    }
    uint32_t head = six ? 40 : (ip[0] & 15) * 4u;
    uint32_t total = six ? 40 + get16(ip + 4) : get16(ip + 2);
    if (head < 20 || ETHERNET + head > size || total < head || ETHERNET + total > size) {
        return;
    }
    if (!six) {
        put16(ip + 10, 0);
        put16(ip + 10, fold(sum_of(ip, head, 0)));
    }
    uint8_t protocol = six ? ip[6] : ip[9];
    uint32_t place = checksum_place(protocol);
    uint32_t length = total - head;
    if (place == 0 || length < place + 2) {
        return;
    }
    bool pseudo = six || protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
    uint32_t sum = pseudo ? sum_of(six ? ip + 8 : ip + 12, six ? 32 : 8, protocol + length) : 0;
    put16(ip + head + place, 0);
    put16(ip + head + place, fold(sum_of(ip + head, length, sum)));
}

// The DHCP server: 10.1.2.1 offers 10.1.2.50 to whoever asks.
static uint32_t offers, acknowledgements;
static bool server_answers;

static void dhcp_reply(const uint8_t *request, uint8_t type)
{
    static const uint8_t options[] = {54, 4,   10,  1,   2, 1, 51, 4,  0, 0, 14, 16, 1,
                                      4,  255, 255, 255, 0, 3, 4,  10, 1, 2, 1,  255};
    uint8_t frame[ETHERNET + 20 + 8 + 300] = {0};
    memset(frame, 0xff, 6);
    memcpy(frame + 6, "\2\0\0\0\0\1", 6);
    put16(frame + 12, TYPE_IP4);
    uint8_t *ip = frame + ETHERNET;
    ip[0] = 0x45;
    put16(ip + 2, 20 + 8 + 300);
    ip[8] = 64;
    ip[9] = PROTOCOL_UDP;
    memcpy(ip + 12, "\12\1\2\1", 4);
    memset(ip + 16, 0xff, 4);
    uint8_t *udp = ip + 20;
    put16(udp, 67);
    put16(udp + 2, 68);
    put16(udp + 4, 308);
    uint8_t *dhcp = udp + 8;
    memcpy(dhcp, request, 44); // transaction, client's address and hardware address
    dhcp[0] = 2;
    memcpy(dhcp + 16, "\12\1\2\62", 4);
    memset(dhcp + 44, 0, 192);
    memcpy(dhcp + 236, "\x63\x82\x53\x63\x35\x01", 6);
    dhcp[242] = type;
    memcpy(dhcp + 243, options, sizeof options);
    checksums_fix(frame, sizeof frame);
    lab_send_here(frame, sizeof frame);
}

static void dhcp_server(const void *bytes, uint32_t size)
{
    const uint8_t *frame = bytes;
    const uint8_t *dhcp = frame + ETHERNET + 20 + 8;
    bool asked = server_answers && size >= ETHERNET + 20 + 8 + 244 &&
                 get16(frame + 12) == TYPE_IP4 && frame[ETHERNET + 9] == PROTOCOL_UDP &&
                 get16(frame + ETHERNET + 22) == 67;
    if (!asked || dhcp[240] != 53) {
        return;
    }
    if (dhcp[242] == 1) {
        offers++;
        dhcp_reply(dhcp, 2);
    } else if (dhcp[242] == 3) {
        acknowledgements++;
        dhcp_reply(dhcp, 5);
    }
}

static bool has_address(uint8_t first)
{
    struct net_status_rep status;
    stack_status(&lab.stack, &status);
    return status.address_count > 0 && status.addresses[0].family == 4 &&
           status.addresses[0].bytes[0] == first;
}

static bool has_lease(void)
{
    return has_address(10);
}

static bool has_link_local(void)
{
    return has_address(169);
}

static void body_dhcp(void)
{
    lab.other_end = dhcp_server;
    server_answers = true;
    lab_start(21);
    CHECK(lab_run_until(has_lease, 1500 * LAB_MS));
    printf("ledger: net.dhcp lease_ms=%" PRIu64 "\n", lab.now_ns / LAB_MS - 1000);
    // The server answers no ARP, so the lease is renewed by broadcast after seven eighths of its
    // hour, not before.
    lab_run_for(3100000 * LAB_MS);
    CHECK_EQ(acknowledgements, 1);
    lab_run_for(300000 * LAB_MS);
    CHECK(acknowledgements >= 2);
    CHECK(has_lease());
}

static void body_late_dhcp(void)
{
    lab.other_end = dhcp_server;
    lab_start(22);
    CHECK(lab_run_until(has_link_local, 8000 * LAB_MS));
    server_answers = true;
    CHECK(lab_run_until(has_lease, 65000 * LAB_MS)); // the lease replaces it
    CHECK(offers > 0);
}

// Frames to mutate: what the stack sent (seen by the other end), turned around.
static uint8_t kept[FRAMES_KEPT][NETDEV_FRAME_MAX];
static uint32_t kept_sizes[FRAMES_KEPT], kept_count;

static void keep(const void *frame, uint32_t size)
{
    if (kept_count < FRAMES_KEPT) {
        memcpy(kept[kept_count], frame, size);
        kept_sizes[kept_count++] = size;
    }
}

// As if the other end had sent it: addresses and ports change sides.
static void turn_around(uint8_t *frame, uint32_t size)
{
    uint8_t swap[16];
    memcpy(frame, lab.stack.mac, 6);
    uint8_t *ip = frame + ETHERNET;
    bool six = get16(frame + 12) == TYPE_IP6;
    uint32_t width = six ? 16 : 4;
    uint8_t *source = ip + (six ? 8 : 12);
    uint32_t head = six ? 40 : 20;
    if (size < ETHERNET + head + 4) {
        return;
    }
    memcpy(swap, source, width);
    memcpy(source, source + width, width);
    memcpy(source + width, swap, width);
    uint8_t protocol = six ? ip[6] : ip[9];
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) {
        memcpy(swap, ip + head, 2);
        memcpy(ip + head, ip + head + 2, 2);
        memcpy(ip + head + 2, swap, 2);
    }
}

static uint32_t dice(uint32_t below)
{
    lab.seed = lab.seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(lab.seed >> 33) % below;
}

static uint32_t mutate(uint8_t *frame, uint32_t size)
{
    if (dice(2) == 0) {
        turn_around(frame, size);
    }
    uint32_t changes = dice(6);
    for (uint32_t i = 0; i < changes; i++) {
        uint32_t place = dice(3) == 0
                             ? dice(size)
                             : ETHERNET + dice(size - ETHERNET < 60 ? size - ETHERNET : 60);
        static const uint8_t favourites[] = {0, 1, 0x7f, 0x80, 0xff, 4, 40, 64};
        frame[place] = dice(2) == 0 ? favourites[dice(8)] : (uint8_t)dice(256);
    }
    if (dice(8) == 0) {
        size = ETHERNET + dice(size - ETHERNET + 1);
    } else if (dice(16) == 0 && size < NETDEV_FRAME_MAX) {
        uint32_t more = dice(NETDEV_FRAME_MAX - size + 1);
        memset(frame + size, (int)dice(256), more);
        size += more;
    }
    if (dice(8) != 0) {
        checksums_fix(frame, size);
    }
    return size;
}

static void open_everything(struct user *users)
{
    static const struct net_address groups[2] = {
        {.family = 4, .bytes = {224, 0, 0, 251}},
        {.family = 6, .zone = 1, .bytes = {0xff, 2, [15] = 0xfb}},
    };
    struct listener *listener;
    socket_listen(&lab.table, 1, 4001, &listener);
    user_init(&users[0]);
    struct socket_udp_options options = {.port = 5353, .groups = groups, .group_count = 2};
    socket_udp(&lab.table, 1, user_memory(&users[0]), &options, &users[0].socket);
    for (uint8_t i = 1; i < 3; i++) {
        struct net_address to = {.family = i == 1 ? 4 : 6, .port = 99, .zone = i == 2};
        memcpy(to.bytes, i == 1 ? "\12\1\2\1" : "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
               i == 1 ? 4 : 16);
        user_init(&users[i]);
        socket_connect(&lab.table, 1, user_memory(&users[i]), &to, &users[i].socket);
    }
}

static void body_fuzz(void)
{
    lab.other_end = dhcp_server;
    server_answers = true;
    lab_start(23);
    lab_run_until(has_lease, 2000 * LAB_MS);
    static struct user users[3];
    uint32_t accepted = 0;
    for (uint32_t round = 0; round < FUZZ_ROUNDS; round++) {
        if (round % 2000 == 0) {
            lab.other_end = keep;
            kept_count = kept_count > FRAMES_KEPT / 2 ? FRAMES_KEPT / 2 : kept_count;
            for (uint32_t i = 0; i < 3; i++) {
                if (users[i].socket != NULL) {
                    socket_close(users[i].socket);
                }
            }
            lab_run_for(6000 * LAB_MS);
            for (uint32_t i = 0; i < 3; i++) {
                user_finish(&users[i]);
            }
            open_everything(users);
            lab_run_for(500 * LAB_MS);
        }
        uint8_t frame[NETDEV_FRAME_MAX];
        uint32_t from = dice(kept_count);
        memcpy(frame, kept[from], kept_sizes[from]);
        stack_input(&lab.stack, frame, mutate(frame, kept_sizes[from]));
        if (round % 8 == 0) {
            lab_run_for(LAB_MS);
        }
        accepted += lab.stack.frames_in > 0;
        uint8_t record[NET_CHUNK_MAX];
        while (users[0].socket != NULL && user_read(&users[0], record, sizeof record) >= 0) {
        }
    }
    printf("ledger: net.fuzz frames=%u failures=0\n", FUZZ_ROUNDS);
    CHECK_EQ(accepted, FUZZ_ROUNDS);
    lab_run_for(30000 * LAB_MS);
    lab.other_end = dhcp_server; // still alive: it renews and answers
    uint64_t sent = lab.stack.frames_out;
    stack_link(&lab.stack, false);
    stack_link(&lab.stack, true);
    lab_run_for(5000 * LAB_MS);
    CHECK(lab.stack.frames_out > sent);
}

static void isolate(void (*body)(void))
{
    fflush(stdout);
    int child = fork();
    if (child == 0) {
        test_failures = 0;
        body();
        fflush(stdout);
        _exit(test_failures > 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_lease_comes_at_once_and_is_renewed(void)
{
    isolate(body_dhcp);
}

static void a_lease_replaces_the_link_local_address(void)
{
    isolate(body_late_dhcp);
}

static void mutated_frames_do_no_harm(void)
{
    isolate(body_fuzz);
}

TEST_MAIN(TEST(a_lease_comes_at_once_and_is_renewed), TEST(a_lease_replaces_the_link_local_address),
          TEST(mutated_frames_do_no_harm))
