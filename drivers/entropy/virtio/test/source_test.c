// SPDX-License-Identifier: Apache-2.0
// The entropy driver over the real bus against a modelled device that gives bytes in pieces.
#include "../ops.h"
#include "board.h"

#include "base/test.h"
#include "ipc/host.h"
#include "os/start.h"

static struct board board;
static struct source source;
static uint32_t piece_max;
static uint8_t next_byte;

static void serve(struct model *model, uint32_t queue)
{
    static struct model_request request;
    while (model_take(model, queue, &request)) {
        uint8_t bytes[ENTROPY_BYTES_MAX];
        uint32_t size =
            request.out[0].size_bytes < piece_max ? request.out[0].size_bytes : piece_max;
        for (uint32_t i = 0; i < size; i++) {
            bytes[i] = next_byte++;
        }
        model_answer(&request, 0, bytes, size);
        model_finish(model, queue, request.head, size);
    }
    board_interrupt(model->owner);
}

static status_t read(uint32_t size, uint8_t *out)
{
    struct ipc_extra extra = {.reply_tail = out, .reply_tail_max = ENTROPY_BYTES_MAX};
    struct entropy_read_rep rep;
    handle_t client = ipc_host_client(&board.driver, 5);
    status_t status = entropy_read(client, &(struct entropy_read_req){.size = size}, &rep, &extra);
    CHECK(status < 0 || extra.reply_tail_size == size);
    return status;
}

static void start(uint32_t piece)
{
    piece_max = piece;
    next_byte = 1;
    board_init(&board, BUS_ENTROPY, serve);
    source_serve(&board.driver, &source);
    CHECK_EQ(source_open(&source, os_handle("bus")), OK);
}

static void source_fills_the_request_from_pieces_and_keeps_no_copy(void)
{
    uint8_t bytes[ENTROPY_BYTES_MAX];
    start(7);
    CHECK_EQ(read(32, bytes), OK);
    for (uint8_t i = 0; i < 32; i++) {
        CHECK_EQ(bytes[i], i + 1);
    }
    for (uint32_t i = 0; i < 64; i++) {
        CHECK_EQ(source.own.bytes[i], 0);
    }
    CHECK_EQ(read(ENTROPY_BYTES_MAX, bytes), OK);
}

static void source_refuses_sizes_out_of_range_and_a_silent_device(void)
{
    uint8_t bytes[ENTROPY_BYTES_MAX];
    start(64);
    CHECK_EQ(read(0, bytes), ERR_INVALID);
    CHECK_EQ(read(ENTROPY_BYTES_MAX + 1, bytes), ERR_INVALID);
    CHECK_EQ(read(UINT32_MAX, bytes), ERR_INVALID);
    piece_max = 0;
    CHECK_EQ(read(16, bytes), ERR_IO);
}

TEST_MAIN(TEST(source_fills_the_request_from_pieces_and_keeps_no_copy),
          TEST(source_refuses_sizes_out_of_range_and_a_silent_device))
