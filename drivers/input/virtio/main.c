// SPDX-License-Identifier: Apache-2.0
// The input driver: wiring.
#include "ops.h"

#include "base/error.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct input input;

int main(void)
{
    status_t status = input_serve(&server, &input, os_handle("bus"));
    if (status < 0) {
        log_printf("input devices do not start: %s", error_text(status));
        return status == ERR_NOT_FOUND ? EXIT_NO_DEVICE : 1;
    }
    log_printf("%u devices", input.devices.count);
    ipc_server_run(&server);
}
