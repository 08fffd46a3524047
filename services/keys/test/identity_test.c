// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "identity.h"

static struct {
    uint8_t kept[256];
    uint32_t size;
    status_t get_status, put_status, random_status;
    int puts;
    uint8_t next;
} vault;

static status_t vault_get(void *context, uint8_t *bytes, uint32_t capacity, uint32_t *out_size)
{
    if (vault.get_status != OK) {
        return vault.get_status;
    }
    if (vault.size == 0) {
        return ERR_NOT_FOUND;
    }
    if (vault.size > capacity) {
        return ERR_TOO_LARGE;
    }
    memcpy(bytes, vault.kept, vault.size);
    *out_size = vault.size;
    return OK;
}

static status_t vault_put(void *context, struct span bytes)
{
    vault.puts++;
    if (vault.put_status == OK) {
        memcpy(vault.kept, bytes.bytes, bytes.size);
        vault.size = (uint32_t)bytes.size;
    }
    return vault.put_status;
}

static status_t vault_random(void *context, uint8_t *bytes, uint32_t size)
{
    memset(bytes, ++vault.next, size);
    return vault.random_status;
}

static const struct identity_vault ops = {
    .get = vault_get, .put = vault_put, .random = vault_random};
static struct identity identity;

static void begin(void)
{
    memset(&vault, 0, sizeof vault);
    identity_init(&identity, &ops);
}

static void a_key_is_made_once_and_kept(void)
{
    uint8_t key[32];
    begin();
    CHECK_EQ(identity_load(&identity), OK);
    memcpy(key, identity.public_key, sizeof key);
    CHECK_EQ(identity_load(&identity), OK);
    CHECK_EQ(vault.puts, 1);
    identity_init(&identity, &ops); // the next start
    CHECK_EQ(identity_load(&identity), OK);
    CHECK_EQ(vault.puts, 1);
    CHECK_BYTES(identity.public_key, key, sizeof key);
}

static void an_unreadable_key_is_never_replaced(void)
{
    static const status_t errors[] = {ERR_IO, ERR_CORRUPT, ERR_PEER_DIED, ERR_BAD_STATE};
    for (int i = 0; i < 4; i++) {
        begin();
        vault.get_status = errors[i];
        CHECK_EQ(identity_load(&identity), errors[i]);
        CHECK(vault.puts == 0 && !identity.is_loaded);
    }
    begin();
    CHECK_EQ(identity_load(&identity), OK);
    vault.kept[40] ^= 1;
    identity_init(&identity, &ops);
    CHECK_EQ(identity_load(&identity), ERR_CORRUPT);
    vault.size = 200;
    CHECK_EQ(identity_load(&identity), ERR_CORRUPT);
    CHECK_EQ(vault.puts, 1);
}

static void a_key_that_cannot_be_kept_or_made_is_not_used(void)
{
    uint8_t signature[64];
    struct span message = {(const uint8_t *)"nexus-circle:x", 14};
    begin();
    vault.put_status = ERR_NO_SPACE;
    CHECK_EQ(identity_sign(&identity, 2, message, signature), ERR_NO_SPACE);
    CHECK(!identity.is_loaded);
    vault.put_status = OK;
    vault.random_status = ERR_IO;
    CHECK_EQ(identity_sign(&identity, 2, message, signature), ERR_IO);
    vault.random_status = OK;
    CHECK_EQ(identity_sign(&identity, 2, message, signature), OK);
    CHECK_EQ(key_verify(identity.public_key, message, signature), OK);
}

static void only_granted_prefixes_are_signed(void)
{
    static const char *const texts[] = {"noise-libp2p-static-key:x", "nexus-circle:x",
                                        "nexus-log:x"};
    uint8_t signature[64];
    begin();
    for (uint32_t prefixes = 0; prefixes < 16; prefixes++) {
        for (int i = 0; i < 3; i++) {
            struct span message = {(const uint8_t *)texts[i], strlen(texts[i])};
            CHECK_EQ(identity_sign(&identity, prefixes, message, signature),
                     prefixes >> i & 1 ? OK : ERR_DENIED);
        }
        CHECK_EQ(identity_sign(&identity, prefixes, (struct span){0}, signature), ERR_DENIED);
        CHECK_EQ(identity_sign(&identity, prefixes, (struct span){(const uint8_t *)"nexus", 5},
                               signature),
                 ERR_DENIED);
    }
}

static void finishing_wipes_the_seed(void)
{
    static const uint8_t zero[sizeof(struct identity)];
    begin();
    CHECK_EQ(identity_load(&identity), OK);
    identity_finish(&identity);
    CHECK_BYTES(&identity, zero, sizeof zero);
}

TEST_MAIN(TEST(a_key_is_made_once_and_kept), TEST(an_unreadable_key_is_never_replaced),
          TEST(a_key_that_cannot_be_kept_or_made_is_not_used),
          TEST(only_granted_prefixes_are_signed), TEST(finishing_wipes_the_seed))
