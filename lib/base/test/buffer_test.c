// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/test.h"

static void buffer_grows_and_keeps_what_was_written(void)
{
    struct buffer buffer = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        buffer_uvarint(&buffer, i);
    }
    CHECK(buffer_ok(&buffer));
    struct reader reader = reader_of(buffer.bytes, buffer.size);
    for (uint32_t i = 0; i < 1000; i++) {
        CHECK_EQ(reader_uvarint(&reader), i);
    }
    CHECK(reader_done(&reader));
    buffer_finish(&buffer);
}

static void buffer_consume_drops_the_front(void)
{
    struct buffer buffer = {0};
    buffer_bytes(&buffer, "abcdef", 6);
    buffer_consume(&buffer, 4);
    CHECK_EQ(buffer.size, 2);
    CHECK_BYTES(buffer.bytes, "ef", 2);
    buffer_consume(&buffer, 9);
    CHECK_EQ(buffer.size, 0);
    buffer_finish(&buffer);
}

static void buffer_refuses_absurd_sizes(void)
{
    struct buffer buffer = {0};
    CHECK(buffer_extend(&buffer, SIZE_MAX) == NULL);
    CHECK_EQ(buffer_status(&buffer), ERR_NO_MEMORY);
    buffer_u8(&buffer, 1);
    CHECK_EQ(buffer.size, 0);
    buffer_clear(&buffer);
    CHECK(buffer_ok(&buffer));
    buffer_finish(&buffer);
}

TEST_MAIN(TEST(buffer_grows_and_keeps_what_was_written), TEST(buffer_consume_drops_the_front),
          TEST(buffer_refuses_absurd_sizes))
