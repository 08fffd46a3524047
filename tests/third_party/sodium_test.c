// SPDX-License-Identifier: Apache-2.0
// The crypto library as we build it: randomness only from whoever links it, published test vectors
// (RFC 8032 test 1, FIPS 180 "abc"), and a signature that was tampered with.
#include <sodium.h>

#include "base/test.h"

static uint32_t next_random;

static const char *counter_name(void)
{
    return "counter";
}

static uint32_t counter_random(void)
{
    return next_random++;
}

static void counter_fill(void *const out, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)next_random++;
}

static struct randombytes_implementation counter = {
    .implementation_name = counter_name,
    .random = counter_random,
    .buf = counter_fill,
};

static void sodium_uses_only_the_randomness_it_is_given(void)
{
    CHECK_EQ(randombytes_set_implementation(&counter), 0);
    CHECK(sodium_init() >= 0);
    uint8_t bytes[4];
    next_random = 7;
    randombytes_buf(bytes, sizeof bytes);
    CHECK_BYTES(bytes, "\x07\x08\x09\x0a", 4);
}

static void sodium_hashes_abc(void)
{
    uint8_t hash[32];
    char hex[65];
    crypto_hash_sha256(hash, (const uint8_t *)"abc", 3);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    CHECK_EQ(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), 0);
}

static void sodium_signs_and_refuses_a_changed_signature(void)
{
    const char *seed_hex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const char *public_hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    uint8_t seed[32], public_key[32], secret_key[64], signature[64];
    char hex[65];
    sodium_hex2bin(seed, sizeof seed, seed_hex, 64, NULL, NULL, NULL);
    CHECK_EQ(crypto_sign_seed_keypair(public_key, secret_key, seed), 0);
    sodium_bin2hex(hex, sizeof hex, public_key, sizeof public_key);
    CHECK_EQ(strcmp(hex, public_hex), 0);
    crypto_sign_detached(signature, NULL, (const uint8_t *)"", 0, secret_key);
    CHECK_EQ(crypto_sign_verify_detached(signature, (const uint8_t *)"", 0, public_key), 0);
    signature[5] ^= 1;
    CHECK_EQ(crypto_sign_verify_detached(signature, (const uint8_t *)"", 0, public_key), -1);
}

TEST_MAIN(TEST(sodium_uses_only_the_randomness_it_is_given), TEST(sodium_hashes_abc),
          TEST(sodium_signs_and_refuses_a_changed_signature))
