// SPDX-License-Identifier: Apache-2.0
// The key service as its callers see it, over a model store.
#include "base/test.h"
#include "ops.h"
#include "store_model.h"
#include "values/values.h"

#include "abi/ipc/keys.h"

static struct store_model store;
static struct values values;
static struct keys keys;

static status_t vault_get(void *context, uint8_t *bytes, uint32_t capacity, uint32_t *out_size)
{
    return values_get(&values, "identity", bytes, capacity, out_size);
}

static status_t vault_put(void *context, struct span bytes)
{
    return values_put(&values, "identity", bytes);
}

static status_t vault_random(void *context, uint8_t *bytes, uint32_t size)
{
    memset(bytes, 7, size);
    return OK;
}

static void begin(void)
{
    const struct identity_vault vault = {
        .get = vault_get, .put = vault_put, .random = vault_random};
    handle_t endpoint, signal;
    ipc_host_reset();
    store = (struct store_model){0};
    store_model_start(&store);
    values_init(&values, ipc_host_client(&store.server, 2));
    identity_init(&keys.identity, &vault);
    ipc_host_handles(&endpoint, &signal);
    keys_serve(&keys, endpoint, signal);
}

static handle_t client(uint32_t restriction)
{
    return ipc_host_client(&keys.server, (uint64_t)restriction << 32 | 5);
}

static status_t sign(handle_t handle, const char *text, struct keys_sign_rep *rep)
{
    struct keys_sign_req req = {0};
    struct ipc_extra extra = {.tail = text, .tail_size = (uint32_t)strlen(text)};
    return keys_sign(handle, &req, rep, &extra);
}

static void a_caller_gets_the_public_key_and_signatures_that_verify(void)
{
    struct keys_public_req req = {0};
    struct keys_public_rep key;
    struct keys_sign_rep signature;
    begin();
    CHECK_EQ(keys_public(client(0), &req, &key, NULL), OK);
    CHECK_EQ(sign(client(3), "nexus-circle:hello", &signature), OK);
    struct span message = {(const uint8_t *)"nexus-circle:hello", 18};
    CHECK_EQ(key_verify(key.key, message, signature.signature), OK);
}

static void a_caller_without_the_grant_gets_nothing_signed(void)
{
    struct keys_sign_rep signature;
    begin();
    CHECK_EQ(sign(client(0), "nexus-circle:hello", &signature), ERR_DENIED);
    CHECK_EQ(sign(client(1), "nexus-circle:hello", &signature), ERR_DENIED);
    CHECK_EQ(sign(client(3), "anything", &signature), ERR_DENIED);
}

static void a_failing_store_is_told_and_later_tried_again(void)
{
    struct keys_public_req req = {0};
    struct keys_public_rep key;
    begin();
    store.failure = ERR_IO;
    CHECK_EQ(keys_public(client(0), &req, &key, NULL), ERR_IO);
    store.failure = OK;
    CHECK_EQ(keys_public(client(0), &req, &key, NULL), OK);
    CHECK_EQ(store.puts, 1);
}

static void too_long_messages_are_refused(void)
{
    static char text[KEYS_SIGN_MAX + 2];
    struct keys_sign_rep signature;
    begin();
    memset(text, 'x', KEYS_SIGN_MAX + 1);
    memcpy(text, "nexus-circle:", 13);
    CHECK_EQ(sign(client(2), text, &signature), ERR_TOO_LARGE);
    text[KEYS_SIGN_MAX] = 0;
    CHECK_EQ(sign(client(2), text, &signature), OK);
}

TEST_MAIN(TEST(a_caller_gets_the_public_key_and_signatures_that_verify),
          TEST(a_caller_without_the_grant_gets_nothing_signed),
          TEST(a_failing_store_is_told_and_later_tried_again), TEST(too_long_messages_are_refused))
