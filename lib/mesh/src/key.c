// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys; see mesh/key.h.
#include "mesh/key.h"

#include <sodium.h>
#include <string.h>

static const uint8_t public_prefix[] = {0x08, 0x01, 0x12, 0x20};
static const uint8_t private_prefix[] = {0x08, 0x01, 0x12};

enum { PRIVATE_DATA_BYTES = 64, PRIVATE_DATA_OLD_BYTES = 96 };

static void expand(const uint8_t seed[KEY_SEED_BYTES], uint8_t key[KEY_PUBLIC_BYTES],
                   uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
    (void)crypto_sign_seed_keypair(key, secret, seed);
}

void key_public_of_seed(const uint8_t seed[KEY_SEED_BYTES], uint8_t out_key[KEY_PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    expand(seed, out_key, secret);
    sodium_memzero(secret, sizeof secret);
}

void key_sign(const uint8_t seed[KEY_SEED_BYTES], struct span message,
              uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    uint8_t key[KEY_PUBLIC_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    expand(seed, key, secret);
    (void)crypto_sign_detached(out_signature, NULL, message.bytes, message.size, secret);
    sodium_memzero(secret, sizeof secret);
}

status_t key_verify(const uint8_t key[KEY_PUBLIC_BYTES], struct span message,
                    const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    int bad = crypto_sign_verify_detached(signature, message.bytes, message.size, key);
    return bad ? ERR_BAD_SIGNATURE : OK;
}

void key_public_encode(const uint8_t key[KEY_PUBLIC_BYTES], uint8_t out[KEY_PUBLIC_MESSAGE_BYTES])
{
    memcpy(out, public_prefix, sizeof public_prefix);
    memcpy(out + sizeof public_prefix, key, KEY_PUBLIC_BYTES);
}

status_t key_public_parse(struct span message, uint8_t out_key[KEY_PUBLIC_BYTES])
{
    if (message.size < 2 || message.bytes[0] != public_prefix[0]) {
        return ERR_BAD_MESSAGE;
    }
    if (message.bytes[1] != public_prefix[1]) {
        return ERR_UNSUPPORTED;
    }
    if (message.size != KEY_PUBLIC_MESSAGE_BYTES ||
        memcmp(message.bytes, public_prefix, sizeof public_prefix) != 0) {
        return ERR_BAD_MESSAGE;
    }
    memcpy(out_key, message.bytes + sizeof public_prefix, KEY_PUBLIC_BYTES);
    return OK;
}

void key_private_encode(const uint8_t seed[KEY_SEED_BYTES], uint8_t out[KEY_PRIVATE_MESSAGE_BYTES])
{
    struct writer writer = writer_of(out, KEY_PRIVATE_MESSAGE_BYTES);
    writer_bytes(&writer, private_prefix, sizeof private_prefix);
    writer_u8(&writer, PRIVATE_DATA_BYTES);
    writer_bytes(&writer, seed, KEY_SEED_BYTES);
    key_public_of_seed(seed, out + writer.size);
}

status_t key_private_parse(struct span message, uint8_t out_seed[KEY_SEED_BYTES])
{
    struct reader reader = reader_of(message.bytes, message.size);
    struct span prefix = reader_take(&reader, sizeof private_prefix);
    struct span data = reader_block(&reader);
    if (!reader_done(&reader) || memcmp(prefix.bytes, private_prefix, prefix.size) != 0 ||
        (data.size != PRIVATE_DATA_BYTES && data.size != PRIVATE_DATA_OLD_BYTES)) {
        return ERR_BAD_MESSAGE;
    }
    uint8_t key[KEY_PUBLIC_BYTES];
    key_public_of_seed(data.bytes, key);
    for (size_t at = KEY_SEED_BYTES; at < data.size; at += KEY_PUBLIC_BYTES) {
        if (memcmp(data.bytes + at, key, sizeof key) != 0) {
            return ERR_BAD_MESSAGE;
        }
    }
    memcpy(out_seed, data.bytes, KEY_SEED_BYTES);
    return OK;
}
