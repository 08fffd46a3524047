// SPDX-License-Identifier: Apache-2.0
// Noise XX against the cacophony vector and against everything that must be refused; libp2p's
// payload likewise. Built a second time with PLANTED_SIGNATURE_UNCHECKED, where it must fail.
#include "help.h"
#include "mesh/noise_payload.h"

// cacophony (public domain), Noise_XX_25519_ChaChaPoly_SHA256. Transport messages start with the
// responder.
static const char prologue_hex[] = "4a6f686e2047616c74";
static const char handshake_hash_hex[] =
    "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e";
static const char *const secrets_hex[2][2] = {
    // static, ephemeral; of the initiator and of the responder
    {"e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
     "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"},
    {"4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
     "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"},
};
static const struct {
    const char *payload, *sealed;
} messages[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
     "4c756477696720766f6e204d69736573"},
    {"4d757272617920526f746862617264",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
     "81cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9"
     "bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f"
     "8814c7194e83f23dbd8d162c9326ad"},
    {"462e20412e20486179656b", "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a8"
                               "0ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6"
                               "ae769a1d95941d49b25030"},
    {"4361726c204d656e676572", "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"},
    {"4a65616e2d426170746973746520536179",
     "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f"},
};

static void start(struct noise_handshake *side, enum noise_role role)
{
    uint8_t prologue[16], secret[32];
    struct noise_keypair statics, ephemeral;
    size_t size = hex_bytes(prologue_hex, prologue);
    hex_bytes(secrets_hex[role][0], secret);
    noise_keypair_of_secret(secret, &statics);
    hex_bytes(secrets_hex[role][1], secret);
    noise_keypair_of_secret(secret, &ephemeral);
    noise_handshake_init(side, role, &statics, &ephemeral, (struct span){prologue, size});
}

// Lets `side` write or read handshake message `index` of the vector and checks what comes out.
static void step(struct noise_handshake *side, size_t index)
{
    uint8_t payload[64], sealed[256], out[256];
    size_t payload_size = hex_bytes(messages[index].payload, payload), size = 0;
    size_t sealed_size = hex_bytes(messages[index].sealed, sealed);
    if (noise_handshake_is_ours(side)) {
        struct writer writer = writer_of(out, sizeof out);
        CHECK_EQ(noise_handshake_write(side, (struct span){payload, payload_size}, &writer), OK);
        CHECK_EQ(writer.size, sealed_size);
        CHECK_BYTES(out, sealed, sealed_size);
    } else {
        CHECK_EQ(noise_handshake_read(side, (struct span){sealed, sealed_size}, out, &size), OK);
        CHECK_EQ(size, payload_size);
        CHECK_BYTES(out, payload, payload_size);
    }
}

static void both_roles_reproduce_the_cacophony_vector(void)
{
    for (int role = 0; role < 2; role++) {
        struct noise_handshake side;
        struct noise_cipher send, receive;
        uint8_t expected[64], frame[64];
        start(&side, role);
        for (size_t i = 0; i < 3; i++) {
            step(&side, i);
        }
        CHECK(noise_handshake_is_done(&side));
        hex_bytes(handshake_hash_hex, expected);
        CHECK_BYTES(side.hash, expected, 32);
        noise_handshake_split(&side, &send, &receive);
        for (size_t i = 3; i < 6; i++) {
            uint8_t payload[32];
            size_t size = hex_bytes(messages[i].payload, payload), opened = 0;
            size_t sealed_size = hex_bytes(messages[i].sealed, expected);
            bool ours = (i % 2 == 1) == (role == NOISE_RESPONDER);
            if (ours) {
                struct writer out = writer_of(frame, sizeof frame);
                CHECK_EQ(noise_seal_frame(&send, (struct span){payload, size}, &out), OK);
                CHECK_EQ(out.size, sealed_size + 2);
                CHECK_EQ(frame[1], sealed_size);
                CHECK_BYTES(frame + 2, expected, sealed_size);
            } else {
                CHECK_EQ(noise_open(&receive, expected, sealed_size, &opened), OK);
                CHECK_EQ(opened, size);
                CHECK_BYTES(expected, payload, size);
            }
        }
    }
}

