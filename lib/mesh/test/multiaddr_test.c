// SPDX-License-Identifier: Apache-2.0
// Multiaddr against values made by js-libp2p, both ways.
#include "help.h"
#include "mesh/multiaddr.h"

#define PEER_TEXT "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define PEER_HEX                                                                                   \
    "a503260024080112202ffa35a99d3a3cfbb17bb7c1dc5561b18a8dcca4df38dc613ea859c37eb1336b"

static const struct {
    const char *text, *hex;
} known[] = {
    {"/ip4/127.0.0.1/tcp/4001", "047f000001060fa1"},
    {"/ip6/::1/tcp/4001", "2900000000000000000000000000000001060fa1"},
    {"/ip4/192.168.1.7/udp/4001/quic-v1", "04c0a8010791020fa1cd03"},
    {"/ip4/192.168.1.7/tcp/4001/p2p/" PEER_TEXT, "04c0a80107060fa1" PEER_HEX},
    {"/dns4/example.com/tcp/443/tls/ws", "360b6578616d706c652e636f6d0601bbc003dd03"},
    {"/ip4/1.2.3.4/tcp/4001/p2p/" PEER_TEXT "/p2p-circuit", "0401020304060fa1" PEER_HEX "a202"},
    {"/ip6zone/eth0/ip6/fe80::1/tcp/4001", "2a046574683029fe800000000000000000000000000001060fa1"},
    {"/unix/%2Frun%2Fp2p.sock", "90030d2f72756e2f7032702e736f636b"},
    {"/memory/test1", "8906057465737431"},
    {"/ip6/2001:db8::1:0:0:1/tcp/0", "2920010db800000000000100000000000106"
                                     "0000"},
    {"/ip6/1:2:3:4:5:6:7:8/tcp/65535", "2900010002000300040005000600070008"
                                       "06ffff"},
    {"/ip6/::/tcp/1", "2900000000000000000000000000000000"
                      "060001"},
};

static void text_and_binary_convert_both_ways(void)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t expected[256];
        size_t size = hex_bytes(known[i].hex, expected);
        char text[MULTIADDR_TEXT_MAX];
        struct multiaddr address, binary;
        CHECK_EQ(multiaddr_parse_text(known[i].text, strlen(known[i].text), &address), OK);
        CHECK_EQ(address.size, size);
        CHECK_BYTES(address.bytes, expected, size);
        CHECK_EQ(multiaddr_parse((struct span){expected, size}, &binary), OK);
        CHECK_EQ(multiaddr_text(&binary, text, sizeof text), OK);
        CHECK(strcmp(text, known[i].text) == 0);
        CHECK_EQ(multiaddr_text(&binary, text, strlen(known[i].text)), ERR_RANGE);
    }
}

static void aliases_and_long_forms_are_read(void)
{
    const char *texts[][2] = {{"/ipfs/" PEER_TEXT, "/p2p/" PEER_TEXT},
                              {"/ip6/0:0:0:0:0:0:0:1/tcp/04001", "/ip6/::1/tcp/4001"},
                              {"/ip6/FE80::1.2.3.4/tcp/1", "/ip6/fe80::102:304/tcp/1"},
                              {"/certhash/uEiAAAQID", "/certhash/uEiAAAQID"}};
    for (size_t i = 0; i < 4; i++) {
        struct multiaddr address;
        char text[MULTIADDR_TEXT_MAX];
        CHECK_EQ(multiaddr_parse_text(texts[i][0], strlen(texts[i][0]), &address), OK);
        CHECK_EQ(multiaddr_text(&address, text, sizeof text), OK);
        CHECK(strcmp(text, texts[i][1]) == 0);
    }
}

