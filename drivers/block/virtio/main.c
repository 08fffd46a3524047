// SPDX-License-Identifier: Apache-2.0
// The block driver: wiring.
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct disk disk;

int main(void)
{
    disk_serve(&server, &disk);
    status_t status = disk_open(&disk, os_handle("bus"));
    if (status < 0) {
        log_printf("no virtio block device: %s", error_text(status));
        return status == ERR_NOT_FOUND ? EXIT_NO_DEVICE : 1;
    }
    log_printf("%u MiB%s", (uint32_t)(disk.sector_count >> 11),
               disk.read_only ? ", read-only" : "");
    ipc_server_run(&server);
}