// Runs a vector handshake in which message `bad` is changed first; returns what its reader said.
static status_t read_changed(size_t bad, size_t cut, size_t flip)
{
    struct noise_handshake sides[2];
    uint8_t sealed[256], out[256];
    size_t size = 0;
    start(&sides[0], NOISE_INITIATOR);
    start(&sides[1], NOISE_RESPONDER);
    for (size_t i = 0; i < bad; i++) {
        step(&sides[0], i);
        step(&sides[1], i);
    }
    size_t sealed_size = hex_bytes(messages[bad].sealed, sealed);
    if (flip < 8 * sealed_size) {
        sealed[flip / 8] ^= (uint8_t)(1 << flip % 8);
    }
    struct noise_handshake *reader = &sides[bad % 2 == 0];
    size_t length = cut < sealed_size ? cut : sealed_size;
    uint8_t *exact = malloc(length + 1);
    memcpy(exact, sealed, length);
    status_t status = noise_handshake_read(reader, (struct span){exact, length}, out, &size);
    free(exact);
    return status;
}

static void any_flipped_bit_of_a_sealed_message_is_refused(void)
{
    for (size_t message = 1; message < 3; message++) {
        size_t bits = strlen(messages[message].sealed) / 2 * 8;
        for (size_t bit = 0; bit < bits; bit++) {
            // X25519 ignores the top bit of a public key; the hash does not, so the first seal
            // fails all the same.
            CHECK(read_changed(message, SIZE_MAX, bit) < 0);
        }
    }
}

static void any_truncated_message_is_refused(void)
{
    for (size_t message = 0; message < 3; message++) {
        size_t size = strlen(messages[message].sealed) / 2;
        for (size_t cut = 0; cut < (message == 0 ? 32 : size); cut++) {
            CHECK(read_changed(message, cut, SIZE_MAX) < 0);
        }
    }
}

static void keys_of_low_order_are_refused(void)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct noise_handshake responder;
        uint8_t key[32], out[256];
        size_t size = 0;
        start(&responder, NOISE_RESPONDER);
        hex_bytes(keys[i], key);
        CHECK_EQ(noise_handshake_read(&responder, (struct span){key, 32}, out, &size), OK);
        struct writer writer = writer_of(out, sizeof out);
        CHECK_EQ(noise_handshake_write(&responder, (struct span){0}, &writer), ERR_BAD_MESSAGE);
    }
}

static void messages_out_of_turn_are_refused(void)
{
    struct noise_handshake side;
    uint8_t out[256];
    size_t size = 0;
    struct writer writer = writer_of(out, sizeof out);
    start(&side, NOISE_INITIATOR);
    CHECK_EQ(noise_handshake_read(&side, (struct span){out, 96}, out, &size), ERR_BAD_STATE);
    CHECK_EQ(noise_handshake_write(&side, (struct span){0}, &writer), OK);
    CHECK_EQ(noise_handshake_write(&side, (struct span){0}, &writer), ERR_BAD_STATE);
    start(&side, NOISE_RESPONDER);
    CHECK_EQ(noise_handshake_write(&side, (struct span){0}, &writer), ERR_BAD_STATE);
}

static void replayed_and_reordered_transport_messages_are_refused(void)
{
    struct noise_cipher send = {.key = {7}}, receive = send;
    uint8_t frames[2][64], copy[64];
    size_t size = 0;
    for (size_t i = 0; i < 2; i++) {
        struct writer out = writer_of(frames[i], sizeof frames[i]);
        CHECK_EQ(noise_seal_frame(&send, (struct span){(const uint8_t *)"hello", 5}, &out), OK);
    }
    struct noise_cipher early = receive;
    memcpy(copy, frames[1], sizeof copy);
    CHECK_EQ(noise_open(&early, copy + 2, 21, &size), ERR_BAD_SIGNATURE);
    memcpy(copy, frames[0], sizeof copy);
    CHECK_EQ(noise_open(&receive, copy + 2, 21, &size), OK);
    CHECK_EQ(size, 5);
    memcpy(copy, frames[0], sizeof copy);
    CHECK_EQ(noise_open(&receive, copy + 2, 21, &size), ERR_BAD_SIGNATURE);
    CHECK_EQ(noise_open(&receive, copy + 2, 15, &size), ERR_BAD_MESSAGE);
}

static void a_cipher_stops_before_its_nonces_repeat(void)
{
    struct noise_cipher cipher = {.nonce = UINT32_MAX - UINT64_C(1)};
    uint8_t frame[64];
    size_t size;
    struct writer out = writer_of(frame, sizeof frame);
    CHECK_EQ(noise_seal_frame(&cipher, (struct span){frame, 1}, &out), OK);
    CHECK_EQ(noise_seal_frame(&cipher, (struct span){frame, 1}, &out), ERR_FULL);
    CHECK_EQ(noise_open(&cipher, frame, 20, &size), ERR_FULL);
}

