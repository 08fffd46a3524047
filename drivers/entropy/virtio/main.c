// SPDX-License-Identifier: Apache-2.0
// The entropy driver: wiring.
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct source source;

int main(void)
{
    source_serve(&server, &source);
    status_t status = source_open(&source, os_handle("bus"));
    if (status < 0) {
        log_printf("no virtio entropy device: %s", error_text(status));
        return status == ERR_NOT_FOUND ? EXIT_NO_DEVICE : 1;
    }
    log_printf("ready");
    ipc_server_run(&server);
}
