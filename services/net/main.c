// SPDX-License-Identifier: Apache-2.0
// Wiring: network driver → wire → stack → sockets → methods; clock and randomness from the system.
// Without a driver the service still answers: no link, no addresses.
#include "wire.h"

#include "abi/ipc/entropy.h"
#include "base/error.h"
#include "os/log.h"
#include "os/start.h"
#include "os/time.h"

#define POOL_BYTES ENTROPY_BYTES_MAX

static struct net net;
static struct wire wire;

// Random words, fetched by the pool.
static uint32_t pool[POOL_BYTES / sizeof(uint32_t)];
static uint32_t pool_left;

static uint32_t random_word(void *self)
{
    (void)self;
    if (pool_left == 0) {
        struct entropy_read_req req = {.size = POOL_BYTES};
        struct entropy_read_rep rep;
        struct ipc_extra extra = {.reply_tail = pool, .reply_tail_max = POOL_BYTES};
        status_t status = entropy_read(os_handle("entropy"), &req, &rep, &extra);
        if (status < 0 || extra.reply_tail_size != POOL_BYTES) {
            // Ports and transaction numbers become guessable, which the mesh's encryption does not
            // rest on.
            static bool told;
            if (!told)
                log_printf("no entropy: %s", error_text(status));
            told = true;
            pool[0] = (uint32_t)(os_clock() * 2654435761u);
            pool_left = 1;
        } else {
            pool_left = POOL_BYTES / sizeof(uint32_t);
        }
    }
    return pool[--pool_left];
}

static uint64_t now(void *self)
{
    (void)self;
    return os_clock();
}

int main(void)
{
    uint8_t mac[6] = {0};
    status_t status = wire_init(&wire, os_handle("netdev"), mac);
    struct stack_outside outside = {
        .self = &wire, .send = wire_send, .now_ns = now, .random = random_word};
    net_serve(&net, &outside, mac);
    if (status == OK) {
        wire_start(&wire, &net);
    } else {
        log_printf("no network: %s", error_text(status));
    }
    ipc_server_run(&net.server);
}
