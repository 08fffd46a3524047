// SPDX-License-Identifier: Apache-2.0
// Protocol handlers: see ops.h. Owner of a socket is the client whose handle asked for it; what a
// listener accepts is the listener's owner's.
#include "ops.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

#include <string.h>

#define BOTH_RINGS   (2 * NET_RING_BYTES)
#define BADGE_MINTED (1ull << 63) // what ipc_server_badge gives lies above, what init gives below

static void place_free(struct net_place *place)
{
    if (place->memory != NULL) {
        os_memory_unmap(place->memory, BOTH_RINGS);
    }
    os_handle_close(place->signal);
    *place = (struct net_place){0};
}

static struct net_place *place_find(struct net *net, uint64_t badge)
{
    for (uint32_t i = 0; i < NET_PLACES_MAX; i++) {
        if (net->places[i].badge == badge) {
            return &net->places[i];
        }
    }
    return NULL;
}

// Methods of the service itself are for handles that init gave; a socket's handle only names its
// socket.
static status_t caller_check(struct net *net, const struct ipc_request *request)
{
    if (request->badge < BADGE_MINTED) {
        return OK;
    }
    return place_find(net, request->badge) != NULL ? ERR_INVALID : ERR_BAD_STATE;
}

// A place with a badge of its own and the client's signal, which is moved in (request handle
// `index`).
static status_t place_take(struct net *net, struct ipc_request *request, uint32_t index,
                           struct net_place **out)
{
    struct net_place *place = place_find(net, 0);
    if (place == NULL) {
        return ERR_FULL;
    }
    place->badge = ipc_server_badge(&net->server);
    place->signal = request->handles[index];
    request->handles[index] = HANDLE_NONE;
    *out = place;
    return OK;
}

// The same with the client's memory mapped: what every socket needs.
static status_t place_take_mapped(struct net *net, struct ipc_request *request,
                                  struct net_place **out)
{
    if (request->handle_count != 2) {
        return ERR_INVALID;
    }
    uint64_t size_bytes = 0;
    status_t status = os_memory_size(request->handles[0], &size_bytes);
    if (status < 0 || size_bytes < BOTH_RINGS) {
        return ERR_INVALID;
    }
    struct net_place *place;
    status = place_take(net, request, 1, &place);
    if (status < 0) {
        return status;
    }
    status = os_memory_map(request->handles[0], 0, BOTH_RINGS, PROTECT_READ | PROTECT_WRITE,
                           &place->memory);
    if (status < 0) {
        place->memory = NULL;
        place_free(place);
        return status;
    }
    *out = place;
    return OK;
}

static uint64_t kick_bit(const struct net *net, const struct net_place *place)
{
    return net->kick_bits[(uint32_t)(place - net->places) % NET_KICKS];
}

// The socket's handle and our signal, as every socket call gives them.
static status_t give_handles(struct net *net, const struct net_place *place, handle_t *out_handles)
{
    status_t status = ipc_server_mint(&net->server, place->badge, &out_handles[0]);
    if (status < 0) {
        return status;
    }
    status = ipc_server_signal(&net->server, kick_bit(net, place), &out_handles[1]);
    if (status < 0) {
        os_handle_close(out_handles[0]);
    }
    return status;
}

static status_t do_status(void *self, struct ipc_request *request, const struct net_status_req *req,
                          struct net_status_rep *rep)
{
    struct net *net = self;
    status_t status = caller_check(net, request);
    if (status == OK) {
        stack_status(&net->stack, rep);
    }
    return status;
}

static struct net_watcher *watcher_find(struct net *net, uint64_t badge)
{
    for (uint32_t i = 0; i < NET_WATCHERS_MAX; i++) {
        if (net->watchers[i].badge == badge) {
            return &net->watchers[i];
        }
    }
    return NULL;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct net_watch_req *req,
                         struct net_watch_rep *rep)
{
    struct net *net = self;
    status_t status = caller_check(net, request);
    if (status < 0) {
        return status;
    }
    if (request->handle_count != 1) {
        return ERR_INVALID;
    }
    struct net_watcher *watcher = watcher_find(net, request->badge);
    if (watcher == NULL && (watcher = watcher_find(net, 0)) == NULL) {
        return ERR_FULL;
    }
    os_handle_close(watcher->signal);
    *watcher = (struct net_watcher){
        .badge = request->badge, .signal = request->handles[0], .bits = req->change_bits};
    request->handles[0] = HANDLE_NONE;
    return OK;
}

