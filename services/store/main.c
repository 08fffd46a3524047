// SPDX-License-Identifier: Apache-2.0
// Wiring: block driver → disk → log → methods. Without a usable disk the service still runs and
// answers every request with the reason, so that the rest of the system can say what is wrong.
#include "blocks.h"
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"

static struct blocks blocks;
static struct disk disk;
static struct store store;

static status_t open_disk(void)
{
    status_t status = blocks_init(&blocks, os_handle("block"));
    if (status < 0) {
        log_printf("no disk: %s", error_text(status));
        return status;
    }
    if (blocks.read_only) {
        log_printf(
            "the disk is write-protected: what is on it can be read, every change will fail");
    }
    struct disk_device device = blocks_device(&blocks, os_clock());
    status = disk_mount(&disk, &device);
    if (status < 0) {
        log_printf("%s", disk.message != NULL ? disk.message : error_text(status));
        return status;
    }
    status = log_open(&store.log, &disk, &(struct log_options){0});
    if (status < 0) {
        log_printf("the database does not open: %s", error_text(status));
    }
    return OK; // the log tries again at each call
}

int main(void)
{
    store.refused = open_disk();
    store_serve(&store, HANDLE_NONE, HANDLE_NONE);
    ipc_server_run(&store.server);
}
