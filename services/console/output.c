// SPDX-License-Identifier: Apache-2.0
// A byte queue; see the header.
#include "output.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

uint32_t output_room(const struct output *output)
{
    return (OUTPUT_BYTES - (output->head - output->tail)) / 2;
}

static void put(struct output *output, char byte)
{
    assert(output->head - output->tail < OUTPUT_BYTES);
    output->bytes[output->head++ % OUTPUT_BYTES] = byte;
    output->last = byte;
}

void output_put(struct output *output, const char *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' && output->last != '\r')
            put(output, '\r');
        put(output, bytes[i]);
    }
}

void output_text(struct output *output, const char *text)
{
    output_put(output, text, (uint32_t)strlen(text));
}

void output_fresh_line(struct output *output)
{
    if (output->last != '\n' && output->last != '\0')
        output_put(output, "\n", 1);
}

uint32_t output_peek(const struct output *output, const char **out_bytes)
{
    uint32_t at = output->tail % OUTPUT_BYTES;
    *out_bytes = output->bytes + at;
    return (uint32_t)min_u64(output->head - output->tail, OUTPUT_BYTES - at);
}

void output_drop(struct output *output, uint32_t size)
{
    assert(size <= output->head - output->tail);
    output->tail += size;
}
