// SPDX-License-Identifier: Apache-2.0
// The one comparison on which convergence hangs, alone in its file so that a test can build the
// engine with a wrong one (test/planted_order.c) and show that it is caught.
#include "item.h"

bool author_precedes(const struct doc *doc, uint32_t author, uint32_t other)
{
    return doc->authors[author].client < doc->authors[other].client;
}
