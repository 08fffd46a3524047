// SPDX-License-Identifier: Apache-2.0
// Random bytes; see generator.h (fast key erasure).
#include "generator.h"

#include <sodium.h>
#include <string.h>

enum { PIECE_BYTES = 224 }; // given out per key

void generator_init(struct generator *generator, const uint8_t seed[GENERATOR_SEED_BYTES])
{
    memcpy(generator->key, seed, GENERATOR_SEED_BYTES);
}

void generator_fill(void *context, void *bytes, size_t size)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    struct generator *generator = context;
    uint8_t block[GENERATOR_SEED_BYTES + PIECE_BYTES];
    for (size_t done = 0; done < size;) {
        size_t part = size - done < PIECE_BYTES ? size - done : PIECE_BYTES;
        (void)crypto_stream_chacha20(block, sizeof block, nonce, generator->key);
        memcpy(generator->key, block, GENERATOR_SEED_BYTES);
        memcpy((uint8_t *)bytes + done, block + GENERATOR_SEED_BYTES, part);
        done += part;
    }
    sodium_memzero(block, sizeof block);
}
