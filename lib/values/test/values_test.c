// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "os/host.h"
#include "store_model.h"
#include "values/values.h"

static struct store_model store;
static struct values values;

static void begin(void)
{
    ipc_host_reset();
    store = (struct store_model){0};
    store_model_start(&store);
    values_init(&values, ipc_host_client(&store.server, 3));
}

static struct span text(const char *chars)
{
    return (struct span){(const uint8_t *)chars, strlen(chars)};
}

static void a_value_is_read_back_and_deleted(void)
{
    uint8_t bytes[16];
    uint32_t size = 0;
    begin();
    CHECK_EQ(values_get(&values, "a", bytes, sizeof bytes, &size), ERR_NOT_FOUND);
    CHECK_EQ(values_put(&values, "a", text("hello")), OK);
    CHECK_EQ(values_get(&values, "a", bytes, sizeof bytes, &size), OK);
    CHECK_EQ(size, 5);
    CHECK_BYTES(bytes, "hello", 5);
    CHECK_EQ(values_get(&values, "a", bytes, 4, &size), ERR_TOO_LARGE);
    CHECK_EQ(values_put(&values, "a", (struct span){0}), OK);
    CHECK_EQ(values_get(&values, "a", bytes, sizeof bytes, &size), ERR_NOT_FOUND);
}

static void a_restarted_store_is_attached_again(void)
{
    uint8_t bytes[16];
    uint32_t size = 0;
    begin();
    CHECK_EQ(values_put(&values, "a", text("hello")), OK);
    ipc_host_kill(&store.server);
    store_model_start(&store);
    CHECK_EQ(values_get(&values, "a", bytes, sizeof bytes, &size), OK);
    ipc_host_kill(&store.server);
    store_model_start(&store);
    CHECK_EQ(values_put(&values, "a", text("x")), OK);
}

static void a_failing_store_is_never_an_absent_value(void)
{
    uint8_t bytes[16];
    uint32_t size = 0;
    begin();
    store.failure = ERR_IO;
    CHECK_EQ(values_get(&values, "a", bytes, sizeof bytes, &size), ERR_IO);
    CHECK_EQ(values_put(&values, "a", text("x")), ERR_IO);
    values_init(&values, HANDLE_NONE);
    CHECK(values_get(&values, "a", bytes, sizeof bytes, &size) != ERR_NOT_FOUND);
}

static void what_does_not_fit_is_refused(void)
{
    static uint8_t large[VALUES_BYTES_MAX + 1];
    char key[STORE_KEY_MAX + 1];
    begin();
    memset(key, 'k', STORE_KEY_MAX);
    key[STORE_KEY_MAX] = 0;
    CHECK_EQ(values_put(&values, key, text("x")), ERR_INVALID);
    CHECK_EQ(values_put(&values, "a", (struct span){large, sizeof large}), ERR_INVALID);
    CHECK_EQ(values_put(&values, "a", (struct span){large, VALUES_BYTES_MAX}), OK);
}

static void no_handle_is_leaked(void)
{
    begin();
    CHECK_EQ(values_put(&values, "a", text("x")), OK);
    uint32_t before = os_host_handle_count();
    for (int i = 0; i < 10; i++) {
        ipc_host_kill(&store.server);
        store_model_start(&store);
        CHECK_EQ(values_put(&values, "a", text("x")), OK);
    }
    CHECK_EQ(os_host_handle_count(), before);
}

TEST_MAIN(TEST(a_value_is_read_back_and_deleted), TEST(a_restarted_store_is_attached_again),
          TEST(a_failing_store_is_never_an_absent_value), TEST(what_does_not_fit_is_refused),
          TEST(no_handle_is_leaked))
