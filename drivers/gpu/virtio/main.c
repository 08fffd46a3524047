// SPDX-License-Identifier: Apache-2.0
// The display driver: wiring.
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct gpu gpu;

int main(void)
{
    status_t status = gpu_serve(&server, &gpu, os_handle("bus"));
    if (status < 0) {
        log_printf("no virtio display: %s", error_text(status));
        return status == ERR_NOT_FOUND ? EXIT_NO_DEVICE : 1;
    }
    log_printf("ready");
    ipc_server_run(&server);
}
