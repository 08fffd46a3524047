// SPDX-License-Identifier: Apache-2.0
// Read before everything else where handle.c is compiled for search_test: its tables hold as few
// handles as the search says.
#pragma once

#include "cap/handle.h"

#undef HANDLES_MAX
#define HANDLES_MAX search_slots(table)

// How many handles `table` may hold.
uint32_t search_slots(const struct handle_table *table);
