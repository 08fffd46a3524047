// SPDX-License-Identifier: Apache-2.0
// The network driver over the real bus against a modelled card: frames both ways, floods and
// hostile rings.
#include "../ops.h"
#include "board.h"

#include "base/test.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"

enum { SENT_MAX = 4096 };

static struct board board;
static struct netdev netdev;
static uint32_t sent_count;
static uint8_t sent_first[SENT_MAX]; // first payload byte of every frame the card sent
static bool is_slow;

// The card's side: sends what is in queue 1.
static void serve(struct model *model, uint32_t queue)
{
    static struct model_request request;
    while (queue == 1 && !is_slow && model_take(model, 1, &request)) {
        CHECK(request.in_size >= 12 + 14);
        sent_first[sent_count++ % SENT_MAX] = request.in[12 + 14];
        model_finish(model, 1, request.head, 0);
    }
    board_interrupt(model->owner);
}

// A frame of `size` bytes arrives from the wire; false if the driver left no buffer.
static bool arrive(uint8_t first, uint32_t size)
{
    static struct model_request request;
    static uint8_t bytes[2048];
    if (!model_take(&board.model, 0, &request)) {
        return false;
    }
    bytes[12 + 14] = first;
    uint32_t written = model_answer(&request, 0, bytes, 12 + size);
    model_finish(&board.model, 0, request.head, written);
    board_interrupt(&board);
    return true;
}

static handle_t client, signal, driver_signal;
static uint64_t transmit_bits;
static struct ring receive, transmit;
static uint8_t *rings;

static void attach(void)
{
    handle_t memory, shared, raise;
    void *bytes;
    CHECK_EQ(os_memory_allocate(2 * NETDEV_RING_BYTES, 0, &memory, &bytes), OK);
    rings = bytes;
    CHECK_EQ(ring_create(&receive, rings, NETDEV_RING_BYTES, RING_CONSUMER), OK);
    CHECK_EQ(ring_create(&transmit, rings + NETDEV_RING_BYTES, NETDEV_RING_BYTES, RING_PRODUCER),
             OK);
    CHECK_EQ(os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &shared), OK);
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &raise), OK);
    struct ipc_extra extra = {.handle_count = 2, .handles = {shared, raise}};
    struct netdev_attach_rep rep;
    CHECK_EQ(netdev_attach(client, &(struct netdev_attach_req){1, 2}, &rep, &extra), OK);
    transmit_bits = rep.transmit_bits;
    driver_signal = extra.reply_handles[0];
}

static void start(void)
{
    sent_count = 0;
    is_slow = false;
    board_init(&board, BUS_NETWORK, serve);
    board.model.features_offered |= 1 << 5 | 1 << 16;
    memcpy(board.model.config, "\x52\x54\x00\x01\x02\x03\x01", 7);
    CHECK_EQ(netdev_serve(&board.driver, &netdev, os_handle("bus")), OK);
    client = ipc_host_client(&board.driver, 5);
    attach();
}

static void send(uint8_t first, uint32_t size)
{
    uint8_t frame[NETDEV_FRAME_MAX] = {0};
    frame[14] = first;
    CHECK_EQ(ring_push(&transmit, frame, size), OK);
}

static void kick(void)
{
    if (ring_should_wake(&transmit)) {
        os_signal_raise(driver_signal, transmit_bits);
    }
    ipc_host_run();
}

static void card_sends_what_the_client_pushed_in_order(void)
{
    start();
    struct netdev_info_rep info;
    CHECK_EQ(netdev_info(client, &(struct netdev_info_req){0}, &info, NULL), OK);
    CHECK_BYTES(info.mac, "\x52\x54\x00\x01\x02\x03", 6);
    CHECK_EQ(info.link_up, 1);
    for (uint32_t round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < 7; i++) {
            send((uint8_t)(round * 7 + i), 15 + i * 200);
        }
        kick();
    }
    CHECK_EQ(sent_count, 350);
    for (uint32_t i = 0; i < 350; i++) {
        CHECK_EQ(sent_first[i], (uint8_t)i);
    }
}

static void card_passes_received_frames_on_and_wakes_a_sleeping_client(void)
{
    start();
    uint64_t bits = 0;
    uint8_t frame[NETDEV_FRAME_MAX];
    for (uint32_t i = 0; i < 500; i++) {
        CHECK(ring_sleep(&receive, 0));
        CHECK(arrive((uint8_t)i, 60 + i));
        ipc_host_run();
        CHECK_EQ(os_signal_wait(signal, 1, DEADLINE_NOW, &bits), OK);
        CHECK_EQ(ring_pop(&receive, frame, sizeof frame), 60 + i);
        CHECK_EQ(frame[14], (uint8_t)i);
    }
}

static void card_drops_when_the_client_does_not_read_and_goes_on(void)
{
    start();
    for (uint32_t i = 0; i < 400; i++) {
        CHECK(arrive(1, 1000));
        ipc_host_run();
    }
    CHECK(netdev.card.dropped > 0);
    uint8_t frame[NETDEV_FRAME_MAX];
    while (ring_pop(&receive, frame, sizeof frame) > 0) {
    }
    CHECK(arrive(2, 1000));
    ipc_host_run();
    CHECK_EQ(ring_pop(&receive, frame, sizeof frame), 1000);
    CHECK_EQ(frame[14], 2);
}

static void card_keeps_frames_while_the_device_is_slow(void)
{
    start();
    is_slow = true;
    for (uint32_t i = 0; i < 100; i++) {
        send((uint8_t)i, 60);
    }
    kick();
    CHECK_EQ(sent_count, 0);
    is_slow = false;
    for (int i = 0; i < 4; i++) {
        serve(&board.model, 1);
        ipc_host_run();
    }
    CHECK_EQ(sent_count, 100);
    for (uint32_t i = 0; i < 100; i++) {
        CHECK_EQ(sent_first[i], i);
    }
}

static void card_drops_a_client_that_pushes_what_is_no_frame(void)
{
    static const uint8_t bytes[4000];
    static const uint32_t sizes[] = {0, 5, 13, 1515, 4000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        start();
        CHECK_EQ(ring_push(&transmit, bytes, sizes[i]), OK);
        send(8, 60);
        kick();
        CHECK_EQ(sent_count, 0);
        attach();
        send(9, 60);
        kick();
        CHECK_EQ(sent_count, 1);
        CHECK_EQ(sent_first[0], 9);
    }
}

static void card_survives_a_client_that_scribbles_over_its_rings(void)
{
    start();
    uint32_t seed = 1;
    for (uint32_t round = 0; round < 300; round++) {
        for (uint32_t i = 0; i < 64; i++) {
            seed = seed * 1664525 + 1013904223;
            rings[seed % (2 * NETDEV_RING_BYTES)] = (uint8_t)(seed >> 24);
            rings[(seed >> 8) % 192 + (seed & 1) * NETDEV_RING_BYTES] = (uint8_t)(seed >> 16);
        }
        os_signal_raise(driver_signal, transmit_bits);
        arrive(1, 100);
        ipc_host_run();
        CHECK(!board.model.strayed);
    }
    start();
    send(3, 60);
    kick();
    CHECK_EQ(sent_count, 1);
}

TEST_MAIN(TEST(card_sends_what_the_client_pushed_in_order),
          TEST(card_passes_received_frames_on_and_wakes_a_sleeping_client),
          TEST(card_drops_when_the_client_does_not_read_and_goes_on),
          TEST(card_keeps_frames_while_the_device_is_slow),
          TEST(card_drops_a_client_that_pushes_what_is_no_frame),
          TEST(card_survives_a_client_that_scribbles_over_its_rings))
