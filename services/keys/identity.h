// SPDX-License-Identifier: Apache-2.0
// The device's identity: one Ed25519 key made at the first start and kept for ever. A noun without
// IPC: where the seed is kept and where random bytes come from is injected. A seed that cannot be
// read is never replaced by a new one.
#pragma once

#include "mesh/key.h"

struct identity_vault {
    // Reads the kept key message; ERR_NOT_FOUND only if there certainly is none.
    status_t (*get)(void *context, uint8_t *bytes, uint32_t capacity, uint32_t *out_size);
    status_t (*put)(void *context, struct span bytes);
    status_t (*random)(void *context, uint8_t *bytes, uint32_t size);
    void *context;
};

struct identity {
    struct identity_vault vault;
    bool is_loaded;
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t public_key[KEY_PUBLIC_BYTES];
};

// What a caller may have signed, as bits of its handle's restriction: messages that begin with one
// of these texts.
#define IDENTITY_PREFIXES(P)                                                                       \
    P(0, "noise-libp2p-static-key:") /* proves a link's key: services/mesh */                      \
    P(1, "nexus-circle:")            /* a record of the circle: services/mesh */                   \
    P(2, "nexus-log:")               /* an entry of a document's log: services/docs */

void identity_init(struct identity *identity, const struct identity_vault *vault);
// Wipes the seed from memory.
void identity_finish(struct identity *identity);
// Reads the key, or makes and keeps it; does nothing when it is loaded. The vault's errors;
// ERR_CORRUPT: what is kept is no key.
status_t identity_load(struct identity *identity);
// Signs what begins with a prefix allowed in `prefixes` (bits). ERR_DENIED; loads first and returns
// its errors.
status_t identity_sign(struct identity *identity, uint32_t prefixes, struct span message,
                       uint8_t out_signature[KEY_SIGNATURE_BYTES]);
