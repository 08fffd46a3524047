// SPDX-License-Identifier: Apache-2.0
// The display driver over the real bus against a modelled display that keeps a surface of its own.
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

enum { WIDTH = 32, HEIGHT = 16, BYTES = WIDTH * HEIGHT * 4 };

static struct board board;
static struct gpu gpu;
static uint32_t backing_size;
static uint64_t backing;
static uint32_t host_pixels[WIDTH * HEIGHT], shown[WIDTH * HEIGHT];
static uint32_t screen_width, flushes;
static bool is_slow;

// Copies a rectangle from the guest's memory, as the host of a real device would.
static uint32_t transfer(struct model *model, struct reader *reader)
{
    uint32_t x = reader_le32(reader), y = reader_le32(reader);
    uint32_t width = reader_le32(reader), height = reader_le32(reader);
    uint64_t offset = reader_le64(reader);
    for (uint32_t i = 0; i < model->range_count; i++) {
        if (model->ranges[i].physical == backing) {
            for (uint32_t row = 0; row < height; row++) {
                memcpy(&host_pixels[(y + row) * WIDTH + x],
                       model->ranges[i].bytes + offset + (uint64_t)row * WIDTH * 4, width * 4);
            }
        }
    }
    return 0x1100;
}

static uint32_t flush(struct reader *reader)
{
    uint32_t x = reader_le32(reader), y = reader_le32(reader);
    uint32_t width = reader_le32(reader), height = reader_le32(reader);
    for (uint32_t row = y; row < y + height; row++) {
        memcpy(&shown[row * WIDTH + x], &host_pixels[row * WIDTH + x], width * 4);
    }
    flushes++;
    return 0x1100;
}

static uint32_t info(struct model_request *request)
{
    uint8_t display[24] = {0};
    struct writer writer = writer_of(display, sizeof display);
    writer_le64(&writer, 0);
    writer_le32(&writer, screen_width);
    writer_le32(&writer, HEIGHT);
    writer_le32(&writer, 1);
    model_answer(request, 24, display, sizeof display);
    return 0x1101;
}

static uint32_t perform(struct model *model, struct model_request *request)
{
    struct reader reader = reader_of(request->in, request->in_size);
    uint32_t type = reader_le32(&reader);
    reader_take(&reader, 20);
    switch (type) {
    case 0x100:
        return info(request);
    case 0x101: // create
    case 0x103: // scan-out
        return 0x1100;
    case 0x104:
        return flush(&reader);
    case 0x105:
        return transfer(model, &reader);
    case 0x106:
        reader_take(&reader, 8);
        backing = reader_le64(&reader);
        backing_size = reader_le32(&reader);
        return 0x1100;
    default:
        return 0x1200;
    }
}

static void serve(struct model *model, uint32_t queue)
{
    static struct model_request request;
    while (!is_slow && model_take(model, queue, &request)) {
        uint32_t answer = perform(model, &request);
        model_answer(&request, 0, &answer, 4);
        model_finish(model, queue, request.head, 24);
    }
    board_interrupt(model->owner);
}

static handle_t client, signal, framebuffer;
static uint32_t *pixels;

static status_t attach(uint32_t width, uint32_t height)
{
    handle_t shared, raise;
    CHECK_EQ(os_memory_share(framebuffer, PROTECT_READ | PROTECT_WRITE, &shared), OK);
    CHECK_EQ(os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &raise), OK);
    struct ipc_extra extra = {.handle_count = 2, .handles = {shared, raise}};
    struct gpu_attach_rep rep;
    struct gpu_attach_req req = {width, height, .resize_bits = 4, .done_bits = 8};
    return gpu_attach(client, &req, &rep, &extra);
}

static void start(void)
{
    screen_width = WIDTH;
    is_slow = false;
    flushes = 0;
    memset(shown, 0, sizeof shown);
    board_init(&board, BUS_GPU, serve);
    CHECK_EQ(gpu_serve(&board.driver, &gpu, os_handle("bus")), OK);
    client = ipc_host_client(&board.driver, 5);
    CHECK_EQ(os_signal_create(&signal), OK);
    void *bytes;
    CHECK_EQ(os_memory_allocate(BYTES, MEMORY_CONTIGUOUS, &framebuffer, &bytes), OK);
    pixels = bytes;
}

static status_t present(const struct gpu_rect *rects, uint32_t count)
{
    struct gpu_present_req req = {.rect_count = count};
    memcpy(req.rects, rects, (count < GPU_RECTS_MAX ? count : GPU_RECTS_MAX) * sizeof *rects);
    struct gpu_present_rep rep;
    return gpu_present(client, &req, &rep, NULL);
}

