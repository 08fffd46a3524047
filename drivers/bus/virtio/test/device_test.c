// SPDX-License-Identifier: Apache-2.0
// The bus' device noun against the model: what a driver may make a device touch, and what a device
// may claim.
#include "../device.h"
#include "model.h"

#include "base/math.h"
#include "base/test.h"

#define MODEL_BASE 0x80000000ull
#define DRIVER_AT  (128u << 10) // the driver's memory, as an offset into the device's

static uint8_t memory[256u << 10];
static struct model model;
static struct device device;

static void start(void)
{
    memset(&model, 0, sizeof model);
    memset(&device, 0, sizeof device);
    memset(memory, 0, sizeof memory);
    model_add_range(&model, memory, MODEL_BASE, sizeof memory);
    model.features_offered = 1ull << 32 | 0x21;
    device.kind = BUS_BLOCK;
    device.transport = model_transport(&model);
    device.rings = (struct device_memory){memory, MODEL_BASE, DEVICE_RING_BYTES};
    CHECK_EQ(device_open(&device), model.features_offered);
    uint16_t sizes[BUS_QUEUES_MAX];
    struct bus_start_req req = {.features = 1ull << 32, .queue_count = 1, .queue_size = {16}};
    CHECK_EQ(device_start(&device, &req, sizes), OK);
    CHECK_EQ(sizes[0], 16);
    uint32_t index;
    CHECK_EQ(device_add_memory(
                 &device, (struct device_memory){memory + DRIVER_AT, MODEL_BASE + DRIVER_AT, 8192},
                 &index),
             OK);
    CHECK_EQ(index, 0);
}

static struct bus_submit_req echo(uint32_t from, uint32_t to, uint32_t size)
{
    return (struct bus_submit_req){
        .cookie = 7,
        .segment_count = 2,
        .segments = {{0, from, size, 0}, {0, to, size, 1}},
        .address_at = UINT32_MAX,
        .notify = 1,
    };
}

static void device_carries_a_request_and_its_answer(void)
{
    start();
    memcpy(memory + DRIVER_AT, "hello", 5);
    struct bus_submit_req req = echo(0, 4096, 5);
    CHECK_EQ(device_submit(&device, &req), OK);
    CHECK_EQ(model.notifications, 1);
    struct bus_completion done[4];
    CHECK_EQ(device_reap(&device, 0, done, 4), 0);
    CHECK(model_echo(&model, 0, 0));
    CHECK_EQ(device_reap(&device, 0, done, 4), 1);
    CHECK_EQ(done[0].cookie, 7);
    CHECK_EQ(done[0].written_bytes, 5);
    CHECK_BYTES(memory + DRIVER_AT + 4096, "hello", 5);
}

static void device_refuses_bytes_outside_the_drivers_memory(void)
{
    start();
    static const struct bus_segment bad[] = {
        {0, 8192, 1, 0},       {0, 0, 8193, 0},  {0, 8191, 2, 0},       {1, 0, 1, 0},
        {0, UINT32_MAX, 2, 0}, {0, 0, 0, 0},     {0, 1, UINT32_MAX, 1}, {BUS_MEMORIES_MAX, 0, 1, 0},
        {UINT32_MAX, 0, 1, 0}, {7, 4096, 64, 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct bus_submit_req req = echo(0, 4096, 5);
        req.segments[1] = bad[i];
        CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
        req = echo(0, 4096, 5);
        req.segment_count = 1;
        req.segments[0] = bad[i];
        CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
    }
    CHECK_EQ(model.notifications, 0);
    struct bus_submit_req order = echo(0, 4096, 5);
    order.segments[0].device_writes = 1;
    order.segments[1].device_writes = 0;
    CHECK_EQ(device_submit(&device, &order), ERR_INVALID);
    order.segment_count = BUS_SEGMENTS_MAX + 1;
    CHECK_EQ(device_submit(&device, &order), ERR_INVALID);
    order.segment_count = 1;
    order.queue = 1;
    CHECK_EQ(device_submit(&device, &order), ERR_INVALID);
}

static void device_copies_a_command_and_fills_in_the_address(void)
{
    start();
    memset(memory + DRIVER_AT, 0xee, 32);
    struct bus_submit_req req = echo(0, 4096, 32);
    req.copy_bytes = 32;
    req.address_at = 16;
    req.address_memory = 0;
    req.address_offset = 4096;
    req.address_size = 4096;
    CHECK_EQ(device_submit(&device, &req), OK);
    memset(memory + DRIVER_AT, 0x55, 32); // too late: the device gets the copy
    CHECK(model_echo(&model, 0, 0));
    const uint8_t *got = memory + DRIVER_AT + 4096;
    CHECK_EQ(got[15], 0xee);
    uint64_t address = MODEL_BASE + DRIVER_AT + 4096;
    CHECK_BYTES(got + 16, &address, 8);
    CHECK_EQ(got[24], 0xee);

    req.address_size = 4097;
    CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
    req.address_size = 4096;
    req.address_at = 25;
    CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
    req.address_at = 16;
    req.copy_bytes = 31;
    CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
    req.copy_bytes = 0;
    CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
}

static void device_runs_out_of_copies_and_gets_them_back(void)
{
    start();
    struct bus_submit_req req = echo(0, 4096, 8);
    req.copy_bytes = 8;
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < DEVICE_COPIES_MAX; i++) {
            CHECK_EQ(device_submit(&device, &req), OK);
        }
        CHECK_EQ(device_submit(&device, &req), ERR_FULL);
        struct bus_completion done[BUS_REAP_MAX];
        while (model_echo(&model, 0, 0)) {
        }
        CHECK_EQ(device_reap(&device, 0, done, BUS_REAP_MAX), DEVICE_COPIES_MAX);
    }
}

