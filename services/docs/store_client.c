// SPDX-License-Identifier: Apache-2.0
// The store service as the library's storage; see store_client.h.
#include "store_client.h"

#include "abi/ipc/store.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/time.h"

#include <string.h>

#define BUFFER_BYTES (STORAGE_APPEND_MAX + PAGE_SIZE)
#define TRIES_MAX    50u
#define PAUSE_NS     (20 * OS_MILLISECOND)

_Static_assert(BUFFER_BYTES % PAGE_SIZE == 0 && BUFFER_BYTES <= STORE_BUFFER_MAX, "fits");

enum operation { APPEND, READ, COMPACT, REMOVE };

// One call, and what it brought.
struct call {
    enum operation operation;
    const uint8_t *id;
    uint64_t number; // after, upto
    uint32_t size;   // in the buffer; READ: out
};

status_t store_client_init(struct store_client *client, handle_t store)
{
    void *buffer;
    *client = (struct store_client){.store = store};
    status_t status = os_memory_allocate(BUFFER_BYTES, 0, &client->memory, &buffer);
    if (status == OK)
        client->buffer = buffer;
    return status;
}

void store_client_finish(struct store_client *client)
{
    if (client->buffer)
        os_memory_unmap(client->buffer, BUFFER_BYTES);
    os_handle_close(client->memory);
    *client = (struct store_client){0};
}

static status_t attach(struct store_client *client)
{
    struct ipc_extra extra = {.handle_count = 1};
    status_t status =
        os_memory_share(client->memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]);
    if (status < 0)
        return status;
    const struct store_attach_req request = {.size_bytes = BUFFER_BYTES};
    struct store_attach_rep reply;
    status = store_attach(client->store, &request, &reply, &extra);
    os_handle_close(extra.handles[0]); // HANDLE_NONE when it was delivered
    return status;
}

static status_t call_read(struct store_client *client, struct call *call)
{
    struct store_read_req request = {.after = call->number};
    struct store_read_rep reply;
    memcpy(request.id, call->id, sizeof request.id);
    status_t status = store_read(client->store, &request, &reply, NULL);
    if (status == OK && reply.size_bytes > BUFFER_BYTES)
        return ERR_BAD_MESSAGE;
    if (status == OK)
        call->size = reply.size_bytes;
    return status;
}

static status_t call_compact(struct store_client *client, const struct call *call)
{
    struct store_compact_req request = {.upto = call->number, .size_bytes = call->size};
    struct store_compact_rep reply;
    memcpy(request.id, call->id, sizeof request.id);
    return store_compact(client->store, &request, &reply, NULL);
}

static status_t call_once(struct store_client *client, struct call *call)
{
    if (call->operation == READ)
        return call_read(client, call);
    if (call->operation == COMPACT)
        return call_compact(client, call);
    if (call->operation == APPEND) {
        const struct store_append_req request = {.size_bytes = call->size};
        struct store_append_rep reply;
        return store_append(client->store, &request, &reply, NULL);
    }
    struct store_remove_req request;
    struct store_remove_rep reply;
    memcpy(request.id, call->id, sizeof request.id);
    return store_remove(client->store, &request, &reply, NULL);
}

// Repeats across restarts of the store for TRIES_MAX × PAUSE_NS.
static status_t call_store(struct store_client *client, struct call *call)
{
    status_t status = client->attached ? call_once(client, call) : ERR_BAD_STATE;
    for (unsigned i = 0; i < TRIES_MAX && (status == ERR_BAD_STATE || status == ERR_PEER_DIED);
         i++) {
        status = attach(client);
        client->attached |= status == OK;
        if (status == OK)
            status = call_once(client, call);
        if (status == ERR_BAD_STATE || status == ERR_PEER_DIED)
            os_sleep(PAUSE_NS);
    }
    return status;
}

static status_t client_append(void *self, struct span records)
{
    struct store_client *client = self;
    if (records.size > BUFFER_BYTES)
        return ERR_TOO_LARGE;
    memcpy(client->buffer, records.bytes, records.size);
    return call_store(client, &(struct call){.operation = APPEND, .size = (uint32_t)records.size});
}

static status_t client_read(void *self, const uint8_t *id, uint64_t after, struct span *out_records)
{
    struct store_client *client = self;
    struct call call = {.operation = READ, .id = id, .number = after};
    status_t status = call_store(client, &call);
    if (status == OK)
        *out_records = (struct span){client->buffer, call.size};
    return status;
}

static status_t client_compact(void *self, const uint8_t *id, uint64_t upto, struct span bytes)
{
    struct store_client *client = self;
    if (bytes.size > BUFFER_BYTES)
        return ERR_TOO_LARGE;
    memcpy(client->buffer, bytes.bytes, bytes.size);
    return call_store(client, &(struct call){COMPACT, id, upto, (uint32_t)bytes.size});
}

static status_t client_remove(void *self, const uint8_t *id)
{
    return call_store(self, &(struct call){.operation = REMOVE, .id = id});
}

const struct storage_ops store_client_ops = {
    .append = client_append,
    .read = client_read,
    .compact = client_compact,
    .remove = client_remove,
};
