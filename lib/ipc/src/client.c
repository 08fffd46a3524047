// SPDX-License-Identifier: Apache-2.0
// The client side: one function under every generated call. A method that may be repeated is
// repeated when its server died while it worked; the endpoint outlives the server, so the next try
// waits for the new instance. Handles that such a method sends are duplicated for each try, because
// the dead server took the first ones with it.
#include "ipc/dispatch.h"

#include "base/assert.h"
#include "os/handle.h"
#include "os/time.h"

#include <string.h>

#define RETRY_PAUSE_NS (2 * OS_MILLISECOND) // doubles with each try

static void close_all(const handle_t *handles, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        os_handle_close(handles[i]);
}

static void forget_handles(struct ipc_extra *extra)
{
    for (uint32_t i = 0; i < extra->handle_count; i++)
        extra->handles[i] = HANDLE_NONE;
}

status_t ipc_accept(const struct ipc_invocation *invocation, const struct ipc_returned *returned)
{
    struct ipc_extra *extra = invocation->extra;
    status_t status = returned->status;
    if (status < 0) {
        close_all(returned->handles, returned->handle_count);
        return status;
    }
    uint32_t tail_size = returned->size - invocation->rep_size;
    if (returned->size < invocation->rep_size || returned->size > MESSAGE_BYTES_MAX ||
        (tail_size > 0 && !(invocation->flags & IPC_REPLY_TAIL)) ||
        returned->handle_count > IPC_GIVEN(invocation->flags))
        status = ERR_BAD_MESSAGE;
    else if (tail_size > (extra ? extra->reply_tail_max : 0) ||
             (returned->handle_count > 0 && extra == NULL))
        status = ERR_TOO_LARGE;
    if (status < 0) {
        close_all(returned->handles, returned->handle_count);
        return status;
    }
    if (invocation->rep != NULL)
        memcpy(invocation->rep, returned->bytes, invocation->rep_size);
    if (extra != NULL) {
        if (tail_size > 0)
            memcpy(extra->reply_tail, returned->bytes + invocation->rep_size, tail_size);
        extra->reply_tail_size = tail_size;
        extra->reply_handle_count = returned->handle_count;
        memcpy(extra->reply_handles, returned->handles, sizeof extra->reply_handles);
    }
    return status;
}

static status_t duplicate_all(const struct ipc_extra *extra, handle_t *out_handles)
{
    for (uint32_t i = 0; i < extra->handle_count; i++) {
        status_t status = os_handle_duplicate(extra->handles[i], RIGHT_ALL, 0, &out_handles[i]);
        if (status < 0) {
            close_all(out_handles, i);
            return status;
        }
    }
    return OK;
}

static status_t invoke_once(handle_t endpoint, const struct ipc_invocation *invocation)
{
    static const handle_t none[MESSAGE_HANDLES_MAX];
    struct ipc_extra *extra = invocation->extra;
    bool moved = false;
    status_t status =
        ipc_transport_call(endpoint, invocation, extra ? extra->handles : none, &moved);
    if (moved && extra)
        forget_handles(extra);
    return status;
}

// One try that leaves the caller's handles where they are, so that another can follow. *out_moved
// stays as it is when nothing was delivered.
static status_t try_with_duplicates(handle_t endpoint, const struct ipc_invocation *invocation,
                                    bool *out_moved)
{
    struct ipc_extra *extra = invocation->extra;
    handle_t handles[MESSAGE_HANDLES_MAX] = {0};
    uint32_t count = extra ? extra->handle_count : 0;
    status_t status = count > 0 ? duplicate_all(extra, handles) : OK;
    if (status == ERR_DENIED) // one of them may not be duplicated: this try is the only one
        return invoke_once(endpoint, invocation);
    if (status < 0)
        return status;
    bool moved = false;
    status = ipc_transport_call(endpoint, invocation, handles, &moved);
    if (moved)
        *out_moved = true;
    else
        close_all(handles, count);
    return status;
}

static status_t invoke_again(handle_t endpoint, const struct ipc_invocation *invocation)
{
    struct ipc_extra *extra = invocation->extra;
    status_t status = ERR_PEER_DIED;
    uint64_t pause_ns = RETRY_PAUSE_NS;
    bool moved = false;
    for (uint32_t i = 0; i < IPC_TRIES_MAX && status == ERR_PEER_DIED; i++, pause_ns *= 2) {
        if (i > 0)
            os_sleep(pause_ns);
        status = try_with_duplicates(endpoint, invocation, &moved);
    }
    if (extra != NULL && moved) {
        close_all(extra->handles, extra->handle_count);
        forget_handles(extra);
    }
    return status;
}

status_t ipc_invoke(handle_t endpoint, const struct ipc_invocation *invocation)
{
    struct ipc_extra *extra = invocation->extra;
    uint32_t tail = extra ? extra->tail_size : 0;
    assert(invocation->req_size <= MESSAGE_BYTES_MAX && invocation->rep_size <= MESSAGE_BYTES_MAX);
    assert(!extra || extra->handle_count <= IPC_TAKEN(invocation->flags));
    assert(tail == 0 || (invocation->flags & IPC_TAIL));
    if (tail > MESSAGE_BYTES_MAX - invocation->req_size)
        return ERR_TOO_LARGE;
    if (extra != NULL) {
        extra->reply_tail_size = 0;
        extra->reply_handle_count = 0;
    }
    return invocation->flags & IPC_RETRY ? invoke_again(endpoint, invocation)
                                         : invoke_once(endpoint, invocation);
}
