// SPDX-License-Identifier: Apache-2.0
// The planted fault of the layout's twin: a line may break between any two characters. The layout
// is built with -Dunicode_may_break=planted_may_break; the test must notice.
#include "text/unicode.h"

bool planted_may_break(uint32_t before, uint32_t after);

bool planted_may_break(uint32_t before, uint32_t after)
{
    (void)before;
    (void)after;
    return true;
}
