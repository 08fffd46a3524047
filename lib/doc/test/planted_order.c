// SPDX-License-Identifier: Apache-2.0
// The planted error: concurrent inserts ordered by place in the author table, which every copy
// fills in the order in which it met the authors. Copies then disagree, and the convergence test
// must say so.
#include "../src/item.h"

bool author_precedes(const struct doc *doc, uint32_t author, uint32_t other)
{
    return author < other;
}
