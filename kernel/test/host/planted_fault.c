// SPDX-License-Identifier: Apache-2.0
// A planted mistake for fault_test's twin: a backtrace believes any return address.
#include "mem/space.h"

bool __wrap_space_allows(struct space *space, uint64_t address, uint32_t protect);

bool __wrap_space_allows(struct space *space, uint64_t address, uint32_t protect)
{
    return true;
}
