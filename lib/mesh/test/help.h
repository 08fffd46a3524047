// SPDX-License-Identifier: Apache-2.0
// Shared by the mesh tests: hexadecimal, repeatable randomness, keys of the recorded conversations,
// and the mutation loop that every parser goes through.
#pragma once

#include "base/buffer.h"
#include "base/test.h"
#include "mesh/key.h"
#include "mesh/noise_payload.h"

static inline int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Appends the bytes of a hexadecimal string.
static inline void hex_append(struct buffer *out, const char *hex)
{
    for (; hex[0] && hex[1]; hex += 2) {
        buffer_u8(out, (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1])));
    }
}

// Decodes into `out` and returns the size.
static inline size_t hex_bytes(const char *hex, uint8_t *out)
{
    size_t size = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        out[size++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
    }
    return size;
}

// splitmix64: the whole state is the seed, so a failing seed repeats.
static inline uint64_t dice(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void dice_fill(void *context, void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)dice(context);
    }
}

// A signer with a seed of 32 equal bytes, as in the recorded conversations.
static inline status_t test_sign(void *context, struct span message,
                                 uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    uint8_t seed[KEY_SEED_BYTES];
    memset(seed, *(uint8_t *)context, sizeof seed);
    key_sign(seed, message, out_signature);
    return OK;
}

static inline struct mesh_signer test_signer(uint8_t *seed_byte)
{
    struct mesh_signer signer = {.sign = test_sign, .context = seed_byte};
    uint8_t seed[KEY_SEED_BYTES];
    memset(seed, *seed_byte, sizeof seed);
    key_public_of_seed(seed, signer.public_key);
    return signer;
}

// Random bytes that are one repeated byte at the first fill and 0, 1, 2 … afterwards.
struct fixed_random {
    uint8_t first;
    bool is_used;
};

static inline void fixed_fill(void *context, void *bytes, size_t size)
{
    struct fixed_random *fixed = context;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = fixed->is_used ? (uint8_t)i : fixed->first;
    }
    fixed->is_used = true;
}

static inline void fixed_identity(struct noise_identity *identity, uint8_t seed, uint8_t statics)
{
    struct fixed_random fixed = {.first = statics};
    struct mesh_random random = {fixed_fill, &fixed};
    struct mesh_signer signer = test_signer(&seed);
    CHECK_EQ(noise_identity_init(identity, &random, &signer), OK);
}

// Changes one to four bytes, or the length, of a copy of `bytes` (heap, exact size, so that the
// sanitizer sees overreads).
static inline struct buffer mutated(const void *bytes, size_t size, uint64_t *seed)
{
    struct buffer copy = {0};
    size_t length = dice(seed) % 4 == 0 ? dice(seed) % (size + 1) : size;
    copy.bytes = malloc(length + (length == 0));
    copy.size = copy.capacity = length;
    memcpy(copy.bytes, bytes, length);
    for (uint64_t changes = dice(seed) % 4 + 1; length > 0 && changes > 0; changes--) {
        uint8_t *place = &copy.bytes[dice(seed) % length];
        *place = dice(seed) % 2 ? (uint8_t)dice(seed) : (uint8_t)(*place ^ 1 << dice(seed) % 8);
    }
    return copy;
}
