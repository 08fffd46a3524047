// SPDX-License-Identifier: Apache-2.0
// The generic dispatcher: nothing a client sends reaches a handler unchecked, and nothing of the
// server leaks into a reply (it starts zeroed). Handles a handler did not claim are closed here, so
// none is forgotten.
#include "ipc/dispatch.h"

#include "base/assert.h"
#include "os/handle.h"

#include <string.h>

static void close_all(const handle_t *handles, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        os_handle_close(handles[i]);
}

// The method if the request is well-formed for it, else why not.
static status_t check(const struct ipc_service *service, const struct ipc_incoming *incoming,
                      const struct ipc_method **out_method)
{
    if (incoming->op >= service->op_count || service->table[incoming->op].call == NULL)
        return ERR_UNSUPPORTED;
    const struct ipc_method *method = &service->table[incoming->op];
    bool size_ok = method->flags & IPC_TAIL ? incoming->size >= method->req_size
                                            : incoming->size == method->req_size;
    if (!size_ok || incoming->size > MESSAGE_BYTES_MAX ||
        incoming->handle_count > IPC_TAKEN(method->flags))
        return ERR_BAD_MESSAGE;
    *out_method = method;
    return OK;
}

// Turns what the handler left in `request` into the reply.
static void finish(const struct ipc_method *method, const struct ipc_request *request,
                   status_t status, struct ipc_outgoing *out)
{
    assert(request->reply_tail_size <= request->reply_tail_max);
    assert(request->reply_handle_count <= IPC_GIVEN(method->flags));
    out->status = status;
    if (status < 0) {
        close_all(request->reply_handles, request->reply_handle_count);
        return;
    }
    out->size = method->rep_size + request->reply_tail_size;
    out->handle_count = request->reply_handle_count;
    memcpy(out->handles, request->reply_handles, sizeof out->handles);
}

void ipc_dispatch(struct ipc_server *server, const struct ipc_incoming *incoming,
                  struct ipc_outgoing *out)
{
    *out = (struct ipc_outgoing){0};
    const struct ipc_method *method = NULL;
    out->status = check(&server->service, incoming, &method);
    if (out->status < 0) {
        close_all(incoming->handles, incoming->handle_count);
        return;
    }
    memcpy(server->request_bytes, incoming->bytes, incoming->size);
    struct ipc_request request = {
        .badge = incoming->badge,
        .tail = server->request_bytes + method->req_size,
        .tail_size = incoming->size - method->req_size,
        .handle_count = incoming->handle_count,
        .reply_tail = server->reply_bytes + method->rep_size,
        .reply_tail_max = method->flags & IPC_REPLY_TAIL ? MESSAGE_BYTES_MAX - method->rep_size : 0,
    };
    memcpy(request.handles, incoming->handles, sizeof request.handles);
    memset(server->reply_bytes, 0, sizeof server->reply_bytes);
    status_t status = method->call(server->service.ops, server->service.self, &request,
                                   server->request_bytes, server->reply_bytes);
    close_all(request.handles, request.handle_count);
    if (request.deferred != HANDLE_NONE) {
        out->deferred = true;
        if (status < 0)
            ipc_answer(request.deferred, &(struct ipc_answer){.status = status});
        return;
    }
    finish(method, &request, status, out);
}

status_t ipc_defer(struct ipc_request *request, handle_t *out_reply)
{
    assert(request->deferred == HANDLE_NONE);
    status_t status = ipc_transport_reply_take(&request->deferred);
    if (status < 0)
        return status;
    *out_reply = request->deferred;
    return OK;
}

void ipc_answer(handle_t reply, const struct ipc_answer *answer)
{
    assert(answer->rep_size <= MESSAGE_BYTES_MAX);
    assert(answer->tail_size <= MESSAGE_BYTES_MAX - answer->rep_size);
    assert(answer->handle_count <= MESSAGE_HANDLES_MAX);
    ipc_transport_reply(reply, answer);
}
