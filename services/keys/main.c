// SPDX-License-Identifier: Apache-2.0
// Wiring: the store's named values and the entropy device → identity → methods. If the store is not
// there yet, every call tries again.
#include "ops.h"

#include "abi/ipc/entropy.h"
#include "base/error.h"
#include "os/log.h"
#include "os/start.h"
#include "values/values.h"

static const char identity_key[] = "identity";

static struct keys keys;
static struct values values;

static status_t vault_get(void *context, uint8_t *bytes, uint32_t capacity, uint32_t *out_size)
{
    return values_get(context, identity_key, bytes, capacity, out_size);
}

static status_t vault_put(void *context, struct span bytes)
{
    return values_put(context, identity_key, bytes);
}

static status_t vault_random(void *context, uint8_t *bytes, uint32_t size)
{
    struct entropy_read_req req = {.size = size};
    struct entropy_read_rep rep;
    struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = size};
    status_t status = entropy_read(os_handle("entropy"), &req, &rep, &extra);
    if (status == OK && extra.reply_tail_size != size) {
        status = ERR_BAD_MESSAGE;
    }
    return status;
}

int main(void)
{
    const struct identity_vault vault = {
        .get = vault_get, .put = vault_put, .random = vault_random, .context = &values};
    values_init(&values, os_handle("store"));
    identity_init(&keys.identity, &vault);
    keys_serve(&keys, HANDLE_NONE, HANDLE_NONE);
    status_t status = identity_load(&keys.identity);
    if (status != OK) {
        log_printf("no identity yet: %s", error_text(status));
    }
    ipc_server_run(&keys.server);
}
