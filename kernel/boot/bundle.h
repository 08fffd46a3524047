// SPDX-License-Identifier: Apache-2.0
// The boot bundle as the kernel reads it: only far enough to start its first entry. The bytes come
// from a disk and are checked like any stranger's.
#pragma once

#include "abi/bundle.h"

#include <stddef.h>

// Finds the first entry's program header. On success it points into the bundle, every segment's
// file bytes lie in the bundle, its memory in user space, and the entry point in an executable
// segment. ERR_CORRUPT.
status_t bundle_first_program(const uint8_t *bytes, size_t size,
                              const struct program_header **out_program);
