// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/entropy.h: thin, over source.h.
#include "ops.h"

static status_t do_read(void *self, struct ipc_request *request, const struct entropy_read_req *req,
                        struct entropy_read_rep *rep)
{
    if (req->size > request->reply_tail_max) {
        return ERR_INVALID;
    }
    status_t status = source_read(self, request->reply_tail, req->size);
    request->reply_tail_size = status < 0 ? 0 : req->size;
    return status;
}

IPC_SERVER(entropy, ENTROPY_METHODS)

static const struct entropy_ops ops = {.read = do_read};

void source_serve(struct ipc_server *server, struct source *source)
{
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(entropy, &ops, source));
}
