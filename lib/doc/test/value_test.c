// SPDX-License-Identifier: Apache-2.0
// Plain values: the bytes lib0 writes for each, and the malformed ones it would choke on.
#include "hex.h"

#include "base/math.h"

static struct doc_value number(double value)
{
    return (struct doc_value){.kind = DOC_NUMBER, .number = value};
}

static void check_number(double value, const char *hex)
{
    struct buffer out = {0};
    const struct doc_value written = number(value);
    CHECK_EQ(doc_value_write(&out, &written), OK);
    struct reader reader = reader_of(out.bytes, out.size);
    struct doc_value read = doc_value_read(&reader);
    CHECK(reader_done(&reader));
    CHECK_EQ(read.kind, DOC_NUMBER);
    CHECK(read.number == value || value != value);
    check_hex(&out, hex, "number");
}

static void numbers_take_the_form_lib0_chooses(void)
{
    check_number(0, "7d00");
    check_number(-0.0, "7d40");
    check_number(1, "7d01");
    check_number(-1, "7d41");
    check_number(63, "7d3f");
    check_number(64, "7d8001");
    check_number(-64, "7dc001");
    check_number(8191, "7dbf7f");
    check_number(-8192, "7dc08001");
    check_number(2147483647, "7dbfffffff0f");
    check_number(-2147483647, "7dffffffff0f");
    check_number(2147483648.0, "7c4f000000");
    check_number(-2147483648.0, "7ccf000000");
    check_number(0.5, "7c3f000000");
    check_number(0.1, "7b3fb999999999999a");
    check_number(1e100, "7b54b249ad2594c37d");
    check_number(__builtin_nan(""), "7b7ff8000000000000");
    check_number(__builtin_inf(), "7c7f800000");
}

static void other_values_take_the_form_of_lib0(void)
{
    static const struct {
        struct doc_value value;
        const char *hex;
    } cases[] = {
        {{.kind = DOC_UNDEFINED}, "7f"},
        {{.kind = DOC_NULL}, "7e"},
        {{.kind = DOC_BOOL, .boolean = true}, "78"},
        {{.kind = DOC_BOOL}, "79"},
        {{.kind = DOC_STRING, .bytes = {(const uint8_t *)"hi", 2}}, "77026869"},
        {{.kind = DOC_BYTES, .bytes = {(const uint8_t *)"\1\2\3", 3}}, "7403010203"},
        {{.kind = DOC_BIGINT, .integer = 123}, "7a000000000000007b"},
        {{.kind = DOC_LIST, .bytes = {(const uint8_t *)"\3\x7d\1\x77\1a\x7e", 7}},
         "75037d017701617e"},
        {{.kind = DOC_OBJECT, .bytes = {(const uint8_t *)"\1\1a\x7d\1", 5}}, "760101617d01"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct buffer out = {0};
        CHECK_EQ(doc_value_write(&out, &cases[i].value), OK);
        struct reader reader = reader_of(out.bytes, out.size);
        CHECK_EQ(doc_value_read(&reader).kind, cases[i].value.kind);
        CHECK(reader_done(&reader));
        check_hex(&out, cases[i].hex, "value");
    }
}

static void malformed_values_are_refused(void)
{
    // Unknown tag, cut, bad UTF-8, endless integer, a count beyond the bytes.
    static const char *bad[] = {"",
                                "00",
                                "73",
                                "7702",
                                "7701ff",
                                "7dffffffffffffffffffff00",
                                "75ffffffff0f",
                                "7602016178",
                                "7c0000",
                                "7703eda080"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct buffer bytes = from_hex(bad[i]);
        struct reader reader = reader_of(bytes.bytes, bytes.size);
        doc_value_skip(&reader);
        CHECK(!reader_ok(&reader));
        buffer_finish(&bytes);
    }
}

static void nesting_is_bounded(void)
{
    for (unsigned depth = DOC_VALUE_DEPTH_MAX - 1; depth <= DOC_VALUE_DEPTH_MAX + 1; depth++) {
        struct buffer bytes = {0};
        for (unsigned i = 0; i < depth; i++) {
            buffer_u8(&bytes, 0x75);
            buffer_u8(&bytes, 1);
        }
        buffer_u8(&bytes, 0x7e);
        struct reader reader = reader_of(bytes.bytes, bytes.size);
        doc_value_skip(&reader);
        CHECK_EQ(reader_ok(&reader), depth <= DOC_VALUE_DEPTH_MAX);
        buffer_finish(&bytes);
    }
}

static void values_that_cannot_be_written_are_refused(void)
{
    static const struct doc_value bad[] = {
        {.kind = DOC_TEXT_REF},
        {.kind = DOC_JSON},
        {.kind = 99},
        {.kind = DOC_STRING, .bytes = {(const uint8_t *)"\xff", 1}},
        {.kind = DOC_LIST, .bytes = {(const uint8_t *)"\2\x7e", 2}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct buffer out = {0};
        CHECK_EQ(doc_value_write(&out, &bad[i]), ERR_INVALID);
        CHECK_EQ(out.size, 0);
        buffer_finish(&out);
    }
}

TEST_MAIN(TEST(numbers_take_the_form_lib0_chooses), TEST(other_values_take_the_form_of_lib0),
          TEST(malformed_values_are_refused), TEST(nesting_is_bounded),
          TEST(values_that_cannot_be_written_are_refused))
