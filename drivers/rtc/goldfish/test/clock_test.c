// SPDX-License-Identifier: Apache-2.0
// Both halves of the time end up where they belong.
#include "../clock.h"
#include "base/test.h"

static void clock_joins_both_halves(void)
{
    const uint32_t registers[2] = {0x89abcdef, 0x17001234};
    CHECK_EQ(clock_unix_ns(registers), 0x1700123489abcdef);
}

TEST_MAIN(TEST(clock_joins_both_halves))
