// SPDX-License-Identifier: Apache-2.0
// The network driver: wiring.
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct netdev netdev;

int main(void)
{
    status_t status = netdev_serve(&server, &netdev, os_handle("bus"));
    if (status < 0) {
        log_printf("no virtio network device: %s", error_text(status));
        return status == ERR_NOT_FOUND ? EXIT_NO_DEVICE : 1;
    }
    log_printf("ready");
    ipc_server_run(&server);
}
