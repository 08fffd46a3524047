// SPDX-License-Identifier: Apache-2.0
// Reads, writes and flushes through the block driver, repeated across its restarts for TRIES_MAX ×
// PAUSE.
//
// A driver that died may have lost what its device had not flushed? No: the device keeps what it
// acknowledged until it loses power, and the flush that counts is asked for again by the disk. So
// repeating the one operation is enough.
#include "blocks.h"

#include "abi/ipc/block.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/time.h"

#include <string.h>

#define TRIES_MAX    200u
#define PAUSE_NS     (20 * OS_MILLISECOND)
#define TIMEOUTS_MAX 2u // of the driver's ten seconds each

_Static_assert(DISK_SECTOR_BYTES == BLOCK_SECTOR_BYTES && DISK_RUN_BYTES <= BLOCK_BUFFER_MAX,
               "fits");

enum operation { OPERATION_READ, OPERATION_WRITE, OPERATION_FLUSH };

static bool driver_is_gone(status_t status)
{
    return status == ERR_BAD_STATE || status == ERR_PEER_DIED;
}

static status_t attach(struct blocks *blocks)
{
    struct ipc_extra extra = {.handle_count = 1};
    status_t status =
        os_memory_share(blocks->memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]);
    if (status < 0) {
        return status;
    }
    struct block_attach_req req = {.size_bytes = DISK_RUN_BYTES};
    struct block_attach_rep rep;
    status = block_attach(blocks->driver, &req, &rep, &extra);
    os_handle_close(extra.handles[0]); // HANDLE_NONE when it was delivered
    return status;
}

static status_t operate_once(struct blocks *blocks, enum operation operation,
                             const struct block_transfer_req *transfer)
{
    struct block_read_rep rep; // all three are empty
    if (operation == OPERATION_READ) {
        return block_read(blocks->driver, &(struct block_read_req){*transfer}, &rep, NULL);
    }
    if (operation == OPERATION_WRITE) {
        struct block_write_rep write_rep;
        return block_write(blocks->driver, &(struct block_write_req){*transfer}, &write_rep, NULL);
    }
    struct block_flush_rep flush_rep;
    return block_flush(blocks->driver, &(struct block_flush_req){0}, &flush_rep, NULL);
}

static status_t operate(struct blocks *blocks, enum operation operation, uint64_t first,
                        uint32_t count)
{
    struct block_transfer_req transfer = {.first = first, .count = count};
    status_t status = operate_once(blocks, operation, &transfer);
    uint32_t timeouts = 0;
    for (uint32_t i = 0; i < TRIES_MAX; i++) {
        // A device that did not answer is reset by attaching; one that stays mute is an error.
        timeouts += status == ERR_TIMEOUT;
        if (!driver_is_gone(status) && (status != ERR_TIMEOUT || timeouts > TIMEOUTS_MAX)) {
            break;
        }
        status = attach(blocks);
        if (status == OK) {
            status = operate_once(blocks, operation, &transfer);
        }
        if (driver_is_gone(status)) {
            os_sleep(PAUSE_NS);
        }
    }
    if (status < 0) {
        static const char *const names[] = {"read", "write", "flush"};
        log_printf("%s of %u sectors at %u failed: %d", names[operation], count, (unsigned)first,
                   (int)status);
    }
    return status;
}

static status_t device_read(void *self, uint64_t first, uint32_t count, void *bytes)
{
    struct blocks *blocks = self;
    status_t status = operate(blocks, OPERATION_READ, first, count);
    if (status == OK) {
        memcpy(bytes, blocks->buffer, (size_t)count * DISK_SECTOR_BYTES);
    }
    return status;
}

static status_t device_write(void *self, uint64_t first, uint32_t count, const void *bytes)
{
    struct blocks *blocks = self;
    memcpy(blocks->buffer, bytes, (size_t)count * DISK_SECTOR_BYTES);
    return operate(blocks, OPERATION_WRITE, first, count);
}

static status_t device_flush(void *self)
{
    return operate(self, OPERATION_FLUSH, 0, 0);
}

status_t blocks_init(struct blocks *blocks, handle_t driver)
{
    *blocks = (struct blocks){.driver = driver};
    struct block_info_rep info = {0};
    status_t status = block_info(driver, &(struct block_info_req){0}, &info, NULL);
    if (status < 0) {
        return status == ERR_PEER_DIED ? ERR_UNREACHABLE : ERR_IO;
    }
    if (info.sector_bytes != DISK_SECTOR_BYTES) {
        return ERR_UNSUPPORTED;
    }
    blocks->sector_count = info.sector_count;
    blocks->read_only = info.read_only != 0;
    void *buffer;
    status = os_memory_allocate(DISK_RUN_BYTES, MEMORY_CONTIGUOUS, &blocks->memory, &buffer);
    if (status < 0) {
        return status;
    }
    blocks->buffer = buffer;
    status = attach(blocks);
    for (uint32_t i = 0; i < TRIES_MAX && driver_is_gone(status); i++) {
        os_sleep(PAUSE_NS);
        status = attach(blocks);
    }
    if (status < 0) {
        blocks_finish(blocks);
        return ERR_IO;
    }
    return OK;
}

void blocks_finish(struct blocks *blocks)
{
    if (blocks->buffer != NULL) {
        os_memory_unmap(blocks->buffer, DISK_RUN_BYTES);
        os_handle_close(blocks->memory);
    }
    *blocks = (struct blocks){0};
}

struct disk_device blocks_device(struct blocks *blocks, uint64_t seed)
{
    return (struct disk_device){.read = device_read,
                                .write = device_write,
                                .flush = device_flush,
                                .self = blocks,
                                .sector_count = blocks->sector_count,
                                .seed = seed};
}
