// SPDX-License-Identifier: Apache-2.0
// Peer ids; see mesh/peer_id.h.
#include "mesh/peer_id.h"

#include "base/assert.h"

#include <string.h>

enum {
    MULTIHASH_IDENTITY = 0x00,
    MULTIHASH_SHA256 = 0x12,
    SHA256_BYTES = 32,
    MULTIHASH_HEAD = 2, // code and length, one byte each at these sizes
    CID_VERSION = 0x01,
    CID_LIBP2P_KEY = 0x72,
    CID_BYTES_MAX = PEER_ID_BYTES_MAX + 2,
};

static const char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";

void peer_id_of_key(const uint8_t key[KEY_PUBLIC_BYTES], struct peer_id *out_id)
{
    *out_id = (struct peer_id){.size = MULTIHASH_HEAD + KEY_PUBLIC_MESSAGE_BYTES};
    out_id->bytes[0] = MULTIHASH_IDENTITY;
    out_id->bytes[1] = KEY_PUBLIC_MESSAGE_BYTES;
    key_public_encode(key, out_id->bytes + MULTIHASH_HEAD);
}

status_t peer_id_key(const struct peer_id *id, uint8_t out_key[KEY_PUBLIC_BYTES])
{
    if (id->size < MULTIHASH_HEAD || id->bytes[0] != MULTIHASH_IDENTITY) {
        return ERR_UNSUPPORTED;
    }
    struct span message = {id->bytes + MULTIHASH_HEAD, (size_t)id->size - MULTIHASH_HEAD};
    return key_public_parse(message, out_key) == OK ? OK : ERR_UNSUPPORTED;
}

status_t peer_id_parse(struct span bytes, struct peer_id *out_id)
{
    if (bytes.size <= MULTIHASH_HEAD || bytes.size > PEER_ID_BYTES_MAX) {
        return ERR_BAD_MESSAGE;
    }
    bool identity = bytes.bytes[0] == MULTIHASH_IDENTITY;
    bool hash = bytes.bytes[0] == MULTIHASH_SHA256 && bytes.bytes[1] == SHA256_BYTES;
    if ((!identity && !hash) || bytes.bytes[1] != bytes.size - MULTIHASH_HEAD) {
        return ERR_BAD_MESSAGE;
    }
    *out_id = (struct peer_id){.size = (uint8_t)bytes.size};
    memcpy(out_id->bytes, bytes.bytes, bytes.size);
    return OK;
}

// The value of `digit` in an alphabet, or -1.
static int digit_value(const char *alphabet, char digit)
{
    const char *place = digit ? strchr(alphabet, digit) : NULL;
    return place ? (int)(place - alphabet) : -1;
}

// number = number * 58 + digit, big endian, in place. False when it no longer fits.
static bool base58_step(uint8_t *number, size_t size, unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = size; i > 0; i--) {
        carry += number[i - 1] * 58u;
        number[i - 1] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static status_t parse_base58(const char *text, size_t size, struct peer_id *out_id)
{
    uint8_t number[PEER_ID_BYTES_MAX] = {0};
    size_t zeros = 0;
    if (size >= PEER_ID_TEXT_MAX) {
        return ERR_INVALID;
    }
    while (zeros < size && text[zeros] == base58_digits[0]) {
        zeros++;
    }
    for (size_t i = zeros; i < size; i++) {
        int digit = digit_value(base58_digits, text[i]);
        if (digit < 0 || !base58_step(number, sizeof number, (unsigned)digit)) {
            return ERR_INVALID;
        }
    }
    size_t first = 0;
    while (first < sizeof number && number[first] == 0) {
        first++;
    }
    if (zeros > first) {
        return ERR_INVALID;
    }
    struct span bytes = {number + first - zeros, sizeof number - first + zeros};
    return peer_id_parse(bytes, out_id) == OK ? OK : ERR_INVALID;
}

// CIDv1 with the libp2p-key codec, multibase "b" (the `b` itself already taken off).
static status_t parse_cid(const char *text, size_t size, struct peer_id *out_id)
{
    uint8_t bytes[CID_BYTES_MAX];
    size_t count = 0;
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = digit_value(base32_digits, text[i]);
        if (digit < 0 || count == sizeof bytes) {
            return ERR_INVALID;
        }
        bits = (bits << 5 | (unsigned)digit) & 0xfff;
        have += 5;
        if (have >= 8) {
            have -= 8;
            bytes[count++] = (uint8_t)(bits >> have);
        }
    }
    bool clean = have < 5 && (bits & ((1u << have) - 1)) == 0;
    if (!clean || count < 2 || bytes[0] != CID_VERSION || bytes[1] != CID_LIBP2P_KEY) {
        return ERR_INVALID;
    }
    return peer_id_parse((struct span){bytes + 2, count - 2}, out_id) == OK ? OK : ERR_INVALID;
}

status_t peer_id_parse_text(const char *text, size_t size, struct peer_id *out_id)
{
    if (size > 1 && text[0] == 'b') {
        return parse_cid(text + 1, size - 1, out_id);
    }
    return parse_base58(text, size, out_id);
}

void peer_id_text(const struct peer_id *id, char out_text[PEER_ID_TEXT_MAX])
{
    uint8_t number[PEER_ID_BYTES_MAX];
    char digits[PEER_ID_TEXT_MAX];
    size_t count = 0, zeros = 0, first = 0;
    assert(id->size <= sizeof number);
    memcpy(number, id->bytes, id->size);
    while (zeros < id->size && number[zeros] == 0) {
        zeros++;
    }
    for (first = zeros; first < id->size;) {
        unsigned rest = 0;
        for (size_t i = first; i < id->size; i++) {
            rest = rest << 8 | number[i];
            number[i] = (uint8_t)(rest / 58);
            rest %= 58;
        }
        assert(count < sizeof digits - 1);
        digits[count++] = base58_digits[rest];
        first += number[first] == 0;
    }
    assert(zeros + count < PEER_ID_TEXT_MAX);
    memset(out_text, base58_digits[0], zeros);
    for (size_t i = 0; i < count; i++) {
        out_text[zeros + i] = digits[count - 1 - i];
    }
    out_text[zeros + count] = 0;
}

bool peer_id_equal(const struct peer_id *a, const struct peer_id *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

int peer_id_compare(const struct peer_id *a, const struct peer_id *b)
{
    size_t shared = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->bytes, b->bytes, shared);
    return order != 0 ? order : (int)a->size - (int)b->size;
}
