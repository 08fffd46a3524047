// SPDX-License-Identifier: Apache-2.0
// Noise XX; see mesh/noise.h. Names follow the Noise specification (revision 34): MixHash, MixKey,
// EncryptAndHash.
#include "mesh/noise.h"

#include "base/assert.h"

#include <sodium.h>
#include <string.h>

static const char protocol_name[] = "Noise_XX_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof protocol_name - 1 == NOISE_HASH_BYTES, "used as the first hash unhashed");

// js-libp2p closes after 2^32 - 1 messages; so do we, on both directions.
static const uint64_t nonce_end = UINT32_MAX;

void noise_keypair_of_secret(const uint8_t secret[NOISE_KEY_BYTES], struct noise_keypair *out_pair)
{
    memcpy(out_pair->secret, secret, NOISE_KEY_BYTES);
    (void)crypto_scalarmult_base(out_pair->public_key, secret);
}

static void hmac(const uint8_t key[NOISE_HASH_BYTES], struct span data, uint8_t *out)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, NOISE_HASH_BYTES);
    crypto_auth_hmacsha256_update(&state, data.bytes, data.size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

// HKDF with two outputs, which may overlap the inputs.
static void derive(const uint8_t chaining_key[NOISE_HASH_BYTES], struct span material,
                   uint8_t *out_first, uint8_t *out_second)
{
    uint8_t temporary[NOISE_HASH_BYTES], tail[NOISE_HASH_BYTES + 1] = {1};
    hmac(chaining_key, material, temporary);
    hmac(temporary, (struct span){tail, 1}, tail);
    memcpy(out_first, tail, NOISE_HASH_BYTES);
    tail[NOISE_HASH_BYTES] = 2;
    hmac(temporary, (struct span){tail, sizeof tail}, out_second);
    sodium_memzero(temporary, sizeof temporary);
    sodium_memzero(tail, sizeof tail);
}

static void mix_hash(struct noise_handshake *handshake, const void *bytes, size_t size)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, handshake->hash, sizeof handshake->hash);
    crypto_hash_sha256_update(&state, bytes, size);
    crypto_hash_sha256_final(&state, handshake->hash);
}

// MixKey with a Diffie-Hellman result. A low-order public key gives all zeroes and is refused.
static status_t mix_key(struct noise_handshake *handshake, const uint8_t *secret,
                        const uint8_t *public_key)
{
    uint8_t shared[NOISE_KEY_BYTES];
    if (crypto_scalarmult(shared, secret, public_key) != 0 ||
        sodium_is_zero(shared, sizeof shared)) {
        return ERR_BAD_MESSAGE;
    }
    derive(handshake->chaining_key, (struct span){shared, sizeof shared}, handshake->chaining_key,
           handshake->cipher.key);
    sodium_memzero(shared, sizeof shared);
    handshake->cipher.nonce = 0;
    handshake->has_key = 1;
    return OK;
}

