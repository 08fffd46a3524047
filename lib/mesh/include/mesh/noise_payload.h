// SPDX-License-Identifier: Apache-2.0
// What libp2p carries inside Noise messages 2 and 3: who owns this static key (identity key and its
// signature) and which muxers the sender speaks, so that no further negotiation is needed. See
// docs/protocols/link.md, "Who is there".
#pragma once

#include "mesh/noise.h"
#include "mesh/peer_id.h"

enum { NOISE_PAYLOAD_MAX = 128 }; // ours: 102 bytes without and 120 with the muxer list

// One process's identity towards peers: a static Noise key made for this run and the identity key's
// word for it.
struct noise_identity {
    struct noise_keypair statics;
    uint8_t public_key[KEY_PUBLIC_BYTES];
    uint8_t signature[KEY_SIGNATURE_BYTES];
};

// What a peer's payload proved and said.
struct noise_payload {
    uint8_t public_key[KEY_PUBLIC_BYTES];
    bool has_muxers;  // the peer sent a list
    bool takes_yamux; // and we are in it
};

// Makes a fresh static key and has it signed, once per process or per connection. Returns the
// signer's refusal.
status_t noise_identity_init(struct noise_identity *identity, const struct mesh_random *random,
                             const struct mesh_signer *signer);
// Wipes the static secret.
void noise_identity_finish(struct noise_identity *identity);
// Appends our payload, with the muxer list unless `plain`.
void noise_payload_write(const struct noise_identity *identity, bool plain, struct writer *out);
// Checks that the payload's key signed `remote_static`. ERR_BAD_MESSAGE, ERR_UNSUPPORTED (not an
// Ed25519 key) or ERR_BAD_SIGNATURE: close at once.
status_t noise_payload_check(struct span payload, const uint8_t remote_static[NOISE_KEY_BYTES],
                             struct noise_payload *out_payload);
