// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/block.h: thin, over disk.h.
#include "ops.h"

static status_t do_info(void *self, struct ipc_request *request, const struct block_info_req *req,
                        struct block_info_rep *rep)
{
    const struct disk *disk = self;
    *rep = (struct block_info_rep){disk->sector_count, BLOCK_SECTOR_BYTES, disk->read_only};
    return OK;
}

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct block_attach_req *req, struct block_attach_rep *rep)
{
    if (request->handle_count != 1) {
        return ERR_INVALID;
    }
    return disk_attach(self, request->handles[0], req->size_bytes);
}

static status_t do_read(void *self, struct ipc_request *request, const struct block_read_req *req,
                        struct block_read_rep *rep)
{
    return disk_transfer(self, false, &req->transfer);
}

static status_t do_write(void *self, struct ipc_request *request, const struct block_write_req *req,
                         struct block_write_rep *rep)
{
    return disk_transfer(self, true, &req->transfer);
}

static status_t do_flush(void *self, struct ipc_request *request, const struct block_flush_req *req,
                         struct block_flush_rep *rep)
{
    return disk_flush(self);
}

IPC_SERVER(block, BLOCK_METHODS)

static const struct block_ops ops = {
    .info = do_info, .attach = do_attach, .read = do_read, .write = do_write, .flush = do_flush};

void disk_serve(struct ipc_server *server, struct disk *disk)
{
    ipc_server_init(server, &(struct ipc_service)IPC_SERVICE(block, &ops, disk));
}
