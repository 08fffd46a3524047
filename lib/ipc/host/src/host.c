// SPDX-License-Identifier: Apache-2.0
// The host transport and its event pump. A call finds the server by the endpoint behind the handle
// and dispatches at once; events are handled in a fixed order, so a test runs the same way every
// time. A server that is called while it runs a handler would wait for itself on the device: here
// that is an assertion.
#include "ipc/host.h"

#include "base/assert.h"
#include "ipc/dispatch.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/host_object.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"

#include <string.h>

#define SERVERS_MAX     32u
#define CLOSED_MAX      256u
#define INVOCATIONS_MAX 32u
#define EVENTS_MAX      100000u // handlers in one run: more is a loop

// A server at its endpoint.
struct place {
    struct ipc_server *server; // NULL: free
    uint64_t endpoint;
    uint32_t lose;
};

// A call being served: on the stack of ipc_transport_call, outermost first.
struct pending {
    const struct ipc_invocation *invocation;
    struct ipc_server *server;
    uint64_t reply_object; // 0 until deferred
    bool taken, answered;
    struct ipc_returned returned;
    uint8_t bytes[MESSAGE_BYTES_MAX];
};

struct closed_badge {
    uint64_t endpoint, badge;
};

static struct place places[SERVERS_MAX];
static struct closed_badge closed[CLOSED_MAX];
static uint32_t closed_count;
static struct pending *calls[INVOCATIONS_MAX];
static uint32_t call_count;
static struct pending *serving; // innermost call whose handler runs

static struct place *place_of(uint64_t endpoint)
{
    for (uint32_t i = 0; i < SERVERS_MAX; i++)
        if (places[i].server != NULL && places[i].endpoint == endpoint)
            return &places[i];
    return NULL;
}

static void answer_lost(struct pending *call)
{
    call->returned = (struct ipc_returned){.status = ERR_PEER_DIED};
    call->answered = true;
}

// From the object table: an endpoint's badge is gone (badge ≠ 0), or an unused reply handle was
// closed.
static void handle_gone(uint64_t object, uint64_t badge)
{
    if (badge == 0) {
        for (uint32_t i = 0; i < call_count; i++)
            if (calls[i]->reply_object == object && !calls[i]->answered)
                answer_lost(calls[i]);
        return;
    }
    assert(closed_count < CLOSED_MAX);
    closed[closed_count++] = (struct closed_badge){.endpoint = object, .badge = badge};
}

static bool closed_step(void)
{
    for (uint32_t i = 0; i < closed_count; i++) {
        struct place *place = place_of(closed[i].endpoint);
        if (place != NULL && place->server->busy)
            continue;
        struct closed_badge gone = closed[i];
        memmove(&closed[i], &closed[i + 1], (--closed_count - i) * sizeof closed[0]);
        if (place == NULL)
            continue;
        place->server->busy = true;
        ipc_server_handle_closed(place->server, gone.badge);
        place->server->busy = false;
        return true;
    }
    return false;
}

// One handler that is ready now.
static bool step(void)
{
    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        struct ipc_server *server = places[i].server;
        if (server == NULL || server->busy)
            continue;
        uint64_t bits = os_host_signal_take(server->service.signal);
        server->busy = true;
        bool ran = bits != 0;
        if (bits != 0)
            ipc_server_handle_bits(server, bits);
        else
            ran = ipc_server_handle_timer(server, os_clock());
        server->busy = false;
        if (ran)
            return true;
    }
    return closed_step();
}

static instant_ns_t next_timer(void)
{
    instant_ns_t next = DEADLINE_NEVER;
    for (uint32_t i = 0; i < SERVERS_MAX; i++)
        if (places[i].server != NULL && !places[i].server->busy)
            next = min_u64(next, ipc_server_deadline(places[i].server));
    return next;
}

// One handler, moving the clock to the next timer if it is due by `deadline`. False: nothing left
// to do.
static bool step_until(instant_ns_t deadline)
{
    if (step())
        return true;
    instant_ns_t next = next_timer();
    if (next > deadline || next == DEADLINE_NEVER)
        return false;
    if (next > os_clock())
        os_host_clock_advance(next - os_clock());
    return step();
}

void ipc_host_reset(void)
{
    memset(places, 0, sizeof places);
    closed_count = call_count = 0;
    serving = NULL;
    os_host_reset();
    os_host_on_closed(handle_gone);
    os_host_on_idle(step_until);
}

void ipc_host_handles(handle_t *out_endpoint, handle_t *out_signal)
{
    assert(os_endpoint_create(out_endpoint) == OK);
    assert(os_signal_create(out_signal) == OK);
}

void ipc_transport_attach(struct ipc_server *server)
{
    uint64_t endpoint = os_host_object(server->service.endpoint);
    assert(place_of(endpoint) == NULL);
    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        if (places[i].server != NULL)
            continue;
        places[i] = (struct place){.server = server, .endpoint = endpoint};
        return;
    }
    assert(!"room for another server");
}

handle_t ipc_host_client(const struct ipc_server *server, uint64_t badge)
{
    handle_t handle = HANDLE_NONE;
    assert(os_handle_duplicate(server->service.endpoint,
                               RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE, badge,
                               &handle) == OK);
    return handle;
}

uint32_t ipc_host_run(void)
{
    uint32_t ran = 0;
    while (step())
        assert(++ran < EVENTS_MAX);
    return ran;
}

void ipc_host_run_for(uint64_t duration_ns)
{
    instant_ns_t until = os_clock() + duration_ns;
    uint32_t ran = 0;
    while (step_until(until))
        assert(++ran < EVENTS_MAX);
    if (os_clock() < until)
        os_host_clock_advance(until - os_clock());
}