static void device_fills_its_queue_and_wraps_for_ever(void)
{
    start();
    struct bus_submit_req req = echo(0, 4096, 64);
    struct bus_completion done[BUS_REAP_MAX];
    uint64_t next = 0, seen = 0;
    for (int round = 0; round < 20000; round++) {
        req.cookie = next;
        status_t status = device_submit(&device, &req);
        if (status == ERR_FULL) {
            CHECK_EQ(next - seen, 8); // 16 descriptors, two a request
            while (model_echo(&model, 0, 0)) {
            }
            status_t count = device_reap(&device, 0, done, BUS_REAP_MAX);
            CHECK_EQ(count, 8);
            for (status_t i = 0; i < count; i++) {
                CHECK_EQ(done[i].cookie, seen++);
            }
        } else {
            CHECK_EQ(status, OK);
            next++;
        }
    }
}

static void device_that_lies_is_stopped(void)
{
    static const struct {
        uint32_t head, written;
    } forged[] = {{0, 0}, {3, 0}, {16, 0}, {UINT32_MAX, 0}, {65536, 0}};
    struct bus_completion done[4];
    for (size_t i = 0; i < ARRAY_COUNT(forged); i++) {
        start();
        model_finish(&model, 0, forged[i].head, forged[i].written);
        CHECK_EQ(device_reap(&device, 0, done, 4), ERR_CORRUPT);
        CHECK_EQ(device_reap(&device, 0, done, 4), ERR_BAD_STATE);
        CHECK_EQ(model.registers[0x070 / 4], 0);
    }
    start();
    struct bus_submit_req req = echo(0, 4096, 5);
    CHECK_EQ(device_submit(&device, &req), OK);
    CHECK(model_echo(&model, 0, 1));
    CHECK_EQ(device_reap(&device, 0, done, 4), ERR_CORRUPT);
}

static void device_refuses_a_bad_start(void)
{
    start();
    uint16_t sizes[BUS_QUEUES_MAX];
    struct bus_start_req req = {.queue_count = 1, .queue_size = {16}};
    CHECK_EQ(device_start(&device, &req, sizes), ERR_BAD_STATE);
    device_open(&device);
    model.refuse_features = true;
    CHECK_EQ(device_start(&device, &req, sizes), ERR_UNSUPPORTED);
    model.refuse_features = false;
    device_open(&device);
    req.queue_size[0] = 12;
    CHECK_EQ(device_start(&device, &req, sizes), ERR_INVALID);
    req = (struct bus_start_req){.queue_count = 3, .queue_size = {16, 16, 16}};
    CHECK_EQ(device_start(&device, &req, sizes), ERR_INVALID); // the model has two queues
    req.queue_count = BUS_QUEUES_MAX + 1;
    CHECK_EQ(device_start(&device, &req, sizes), ERR_INVALID);
    req.queue_count = 2;
    CHECK_EQ(device_start(&device, &req, sizes), OK);
}

static void device_reopened_forgets_the_former_drivers_memory(void)
{
    start();
    device_open(&device);
    struct bus_submit_req req = echo(0, 4096, 5);
    CHECK_EQ(device_submit(&device, &req), ERR_BAD_STATE);
    uint16_t sizes[BUS_QUEUES_MAX];
    struct bus_start_req again = {.queue_count = 1, .queue_size = {16}};
    CHECK_EQ(device_start(&device, &again, sizes), OK);
    CHECK_EQ(device_submit(&device, &req), ERR_INVALID);
}

static void device_config_waits_for_one_generation(void)
{
    start();
    uint8_t bytes[8];
    model.config[0] = 42;
    model.generation_steps = 5;
    CHECK_EQ(transport_config_read(&device.transport, 0, bytes, 8), OK);
    CHECK_EQ(bytes[0], 42);
    model.generation_steps = 1000;
    CHECK_EQ(transport_config_read(&device.transport, 0, bytes, 8), ERR_AGAIN);
    CHECK_EQ(transport_config_read(&device.transport, 0xf00, bytes, 8), ERR_INVALID);
}

TEST_MAIN(TEST(device_carries_a_request_and_its_answer),
          TEST(device_refuses_bytes_outside_the_drivers_memory),
          TEST(device_copies_a_command_and_fills_in_the_address),
          TEST(device_runs_out_of_copies_and_gets_them_back),
          TEST(device_fills_its_queue_and_wraps_for_ever), TEST(device_that_lies_is_stopped),
          TEST(device_refuses_a_bad_start), TEST(device_reopened_forgets_the_former_drivers_memory),
          TEST(device_config_waits_for_one_generation))
