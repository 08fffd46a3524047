// SPDX-License-Identifier: Apache-2.0
// A model of services/net; see net_model.h.
#include "net_model.h"

#include "base/assert.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"

#include <string.h>

IPC_SERVER(net, NET_METHODS)

#define DEVICE_BADGE 100u // of device 0; sockets have minted badges above all of init's

static int device_of(uint64_t badge)
{
    return (int)(badge - DEVICE_BADGE);
}

static void tell(const struct net_model_socket *socket, uint64_t bits)
{
    (void)os_signal_raise(socket->client_signal, bits);
}

static struct net_model_socket *peer_of(struct net_model *model, struct net_model_socket *socket)
{
    return socket->peer < 0 ? NULL : &model->sockets[socket->peer];
}

// Moves one record from a ring of one socket into that of another; false when there is none or no
// room.
static bool move_record(struct net_model_socket *from, struct net_model_socket *to)
{
    uint8_t bytes[NET_CHUNK_MAX];
    status_t size = ring_peek(&from->from_client);
    if (size < 0 || ring_free(&to->to_client) < (uint32_t)size) {
        return false;
    }
    assert(ring_pop(&from->from_client, bytes, sizeof bytes) == size);
    assert(ring_push(&to->to_client, bytes, (uint32_t)size) == OK);
    if (ring_should_wake(&to->to_client)) {
        tell(to, to->bits.read_bits);
    }
    if (ring_should_wake(&from->from_client)) {
        tell(from, from->bits.write_bits);
    }
    return true;
}

static void spread_datagram(struct net_model *model, struct net_model_socket *from)
{
    uint8_t bytes[NET_CHUNK_MAX];
    status_t size = ring_pop(&from->from_client, bytes, sizeof bytes);
    for (int i = 0; size > 0 && i < NET_MODEL_SOCKETS; i++) {
        struct net_model_socket *to = &model->sockets[i];
        if (to->badge == 0 || !to->is_udp || model->is_cut[to->device] ||
            model->is_cut[from->device]) {
            continue;
        }
        (void)ring_push(&to->to_client, bytes, (uint32_t)size);
        if (ring_should_wake(&to->to_client)) {
            tell(to, to->bits.read_bits);
        }
    }
}

static void move_all(void *self, uint64_t bits)
{
    struct net_model *model = self;
    for (int i = 0; i < NET_MODEL_SOCKETS; i++) {
        struct net_model_socket *socket = &model->sockets[i];
        struct net_model_socket *peer = peer_of(model, socket);
        if (socket->badge == 0) {
            continue;
        }
        while (socket->is_udp && ring_peek(&socket->from_client) >= 0) {
            spread_datagram(model, socket);
        }
        bool is_cut = model->is_cut[socket->device] || (peer && model->is_cut[peer->device]);
        while (peer && peer->badge != 0 && !is_cut && move_record(socket, peer)) {
        }
        (void)ring_sleep(&socket->from_client, 0);
    }
}

static int free_socket(const struct net_model *model)
{
    for (int i = 0; i < NET_MODEL_SOCKETS; i++) {
        if (model->sockets[i].badge == 0) {
            return i;
        }
    }
    return -1;
}

// Takes the client's memory and signal into a socket and gives the handles back.
static status_t open_socket(struct net_model *model, struct ipc_request *request, int place,
                            struct net_bits bits)
{
    struct net_model_socket *socket = &model->sockets[place];
    void *memory;
    if (request->handle_count != 2 || os_memory_map(request->handles[0], 0, 2 * NET_RING_BYTES,
                                                    PROTECT_READ | PROTECT_WRITE, &memory) != OK) {
        return ERR_INVALID;
    }
    *socket = (struct net_model_socket){.badge = ipc_server_badge(&model->server),
                                        .peer = -1,
                                        .memory = memory,
                                        .bits = bits,
                                        .client_signal = request->handles[1]};
    request->handles[1] = HANDLE_NONE;
    assert(ring_open(&socket->to_client, socket->memory, NET_RING_BYTES, RING_PRODUCER) == OK);
    assert(ring_open(&socket->from_client, socket->memory + NET_RING_BYTES, NET_RING_BYTES,
                     RING_CONSUMER) == OK);
    (void)ring_sleep(&socket->from_client, 0);
    assert(ipc_server_mint(&model->server, socket->badge, &request->reply_handles[0]) == OK);
    assert(ipc_server_signal(&model->server, model->kick_bit, &request->reply_handles[1]) == OK);
    request->reply_handle_count = 2;
    return OK;
}

static status_t do_status(void *self, struct ipc_request *request, const struct net_status_req *req,
                          struct net_status_rep *rep)
{
    rep->link_up = 1;
    rep->address_count = 2;
    rep->addresses[0].family = 4;
    memcpy(rep->addresses[0].bytes, (uint8_t[]){10, 0, 0, (uint8_t)(device_of(request->badge) + 1)},
           4);
    rep->addresses[1] = (struct net_address){.family = 6, .bytes = {0xfe, 0x80}, .zone = 1};
    return OK;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct net_watch_req *req,
                         struct net_watch_rep *rep)
{
    return request->handle_count == 1 ? OK : ERR_INVALID;
}

