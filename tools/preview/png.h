// SPDX-License-Identifier: Apache-2.0
// Writes 32-bit pixels as a PNG file (8-bit RGB, no compression), for looking at and for comparing
// pictures.
#pragma once

#include "abi/errors.h"

#include <stdint.h>

// Pixels are 0xXXRRGGBB, rows without padding. ERR_IO when the file cannot be written,
// ERR_NO_MEMORY.
status_t png_write(const char *path, const uint32_t *pixels, int32_t width, int32_t height);
