// SPDX-License-Identifier: Apache-2.0
// Wiring: store, wall clock and entropy → library → methods.
#include "ops.h"
#include "store_client.h"

#include "abi/ipc/entropy.h"
#include "abi/ipc/rtc.h"
#include "base/error.h"
#include "base/math.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"

static struct docs docs;
static struct store_client store;
static uint64_t unix_start_ns; // wall clock when the monotonic one was zero; 0: unknown

static uint64_t now_unix_ms(void *self)
{
    struct rtc_now_rep now;
    handle_t rtc = os_handle("rtc");
    if (unix_start_ns == 0 && rtc != HANDLE_NONE &&
        rtc_now(rtc, &(struct rtc_now_req){0}, &now, NULL) == OK)
        unix_start_ns = now.unix_ns - now.clock_ns;
    return (unix_start_ns + os_clock()) / OS_MILLISECOND;
}

// Ids of documents and authors must be unlike all others on all devices: without entropy there is
// no library. ERR_NOT_FOUND tells that apart from what the store says.
static status_t random_bytes(void *self, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint32_t part = (uint32_t)min_u64(size - done, ENTROPY_BYTES_MAX);
        const struct entropy_read_req request = {.size = part};
        struct entropy_read_rep reply;
        struct ipc_extra extra = {.reply_tail = (uint8_t *)bytes + done, .reply_tail_max = part};
        status_t status = entropy_read(os_handle("entropy"), &request, &reply, &extra);
        if (status < 0 || extra.reply_tail_size != part)
            return ERR_NOT_FOUND;
        done += part;
    }
    return OK;
}

int main(void)
{
    status_t status = store_client_init(&store, os_handle("store"));
    if (status < 0) {
        log_printf("no buffer for the store: %s", error_text(status));
        return 1;
    }
    const struct library_options options = {.storage = &store_client_ops,
                                            .storage_self = &store,
                                            .now_unix_ms = now_unix_ms,
                                            .random = random_bytes};
    docs_serve(&docs, &options, HANDLE_NONE, HANDLE_NONE);
    ipc_server_run(&docs.server);
}
