// SPDX-License-Identifier: Apache-2.0
// The echo service under test; see echo.h.
#include "echo_service.h"

#include "os/handle.h"

#include <string.h>

IPC_SERVER(echo, ECHO_METHODS)

static status_t do_add(void *self, struct ipc_request *request, const struct echo_add_req *req,
                       struct echo_add_rep *rep)
{
    struct echo *echo = self;
    echo->calls++;
    echo->last_badge = request->badge;
    return __builtin_add_overflow(req->a, req->b, &rep->sum) ? ERR_RANGE : OK;
}

static status_t do_reverse(void *self, struct ipc_request *request,
                           const struct echo_reverse_req *req, struct echo_reverse_rep *rep)
{
    struct echo *echo = self;
    echo->calls++;
    if (request->tail_size > request->reply_tail_max)
        return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < request->tail_size; i++)
        request->reply_tail[i] = request->tail[request->tail_size - 1 - i];
    request->reply_tail_size = request->tail_size;
    return (status_t)request->tail_size;
}

static status_t do_swap(void *self, struct ipc_request *request, const struct echo_swap_req *req,
                        struct echo_swap_rep *rep)
{
    struct echo *echo = self;
    if (echo->kept != HANDLE_NONE) {
        request->reply_handles[0] = echo->kept;
        request->reply_handle_count = 1;
    }
    echo->kept = request->handle_count > 0 ? request->handles[0] : HANDLE_NONE;
    request->handles[0] = HANDLE_NONE;
    return echo->swap_status;
}

static status_t do_wait(void *self, struct ipc_request *request, const struct echo_wait_req *req,
                        struct echo_wait_rep *rep)
{
    struct echo *echo = self;
    echo->token = req->token;
    status_t status = ipc_defer(request, &echo->reply);
    return status < 0 ? status : req->token < 0 ? ERR_INVALID : OK;
}

static status_t do_open(void *self, struct ipc_request *request, const struct echo_open_req *req,
                        struct echo_open_rep *rep)
{
    struct echo *echo = self;
    rep->badge = ipc_server_badge(&echo->server);
    request->reply_handle_count = 1;
    return ipc_server_mint(&echo->server, rep->badge, &request->reply_handles[0]);
}

static const struct echo_ops ops = {
    .add = do_add, .reverse = do_reverse, .swap = do_swap, .wait = do_wait, .open = do_open};

static void go(void *self, uint64_t bits)
{
    struct echo *echo = self;
    ipc_answer(echo->reply, &(struct ipc_answer){.rep = &(struct echo_wait_rep){echo->token},
                                                 .rep_size = sizeof(struct echo_wait_rep)});
}

static void closed(void *self, uint64_t badge)
{
    ((struct echo *)self)->closed_badge = badge;
}

void echo_start(struct echo *echo, handle_t endpoint, handle_t signal)
{
    *echo = (struct echo){0};
    struct ipc_service service = IPC_SERVICE(echo, &ops, echo);
    service.endpoint = endpoint;
    service.signal = signal;
    ipc_server_init(&echo->server, &service);
    echo->go_bit = ipc_server_bit(&echo->server, go, echo);
    ipc_server_on_closed(&echo->server, closed, echo);
}
