// SPDX-License-Identifier: Apache-2.0
// The host test harness. A test file lists its tests, each named as a claim, and hands the list to
// TEST_MAIN:
//
//     static void codec_refuses_overlong_varint(void) { CHECK(…); CHECK_EQ(a, b); }
//     TEST_MAIN(TEST(codec_refuses_overlong_varint))
//
// A failed check prints file, line and both values, and the program ends non-zero after all tests
// ran.
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

struct test_case {
    const char *name;
    void (*run)(void);
};

static int test_failures;

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}

static inline void test_check(int passed, const char *text, const char *file, int line)
{
    if (!passed) {
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
        test_failures++;
    }
}

static inline void test_equal(int64_t a, int64_t b, const char *text, const char *file, int line)
{
    if (a != b) {
        fprintf(stderr, "%s:%d: %s: %" PRId64 " is not %" PRId64 "\n", file, line, text, a, b);
        test_failures++;
    }
}

static inline void test_bytes(const void *a, const void *b, size_t size, const char *file, int line)
{
    if (size > 0 && memcmp(a, b, size) != 0) {
        fprintf(stderr, "%s:%d: bytes differ\n", file, line);
        test_failures++;
    }
}

#define TEST_AT                       __FILE__, __LINE__
#define CHECK(condition)              test_check(!!(condition), #condition, TEST_AT)
#define CHECK_EQ(a, b)                test_equal((int64_t)(a), (int64_t)(b), #a " == " #b, TEST_AT)
#define CHECK_BYTES(a, b, size_bytes) test_bytes((a), (b), (size_bytes), TEST_AT)

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
#define TEST_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct test_case cases[] = {__VA_ARGS__};                                            \
        int failed = 0;                                                                            \
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {                              \
            int before = test_failures;                                                            \
            cases[i].run();                                                                        \
            failed += test_failures > before;                                                      \
            printf("%s %s\n", test_failures > before ? "FAIL" : "ok  ", cases[i].name);            \
        }                                                                                          \
        printf("%d passed, %d failed\n", (int)(sizeof cases / sizeof cases[0]) - failed, failed);  \
        return failed != 0;                                                                        \
    }