static void malformed_texts_are_refused(void)
{
    const char *texts[] = {"",
                           "/",
                           "ip4/1.2.3.4",
                           "/ip4",
                           "/ip4/",
                           "/ip4/1.2.3",
                           "/ip4/1.2.3.256",
                           "/ip4/1.2.3.4.5",
                           "/ip4/01.2.3.4",
                           "/ip4/1.2.3.4/",
                           "/tcp/65536",
                           "/tcp/",
                           "/tcp/x",
                           "/tcp/000001",
                           "/ip6/1::2::3",
                           "/ip6/:::",
                           "/ip6/1:",
                           "/ip6/12345::",
                           "/ip6/1:2:3:4:5:6:7",
                           "/ip6/1:2:3:4:5:6:7:8:9",
                           "/ip6/1:2:3:4:5:6:7::8:9",
                           "/http/x",
                           "/p2p/abc",
                           "/unix/",
                           "/unix/%2",
                           "/unix/%zz",
                           "/certhash/zAAAA",
                           "/certhash/uA",
                           "/dns4/",
                           "/dns4/a b",
                           "/tls/",
                           "//tcp/1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct multiaddr address;
        status_t status = multiaddr_parse_text(texts[i], strlen(texts[i]), &address);
        if (status != ERR_INVALID) {
            fprintf(stderr, "%s was not refused\n", texts[i]);
        }
        CHECK_EQ(status, ERR_INVALID);
    }
}

static void addresses_past_the_bound_are_refused(void)
{
    char text[600] = "/dns4/";
    memset(text + 6, 'a', 300);
    struct multiaddr address;
    CHECK_EQ(multiaddr_parse_text(text, 306, &address), ERR_TOO_LARGE);
    uint8_t bytes[MULTIADDR_BYTES_MAX + 1] = {0};
    CHECK_EQ(multiaddr_parse((struct span){bytes, sizeof bytes}, &address), ERR_TOO_LARGE);
}

static void tcp_endpoints_are_found_and_made(void)
{
    struct multiaddr address, made;
    struct multiaddr_tcp tcp;
    for (size_t i = 0; i < 2; i++) {
        const char *text = known[i == 0 ? 3 : 1].text;
        CHECK_EQ(multiaddr_parse_text(text, strlen(text), &address), OK);
        CHECK_EQ(multiaddr_get_tcp(&address, &tcp), OK);
        CHECK_EQ(tcp.port, 4001);
        CHECK_EQ(tcp.is_ip6, i == 1);
        CHECK_EQ(tcp.peer.size, i == 0 ? 38 : 0);
        multiaddr_of_tcp(&tcp, &made);
        CHECK_EQ(made.size, address.size);
        CHECK_BYTES(made.bytes, address.bytes, made.size);
    }
    size_t others[] = {2, 4, 5, 6, 7, 8};
    for (size_t i = 0; i < 6; i++) {
        const char *text = known[others[i]].text;
        CHECK_EQ(multiaddr_parse_text(text, strlen(text), &address), OK);
        CHECK_EQ(multiaddr_get_tcp(&address, &tcp), ERR_UNSUPPORTED);
    }
}

static void what_the_binary_parser_takes_reads_back_from_text(void)
{
    uint64_t seed = 7;
    int taken = 0;
    for (int round = 0; round < 60000; round++) {
        uint8_t from[256];
        size_t size = hex_bytes(known[dice(&seed) % 12].hex, from);
        struct buffer bytes = mutated(from, size, &seed);
        struct multiaddr address, again;
        char text[MULTIADDR_TEXT_MAX];
        if (multiaddr_parse(buffer_span(&bytes), &address) == OK) {
            taken++;
            CHECK_EQ(multiaddr_text(&address, text, sizeof text), OK);
            CHECK_EQ(multiaddr_parse_text(text, strlen(text), &again), OK);
            CHECK_EQ(again.size, address.size);
            CHECK_BYTES(again.bytes, address.bytes, address.size);
        }
        buffer_finish(&bytes);
    }
    CHECK(taken > 1000);
}

static void mutated_texts_never_break_the_parser(void)
{
    uint64_t seed = 9;
    for (int round = 0; round < 40000; round++) {
        const char *from = known[dice(&seed) % 12].text;
        struct buffer text = mutated(from, strlen(from), &seed);
        struct multiaddr address;
        (void)multiaddr_parse_text((const char *)text.bytes, text.size, &address);
        buffer_finish(&text);
    }
}

TEST_MAIN(TEST(text_and_binary_convert_both_ways), TEST(aliases_and_long_forms_are_read),
          TEST(malformed_texts_are_refused), TEST(addresses_past_the_bound_are_refused),
          TEST(tcp_endpoints_are_found_and_made),
          TEST(what_the_binary_parser_takes_reads_back_from_text),
          TEST(mutated_texts_never_break_the_parser))
