// SPDX-License-Identifier: Apache-2.0
#include "help.h"
#include "mesh/mdns.h"

static struct mdns_announcement own;
static uint8_t packet[MDNS_PACKET_MAX];

static void begin(void)
{
    uint64_t seed = 1;
    struct mesh_random random = {dice_fill, &seed};
    uint8_t key[32] = {3};
    own = (struct mdns_announcement){.port = 4001, .address_count = 2};
    mdns_name_make(&random, own.name);
    peer_id_of_key(key, &own.peer);
    own.addresses[0] = (struct multiaddr_tcp){.address = {192, 168, 1, 7}};
    own.addresses[1] = (struct multiaddr_tcp){.address = {0xfe, 0x80, [15] = 9}, .is_ip6 = true};
}

static size_t answer(uint32_t wants)
{
    struct writer out = writer_of(packet, sizeof packet);
    CHECK_EQ(mdns_encode_answer(&own, wants, &out), OK);
    return out.size;
}

static void names_are_random_and_plain(void)
{
    begin();
    CHECK_EQ(strlen(own.name), 32);
    CHECK_EQ(strspn(own.name, "abcdefghijklmnopqrstuvwxyz0123456789"), 32);
}

static void the_query_has_the_known_bytes(void)
{
    uint8_t expected[64];
    struct mdns_message message;
    size_t size =
        hex_bytes("000000000001000000000000045f703270045f756470056c6f63616c00000c0001", expected);
    struct writer out = writer_of(packet, sizeof packet);
    mdns_encode_query(&out);
    CHECK_EQ(out.size, size);
    CHECK_BYTES(packet, expected, size);
    CHECK_EQ(mdns_parse((struct span){packet, size}, NULL, &message), OK);
    CHECK(!message.is_answer && message.wants == MDNS_WANTS_SERVICE);
}

static void an_answer_tells_one_peer_and_its_addresses(void)
{
    struct mdns_message message;
    char text[MULTIADDR_TEXT_MAX];
    begin();
    size_t size = answer(MDNS_WANTS_SERVICE);
    CHECK_EQ(packet[7], 5); // PTR, TXT, SRV, A, AAAA, all of them answers
    CHECK_EQ(packet[11], 0);
    CHECK_EQ(mdns_parse((struct span){packet, size}, NULL, &message), OK);
    CHECK(message.is_answer && message.address_count == 2);
    CHECK(strcmp(message.name, own.name) == 0);
    CHECK(peer_id_equal(&message.peer, &own.peer));
    CHECK_EQ(multiaddr_text(&message.addresses[1], text, sizeof text), OK);
    CHECK(strncmp(text, "/ip6/fe80::9/tcp/4001/p2p/12D3Koo", 32) == 0);
}

// A query for one name and type.
static uint32_t asked(const char *labels, size_t size, uint16_t type)
{
    struct mdns_message message = {0};
    struct writer out = writer_of(packet, sizeof packet);
    writer_bytes(&out, "\0\0\0\0\0\1\0\0\0\0\0\0", 12);
    writer_bytes(&out, labels, size);
    writer_be16(&out, type);
    writer_be16(&out, 0x8001); // answer me alone
    CHECK_EQ(mdns_parse((struct span){packet, out.size}, &own, &message), OK);
    return message.wants;
}

static void other_tools_may_ask_for_single_records(void)
{
    char instance[80], host[80];
    begin();
    size_t instance_size = 0, host_size = 0;
    instance[instance_size++] = 32;
    memcpy(instance + 1, own.name, 32);
    memcpy(instance + 33, "\x04_p2p\x04_udp\x05local", 17);
    instance_size = 50;
    memcpy(host, instance, 33);
    memcpy(host + 33, "\x05LOCAL", 7);
    host_size = 40;
    CHECK_EQ(asked(instance, instance_size, 33), MDNS_WANTS_INSTANCE);
    CHECK_EQ(asked(instance, instance_size, 16), MDNS_WANTS_INSTANCE);
    CHECK_EQ(asked(instance, instance_size, 12), 0);
    CHECK_EQ(asked(host, host_size, 1), MDNS_WANTS_HOST);
    CHECK_EQ(asked(host, host_size, 28), MDNS_WANTS_HOST);
    CHECK_EQ(asked("\x09_services\x07_dns-sd\x04_udp\x05local", 30, 12), MDNS_WANTS_TYPES);
    CHECK_EQ(asked("\x05_http\x04_tcp\x05local", 18, 12), 0);
    struct mdns_message message;
    size_t size = answer(MDNS_WANTS_TYPES | MDNS_WANTS_HOST);
    CHECK_EQ(mdns_parse((struct span){packet, size}, NULL, &message), OK);
    CHECK(message.is_answer && message.address_count == 0 && message.name[0] == 0);
}

