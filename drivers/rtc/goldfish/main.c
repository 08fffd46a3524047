// SPDX-License-Identifier: Apache-2.0
// The wall clock driver: one register pair and one method.
#include "clock.h"

#include "abi/ipc/rtc.h"
#include "base/error.h"
#include "ipc/server.h"
#include "os/interrupt.h"
#include "os/log.h"
#include "os/time.h"

IPC_SERVER(rtc, RTC_METHODS)

static struct ipc_server server;
static volatile void *registers;

static status_t do_now(void *self, struct ipc_request *request, const struct rtc_now_req *req,
                       struct rtc_now_rep *rep)
{
    rep->unix_ns = clock_unix_ns(registers);
    rep->clock_ns = os_clock();
    return OK;
}

static const struct rtc_ops ops = {.now = do_now};

int main(void)
{
    uint64_t size_bytes;
    status_t status = os_registers_map(0, &registers, &size_bytes);
    if (status < 0 || size_bytes < 8) {
        log_printf("no usable registers: %s", error_text(status));
        return 1;
    }
    ipc_server_init(&server, &(struct ipc_service)IPC_SERVICE(rtc, &ops, NULL));
    ipc_server_run(&server);
}
