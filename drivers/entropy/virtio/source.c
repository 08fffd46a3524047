// SPDX-License-Identifier: Apache-2.0
// A virtio entropy device; see source.h.
#include "source.h"

#include "os/signal.h"
#include "os/time.h"

#include <string.h>

enum { QUEUE_SIZE = 2, QUEUE_BIT = 1, OWN_BYTES = 4096 };

#define TIMEOUT_NS (10 * OS_SECOND)

status_t source_open(struct source *source, handle_t bus)
{
    *source = (struct source){0};
    status_t status = os_signal_create(&source->signal);
    if (status < 0) {
        return status;
    }
    struct bus_open_req open = {.kind = BUS_ENTROPY, .queue_bits = QUEUE_BIT};
    status = bus_driver_open(&source->driver, bus, source->signal, &open);
    if (status < 0) {
        return status;
    }
    status = bus_driver_start(&source->driver, BUS_FEATURE_VERSION_1, 1, QUEUE_SIZE);
    return status < 0 ? status : bus_driver_memory(&source->driver, OWN_BYTES, &source->own);
}

status_t source_read(struct source *source, uint8_t *out, uint32_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > ENTROPY_BYTES_MAX) {
        return ERR_INVALID;
    }
    uint32_t have = 0;
    while (have < size_bytes) {
        struct bus_submit_req req = {
            .segment_count = 1,
            .segments = {{source->own.index, 0, size_bytes - have, 1}},
            .address_at = UINT32_MAX,
        };
        status_t got = bus_driver_transact(&source->driver, &req, TIMEOUT_NS);
        if (got <= 0) {
            return got < 0 ? got : ERR_IO;
        }
        memcpy(out + have, source->own.bytes, (size_t)got);
        memset(source->own.bytes, 0, (size_t)got); // what was handed out stays nowhere else
        have += (uint32_t)got;
    }
    return OK;
}
