// SPDX-License-Identifier: Apache-2.0
// The device's identity; see identity.h.
#include "identity.h"

#include "base/math.h"

#include <sodium.h>
#include <string.h>

#define PREFIX_TEXT(bit, text) [bit] = text,
static const char *const prefixes_known[] = {IDENTITY_PREFIXES(PREFIX_TEXT)};

void identity_init(struct identity *identity, const struct identity_vault *vault)
{
    *identity = (struct identity){.vault = *vault};
}

void identity_finish(struct identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

// Makes a key and keeps it before anybody sees it.
static status_t make(struct identity *identity)
{
    const struct identity_vault *vault = &identity->vault;
    uint8_t message[KEY_PRIVATE_MESSAGE_BYTES];
    status_t status = vault->random(vault->context, identity->seed, sizeof identity->seed);
    if (status != OK) {
        return status;
    }
    key_private_encode(identity->seed, message);
    status = vault->put(vault->context, (struct span){message, sizeof message});
    sodium_memzero(message, sizeof message);
    return status;
}

status_t identity_load(struct identity *identity)
{
    const struct identity_vault *vault = &identity->vault;
    uint8_t message[KEY_PRIVATE_MESSAGE_BYTES];
    uint32_t size = 0;
    if (identity->is_loaded) {
        return OK;
    }
    status_t status = vault->get(vault->context, message, sizeof message, &size);
    if (status == ERR_NOT_FOUND) {
        status = make(identity);
    } else if (status == OK) {
        status = key_private_parse((struct span){message, size}, identity->seed);
        status = status == OK ? OK : ERR_CORRUPT;
    } else if (status == ERR_TOO_LARGE) {
        status = ERR_CORRUPT;
    }
    sodium_memzero(message, sizeof message);
    if (status == OK) {
        key_public_of_seed(identity->seed, identity->public_key);
        identity->is_loaded = true;
    } else {
        sodium_memzero(identity->seed, sizeof identity->seed);
    }
    return status;
}

static bool is_allowed(uint32_t prefixes, struct span message)
{
    for (size_t i = 0; i < ARRAY_COUNT(prefixes_known); i++) {
        size_t size = strlen(prefixes_known[i]);
        if ((prefixes >> i & 1) && message.size >= size &&
            memcmp(message.bytes, prefixes_known[i], size) == 0) {
            return true;
        }
    }
    return false;
}

status_t identity_sign(struct identity *identity, uint32_t prefixes, struct span message,
                       uint8_t out_signature[KEY_SIGNATURE_BYTES])
{
    if (!is_allowed(prefixes, message)) {
        return ERR_DENIED;
    }
    status_t status = identity_load(identity);
    if (status == OK) {
        key_sign(identity->seed, message, out_signature);
    }
    return status;
}
