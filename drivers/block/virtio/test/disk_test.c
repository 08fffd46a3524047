// SPDX-License-Identifier: Apache-2.0
// The block driver over the real bus against a modelled disk.
#include "../ops.h"
#include "board.h"

#include "base/codec.h"
#include "base/test.h"
#include "ipc/host.h"
#include "os/host.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/start.h"
#include "os/time.h"

enum { SECTORS = 64 };

static struct board board;
static struct disk disk;
static uint8_t medium[SECTORS * BLOCK_SECTOR_BYTES];
static uint32_t flushes;
static uint8_t answer_status;
static bool is_mute;

// The device side of Virtio 1.1, section 5.2.6.
static void serve(struct model *model, uint32_t queue)
{
    static struct model_request request;
    while (!is_mute && model_take(model, queue, &request)) {
        struct reader reader = reader_of(request.in, request.in_size);
        uint32_t type = reader_le32(&reader);
        reader_le32(&reader);
        uint64_t at = reader_le64(&reader) * BLOCK_SECTOR_BYTES;
        uint32_t written = 0;
        if (type == 0) {
            written = request.out[0].size_bytes;
            model_answer(&request, 0, medium + at, written);
        } else if (type == 1) {
            struct span data = reader_take(&reader, reader_left(&reader));
            memcpy(medium + at, data.bytes, data.size);
        } else {
            flushes++;
        }
        model_answer(&request, written, &answer_status, 1);
        model_finish(model, queue, request.head, written + 1);
    }
    board_interrupt(model->owner);
}

static handle_t client;
static uint8_t *buffer;
static handle_t buffer_handle;

static void attach(void)
{
    handle_t shared;
    CHECK_EQ(os_memory_share(buffer_handle, PROTECT_READ | PROTECT_WRITE, &shared), OK);
    struct ipc_extra extra = {.handle_count = 1, .handles = {shared}};
    struct block_attach_rep rep;
    CHECK_EQ(block_attach(client, &(struct block_attach_req){16384}, &rep, &extra), OK);
}

static void start(uint64_t features)
{
    board_init(&board, BUS_BLOCK, serve);
    board.model.features_offered |= features;
    board.model.config[0] = SECTORS;
    memset(medium, 0, sizeof medium);
    flushes = answer_status = 0;
    is_mute = false;
    disk_serve(&board.driver, &disk);
    CHECK_EQ(disk_open(&disk, os_handle("bus")), OK);
    client = ipc_host_client(&board.driver, 5);
    void *bytes;
    CHECK_EQ(os_memory_allocate(16384, MEMORY_CONTIGUOUS, &buffer_handle, &bytes), OK);
    buffer = bytes;
}

static status_t move(bool write, uint64_t first, uint32_t count, uint32_t offset)
{
    struct block_transfer_req transfer = {first, count, offset};
    if (write) {
        struct block_write_rep rep;
        return block_write(client, &(struct block_write_req){transfer}, &rep, NULL);
    }
    struct block_read_rep rep;
    return block_read(client, &(struct block_read_req){transfer}, &rep, NULL);
}

static status_t flush(void)
{
    struct block_flush_rep rep;
    return block_flush(client, &(struct block_flush_req){0}, &rep, NULL);
}

static void disk_reads_what_was_written(void)
{
    start(1 << 9);
    attach();
    struct block_info_rep info;
    CHECK_EQ(block_info(client, &(struct block_info_req){0}, &info, NULL), OK);
    CHECK_EQ(info.sector_count, SECTORS);
    memset(buffer, 0x5a, 1024);
    CHECK_EQ(move(true, 10, 2, 0), OK);
    CHECK_EQ(medium[10 * 512], 0x5a);
    CHECK_EQ(medium[12 * 512 - 1], 0x5a);
    CHECK_EQ(medium[12 * 512], 0);
    CHECK_EQ(move(false, 11, 1, 4096), OK);
    CHECK_EQ(buffer[4096], 0x5a);
    CHECK_EQ(flush(), OK);
    CHECK_EQ(flushes, 1);
}

