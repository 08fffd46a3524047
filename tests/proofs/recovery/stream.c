// SPDX-License-Identifier: Apache-2.0
// Puts values into the store and looks whether it gets them back, without a pause, and without
// knowing that anybody below the store might end.
#include "abi/ipc/store.h"
#include "base/error.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/start.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEYS         8u
#define VALUE_BYTES  1024u
#define BUFFER_BYTES 65536u
#define REPORT       50u // values
#define TOLD         10u // of what failed

// What belongs to a number: the same bytes each time.
static void value_of(uint64_t number, uint8_t bytes[VALUE_BYTES])
{
    uint64_t state = (number + 1) * 0x9e3779b97f4a7c15ull;
    for (uint32_t i = 0; i < VALUE_BYTES; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)(state >> 56);
    }
}

static status_t put(uint64_t number)
{
    uint8_t bytes[VALUE_BYTES];
    struct store_put_req req = {{0}};
    struct store_put_rep rep;
    snprintf(req.key, sizeof req.key, "stream%u", (unsigned)(number % KEYS));
    value_of(number, bytes);
    struct ipc_extra extra = {.tail = bytes, .tail_size = sizeof bytes};
    return store_put(os_handle("store"), &req, &rep, &extra);
}

// ERR_CORRUPT: it is not what was put.
static status_t get(uint64_t number)
{
    uint8_t bytes[VALUE_BYTES], expected[VALUE_BYTES];
    struct store_get_req req = {{0}};
    struct store_get_rep rep;
    snprintf(req.key, sizeof req.key, "stream%u", (unsigned)(number % KEYS));
    struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = sizeof bytes};
    status_t status = store_get(os_handle("store"), &req, &rep, &extra);
    value_of(number, expected);
    if (status < 0)
        return status;
    return extra.reply_tail_size == sizeof bytes && memcmp(bytes, expected, sizeof bytes) == 0
               ? OK
               : ERR_CORRUPT;
}

// The store serves who has handed over a buffer, though nothing goes through it here.
static status_t attach(void)
{
    handle_t memory, shared;
    status_t status = os_memory_create(BUFFER_BYTES, 0, &memory);
    if (status == OK)
        status = os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared);
    if (status < 0)
        return status;
    struct store_attach_req req = {.size_bytes = BUFFER_BYTES};
    struct store_attach_rep rep;
    struct ipc_extra extra = {.handle_count = 1, .handles = {shared}};
    return store_attach(os_handle("store"), &req, &rep, &extra);
}

int main(void)
{
    uint64_t failed = 0;
    log_printf("attached: %s", error_text(attach()));
    for (uint64_t number = 0;; number++) {
        status_t status = put(number);
        failed += status < 0;
        if (status < 0 && failed <= TOLD)
            log_printf("value %" PRIu64 ": %s", number, error_text(status));
        for (uint64_t back = 0; back < KEYS && back <= number && status == OK; back += KEYS - 1)
            failed += get(number - back) < 0;
        if ((number + 1) % REPORT == 0)
            log_printf("values %" PRIu64 " failed %" PRIu64, number + 1, failed);
    }
}