static void compressed_names_are_read(void)
{
    struct mdns_message message;
    begin();
    struct writer out = writer_of(packet, sizeof packet);
    writer_bytes(&out, "\0\0\x84\0\0\0\0\1\0\0\0\0", 12);
    writer_bytes(&out, "\x04_p2p\x04_udp\x05local\0\0\x0c\0\1\0\0\0\x78\0\x05\x02me\xc0\x0c", 32);
    writer_bytes(&out, "\xc0\x27\0\x10\0\1\0\0\0\x78\0", 11);
    static const char text[] = "dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/"
                               "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
    writer_u8(&out, sizeof text);
    writer_u8(&out, sizeof text - 1);
    writer_bytes(&out, text, sizeof text - 1);
    packet[7] = 2;
    CHECK_EQ(mdns_parse((struct span){packet, out.size}, NULL, &message), OK);
    CHECK(strcmp(message.name, "me") == 0);
    CHECK_EQ(message.address_count, 1);
}

static void names_that_chase_themselves_are_refused(void)
{
    static const char *const names[] = {"\xc0\x0c",      "\xc0\x0d", "\xff\xff",
                                        "\x01x\xc0\x0c", "\x40",     "\x3fx"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct mdns_message message;
        struct writer out = writer_of(packet, sizeof packet);
        writer_bytes(&out, "\0\0\0\0\0\1\0\0\0\0\0\0", 12);
        writer_bytes(&out, names[i], strlen(names[i]));
        writer_bytes(&out, "\0\x0c\0\1", 4);
        CHECK_EQ(mdns_parse((struct span){packet, out.size}, NULL, &message), ERR_BAD_MESSAGE);
    }
}

static void addresses_of_two_peers_in_one_packet_are_not_mixed(void)
{
    struct mdns_message message;
    begin();
    size_t first = answer(MDNS_WANTS_SERVICE);
    struct buffer both = {0};
    buffer_bytes(&both, packet, first);
    own.peer.bytes[10] ^= 1;
    size_t second = answer(MDNS_WANTS_SERVICE);
    buffer_bytes(&both, packet + 12, second - 12);
    both.bytes[7] = 10;
    CHECK_EQ(mdns_parse(buffer_span(&both), NULL, &message), OK);
    CHECK_EQ(message.address_count, 2);
    buffer_finish(&both);
}

static void an_answer_that_does_not_fit_is_refused(void)
{
    begin();
    own.address_count = MDNS_ADDRESSES_MAX;
    struct writer out = writer_of(packet, 600);
    CHECK_EQ(mdns_encode_answer(&own, MDNS_WANTS_SERVICE, &out), ERR_RANGE);
}

static void mutated_packets_never_break_the_parser(void)
{
    uint64_t seed = 6;
    begin();
    size_t size = answer(MDNS_WANTS_SERVICE | MDNS_WANTS_TYPES);
    for (int round = 0; round < 40000; round++) {
        struct mdns_message message;
        struct buffer copy = mutated(packet, size, &seed);
        if (round % 2 && copy.size > 12) {
            memcpy(copy.bytes + 2, round % 4 == 1 ? "\0\0\0\5\0\0" : "\x84\0\0\0\0\5", 6);
        }
        (void)mdns_parse(buffer_span(&copy), &own, &message);
        buffer_finish(&copy);
    }
}

TEST_MAIN(TEST(names_are_random_and_plain), TEST(the_query_has_the_known_bytes),
          TEST(an_answer_tells_one_peer_and_its_addresses),
          TEST(other_tools_may_ask_for_single_records), TEST(compressed_names_are_read),
          TEST(names_that_chase_themselves_are_refused),
          TEST(addresses_of_two_peers_in_one_packet_are_not_mixed),
          TEST(an_answer_that_does_not_fit_is_refused),
          TEST(mutated_packets_never_break_the_parser))
