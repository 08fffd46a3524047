// SPDX-License-Identifier: Apache-2.0
// Uses drivers that init started with a mistake in their code: three operations each, whatever they
// answer, or do not; then the driver is killed and the next mistake's turn comes. A driver may do
// what it likes; this program must always get on. It counts and tells, the test judges.
#include "abi/ipc/block.h"
#include "abi/ipc/entropy.h"
#include "abi/ipc/input.h"
#include "abi/ipc/netdev.h"
#include "abi/ipc/supervisor.h"
#include "base/error.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"
#include "ring/ring.h"

#include <inttypes.h>
#include <string.h>

#define PATIENCE_NS  (100 * OS_MILLISECOND) // with an operation, which takes well below one
#define FRAME_BYTES  60u
#define BUFFER_BYTES 16384u
#define REPORT       20u // rounds
#define OPERATIONS   3u

_Static_assert(BUFFER_BYTES >= INPUT_RING_BYTES, "a ring of input events fits");

static handle_t signal_mine;

// What an operation hands over, and how long it waits.
static struct ipc_extra extra_of(uint32_t handle_count, handle_t first, handle_t second)
{
    return (struct ipc_extra){.handle_count = handle_count,
                              .handles = {first, second},
                              .deadline = os_deadline(PATIENCE_NS)};
}

// Handles that were not taken are ours still; those that came are closed.
static void extra_close(struct ipc_extra *extra)
{
    for (uint32_t i = 0; i < extra->handle_count; i++)
        os_handle_close(extra->handles[i]);
    for (uint32_t i = 0; i < extra->reply_handle_count; i++)
        os_handle_close(extra->reply_handles[i]);
}

static bool operate_block(handle_t driver, uint32_t number)
{
    struct ipc_extra extra = extra_of(0, HANDLE_NONE, HANDLE_NONE);
    if (number == 1) {
        handle_t memory, shared = HANDLE_NONE;
        if (os_memory_create(BUFFER_BYTES, MEMORY_CONTIGUOUS, &memory) < 0)
            return false;
        os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared);
        os_handle_close(memory);
        struct block_attach_req attach = {.size_bytes = BUFFER_BYTES};
        struct block_attach_rep attached;
        extra = extra_of(1, shared, HANDLE_NONE);
        status_t status = block_attach(driver, &attach, &attached, &extra);
        extra_close(&extra);
        return status == OK;
    }
    struct block_transfer_req transfer = {.first = 8, .count = BUFFER_BYTES / BLOCK_SECTOR_BYTES};
    struct block_read_req read = {transfer};
    struct block_write_req write = {transfer};
    struct block_read_rep was_read;
    struct block_write_rep written;
    return (number == 2 ? block_write(driver, &write, &written, &extra)
                        : block_read(driver, &read, &was_read, &extra)) == OK;
}

static bool operate_entropy(handle_t driver, uint32_t number)
{
    uint8_t bytes[ENTROPY_BYTES_MAX];
    struct ipc_extra extra = extra_of(0, HANDLE_NONE, HANDLE_NONE);
    extra.reply_tail = bytes;
    extra.reply_tail_max = sizeof bytes;
    struct entropy_read_req req = {.size = number * 16};
    struct entropy_read_rep rep;
    return entropy_read(driver, &req, &rep, &extra) == OK && extra.reply_tail_size == req.size;
}

// A memory with `rings` rings in it, mapped at *out_address, and what to hand over of it.
static handle_t rings_make(uint32_t size_bytes, uint32_t rings, void **out_address)
{
    handle_t memory, shared = HANDLE_NONE;
    if (os_memory_allocate((uint64_t)size_bytes * rings, MEMORY_CONTIGUOUS, &memory, out_address) <
        0)
        return HANDLE_NONE;
    for (uint32_t i = 0; i < rings; i++)
        ring_init((uint8_t *)*out_address + (uint64_t)i * size_bytes, size_bytes);
    os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared);
    os_handle_close(memory);
    return shared;
}

