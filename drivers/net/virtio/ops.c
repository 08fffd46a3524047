// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/netdev.h; see ops.h.
#include "ops.h"

#include "base/error.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"

#include <stdlib.h>
#include <string.h>

#define BOTH_BYTES (2 * NETDEV_RING_BYTES)

static void on_work(void *self, uint64_t bits)
{
    struct netdev *netdev = self;
    struct card_wakes wakes;
    status_t status = card_move(&netdev->card, &wakes);
    if (status < 0) {
        log_printf("the device is gone: %s", error_text(status));
        exit(1); // started anew by init; the client attaches again
    }
    uint64_t raise =
        (wakes.receive ? netdev->receive_bits : 0) | (wakes.space ? netdev->space_bits : 0);
    if (raise) {
        os_signal_raise(netdev->client, raise);
    }
}

static void on_config(void *self, uint64_t bits)
{
    struct netdev *netdev = self;
    os_signal_raise(netdev->client, netdev->receive_bits); // the client asks for the link's state
}

static status_t do_info(void *self, struct ipc_request *request, const struct netdev_info_req *req,
                        struct netdev_info_rep *rep)
{
    struct netdev *netdev = self;
    memcpy(rep->mac, netdev->card.mac, sizeof rep->mac);
    rep->link_up = card_link_up(&netdev->card);
    rep->mtu = 1500;
    return OK;
}

// Opens both of the client's rings in mapped memory.
static status_t open_rings(uint8_t *bytes, struct ring *receive, struct ring *transmit)
{
    status_t status = ring_open(receive, bytes, NETDEV_RING_BYTES, RING_PRODUCER);
    return status < 0
               ? status
               : ring_open(transmit, bytes + NETDEV_RING_BYTES, NETDEV_RING_BYTES, RING_CONSUMER);
}

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct netdev_attach_req *req, struct netdev_attach_rep *rep)
{
    struct netdev *netdev = self;
    if (request->handle_count != 2) {
        return ERR_INVALID;
    }
    void *bytes;
    status_t status =
        os_memory_map(request->handles[0], 0, BOTH_BYTES, PROTECT_READ | PROTECT_WRITE, &bytes);
    if (status < 0) {
        return status;
    }
    struct ring receive, transmit;
    status = open_rings(bytes, &receive, &transmit);
    if (status == OK) {
        status =
            ipc_server_signal(netdev->server, netdev->transmit_bits, &request->reply_handles[0]);
    }
    if (status < 0) {
        os_memory_unmap(bytes, BOTH_BYTES);
        return status;
    }
    request->reply_handle_count = 1;
    if (netdev->ring_bytes) {
        os_memory_unmap(netdev->ring_bytes, BOTH_BYTES);
    }
    os_handle_close(netdev->client);
    netdev->client = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    netdev->receive_bits = req->receive_bits;
    netdev->space_bits = req->space_bits;
    netdev->ring_bytes = bytes;
    netdev->card.receive_ring = receive;
    netdev->card.transmit_ring = transmit;
    netdev->card.has_client = true;
    rep->transmit_bits = netdev->transmit_bits;
    on_work(netdev, 0); // announces our sleep on the transmit ring, sends what waits there
    return OK;
}

IPC_SERVER(netdev, NETDEV_METHODS)

static const struct netdev_ops ops = {.info = do_info, .attach = do_attach};

status_t netdev_serve(struct ipc_server *server, struct netdev *netdev, handle_t bus)
{
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(netdev, &ops, netdev));
    netdev->server = server;
    uint64_t queue_bits = ipc_server_bit(server, on_work, netdev);
    uint64_t config_bits = ipc_server_bit(server, on_config, netdev);
    netdev->transmit_bits = ipc_server_bit(server, on_work, netdev);
    return card_open(&netdev->card, bus, server->service.signal, queue_bits, config_bits);
}
