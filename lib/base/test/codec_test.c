// SPDX-License-Identifier: Apache-2.0
#include "base/codec.h"
#include "base/test.h"

static void codec_round_trips_every_width(void)
{
    uint8_t bytes[64];
    struct writer writer = writer_of(bytes, sizeof bytes);
    writer_u8(&writer, 0xab);
    writer_be16(&writer, 0x1234);
    writer_be32(&writer, 0xdeadbeef);
    writer_be64(&writer, 0x0102030405060708);
    writer_le16(&writer, 0x1234);
    writer_le32(&writer, 0xdeadbeef);
    writer_le64(&writer, 0x0102030405060708);
    CHECK(writer_ok(&writer));
    struct reader reader = reader_of(bytes, writer.size);
    CHECK_EQ(reader_u8(&reader), 0xab);
    CHECK_EQ(reader_be16(&reader), 0x1234);
    CHECK_EQ(reader_be32(&reader), 0xdeadbeef);
    CHECK_EQ(reader_be64(&reader), 0x0102030405060708);
    CHECK_EQ(reader_le16(&reader), 0x1234);
    CHECK_EQ(reader_le32(&reader), 0xdeadbeef);
    CHECK_EQ(reader_le64(&reader), 0x0102030405060708);
    CHECK(reader_done(&reader));
}

static void codec_varint_has_the_known_bytes(void)
{
    static const struct {
        uint64_t value;
        uint8_t bytes[9];
        size_t size;
    } known[] = {
        {0, {0x00}, 1},
        {127, {0x7f}, 1},
        {128, {0x80, 0x01}, 2},
        {300, {0xac, 0x02}, 2},
        {(1ull << 53) - 1, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}, 8},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t bytes[10];
        struct writer writer = writer_of(bytes, sizeof bytes);
        writer_uvarint(&writer, known[i].value);
        CHECK_EQ(writer.size, known[i].size);
        CHECK_EQ(uvarint_size(known[i].value), known[i].size);
        CHECK_BYTES(bytes, known[i].bytes, known[i].size);
        struct reader reader = reader_of(known[i].bytes, known[i].size);
        CHECK_EQ(reader_uvarint(&reader), known[i].value);
        CHECK(reader_done(&reader));
    }
}

static void codec_refuses_overlong_and_endless_varints(void)
{
    const uint8_t overlong[] = {0x80, 0x00};
    struct reader reader = reader_of(overlong, sizeof overlong);
    reader_uvarint_minimal(&reader);
    CHECK(!reader_ok(&reader));
    reader = reader_of(overlong, sizeof overlong);
    CHECK_EQ(reader_uvarint(&reader), 0);
    CHECK(reader_done(&reader));
    const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    reader = reader_of(endless, sizeof endless);
    reader_uvarint(&reader);
    CHECK(!reader_ok(&reader));
    reader = reader_of(endless, 3);
    reader_uvarint(&reader);
    CHECK(!reader_ok(&reader));
}

static void codec_short_reads_fail_once_and_stay_failed(void)
{
    const uint8_t bytes[] = {5, 1, 2};
    struct reader reader = reader_of(bytes, sizeof bytes);
    struct span span = reader_block(&reader);
    CHECK_EQ(span.size, 0);
    CHECK(!reader_ok(&reader));
    CHECK_EQ(reader_u8(&reader), 0);
    CHECK(!reader_done(&reader));
}

static void codec_writer_stops_at_its_capacity(void)
{
    uint8_t bytes[3] = {0};
    struct writer writer = writer_of(bytes, 2);
    writer_be32(&writer, 1);
    CHECK(!writer_ok(&writer));
    CHECK_EQ(writer.size, 0);
    writer_u8(&writer, 1);
    CHECK_EQ(writer.size, 0);
}

TEST_MAIN(TEST(codec_round_trips_every_width), TEST(codec_varint_has_the_known_bytes),
          TEST(codec_refuses_overlong_and_endless_varints),
          TEST(codec_short_reads_fail_once_and_stay_failed),
          TEST(codec_writer_stops_at_its_capacity))