static void disk_refuses_ranges_outside_medium_and_buffer(void)
{
    start(0);
    CHECK_EQ(move(false, 0, 1, 0), ERR_BAD_STATE);
    CHECK_EQ(flush(), ERR_BAD_STATE);
    attach();
    CHECK_EQ(move(false, 0, 0, 0), ERR_INVALID);
    CHECK_EQ(move(false, SECTORS, 1, 0), ERR_INVALID);
    CHECK_EQ(move(false, SECTORS - 1, 2, 0), ERR_INVALID);
    CHECK_EQ(move(true, UINT64_MAX, 1, 0), ERR_INVALID);
    CHECK_EQ(move(true, 0, UINT32_MAX, 0), ERR_INVALID);
    CHECK_EQ(move(true, 0, 33, 0), ERR_INVALID);
    CHECK_EQ(move(true, 0, 32, 512), ERR_INVALID);
    CHECK_EQ(move(true, 0, 1, 16384), ERR_INVALID);
    CHECK_EQ(move(true, 0, 1, 100), ERR_INVALID);
    CHECK_EQ(move(true, 0, 32, 0), OK);
    CHECK(!board.model.strayed);
    CHECK_EQ(flush(), OK);
    CHECK_EQ(flushes, 0); // the device offers none
}

static void disk_reports_device_errors_and_goes_on(void)
{
    start(0);
    attach();
    answer_status = 1;
    CHECK_EQ(move(true, 0, 1, 0), ERR_IO);
    answer_status = 0;
    CHECK_EQ(move(true, 0, 1, 0), OK);
}

static void disk_refuses_writes_to_a_read_only_medium(void)
{
    start(1 << 5);
    attach();
    CHECK_EQ(move(true, 0, 1, 0), ERR_DENIED);
    CHECK_EQ(move(false, 0, 1, 0), OK);
}

static void disk_times_out_on_a_stuck_device_and_recovers_by_attaching(void)
{
    start(0);
    attach();
    is_mute = true;
    instant_ns_t before = os_clock();
    CHECK_EQ(move(true, 0, 1, 0), ERR_TIMEOUT);
    CHECK(os_clock() - before >= 10 * OS_SECOND);
    is_mute = false;
    CHECK_EQ(move(true, 0, 1, 0), ERR_BAD_STATE);
    attach();
    CHECK_EQ(move(true, 0, 1, 0), OK);
}

static void disk_needs_attaching_after_the_driver_was_restarted(void)
{
    start(0);
    attach();
    CHECK_EQ(move(true, 0, 1, 0), OK);
    handle_t endpoint = board.driver.service.endpoint, signal = board.driver.service.signal;
    ipc_host_kill(&board.driver);
    os_handle_close(disk.driver.device); // as the process' death would
    ipc_host_run();
    CHECK_EQ(board.bus.slots[0].badge, 0); // the bus has reset the device
    CHECK_EQ(board.model.registers[0x070 / 4], 0);
    os_host_start_entry("self", endpoint, 0);
    os_host_start_entry("system", signal, 0);
    disk_serve(&board.driver, &disk);
    CHECK_EQ(disk_open(&disk, os_handle("bus")), OK);
    CHECK_EQ(move(true, 0, 1, 0), ERR_BAD_STATE);
    attach();
    CHECK_EQ(move(true, 0, 1, 0), OK);
}

static void bus_opens_only_the_kind_that_was_granted(void)
{
    start(0);
    struct bus_driver driver = {0};
    struct bus_open_req req = {.kind = BUS_NETWORK, .queue_bits = 1};
    handle_t network = ipc_host_client(&board.server, (uint64_t)BUS_NETWORK << 32 | 4);
    CHECK_EQ(bus_driver_open(&driver, network, disk.signal, &req), ERR_NOT_FOUND);
    req.kind = BUS_BLOCK;
    CHECK_EQ(bus_driver_open(&driver, network, disk.signal, &req), ERR_DENIED);
    req.kind = 0;
    CHECK_EQ(bus_driver_open(&driver, ipc_host_client(&board.server, 4), disk.signal, &req),
             ERR_DENIED);
    struct bus_reap_rep rep;
    CHECK_EQ(bus_reap(network, &(struct bus_reap_req){0}, &rep, NULL), ERR_BAD_STATE);
}

TEST_MAIN(TEST(disk_reads_what_was_written), TEST(disk_refuses_ranges_outside_medium_and_buffer),
          TEST(disk_reports_device_errors_and_goes_on),
          TEST(disk_refuses_writes_to_a_read_only_medium),
          TEST(disk_times_out_on_a_stuck_device_and_recovers_by_attaching),
          TEST(disk_needs_attaching_after_the_driver_was_restarted),
          TEST(bus_opens_only_the_kind_that_was_granted))
