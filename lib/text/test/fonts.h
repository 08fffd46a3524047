// SPDX-License-Identifier: Apache-2.0
// Reads the fonts for tests and the specimen. The build names their files.
#pragma once

#include "text/text.h"

#include <stdio.h>
#include <stdlib.h>

// The whole file, or an empty span. The caller frees the bytes.
static inline struct span font_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return (struct span){NULL, 0};
    }
    long size = ftell(file);
    uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
    rewind(file);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        size = 0;
    }
    fclose(file);
    return (struct span){bytes, (size_t)size};
}

static inline void font_free(struct span font)
{
    free((void *)(uintptr_t)font.bytes);
}