void ipc_host_kill(struct ipc_server *server)
{
    struct place *place = place_of(os_host_object(server->service.endpoint));
    assert(place != NULL && !server->busy);
    place->server = NULL;
    for (uint32_t i = 0; i < call_count; i++)
        if (calls[i]->server == server && !calls[i]->answered)
            answer_lost(calls[i]);
}

void ipc_host_lose(struct ipc_server *server, uint32_t count)
{
    struct place *place = place_of(os_host_object(server->service.endpoint));
    assert(place != NULL);
    place->lose = count;
}

status_t ipc_transport_reply_take(handle_t *out_reply)
{
    assert(serving != NULL && !serving->taken);
    status_t status = host_object_create(OBJECT_REPLY, out_reply, NULL);
    if (status < 0)
        return status;
    serving->taken = true;
    serving->reply_object = os_host_object(*out_reply);
    return OK;
}

// Moves handles into a reply; those that cannot be moved become HANDLE_NONE.
static void move_handles(const handle_t *from, uint32_t count, handle_t *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = os_host_handle_move(from[i]);
}

void ipc_transport_reply(handle_t reply, const struct ipc_answer *answer)
{
    uint64_t object = os_host_object(reply);
    for (uint32_t i = 0; i < call_count; i++) {
        struct pending *call = calls[i];
        if (call->reply_object != object || call->answered)
            continue;
        call->answered = true;
        call->returned = (struct ipc_returned){.status = answer->status, .bytes = call->bytes};
        if (answer->status < 0)
            break;
        call->returned.size = answer->rep_size + answer->tail_size;
        if (answer->rep_size > 0)
            memcpy(call->bytes, answer->rep, answer->rep_size);
        if (answer->tail_size > 0)
            memcpy(call->bytes + answer->rep_size, answer->tail, answer->tail_size);
        call->returned.handle_count = answer->handle_count;
        move_handles(answer->handles, answer->handle_count, call->returned.handles);
        break;
    }
    for (uint32_t i = 0; i < answer->handle_count; i++)
        os_handle_close(answer->handles[i]);
    os_handle_close(reply);
}

static status_t pack(const struct ipc_invocation *invocation, const handle_t *handles,
                     struct ipc_incoming *out)
{
    const struct ipc_extra *extra = invocation->extra;
    out->op = invocation->op;
    out->size = invocation->req_size + (extra ? extra->tail_size : 0);
    out->handle_count = extra ? extra->handle_count : 0;
    for (uint32_t i = 0; i < out->handle_count; i++) {
        struct host_handle *entry = host_handle_find(handles[i]);
        if (entry == NULL)
            return ERR_BAD_HANDLE;
        if (!(entry->rights & RIGHT_TRANSFER))
            return ERR_DENIED;
    }
    move_handles(handles, out->handle_count, out->handles);
    return OK;
}

// Runs the handler; leaves the reply in `call` unless it is deferred.
static void serve(struct pending *call, const struct ipc_incoming *incoming)
{
    struct ipc_outgoing out;
    struct pending *outer = serving;
    serving = call;
    call->server->busy = true;
    ipc_dispatch(call->server, incoming, &out);
    call->server->busy = false;
    serving = outer;
    if (out.deferred)
        return;
    memcpy(call->bytes, call->server->reply_bytes, out.size);
    call->returned = (struct ipc_returned){.status = out.status,
                                           .size = out.size,
                                           .bytes = call->bytes,
                                           .handle_count = out.handle_count};
    move_handles(out.handles, out.handle_count, call->returned.handles);
    call->answered = true;
}

static bool lost(struct place *place, const struct ipc_incoming *incoming)
{
    if (place->lose == 0)
        return false;
    place->lose--;
    for (uint32_t i = 0; i < incoming->handle_count; i++)
        os_handle_close(incoming->handles[i]);
    return true;
}

static status_t exchange(struct pending *call, struct place *place, struct ipc_incoming *incoming,
                         instant_ns_t deadline)
{
    if (lost(place, incoming))
        return ERR_PEER_DIED;
    assert(!place->server->busy);
    assert(call_count < INVOCATIONS_MAX);
    calls[call_count++] = call;
    serve(call, incoming);
    while (!call->answered && step_until(deadline))
        continue;
    // On the device a call without deadline would now wait for ever.
    assert(call->answered || deadline != DEADLINE_NEVER);
    assert(calls[call_count - 1] == call);
    call_count--;
    if (!call->answered) {
        os_host_clock_advance(deadline > os_clock() ? deadline - os_clock() : 0);
        return ERR_TIMEOUT;
    }
    return ipc_accept(call->invocation, &call->returned);
}

status_t ipc_transport_call(handle_t endpoint, const struct ipc_invocation *invocation,
                            const handle_t *handles, bool *out_moved)
{
    status_t status;
    if (host_object_of(endpoint, OBJECT_ENDPOINT, RIGHT_CALL, &status) == NULL)
        return status;
    struct place *place = place_of(os_host_object(endpoint));
    if (place == NULL)
        return ERR_PEER_DIED;
    struct ipc_incoming incoming = {.badge = host_handle_find(endpoint)->badge};
    status = pack(invocation, handles, &incoming);
    if (status < 0)
        return status;
    *out_moved = true;
    uint8_t bytes[MESSAGE_BYTES_MAX];
    const struct ipc_extra *extra = invocation->extra;
    memcpy(bytes, invocation->req, invocation->req_size);
    if (extra != NULL && extra->tail_size > 0)
        memcpy(bytes + invocation->req_size, extra->tail, extra->tail_size);
    incoming.bytes = bytes;
    struct pending call = {.invocation = invocation, .server = place->server};
    instant_ns_t deadline = extra && extra->deadline ? extra->deadline : DEADLINE_NEVER;
    return exchange(&call, place, &incoming, deadline);
}
