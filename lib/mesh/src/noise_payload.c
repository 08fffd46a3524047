// SPDX-License-Identifier: Apache-2.0
// libp2p's Noise payload; see mesh/noise_payload.h. The planted twin of this file skips the
// signature check; the tests of the twin must fail.
#include "mesh/noise_payload.h"

#include "base/assert.h"
#include "protobuf.h"

#include <sodium.h>
#include <string.h>

enum { FIELD_KEY = 1, FIELD_SIGNATURE = 2, FIELD_EXTENSIONS = 4, EXTENSION_MUXERS = 2 };

#ifdef PLANTED_SIGNATURE_UNCHECKED
enum { SIGNATURE_CHECKED = 0 };
#else
enum { SIGNATURE_CHECKED = 1 };
#endif

static const char signed_prefix[] = "noise-libp2p-static-key:";
static const char yamux_name[] = "/yamux/1.0.0";

enum { PREFIX_BYTES = sizeof signed_prefix - 1, SIGNED_BYTES = PREFIX_BYTES + NOISE_KEY_BYTES };

static void signed_bytes(const uint8_t *static_key, uint8_t out[SIGNED_BYTES])
{
    memcpy(out, signed_prefix, PREFIX_BYTES);
    memcpy(out + PREFIX_BYTES, static_key, NOISE_KEY_BYTES);
}

status_t noise_identity_init(struct noise_identity *identity, const struct mesh_random *random,
                             const struct mesh_signer *signer)
{
    uint8_t secret[NOISE_KEY_BYTES], message[SIGNED_BYTES];
    random->fill(random->context, secret, sizeof secret);
    noise_keypair_of_secret(secret, &identity->statics);
    sodium_memzero(secret, sizeof secret);
    memcpy(identity->public_key, signer->public_key, KEY_PUBLIC_BYTES);
    signed_bytes(identity->statics.public_key, message);
    return signer->sign(signer->context, (struct span){message, sizeof message},
                        identity->signature);
}

void noise_identity_finish(struct noise_identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

void noise_payload_write(const struct noise_identity *identity, bool plain, struct writer *out)
{
    uint8_t key[KEY_PUBLIC_MESSAGE_BYTES], extensions[sizeof yamux_name + 2];
    key_public_encode(identity->public_key, key);
    protobuf_bytes(out, FIELD_KEY, key, sizeof key);
    protobuf_bytes(out, FIELD_SIGNATURE, identity->signature, KEY_SIGNATURE_BYTES);
    if (!plain) {
        struct writer list = writer_of(extensions, sizeof extensions);
        protobuf_bytes(&list, EXTENSION_MUXERS, yamux_name, sizeof yamux_name - 1);
        assert(writer_ok(&list));
        protobuf_bytes(out, FIELD_EXTENSIONS, extensions, list.size);
    }
}

static status_t read_extensions(struct span bytes, struct noise_payload *payload)
{
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        if (field.number != EXTENSION_MUXERS || !field.is_bytes) {
            continue;
        }
        payload->has_muxers = true;
        payload->takes_yamux |= field.bytes.size == sizeof yamux_name - 1 &&
                                memcmp(field.bytes.bytes, yamux_name, field.bytes.size) == 0;
    }
    return reader_done(&reader) ? OK : ERR_BAD_MESSAGE;
}

status_t noise_payload_check(struct span bytes, const uint8_t remote_static[NOISE_KEY_BYTES],
                             struct noise_payload *out_payload)
{
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    struct span key = {0}, signature = {0}, extensions = {0};
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        if (!field.is_bytes) {
            continue;
        }
        key = field.number == FIELD_KEY ? field.bytes : key;
        signature = field.number == FIELD_SIGNATURE ? field.bytes : signature;
        extensions = field.number == FIELD_EXTENSIONS ? field.bytes : extensions;
    }
    if (!reader_done(&reader) || signature.size != KEY_SIGNATURE_BYTES) {
        return ERR_BAD_MESSAGE;
    }
    struct noise_payload payload = {0};
    status_t status = key_public_parse(key, payload.public_key);
    if (status != OK) {
        return status;
    }
    uint8_t message[SIGNED_BYTES];
    signed_bytes(remote_static, message);
    status =
        key_verify(payload.public_key, (struct span){message, sizeof message}, signature.bytes);
    if (SIGNATURE_CHECKED && status != OK) {
        return status;
    }
    status = read_extensions(extensions, &payload);
    if (status == OK) {
        *out_payload = payload;
    }
    return status;
}
