// SPDX-License-Identifier: Apache-2.0
// Random bytes that cannot fail: seeded once from the entropy device, then ChaCha20 with its key
// replaced at every use, so what was given out earlier cannot be computed from what is here now.
#pragma once

#include "mesh/key.h"

enum { GENERATOR_SEED_BYTES = 32 };

struct generator {
    uint8_t key[GENERATOR_SEED_BYTES];
};

void generator_init(struct generator *generator, const uint8_t seed[GENERATOR_SEED_BYTES]);
// Fills bytes; `context` is the generator (see struct mesh_random).
void generator_fill(void *context, void *bytes, size_t size);