static status_t do_connect(void *self, struct ipc_request *request,
                           const struct net_connect_req *req, struct net_connect_rep *rep)
{
    struct net *net = self;
    struct net_place *place;
    status_t status = caller_check(net, request);
    if (status == OK) {
        status = place_take_mapped(net, request, &place);
    }
    if (status < 0) {
        return status;
    }
    place->bits = req->bits;
    struct socket_memory memory = {.bytes = place->memory, .tag = place};
    status = socket_connect(&net->table, request->badge, memory, &req->to, &place->socket);
    if (status < 0) {
        place_free(place);
        return status;
    }
    status = ipc_defer(request, &place->reply);
    if (status < 0) {
        socket_close(place->socket); // frees the place
        return status;
    }
    net_settle(net);
    return OK;
}

// The connect is decided: its caller is answered.
static void on_connected(void *self, struct socket *socket, status_t status)
{
    struct net *net = self;
    struct net_place *place = socket->tag;
    struct net_connect_rep rep = {.kick_bits = kick_bit(net, place)};
    struct ipc_answer answer = {.status = status, .rep = &rep, .rep_size = sizeof rep};
    if (status == OK) {
        status = give_handles(net, place, answer.handles);
        answer.status = status;
        answer.handle_count = 2;
    }
    if (answer.status < 0) {
        answer = (struct ipc_answer){.status = status};
    }
    handle_t reply = place->reply;
    place->reply = HANDLE_NONE;
    ipc_answer(reply, &answer);
    if (status < 0 && socket->state == SOCKET_OPEN) { // it connected, but nobody can hold it
        socket_close(socket);
    }
}

static status_t do_listen(void *self, struct ipc_request *request, const struct net_listen_req *req,
                          struct net_listen_rep *rep)
{
    struct net *net = self;
    struct net_place *place;
    status_t status = caller_check(net, request);
    if (status == OK) {
        status = request->handle_count == 1 ? place_take(net, request, 0, &place) : ERR_INVALID;
    }
    if (status < 0) {
        return status;
    }
    place->bits.read_bits = req->accept_bits;
    status = socket_listen(&net->table, request->badge, req->port, &place->listener);
    if (status < 0) {
        place_free(place);
        return status;
    }
    place->listener->tag = place;
    status = ipc_server_mint(&net->server, place->badge, &request->reply_handles[0]);
    if (status < 0) {
        listener_close(place->listener);
        place_free(place);
        return status;
    }
    request->reply_handle_count = 1;
    return OK;
}

// Fills the reply's handles for an open socket, or closes it again.
static status_t open_reply(struct net *net, struct ipc_request *request, struct net_place *place)
{
    status_t status = give_handles(net, place, request->reply_handles);
    if (status < 0) {
        socket_close(place->socket);
    } else {
        request->reply_handle_count = 2;
    }
    net_settle(net);
    return status;
}

static status_t do_accept(void *self, struct ipc_request *request, const struct net_accept_req *req,
                          struct net_accept_rep *rep)
{
    struct net *net = self;
    struct net_place *listening = request->badge != 0 ? place_find(net, request->badge) : NULL;
    if (listening == NULL) {
        return ERR_BAD_STATE;
    }
    if (listening->listener == NULL) {
        return ERR_INVALID;
    }
    struct net_place *place;
    status_t status = place_take_mapped(net, request, &place);
    if (status < 0) {
        return status;
    }
    place->bits = req->bits;
    struct socket_memory memory = {.bytes = place->memory, .tag = place};
    status = listener_accept(listening->listener, memory, &place->socket);
    if (status < 0) {
        place_free(place);
        return status;
    }
    rep->from = place->socket->peer;
    rep->kick_bits = kick_bit(net, place);
    return open_reply(net, request, place);
}

static status_t do_udp(void *self, struct ipc_request *request, const struct net_udp_req *req,
                       struct net_udp_rep *rep)
{
    struct net *net = self;
    struct net_place *place;
    status_t status = caller_check(net, request);
    if (status == OK) {
        status = place_take_mapped(net, request, &place);
    }
    if (status < 0) {
        return status;
    }
    place->bits = req->bits;
    struct socket_memory memory = {.bytes = place->memory, .tag = place};
    struct socket_udp_options options = {.port = req->port,
                                         .groups = req->groups,
                                         .group_count = sizeof req->groups / sizeof req->groups[0]};
    status = socket_udp(&net->table, request->badge, memory, &options, &place->socket);
    if (status < 0) {
        place_free(place);
        return status;
    }
    rep->kick_bits = kick_bit(net, place);
    return open_reply(net, request, place);
}

