// SPDX-License-Identifier: Apache-2.0
// Keys and peer ids against values made by js-libp2p.
#include "help.h"
#include "mesh/peer_id.h"

static const struct {
    uint8_t seed;
    const char *key, *text, *cid, *signature; // of "hello"
} known[] = {
    {1, "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
     "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5",
     "bafzaajaiaejcbcui4poxicprsx6vfwznhs5f24wkm4e36hmucin7g5eiag2a6324",
     "e1430c6ebd0d53573b5c803452174f8991ef5955e0906a09e8fdc7310459e9c8"
     "2a402526748c3431fe7f0e5faafbf7e703234789734063ee42be17af16438d08"},
    {2, "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
     "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq",
     "bafzaajaiaejcbajzo4hkq7ixl5lkgvdgyngh5tglrwfjdnhog6rf35qploh4tm4u",
     "6d8917c1f25b002129e0bc390ec18f58ca859a2f84459deff3151d5bb11dfec5"
     "806f7c321fda77611a59bea4c4f56d8d8813290e85faeb4bda05293c34376d0e"},
};

static void keys_and_signatures_match_the_known_values(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t seed[32], key[32], expected[64], signature[64];
        memset(seed, known[i].seed, sizeof seed);
        key_public_of_seed(seed, key);
        hex_bytes(known[i].key, expected);
        CHECK_BYTES(key, expected, 32);
        struct span hello = {(const uint8_t *)"hello", 5};
        key_sign(seed, hello, signature);
        hex_bytes(known[i].signature, expected);
        CHECK_BYTES(signature, expected, 64);
        CHECK_EQ(key_verify(key, hello, signature), OK);
        signature[63] ^= 1;
        CHECK_EQ(key_verify(key, hello, signature), ERR_BAD_SIGNATURE);
    }
}

static void both_text_forms_name_the_same_peer(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t key[32], back[32];
        char text[PEER_ID_TEXT_MAX];
        struct peer_id id, parsed;
        hex_bytes(known[i].key, key);
        peer_id_of_key(key, &id);
        peer_id_text(&id, text);
        CHECK(strcmp(text, known[i].text) == 0);
        CHECK_EQ(peer_id_parse_text(text, strlen(text), &parsed), OK);
        CHECK(peer_id_equal(&id, &parsed));
        CHECK_EQ(peer_id_parse_text(known[i].cid, strlen(known[i].cid), &parsed), OK);
        CHECK(peer_id_equal(&id, &parsed));
        CHECK_EQ(peer_id_key(&id, back), OK);
        CHECK_BYTES(key, back, 32);
    }
}

static void other_kinds_of_ids_are_read_but_hold_no_key_of_ours(void)
{
    const char *texts[] = {"16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY",
                           "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
                           "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"};
    for (size_t i = 0; i < 3; i++) {
        struct peer_id id;
        char text[PEER_ID_TEXT_MAX];
        uint8_t key[32];
        CHECK_EQ(peer_id_parse_text(texts[i], strlen(texts[i]), &id), OK);
        peer_id_text(&id, text);
        CHECK(strcmp(text, texts[i]) == 0);
        CHECK_EQ(peer_id_key(&id, key), i == 2 ? OK : ERR_UNSUPPORTED);
    }
}

static void malformed_texts_are_refused(void)
{
    const char *texts[] = {"",
                           "1",
                           "b",
                           "12D3KooW",
                           "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH0",
                           "112D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5",
                           "2D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5",
                           "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                           "bafzaajaiaejcbcui4poxicprsx6vfwznhs5f24wkm4e36hmucin7g5eiag2a632",
                           "bafzAAJAIAEJCBCUI4POXICPRSX6VFWZNHS5F24WKM4E36HMUCIN7G5EIAG2A6324",
                           "bafyaajaiaejcbcui4poxicprsx6vfwznhs5f24wkm4e36hmucin7g5eiag2a6324"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct peer_id id;
        CHECK_EQ(peer_id_parse_text(texts[i], strlen(texts[i]), &id), ERR_INVALID);
    }
}

static void only_the_one_form_of_a_public_key_is_taken(void)
{
    uint8_t key[32], message[40], out[32];
    hex_bytes(known[0].key, key);
    key_public_encode(key, message);
    CHECK_EQ(key_public_parse((struct span){message, 36}, out), OK);
    CHECK_BYTES(key, out, 32);
    CHECK_EQ(key_public_parse((struct span){message, 35}, out), ERR_BAD_MESSAGE);
    CHECK_EQ(key_public_parse((struct span){message, 37}, out), ERR_BAD_MESSAGE);
    message[1] = 2;
    CHECK_EQ(key_public_parse((struct span){message, 36}, out), ERR_UNSUPPORTED);
    message[1] = 1;
    message[0] = 0x12;
    CHECK_EQ(key_public_parse((struct span){message, 36}, out), ERR_BAD_MESSAGE);
}

static void private_keys_are_read_in_both_forms_and_must_match(void)
{
    uint8_t seed[32], message[104], out[32];
    memset(seed, 1, sizeof seed);
    key_private_encode(seed, message);
    CHECK_EQ(key_private_parse((struct span){message, 68}, out), OK);
    CHECK_BYTES(seed, out, 32);
    message[3] = 96; // the old form: the public key once more
    memcpy(message + 68, message + 36, 32);
    CHECK_EQ(key_private_parse((struct span){message, 100}, out), OK);
    message[99] ^= 1;
    CHECK_EQ(key_private_parse((struct span){message, 100}, out), ERR_BAD_MESSAGE);
    message[99] ^= 1;
    message[4] ^= 1; // another seed
    CHECK_EQ(key_private_parse((struct span){message, 100}, out), ERR_BAD_MESSAGE);
    CHECK_EQ(key_private_parse((struct span){message, 3}, out), ERR_BAD_MESSAGE);
}

static void mutated_ids_never_break_the_parser_and_read_back(void)
{
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        const char *from = round % 2 ? known[0].text : known[1].cid;
        struct buffer text = mutated(from, strlen(from), &seed);
        struct peer_id id, again;
        char printed[PEER_ID_TEXT_MAX];
        if (peer_id_parse_text((const char *)text.bytes, text.size, &id) == OK) {
            peer_id_text(&id, printed);
            CHECK_EQ(peer_id_parse_text(printed, strlen(printed), &again), OK);
            CHECK(peer_id_equal(&id, &again));
        }
        buffer_finish(&text);
    }
}

TEST_MAIN(TEST(keys_and_signatures_match_the_known_values),
          TEST(both_text_forms_name_the_same_peer),
          TEST(other_kinds_of_ids_are_read_but_hold_no_key_of_ours),
          TEST(malformed_texts_are_refused), TEST(only_the_one_form_of_a_public_key_is_taken),
          TEST(private_keys_are_read_in_both_forms_and_must_match),
          TEST(mutated_ids_never_break_the_parser_and_read_back))
