// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/gpu.h; see ops.h.
#include "ops.h"

#include "base/error.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/signal.h"

#include <stdlib.h>

static status_t do_info(void *self, struct ipc_request *request, const struct gpu_info_req *req,
                        struct gpu_info_rep *rep)
{
    struct gpu *gpu = self;
    return display_size(&gpu->display, &rep->width, &rep->height);
}

static status_t do_attach(void *self, struct ipc_request *request, const struct gpu_attach_req *req,
                          struct gpu_attach_rep *rep)
{
    struct gpu *gpu = self;
    if (request->handle_count != 2) {
        return ERR_INVALID;
    }
    status_t status = display_attach(&gpu->display, request->handles[0], req->width, req->height);
    if (status < 0) {
        return status;
    }
    os_handle_close(gpu->client);
    gpu->client = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    gpu->resize_bits = req->resize_bits;
    gpu->done_bits = req->done_bits;
    return OK;
}

static status_t do_present(void *self, struct ipc_request *request,
                           const struct gpu_present_req *req, struct gpu_present_rep *rep)
{
    struct gpu *gpu = self;
    return display_present(&gpu->display, req->rects, req->rect_count);
}

IPC_SERVER(gpu, GPU_METHODS)

static const struct gpu_ops ops = {.info = do_info, .attach = do_attach, .present = do_present};

static void on_completed(void *self, uint64_t bits)
{
    struct gpu *gpu = self;
    status_t status = display_completed(&gpu->display);
    if (status < 0) {
        log_printf("the device is gone: %s", error_text(status));
        exit(1); // started anew by init; the client attaches again
    }
    if (status == 1) {
        os_signal_raise(gpu->client, gpu->done_bits);
    }
}

static void on_config(void *self, uint64_t bits)
{
    struct gpu *gpu = self;
    if (display_changed(&gpu->display)) {
        os_signal_raise(gpu->client, gpu->resize_bits);
    }
}

status_t gpu_serve(struct ipc_server *server, struct gpu *gpu, handle_t bus)
{
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(gpu, &ops, gpu));
    uint64_t queue_bits = ipc_server_bit(server, on_completed, gpu);
    uint64_t config_bits = ipc_server_bit(server, on_config, gpu);
    return display_open(&gpu->display, bus, server->service.signal, queue_bits, config_bits);
}