static void wake_reader(void *self, struct socket *socket)
{
    struct net_place *place = socket->tag;
    if (place != NULL) {
        os_signal_raise(place->signal, place->bits.read_bits);
    }
}

static void wake_writer(void *self, struct socket *socket)
{
    struct net_place *place = socket->tag;
    if (place != NULL) {
        os_signal_raise(place->signal, place->bits.write_bits);
    }
}

static void on_incoming(void *self, struct listener *listener)
{
    struct net_place *place = listener->tag;
    os_signal_raise(place->signal, place->bits.read_bits);
}

static void on_freed(void *self, struct socket *socket)
{
    struct net_place *place = socket->tag;
    if (place != NULL) {
        place_free(place);
    }
}

// A client's handle is gone: a socket's, a listener's, or its last one of ours.
static void on_closed(void *self, uint64_t badge)
{
    struct net *net = self;
    struct net_place *place = place_find(net, badge);
    if (place != NULL && place->listener != NULL) {
        listener_close(place->listener);
        place_free(place);
    } else if (place != NULL && place->socket != NULL) {
        socket_close(place->socket);
    }
    struct net_watcher *watcher = watcher_find(net, badge);
    if (watcher != NULL) {
        os_handle_close(watcher->signal);
        *watcher = (struct net_watcher){0};
    }
    net_settle(net);
}

static void on_kick(void *self, uint64_t bits)
{
    struct net *net = self;
    for (uint32_t i = 0; i < NET_PLACES_MAX; i++) {
        struct socket *socket = net->places[i].socket;
        if (socket != NULL && (kick_bit(net, &net->places[i]) & bits) != 0) {
            socket_kick(socket);
        }
    }
    net_settle(net);
}

static void on_timer(void *self)
{
    net_settle(self);
}

static void watchers_tell(struct net *net)
{
    if (net->told_generation == net->stack.generation) {
        return;
    }
    net->told_generation = net->stack.generation;
    for (uint32_t i = 0; i < NET_WATCHERS_MAX; i++) {
        if (net->watchers[i].badge != 0) {
            os_signal_raise(net->watchers[i].signal, net->watchers[i].bits);
        }
    }
}

void net_settle(struct net *net)
{
    uint64_t stack_ns = stack_run(&net->stack);
    uint64_t table_ns = sockets_run(&net->table, os_clock());
    watchers_tell(net);
    if (net->settled != NULL) {
        net->settled(net->settled_self);
    }
    uint64_t next_ns = stack_is_talking_to_itself() ? 0 : min_u64(stack_ns, table_ns);
    ipc_timer_start(&net->server, &net->timer, next_ns);
}

IPC_SERVER(net, NET_METHODS)

static const struct net_ops ops = {
    .status = do_status,
    .watch = do_watch,
    .connect = do_connect,
    .listen = do_listen,
    .accept = do_accept,
    .udp = do_udp,
};

void net_serve_on(struct net *net, const struct stack_outside *outside, const uint8_t mac[6],
                  struct net_handles handles)
{
    struct ipc_service service = IPC_SERVICE(net, &ops, net);
    service.endpoint = handles.endpoint;
    service.signal = handles.signal;
    ipc_server_init(&net->server, &service);
    ipc_server_on_closed(&net->server, on_closed, net);
    for (uint32_t i = 0; i < NET_KICKS; i++) {
        net->kick_bits[i] = ipc_server_bit(&net->server, on_kick, net);
    }
    net->timer = (struct ipc_timer){.run = on_timer, .self = net};
    stack_init(&net->stack, outside, mac);
    struct sockets_outside owner = {.self = net,
                                    .wake_reader = wake_reader,
                                    .wake_writer = wake_writer,
                                    .connected = on_connected,
                                    .incoming = on_incoming,
                                    .freed = on_freed};
    sockets_init(&net->table, &net->stack, &owner);
}

void net_serve(struct net *net, const struct stack_outside *outside, const uint8_t mac[6])
{
    net_serve_on(net, outside, mac, (struct net_handles){HANDLE_NONE, HANDLE_NONE});
}
