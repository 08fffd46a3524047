// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys in libp2p's protobuf clothing, and the two powers the mesh borrows from its owner:
// random bytes and signing. The secret key itself never enters this library: whoever keeps it (the
// key service on a device) signs. See docs/protocols/link.md, "Keys and peer ids".
#pragma once

#include "base/codec.h"

enum {
    KEY_PUBLIC_BYTES = 32, // the bare Ed25519 public key
    KEY_SEED_BYTES = 32,   // the bare Ed25519 seed (the secret)
    KEY_SIGNATURE_BYTES = 64,
    KEY_PUBLIC_MESSAGE_BYTES = 36,  // 08 01 12 20 and the key
    KEY_PRIVATE_MESSAGE_BYTES = 68, // 08 01 12 40, the seed and the public key
};

// Fills bytes that nobody can guess; must not fail.
struct mesh_random {
    void (*fill)(void *context, void *bytes, size_t size);
    void *context;
};

// Signs with the device's identity key. `sign` returns OK or the reason it would not.
struct mesh_signer {
    status_t (*sign)(void *context, struct span message,
                     uint8_t out_signature[KEY_SIGNATURE_BYTES]);
    void *context;
    uint8_t public_key[KEY_PUBLIC_BYTES];
};

// The public key belonging to a seed.
void key_public_of_seed(const uint8_t seed[KEY_SEED_BYTES], uint8_t out_key[KEY_PUBLIC_BYTES]);
// Signs with a bare seed: for the key service and for tests. The signature is deterministic (RFC
// 8032).
void key_sign(const uint8_t seed[KEY_SEED_BYTES], struct span message,
              uint8_t out_signature[KEY_SIGNATURE_BYTES]);
// OK, or ERR_BAD_SIGNATURE.
status_t key_verify(const uint8_t key[KEY_PUBLIC_BYTES], struct span message,
                    const uint8_t signature[KEY_SIGNATURE_BYTES]);

// The deterministic PublicKey message.
void key_public_encode(const uint8_t key[KEY_PUBLIC_BYTES], uint8_t out[KEY_PUBLIC_MESSAGE_BYTES]);
// Only the one deterministic Ed25519 form is taken: ERR_UNSUPPORTED for another key type,
// ERR_BAD_MESSAGE otherwise.
status_t key_public_parse(struct span message, uint8_t out_key[KEY_PUBLIC_BYTES]);

// The PrivateKey message as other libp2p programs store it.
void key_private_encode(const uint8_t seed[KEY_SEED_BYTES], uint8_t out[KEY_PRIVATE_MESSAGE_BYTES]);
// Takes the 64-byte form and the old 96-byte form (public key twice). ERR_BAD_MESSAGE when
// malformed or when the public key in it is not the seed's.
status_t key_private_parse(struct span message, uint8_t out_seed[KEY_SEED_BYTES]);
