// SPDX-License-Identifier: Apache-2.0
// The input driver over the real bus against a modelled tablet.
#include "../ops.h"
#include "board.h"

#include "base/codec.h"
#include "base/test.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"

static struct board board;
static struct input input;

// The configuration of Virtio 1.1, section 5.8.2: answers for a tablet of 1…1000 in x, 0…500 in y.
static void configured(struct model *model, uint32_t offset)
{
    uint8_t select = model->config[0], subselect = model->config[1];
    memset(model->config + 2, 0, sizeof model->config - 2);
    if (select == 0x11 && subselect == 3) {
        model->config[2] = 1;
        model->config[8] = 3;
    } else if (select == 0x12 && subselect < 2) {
        struct writer writer = writer_of(model->config + 8, 8);
        model->config[2] = 20;
        writer_le32(&writer, subselect == 0 ? 1 : 0);
        writer_le32(&writer, subselect == 0 ? 1000 : 500);
    }
}

static void serve(struct model *model, uint32_t queue)
{
}

static bool happen(uint16_t type, uint16_t code, uint32_t value)
{
    static struct model_request request;
    uint8_t bytes[8];
    struct writer writer = writer_of(bytes, sizeof bytes);
    writer_le16(&writer, type);
    writer_le16(&writer, code);
    writer_le32(&writer, value);
    if (!model_take(&board.model, 0, &request)) {
        return false;
    }
    model_answer(&request, 0, bytes, sizeof bytes);
    model_finish(&board.model, 0, request.head, sizeof bytes);
    board_interrupt(&board);
    ipc_host_run();
    return true;
}

static handle_t client, signal;
static struct ring ring;

static struct input_attach_rep attach(void)
{
    handle_t memory, shared, raise;
    void *bytes;
    CHECK_EQ(os_memory_allocate(INPUT_RING_BYTES, 0, &memory, &bytes), OK);
    CHECK_EQ(ring_create(&ring, bytes, INPUT_RING_BYTES, RING_CONSUMER), OK);
    CHECK_EQ(os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared), OK);
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &raise), OK);
    struct ipc_extra extra = {.handle_count = 2, .handles = {shared, raise}};
    struct input_attach_rep rep;
    CHECK_EQ(input_attach(client, &(struct input_attach_req){.event_bits = 2}, &rep, &extra), OK);
    return rep;
}

static void start(void)
{
    input = (struct input){0};
    board_init(&board, BUS_INPUT, serve);
    board.model.configured = configured;
    CHECK_EQ(input_serve(&board.driver, &input, os_handle("bus")), OK);
    CHECK_EQ(input.devices.count, 1);
    client = ipc_host_client(&board.driver, 5);
}

static void devices_deliver_events_with_axes_scaled(void)
{
    start();
    struct input_attach_rep rep = attach();
    CHECK_EQ(rep.pointer_count, 1);
    CHECK_EQ(rep.keyboard_count, 0);
    static const struct {
        uint16_t type, code;
        uint32_t value;
        int32_t expected;
    } cases[] = {{3, 0, 1, 0},       {3, 0, 1000, 65535}, {3, 0, 0, 0},  {3, 0, 5000, 65535},
                 {3, 1, 250, 32767}, {3, 2, 250, 250},    {1, 30, 1, 1}, {2, 8, (uint32_t)-1, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(ring_sleep(&ring, 0));
        CHECK(happen(cases[i].type, cases[i].code, cases[i].value));
        uint64_t bits;
        CHECK_EQ(os_signal_wait(signal, 2, DEADLINE_NOW, &bits), OK);
        struct input_event event;
        CHECK_EQ(ring_pop(&ring, &event, sizeof event), sizeof event);
        CHECK_EQ(event.type, cases[i].type);
        CHECK_EQ(event.code, cases[i].code);
        CHECK_EQ(event.value, cases[i].expected);
    }
}

static void devices_count_what_nobody_took(void)
{
    start();
    CHECK(happen(1, 30, 1));
    struct input_attach_rep rep = attach();
    CHECK_EQ(rep.lost, 1);
    for (int i = 0; i < 2000; i++) {
        CHECK(happen(1, 30, (uint32_t)i & 1));
    }
    CHECK(input.devices.lost > 1);
    struct input_event event;
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), sizeof event);
    CHECK_EQ(event.value, 0);
}

static void what_a_dead_client_left_goes_to_the_next(void)
{
    start();
    (void)attach();
    struct input_event event;
    for (uint32_t i = 0; i < 5; i++) {
        CHECK(happen(1, 30, i));
    }
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), sizeof event);
    (void)attach();
    CHECK(happen(1, 30, 5));
    for (int32_t i = 1; i <= 5; i++) {
        CHECK_EQ(ring_pop(&ring, &event, sizeof event), sizeof event);
        CHECK_EQ(event.value, i);
    }
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), ERR_AGAIN);
}

static void event_that_two_clients_died_with_is_dropped(void)
{
    start();
    (void)attach();
    CHECK(happen(1, 30, 1));
    CHECK(happen(1, 31, 2));
    (void)attach();
    (void)attach();
    struct input_event event;
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), sizeof event);
    CHECK_EQ(event.code, 31);
    CHECK_EQ(event.repeated, 0);
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), ERR_AGAIN);
}

static void what_a_dead_client_scribbled_is_not_carried_over(void)
{
    start();
    (void)attach();
    CHECK(happen(1, 30, 1));
    memset(input.ring_bytes, 0xa5, INPUT_RING_BYTES);
    (void)attach();
    struct input_event event;
    CHECK_EQ(ring_pop(&ring, &event, sizeof event), ERR_AGAIN);
}

static void attach_refuses_memory_without_a_ring(void)
{
    start();
    handle_t memory, raise;
    void *bytes;
    CHECK_EQ(os_memory_allocate(INPUT_RING_BYTES, 0, &memory, &bytes), OK);
    CHECK_EQ(os_signal_create(&raise), OK);
    struct ipc_extra extra = {.handle_count = 2, .handles = {memory, raise}};
    struct input_attach_rep rep;
    CHECK_EQ(input_attach(client, &(struct input_attach_req){.event_bits = 2}, &rep, &extra),
             ERR_CORRUPT);
    extra = (struct ipc_extra){0};
    CHECK_EQ(input_attach(client, &(struct input_attach_req){.event_bits = 2}, &rep, &extra),
             ERR_INVALID);
}

TEST_MAIN(TEST(devices_deliver_events_with_axes_scaled), TEST(devices_count_what_nobody_took),
          TEST(what_a_dead_client_left_goes_to_the_next),
          TEST(event_that_two_clients_died_with_is_dropped),
          TEST(what_a_dead_client_scribbled_is_not_carried_over),
          TEST(attach_refuses_memory_without_a_ring))