static uint64_t raised(void)
{
    uint64_t bits = 0;
    ipc_host_run();
    os_signal_wait(signal, ~0ull, DEADLINE_NOW, &bits);
    return bits;
}

static void display_shows_the_rectangles_that_were_presented_and_no_others(void)
{
    start();
    struct gpu_info_rep info_rep;
    CHECK_EQ(gpu_info(client, &(struct gpu_info_req){0}, &info_rep, NULL), OK);
    CHECK_EQ(info_rep.width, WIDTH);
    CHECK_EQ(info_rep.height, HEIGHT);
    CHECK_EQ(attach(WIDTH, HEIGHT), OK);
    CHECK_EQ(backing_size, BYTES);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        pixels[i] = 0xff000000 + (uint32_t)i;
    }
    const struct gpu_rect rects[] = {{1, 2, 3, 4}, {30, 15, 2, 1}};
    CHECK_EQ(present(rects, 2), OK);
    CHECK_EQ(raised(), 8);
    CHECK_EQ(flushes, 2);
    CHECK_EQ(shown[2 * WIDTH + 1], pixels[2 * WIDTH + 1]);
    CHECK_EQ(shown[5 * WIDTH + 3], pixels[5 * WIDTH + 3]);
    CHECK_EQ(shown[15 * WIDTH + 31], pixels[15 * WIDTH + 31]);
    CHECK_EQ(shown[0], 0);
    CHECK_EQ(shown[6 * WIDTH + 1], 0);
}

static void display_refuses_rectangles_outside(void)
{
    start();
    const struct gpu_rect whole[GPU_RECTS_MAX] = {{0, 0, WIDTH, HEIGHT}};
    CHECK_EQ(present(whole, 1), ERR_BAD_STATE);
    CHECK_EQ(attach(WIDTH, HEIGHT), OK);
    static const struct gpu_rect bad[] = {
        {0, 0, 0, 1},          {0, 0, 1, 0},          {WIDTH, 0, 1, 1},
        {0, HEIGHT, 1, 1},     {1, 0, WIDTH, 1},      {0, 1, 1, HEIGHT},
        {1, 1, UINT32_MAX, 1}, {UINT32_MAX, 0, 1, 1}, {0, 0, 1, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ(present(&bad[i], 1), ERR_INVALID);
    }
    CHECK_EQ(present(whole, 0), ERR_INVALID);
    CHECK_EQ(present(whole, GPU_RECTS_MAX + 1), ERR_INVALID);
    CHECK_EQ(present(whole, 1), OK);
}

static void display_refuses_a_framebuffer_smaller_than_it_claims(void)
{
    start();
    CHECK_EQ(attach(0, HEIGHT), ERR_INVALID);
    CHECK_EQ(attach(WIDTH, 10 * HEIGHT + 100), ERR_INVALID);
    CHECK_EQ(attach(8193, 1), ERR_INVALID);
    const struct gpu_rect whole = {0, 0, 1, 1};
    CHECK_EQ(present(&whole, 1), ERR_BAD_STATE);
}

static void display_says_again_while_a_frame_is_under_way(void)
{
    start();
    CHECK_EQ(attach(WIDTH, HEIGHT), OK);
    const struct gpu_rect whole = {0, 0, WIDTH, HEIGHT};
    is_slow = true;
    CHECK_EQ(present(&whole, 1), OK);
    CHECK_EQ(present(&whole, 1), ERR_AGAIN);
    CHECK_EQ(raised(), 0);
    is_slow = false;
    serve(&board.model, 0);
    CHECK_EQ(raised(), 8);
    CHECK_EQ(present(&whole, 1), OK);
}

static void display_passes_on_that_another_size_is_wanted(void)
{
    start();
    CHECK_EQ(attach(WIDTH, HEIGHT), OK);
    screen_width = 20;
    board.model.config[0] = 1; // events_read: display
    board.model.registers[0x060 / 4] = 2;
    board_interrupt(&board);
    CHECK_EQ(raised(), 4);
    CHECK_EQ(board.model.config[4], 1); // events_clear
    struct gpu_info_rep info_rep;
    CHECK_EQ(gpu_info(client, &(struct gpu_info_req){0}, &info_rep, NULL), OK);
    CHECK_EQ(info_rep.width, 20);
    CHECK_EQ(attach(20, HEIGHT), OK);
}

TEST_MAIN(TEST(display_shows_the_rectangles_that_were_presented_and_no_others),
          TEST(display_refuses_rectangles_outside),
          TEST(display_refuses_a_framebuffer_smaller_than_it_claims),
          TEST(display_says_again_while_a_frame_is_under_way),
          TEST(display_passes_on_that_another_size_is_wanted))
