// SPDX-License-Identifier: Apache-2.0
// Noise_XX_25519_ChaChaPoly_SHA256, the handshake and its two ciphers, as plain state machines over
// messages: no framing, no identity (see mesh/noise_payload.h), no randomness (the caller brings
// both key pairs). Any error leaves the handshake unusable: close the connection. See
// docs/protocols/link.md, "Noise".
#pragma once

#include "base/codec.h"

enum {
    NOISE_KEY_BYTES = 32,
    NOISE_HASH_BYTES = 32,
    NOISE_TAG_BYTES = 16,
    NOISE_MESSAGE_MAX = 65535, // ciphertext of one message
    NOISE_PLAIN_MAX = NOISE_MESSAGE_MAX - NOISE_TAG_BYTES,
};

enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };

struct noise_keypair {
    uint8_t secret[NOISE_KEY_BYTES], public_key[NOISE_KEY_BYTES];
};

// One direction after the handshake.
struct noise_cipher {
    uint8_t key[NOISE_KEY_BYTES];
    uint64_t nonce;
};

struct noise_handshake {
    enum noise_role role;
    uint8_t step; // 0 to 2: messages done
    uint8_t has_key;
    uint8_t hash[NOISE_HASH_BYTES];
    uint8_t chaining_key[NOISE_HASH_BYTES];
    struct noise_cipher cipher;
    struct noise_keypair statics, ephemeral;
    uint8_t remote_static[NOISE_KEY_BYTES], remote_ephemeral[NOISE_KEY_BYTES];
};

// Derives the public half; the secret is any 32 random bytes.
void noise_keypair_of_secret(const uint8_t secret[NOISE_KEY_BYTES], struct noise_keypair *out_pair);

// Starts; both key pairs are copied. An ephemeral pair must never be used twice.
void noise_handshake_init(struct noise_handshake *handshake, enum noise_role role,
                          const struct noise_keypair *statics,
                          const struct noise_keypair *ephemeral, struct span prologue);
// Wipes all keys.
void noise_handshake_finish(struct noise_handshake *handshake);
// True when the next message is ours to write.
bool noise_handshake_is_ours(const struct noise_handshake *handshake);
bool noise_handshake_is_done(const struct noise_handshake *handshake);
// Appends our next message with `payload`. ERR_BAD_STATE out of turn, ERR_RANGE when it does not
// fit the writer, ERR_BAD_MESSAGE when the peer's key gives an all-zero secret.
status_t noise_handshake_write(struct noise_handshake *handshake, struct span payload,
                               struct writer *out);
// Reads the peer's next message; its payload goes to `out_payload`, which holds at least
// message.size bytes. ERR_BAD_STATE out of turn, ERR_BAD_MESSAGE (short, or an all-zero secret),
// ERR_BAD_SIGNATURE (does not decrypt).
status_t noise_handshake_read(struct noise_handshake *handshake, struct span message,
                              uint8_t *out_payload, size_t *out_size);
// After the third message: the ciphers to send and receive with.
void noise_handshake_split(const struct noise_handshake *handshake, struct noise_cipher *out_send,
                           struct noise_cipher *out_receive);

// Appends the sealed `plain` (at most NOISE_PLAIN_MAX bytes) in its 2-byte big-endian frame.
// ERR_RANGE when it does not fit, ERR_FULL when the nonces are used up.
status_t noise_seal_frame(struct noise_cipher *cipher, struct span plain, struct writer *out);
// Opens one message in place (without its frame); the plain bytes stand at its start.
// ERR_BAD_MESSAGE when too short, ERR_BAD_SIGNATURE when it does not decrypt, ERR_FULL when the
// nonces are used up.
status_t noise_open(struct noise_cipher *cipher, uint8_t *message, size_t size, size_t *out_size);