static status_t do_connect(void *self, struct ipc_request *request,
                           const struct net_connect_req *req, struct net_connect_rep *rep)
{
    struct net_model *model = self;
    int from = device_of(request->badge), to = req->to.bytes[3] - 1;
    int place = free_socket(model);
    bool is_there = to >= 0 && to < NET_MODEL_DEVICES && model->listeners[to].badge != 0 &&
                    !model->is_cut[to] && !model->is_cut[from] &&
                    model->listeners[to].waiting_count < NET_MODEL_WAITING;
    if (place < 0 || !is_there || req->to.port != 4001) {
        return ERR_UNREACHABLE;
    }
    status_t status = open_socket(model, request, place, req->bits);
    if (status == OK) {
        model->sockets[place].device = from;
        rep->kick_bits = model->kick_bit;
        model->listeners[to].waiting[model->listeners[to].waiting_count++] = place;
        (void)os_signal_raise(model->listeners[to].signal, model->listeners[to].bits);
    }
    return status;
}

static status_t do_listen(void *self, struct ipc_request *request, const struct net_listen_req *req,
                          struct net_listen_rep *rep)
{
    struct net_model *model = self;
    int device = device_of(request->badge);
    if (request->handle_count != 1 || model->listeners[device].badge != 0) {
        return ERR_EXISTS;
    }
    model->listeners[device].badge = ipc_server_badge(&model->server);
    model->listeners[device].signal = request->handles[0];
    model->listeners[device].bits = req->accept_bits;
    model->listeners[device].waiting_count = 0;
    request->handles[0] = HANDLE_NONE;
    assert(ipc_server_mint(&model->server, model->listeners[device].badge,
                           &request->reply_handles[0]) == OK);
    request->reply_handle_count = 1;
    return OK;
}

static status_t do_accept(void *self, struct ipc_request *request, const struct net_accept_req *req,
                          struct net_accept_rep *rep)
{
    struct net_model *model = self;
    int place = free_socket(model);
    for (int device = 0; device < NET_MODEL_DEVICES; device++) {
        if (model->listeners[device].badge != request->badge ||
            model->listeners[device].waiting_count == 0 || place < 0) {
            continue;
        }
        int dialer = model->listeners[device].waiting[--model->listeners[device].waiting_count];
        status_t status = open_socket(model, request, place, req->bits);
        if (status == OK) {
            model->sockets[place].device = device;
            model->sockets[place].peer = dialer;
            model->sockets[dialer].peer = place;
            rep->kick_bits = model->kick_bit;
            move_all(model, 0);
        }
        return status;
    }
    return ERR_AGAIN;
}

static status_t do_udp(void *self, struct ipc_request *request, const struct net_udp_req *req,
                       struct net_udp_rep *rep)
{
    struct net_model *model = self;
    int place = free_socket(model);
    status_t status = place < 0 ? ERR_FULL : open_socket(model, request, place, req->bits);
    if (status == OK) {
        model->sockets[place].device = device_of(request->badge);
        model->sockets[place].is_udp = true;
        rep->kick_bits = model->kick_bit;
    }
    return status;
}

// The client closed a socket: the rest of its bytes, then the end, to the other side.
static void closed(void *self, uint64_t badge)
{
    struct net_model *model = self;
    move_all(model, 0);
    for (int i = 0; i < NET_MODEL_DEVICES; i++) {
        if (model->listeners[i].badge == badge) {
            os_handle_close(model->listeners[i].signal);
            model->listeners[i].badge = 0;
        }
    }
    for (int i = 0; i < NET_MODEL_SOCKETS; i++) {
        struct net_model_socket *socket = &model->sockets[i];
        struct net_model_socket *peer = peer_of(model, socket);
        if (socket->badge != badge) {
            continue;
        }
        if (peer && peer->badge != 0 && !model->is_cut[socket->device] &&
            !model->is_cut[peer->device]) {
            (void)ring_push(&peer->to_client, NULL, 0);
            tell(peer, peer->bits.read_bits);
        }
        if (peer) {
            peer->peer = -1;
        }
        os_handle_close(socket->client_signal);
        (void)os_memory_unmap(socket->memory, 2 * NET_RING_BYTES);
        *socket = (struct net_model_socket){.peer = -1};
    }
}

static const struct net_ops ops = {.status = do_status,
                                   .watch = do_watch,
                                   .connect = do_connect,
                                   .listen = do_listen,
                                   .accept = do_accept,
                                   .udp = do_udp};

void net_model_start(struct net_model *model)
{
    struct ipc_service service = IPC_SERVICE(net, &ops, model);
    for (int i = 0; i < NET_MODEL_SOCKETS; i++) {
        if (model->sockets[i].badge != 0) {
            os_handle_close(model->sockets[i].client_signal);
            (void)os_memory_unmap(model->sockets[i].memory, 2 * NET_RING_BYTES);
        }
        model->sockets[i] = (struct net_model_socket){.peer = -1};
    }
    for (int i = 0; i < NET_MODEL_DEVICES; i++) {
        os_handle_close(model->listeners[i].signal);
        memset(&model->listeners[i], 0, sizeof model->listeners[i]);
    }
    if (model->endpoint == HANDLE_NONE) {
        ipc_host_handles(&model->endpoint, &model->signal);
    }
    service.endpoint = model->endpoint;
    service.signal = model->signal;
    ipc_server_init(&model->server, &service);
    ipc_server_on_closed(&model->server, closed, model);
    model->kick_bit = ipc_server_bit(&model->server, move_all, model);
}

handle_t net_model_client(struct net_model *model, int device)
{
    return ipc_host_client(&model->server, DEVICE_BADGE + (uint64_t)device);
}