static handle_t signal_copy(void)
{
    handle_t copy = HANDLE_NONE;
    os_handle_duplicate(signal_mine, RIGHT_RAISE | RIGHT_TRANSFER, 7, &copy);
    return copy;
}

// Attaches, and sends a frame.
static bool send_frame(handle_t driver)
{
    void *address;
    struct ring transmit;
    uint8_t frame[FRAME_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    handle_t shared = rings_make(NETDEV_RING_BYTES, 2, &address);
    if (shared == HANDLE_NONE)
        return false;
    struct netdev_attach_req req = {.receive_bits = 1, .space_bits = 2};
    struct netdev_attach_rep rep;
    struct ipc_extra extra = extra_of(2, shared, signal_copy());
    status_t status = netdev_attach(driver, &req, &rep, &extra);
    if (status == OK && extra.reply_handle_count == 1) {
        status = ring_open(&transmit, (uint8_t *)address + NETDEV_RING_BYTES, NETDEV_RING_BYTES,
                           RING_PRODUCER);
        if (status == OK)
            status = ring_push(&transmit, frame, sizeof frame);
        os_signal_raise(extra.reply_handles[0], rep.transmit_bits);
    }
    extra_close(&extra);
    os_memory_unmap(address, 2 * NETDEV_RING_BYTES);
    return status == OK;
}

static bool operate_netdev(handle_t driver, uint32_t number)
{
    struct netdev_info_req req = {0};
    struct netdev_info_rep rep;
    struct ipc_extra extra = extra_of(0, HANDLE_NONE, HANDLE_NONE);
    return number == 2 ? send_frame(driver) : netdev_info(driver, &req, &rep, &extra) == OK;
}

static bool operate_input(handle_t driver, uint32_t number)
{
    void *address;
    handle_t shared = rings_make(INPUT_RING_BYTES, 1, &address);
    if (shared == HANDLE_NONE)
        return false;
    struct input_attach_req req = {.event_bits = 4};
    struct input_attach_rep rep;
    struct ipc_extra extra = extra_of(2, shared, signal_copy());
    status_t status = input_attach(driver, &req, &rep, &extra);
    extra_close(&extra);
    os_memory_unmap(address, INPUT_RING_BYTES);
    return status == OK;
}

static struct target {
    char name[PLAN_NAME_MAX];
    bool (*operate)(handle_t driver, uint32_t number);
    uint32_t rounds, answered;
} targets[] = {{.name = "block", .operate = operate_block},
               {.name = "entropy", .operate = operate_entropy},
               {.name = "netdev", .operate = operate_netdev},
               {.name = "input", .operate = operate_input}};

static uint32_t restarts_of(const char *name)
{
    struct supervisor_service_req req = {0};
    struct supervisor_service_rep rep;
    for (; supervisor_service(os_handle("init"), &req, &rep, NULL) == OK; req.index++)
        if (strcmp(rep.name, name) == 0)
            return rep.restarts;
    return 0;
}

static void round_of(struct target *target)
{
    for (uint32_t number = 1; number <= OPERATIONS; number++)
        target->answered += target->operate(os_handle(target->name), number);
    struct supervisor_kill_req kill = {{0}};
    struct supervisor_kill_rep killed;
    memcpy(kill.name, target->name, sizeof kill.name);
    supervisor_kill(os_handle("init"), &kill, &killed, NULL); // unless it ended by itself
    if (++target->rounds % REPORT != 0)
        return;
    log_printf("%s rounds %" PRIu32 " restarts %" PRIu32 " answered %" PRIu32 " of %" PRIu32,
               target->name, target->rounds, restarts_of(target->name), target->answered,
               REPORT * OPERATIONS);
    target->answered = 0;
}

int main(void)
{
    status_t status = os_signal_create(&signal_mine);
    if (status < 0)
        log_printf("no signal: %s", error_text(status));
    for (;;)
        for (uint32_t i = 0; i < ARRAY_COUNT(targets); i++)
            round_of(&targets[i]);
}