static void nonce_bytes(uint64_t nonce, uint8_t out[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    struct writer writer = writer_of(out, crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
    writer_le32(&writer, 0);
    writer_le64(&writer, nonce);
}

// Writes plain.size + NOISE_TAG_BYTES bytes.
static status_t seal(struct noise_cipher *cipher, struct span ad, struct span plain, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    if (cipher->nonce >= nonce_end) {
        return ERR_FULL;
    }
    nonce_bytes(cipher->nonce++, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.bytes, plain.size, ad.bytes,
                                                    ad.size, NULL, nonce, cipher->key);
    return OK;
}

// Writes sealed.size - NOISE_TAG_BYTES bytes to `out`, which may be sealed.bytes.
static status_t open_sealed(struct noise_cipher *cipher, struct span ad, struct span sealed,
                            uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    if (sealed.size < NOISE_TAG_BYTES) {
        return ERR_BAD_MESSAGE;
    }
    if (cipher->nonce >= nonce_end) {
        return ERR_FULL;
    }
    nonce_bytes(cipher->nonce++, nonce);
    int bad = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.bytes, sealed.size,
                                                        ad.bytes, ad.size, nonce, cipher->key);
    return bad ? ERR_BAD_SIGNATURE : OK;
}

static status_t encrypt_and_hash(struct noise_handshake *handshake, struct span plain,
                                 struct writer *out)
{
    size_t size = plain.size + (handshake->has_key ? NOISE_TAG_BYTES : 0);
    if (size > out->capacity - out->size) {
        return ERR_RANGE;
    }
    uint8_t *place = out->start + out->size;
    if (handshake->has_key) {
        struct span ad = {handshake->hash, sizeof handshake->hash};
        status_t status = seal(&handshake->cipher, ad, plain, place);
        if (status != OK) {
            return status;
        }
    } else if (plain.size > 0) {
        memcpy(place, plain.bytes, plain.size);
    }
    out->size += size;
    mix_hash(handshake, place, size);
    return OK;
}

static status_t decrypt_and_hash(struct noise_handshake *handshake, struct span sealed,
                                 uint8_t *out)
{
    if (handshake->has_key) {
        struct span ad = {handshake->hash, sizeof handshake->hash};
        status_t status = open_sealed(&handshake->cipher, ad, sealed, out);
        if (status != OK) {
            return status;
        }
    } else if (sealed.size > 0) {
        memcpy(out, sealed.bytes, sealed.size);
    }
    mix_hash(handshake, sealed.bytes, sealed.size);
    return OK;
}

void noise_handshake_init(struct noise_handshake *handshake, enum noise_role role,
                          const struct noise_keypair *statics,
                          const struct noise_keypair *ephemeral, struct span prologue)
{
    *handshake =
        (struct noise_handshake){.role = role, .statics = *statics, .ephemeral = *ephemeral};
    memcpy(handshake->hash, protocol_name, NOISE_HASH_BYTES);
    memcpy(handshake->chaining_key, protocol_name, NOISE_HASH_BYTES);
    mix_hash(handshake, prologue.bytes, prologue.size);
}

void noise_handshake_finish(struct noise_handshake *handshake)
{
    sodium_memzero(handshake, sizeof *handshake);
}

bool noise_handshake_is_done(const struct noise_handshake *handshake)
{
    return handshake->step == 3;
}

bool noise_handshake_is_ours(const struct noise_handshake *handshake)
{
    enum noise_role writer = handshake->step % 2 == 0 ? NOISE_INITIATOR : NOISE_RESPONDER;
    return !noise_handshake_is_done(handshake) && handshake->role == writer;
}

// The secrets after which each message's parts are sealed: ee and es in message 2, se in message 3.
// Whose static key meets whose ephemeral key depends on the side.
static status_t mix_ee(struct noise_handshake *handshake)
{
    return mix_key(handshake, handshake->ephemeral.secret, handshake->remote_ephemeral);
}

static status_t mix_static(struct noise_handshake *handshake, enum noise_role owner)
{
    if (handshake->role == owner) {
        return mix_key(handshake, handshake->statics.secret, handshake->remote_ephemeral);
    }
    return mix_key(handshake, handshake->ephemeral.secret, handshake->remote_static);
}

static status_t write_static(struct noise_handshake *handshake, struct writer *out)
{
    struct span key = {handshake->statics.public_key, NOISE_KEY_BYTES};
    status_t status = encrypt_and_hash(handshake, key, out);
    return status == OK ? mix_static(handshake, handshake->role) : status;
}

static status_t write_ephemeral(struct noise_handshake *handshake, struct writer *out)
{
    writer_bytes(out, handshake->ephemeral.public_key, NOISE_KEY_BYTES);
    mix_hash(handshake, handshake->ephemeral.public_key, NOISE_KEY_BYTES);
    return writer_ok(out) ? OK : ERR_RANGE;
}

status_t noise_handshake_write(struct noise_handshake *handshake, struct span payload,
                               struct writer *out)
{
    status_t status = OK;
    if (!noise_handshake_is_ours(handshake)) {
        return ERR_BAD_STATE;
    }
    if (handshake->step < 2) {
        status = write_ephemeral(handshake, out);
    }
    if (status == OK && handshake->step == 1) {
        status = mix_ee(handshake);
    }
    if (status == OK && handshake->step > 0) {
        status = write_static(handshake, out);
    }
    if (status == OK) {
        status = encrypt_and_hash(handshake, payload, out);
    }
    handshake->step++;
    return status;
}

static status_t read_static(struct noise_handshake *handshake, struct reader *in)
{
    struct span sealed = reader_take(in, NOISE_KEY_BYTES + NOISE_TAG_BYTES);
    if (!reader_ok(in)) {
        return ERR_BAD_MESSAGE;
    }
    status_t status = decrypt_and_hash(handshake, sealed, handshake->remote_static);
    enum noise_role owner = handshake->role == NOISE_INITIATOR ? NOISE_RESPONDER : NOISE_INITIATOR;
    return status == OK ? mix_static(handshake, owner) : status;
}

static status_t read_ephemeral(struct noise_handshake *handshake, struct reader *in)
{
    struct span key = reader_take(in, NOISE_KEY_BYTES);
    if (!reader_ok(in)) {
        return ERR_BAD_MESSAGE;
    }
    memcpy(handshake->remote_ephemeral, key.bytes, NOISE_KEY_BYTES);
    mix_hash(handshake, key.bytes, NOISE_KEY_BYTES);
    return OK;
}

status_t noise_handshake_read(struct noise_handshake *handshake, struct span message,
                              uint8_t *out_payload, size_t *out_size)
{
    status_t status = OK;
    if (noise_handshake_is_ours(handshake) || noise_handshake_is_done(handshake)) {
        return ERR_BAD_STATE;
    }
    struct reader in = reader_of(message.bytes, message.size);
    if (handshake->step < 2) {
        status = read_ephemeral(handshake, &in);
    }
    if (status == OK && handshake->step == 1) {
        status = mix_ee(handshake);
    }
    if (status == OK && handshake->step > 0) {
        status = read_static(handshake, &in);
    }
    struct span sealed = reader_take(&in, reader_left(&in));
    if (status == OK) {
        status = decrypt_and_hash(handshake, sealed, out_payload);
    }
    handshake->step++;
    if (status == OK) {
        *out_size = sealed.size - (handshake->has_key ? NOISE_TAG_BYTES : 0);
    }
    return status;
}

void noise_handshake_split(const struct noise_handshake *handshake, struct noise_cipher *out_send,
                           struct noise_cipher *out_receive)
{
    struct noise_cipher first = {0}, second = {0};
    assert(noise_handshake_is_done(handshake));
    derive(handshake->chaining_key, (struct span){0}, first.key, second.key);
    *out_send = handshake->role == NOISE_INITIATOR ? first : second;
    *out_receive = handshake->role == NOISE_INITIATOR ? second : first;
    sodium_memzero(&first, sizeof first);
    sodium_memzero(&second, sizeof second);
}

status_t noise_seal_frame(struct noise_cipher *cipher, struct span plain, struct writer *out)
{
    assert(plain.size <= NOISE_PLAIN_MAX);
    size_t size = plain.size + NOISE_TAG_BYTES;
    if (size + 2 > out->capacity - out->size) {
        return ERR_RANGE;
    }
    status_t status = seal(cipher, (struct span){0}, plain, out->start + out->size + 2);
    if (status == OK) {
        writer_be16(out, (uint16_t)size);
        out->size += size;
    }
    return status;
}

status_t noise_open(struct noise_cipher *cipher, uint8_t *message, size_t size, size_t *out_size)
{
    struct span sealed = {message, size};
    status_t status = open_sealed(cipher, (struct span){0}, sealed, message);
    if (status == OK) {
        *out_size = size - NOISE_TAG_BYTES;
    }
    return status;
}
