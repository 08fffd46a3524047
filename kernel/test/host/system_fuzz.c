// SPDX-License-Identifier: Apache-2.0
// The same machine driven by libFuzzer, which keeps what reaches new code and changes it.
#include "system.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (system_run(bytes, size).failures > 0)
        abort();
    return 0;
}
