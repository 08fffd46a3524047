// SPDX-License-Identifier: Apache-2.0
// Named values in the store; see values/values.h.
#include "values/values.h"

#include "abi/ipc/store.h"
#include "os/handle.h"
#include "os/memory.h"

#include <string.h>

_Static_assert(VALUES_BYTES_MAX == STORE_VALUE_MAX, "a value is one message");

void values_init(struct values *values, handle_t store)
{
    *values = (struct values){.store = store};
}

// The store wants a memory before anything else, though values travel in messages.
static status_t attach(struct values *values)
{
    struct store_attach_req req = {.size_bytes = PAGE_SIZE};
    struct store_attach_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    if (values->is_attached) {
        return OK;
    }
    status_t status = os_memory_create(PAGE_SIZE, 0, &extra.handles[0]);
    if (status != OK) {
        return status;
    }
    handle_t memory = extra.handles[0];
    status = store_attach(values->store, &req, &rep, &extra);
    os_handle_close(memory); // stale when it was delivered
    values->is_attached = status == OK;
    return status;
}

static bool key_fits(const char *key)
{
    return strlen(key) < STORE_KEY_MAX;
}

status_t values_get(struct values *values, const char *key, void *out_bytes, uint32_t capacity,
                    uint32_t *out_size)
{
    status_t status = key_fits(key) ? ERR_BAD_STATE : ERR_INVALID;
    for (int tries = 0; tries < 2 && status == ERR_BAD_STATE; tries++) {
        struct store_get_req req = {0};
        struct store_get_rep rep;
        struct ipc_extra extra = {.reply_tail = out_bytes, .reply_tail_max = capacity};
        memcpy(req.key, key, strlen(key));
        status = attach(values);
        if (status == OK) {
            status = store_get(values->store, &req, &rep, &extra);
        }
        if (status == OK) {
            *out_size = extra.reply_tail_size;
        }
        values->is_attached = values->is_attached && status != ERR_BAD_STATE;
    }
    return status;
}

status_t values_put(struct values *values, const char *key, struct span bytes)
{
    status_t status = key_fits(key) && bytes.size <= VALUES_BYTES_MAX ? ERR_BAD_STATE : ERR_INVALID;
    for (int tries = 0; tries < 2 && status == ERR_BAD_STATE; tries++) {
        struct store_put_req req = {0};
        struct store_put_rep rep;
        struct ipc_extra extra = {.tail = bytes.bytes, .tail_size = (uint32_t)bytes.size};
        memcpy(req.key, key, strlen(key));
        status = attach(values);
        if (status == OK) {
            status = store_put(values->store, &req, &rep, &extra);
        }
        values->is_attached = values->is_attached && status != ERR_BAD_STATE;
    }
    return status;
}
