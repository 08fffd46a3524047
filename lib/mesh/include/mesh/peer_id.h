// SPDX-License-Identifier: Apache-2.0
// A peer id: the name of a key, and the only identity the mesh knows. It is a multihash of the
// key's PublicKey message: the message itself for short keys (Ed25519: 38 bytes, "12D3KooW…"),
// SHA-256 of it for long ones ("Qm…", which we can read and print but never authenticate). See
// docs/protocols/link.md, "Keys and peer ids".
#pragma once

#include "mesh/key.h"

enum {
    PEER_ID_BYTES_MAX = 44, // identity multihash of a 42-byte message
    PEER_ID_TEXT_MAX = 64,  // base58 form with its terminating zero
};

// A value: copy and compare freely. size 0 is no peer.
struct peer_id {
    uint8_t size;
    uint8_t bytes[PEER_ID_BYTES_MAX];
};

// The id of an Ed25519 key.
void peer_id_of_key(const uint8_t key[KEY_PUBLIC_BYTES], struct peer_id *out_id);
// The Ed25519 key inside an id; ERR_UNSUPPORTED when the id holds another kind of key or only a
// hash.
status_t peer_id_key(const struct peer_id *id, uint8_t out_key[KEY_PUBLIC_BYTES]);
// Checks and copies a binary multihash; ERR_BAD_MESSAGE.
status_t peer_id_parse(struct span bytes, struct peer_id *out_id);
// Reads the base58btc form or the CIDv1 base32 form ("bafz…"); ERR_INVALID. `text` need not end in
// zero.
status_t peer_id_parse_text(const char *text, size_t size, struct peer_id *out_id);
// Writes the base58btc form with a terminating zero.
void peer_id_text(const struct peer_id *id, char out_text[PEER_ID_TEXT_MAX]);
bool peer_id_equal(const struct peer_id *a, const struct peer_id *b);
// Below, at or above zero as `a` sorts before, at or after `b` by bytes.
int peer_id_compare(const struct peer_id *a, const struct peer_id *b);
