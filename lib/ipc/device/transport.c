// SPDX-License-Identifier: Apache-2.0
// The device transport: requests and replies over the system calls, in registers when they are
// small, and the loop that receives. Bytes in the message page are valid until the next call of any
// kind, so they are copied at once.
#include "ipc/dispatch.h"

#include "base/assert.h"
#include "os/handle.h"
#include "os/syscall.h"
#include "os/time.h"

#include <stdlib.h>
#include <string.h>

// Two pieces that travel as one message.
struct pieces {
    const void *first, *second;
    uint32_t first_size, second_size;
    const handle_t *handles;
    uint32_t handle_count;
};

// Puts a message into registers or the page and returns its info word.
static uint64_t pack(const struct pieces *pieces, uint32_t word, uint64_t words[MESSAGE_WORDS])
{
    uint32_t size = pieces->first_size + pieces->second_size;
    struct message_page *page = os_message_page();
    bool small = size <= MESSAGE_REGISTER_BYTES && pieces->handle_count == 0;
    uint8_t *to = small ? (uint8_t *)words : page->bytes;
    if (pieces->first_size > 0)
        memcpy(to, pieces->first, pieces->first_size);
    if (pieces->second_size > 0)
        memcpy(to + pieces->first_size, pieces->second, pieces->second_size);
    for (uint32_t i = 0; i < pieces->handle_count; i++)
        page->handles[i] = pieces->handles[i];
    // The registers travel whole: what is left of another message must not.
    uint32_t used = small ? size : 0;
    memset((uint8_t *)words + used, 0, MESSAGE_REGISTER_BYTES - used);
    return message_info(word, size, pieces->handle_count);
}

// Where the bytes of a received message lie.
static const uint8_t *bytes_of(const struct os_message *message, uint64_t info)
{
    bool small = message_size(info) <= MESSAGE_REGISTER_BYTES && message_handle_count(info) == 0;
    return small ? (const uint8_t *)message->words : os_message_page()->bytes;
}

static uint32_t take_handles(uint64_t info, handle_t handles[MESSAGE_HANDLES_MAX])
{
    uint32_t count = message_handle_count(info);
    assert(count <= MESSAGE_HANDLES_MAX);
    for (uint32_t i = 0; i < count; i++)
        handles[i] = os_message_page()->handles[i];
    return count;
}

status_t ipc_transport_call(handle_t endpoint, const struct ipc_invocation *invocation,
                            const handle_t *handles, bool *out_moved)
{
    const struct ipc_extra *extra = invocation->extra;
    struct pieces pieces = {.first = invocation->req,
                            .first_size = invocation->req_size,
                            .second = extra ? extra->tail : NULL,
                            .second_size = extra ? extra->tail_size : 0,
                            .handles = handles,
                            .handle_count = extra ? extra->handle_count : 0};
    struct os_message message = {.a0 = endpoint,
                                 .a2 = extra && extra->deadline ? extra->deadline : DEADLINE_NEVER};
    message.a1 = pack(&pieces, invocation->op, message.words);
    os_syscall_message(SYSCALL_call, &message);
    status_t delivery = (status_t)message.a0;
    // Delivered, and the server died or was too slow: what was sent is gone.
    *out_moved = delivery == OK || delivery == ERR_PEER_DIED || delivery == ERR_TIMEOUT;
    if (delivery < 0)
        return delivery;
    struct ipc_returned returned = {.status = (status_t)message_word(message.a1),
                                    .size = message_size(message.a1),
                                    .bytes = bytes_of(&message, message.a1)};
    returned.handle_count = take_handles(message.a1, returned.handles);
    return ipc_accept(invocation, &returned);
}

void ipc_transport_attach(struct ipc_server *server)
{
    struct os_result result = OS_SYSCALL(signal_bind, server->service.signal);
    assert(result.value == OK);
}

status_t ipc_transport_reply_take(handle_t *out_reply)
{
    struct os_result result = OS_SYSCALL(reply_take, 0);
    if (result.value < 0)
        return (status_t)result.value;
    *out_reply = (handle_t)result.value;
    return OK;
}

void ipc_transport_reply(handle_t reply, const struct ipc_answer *answer)
{
    struct pieces pieces = {0};
    if (answer->status >= 0)
        pieces = (struct pieces){.first = answer->rep,
                                 .first_size = answer->rep_size,
                                 .second = answer->tail,
                                 .second_size = answer->tail_size,
                                 .handles = answer->handles,
                                 .handle_count = answer->handle_count};
    struct os_message message = {.a0 = reply};
    message.a1 = pack(&pieces, (uint32_t)answer->status, message.words);
    os_syscall_message(SYSCALL_reply, &message);
    // A caller that is gone is no error; handles that did not travel stay ours to close.
    bool stayed = (status_t)message.a0 < 0;
    for (uint32_t i = 0; i < answer->handle_count && (stayed || answer->status < 0); i++)
        os_handle_close(answer->handles[i]);
    if (stayed)
        os_handle_close(reply);
}

// Serves one request; leaves the reply in `message` and `out` and returns its info word, or
// REPLY_NONE.
static uint64_t serve(struct ipc_server *server, struct os_message *message,
                      struct ipc_outgoing *out)
{
    uint64_t info = message->a1;
    struct ipc_incoming incoming = {.badge = message->a2,
                                    .op = message_word(info),
                                    .size = message_size(info),
                                    .bytes = bytes_of(message, info)};
    incoming.handle_count = take_handles(info, incoming.handles);
    ipc_dispatch(server, &incoming, out);
    if (out->deferred)
        return REPLY_NONE;
    struct pieces pieces = {.first = server->reply_bytes,
                            .first_size = out->size,
                            .handles = out->handles,
                            .handle_count = out->handle_count};
    return pack(&pieces, (uint32_t)out->status, message->words);
}

// The kernel refused the reply: its caller is told that we failed it, and what it was to get is
// closed.
static void drop_reply(struct ipc_outgoing *out)
{
    for (uint32_t i = 0; i < out->handle_count; i++)
        os_handle_close(out->handles[i]);
    out->handle_count = 0;
}

_Noreturn void ipc_server_run(struct ipc_server *server)
{
    struct os_message message = {0};
    struct ipc_outgoing out = {0};
    uint64_t reply = REPLY_NONE;
    for (;;) {
        message.a0 = server->service.endpoint;
        message.a1 = reply;
        message.a2 = ipc_server_deadline(server);
        os_syscall_message(SYSCALL_reply_receive, &message);
        reply = REPLY_NONE;
        switch ((int64_t)message.a0) {
        case RECEIVED_CALL:
            reply = serve(server, &message, &out);
            break;
        case RECEIVED_SIGNAL:
            if (!ipc_server_handle_bits(server, message.a1))
                exit(0);
            break;
        case RECEIVED_CLOSED:
            ipc_server_handle_closed(server, message.a2);
            break;
        case ERR_TIMEOUT:
            ipc_server_handle_timer(server, os_clock());
            break;
        default:
            drop_reply(&out);
            break;
        }
    }
}