static void the_longest_message_fits_and_no_more(void)
{
    struct noise_cipher send = {0}, receive = {0};
    uint8_t *plain = calloc(1, NOISE_PLAIN_MAX), *frame = malloc(2 + NOISE_MESSAGE_MAX);
    struct writer out = writer_of(frame, 2 + NOISE_MESSAGE_MAX);
    size_t size = 0;
    CHECK_EQ(noise_seal_frame(&send, (struct span){plain, NOISE_PLAIN_MAX}, &out), OK);
    CHECK_EQ(out.size, 65537);
    CHECK_EQ(frame[0] << 8 | frame[1], 65535);
    CHECK_EQ(noise_open(&receive, frame + 2, NOISE_MESSAGE_MAX, &size), OK);
    CHECK_EQ(size, NOISE_PLAIN_MAX);
    CHECK_EQ(noise_seal_frame(&send, (struct span){plain, 1}, &out), ERR_RANGE);
    free(plain);
    free(frame);
}

static size_t known_payload(struct noise_identity *identity, uint8_t *bytes)
{
    fixed_identity(identity, 2, 0x22);
    struct writer out = writer_of(bytes, NOISE_PAYLOAD_MAX);
    noise_payload_write(identity, false, &out);
    return out.size;
}

static void our_payload_has_the_known_bytes(void)
{
    struct noise_identity identity;
    uint8_t bytes[NOISE_PAYLOAD_MAX], expected[NOISE_PAYLOAD_MAX];
    CHECK_EQ(known_payload(&identity, bytes), 120);
    hex_bytes("0a24080112208139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"
              "12402e8bf2b0d618de67ad0d69c950be51651aa712d441a89e9e86b1440f362b63694fa7ea7679"
              "88d10728a7019e2bcc9f905eadc06203722ce10235c8a29ee9b209220e120c2f79616d75782f31"
              "2e302e30",
              expected);
    CHECK_BYTES(bytes, expected, 120);
    struct noise_payload payload;
    CHECK_EQ(noise_payload_check((struct span){bytes, 120}, identity.statics.public_key, &payload),
             OK);
    CHECK(payload.has_muxers && payload.takes_yamux);
    CHECK_BYTES(payload.public_key, identity.public_key, 32);
    CHECK_EQ(noise_payload_check((struct span){bytes, 104}, identity.statics.public_key, &payload),
             OK);
    CHECK(!payload.has_muxers);
}

static void a_signature_over_another_static_key_is_refused(void)
{
    struct noise_identity identity;
    struct noise_payload payload;
    uint8_t bytes[NOISE_PAYLOAD_MAX], other[32] = {9};
    size_t size = known_payload(&identity, bytes);
    CHECK_EQ(noise_payload_check((struct span){bytes, size}, other, &payload), ERR_BAD_SIGNATURE);
}

static void any_flipped_bit_of_key_or_signature_is_refused(void)
{
    struct noise_identity identity;
    struct noise_payload payload;
    uint8_t bytes[NOISE_PAYLOAD_MAX];
    size_t size = known_payload(&identity, bytes);
    for (size_t bit = 0; bit < 8 * 104; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(noise_payload_check((struct span){bytes, size}, identity.statics.public_key,
                                  &payload) < 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_payload_without_proof_is_refused(void)
{
    struct noise_identity identity;
    struct noise_payload payload;
    uint8_t bytes[NOISE_PAYLOAD_MAX];
    (void)known_payload(&identity, bytes);
    for (size_t size = 0; size < 104; size++) {
        CHECK(noise_payload_check((struct span){bytes, size}, identity.statics.public_key,
                                  &payload) < 0);
    }
}

static void mutated_payloads_never_break_the_parser(void)
{
    struct noise_identity identity;
    struct noise_payload payload;
    uint8_t bytes[NOISE_PAYLOAD_MAX];
    uint64_t seed = 5;
    size_t size = known_payload(&identity, bytes);
    for (int round = 0; round < 20000; round++) {
        struct buffer copy = mutated(bytes, size, &seed);
        (void)noise_payload_check(buffer_span(&copy), identity.statics.public_key, &payload);
        buffer_finish(&copy);
    }
}

TEST_MAIN(TEST(both_roles_reproduce_the_cacophony_vector),
          TEST(any_flipped_bit_of_a_sealed_message_is_refused),
          TEST(any_truncated_message_is_refused), TEST(keys_of_low_order_are_refused),
          TEST(messages_out_of_turn_are_refused),
          TEST(replayed_and_reordered_transport_messages_are_refused),
          TEST(a_cipher_stops_before_its_nonces_repeat), TEST(the_longest_message_fits_and_no_more),
          TEST(our_payload_has_the_known_bytes),
          TEST(a_signature_over_another_static_key_is_refused),
          TEST(any_flipped_bit_of_key_or_signature_is_refused),
          TEST(a_payload_without_proof_is_refused), TEST(mutated_payloads_never_break_the_parser))
