// SPDX-License-Identifier: Apache-2.0
// Bytes on their way to the line. '\n' leaves as "\r\n", for terminals; the queue knows whether the
// line stands at its beginning, so that a frame never starts in the middle of a prompt.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define OUTPUT_BYTES 16384u // a power of two

struct output {
    char bytes[OUTPUT_BYTES];
    uint32_t head, tail; // free-running
    char last;           // byte put last, 0 at the very beginning
};

// How many bytes surely fit, whatever they are.
uint32_t output_room(const struct output *output);
// Puts `size` bytes; the caller asked for room.
void output_put(struct output *output, const char *bytes, uint32_t size);
void output_text(struct output *output, const char *text);
// A newline unless the line stands at its beginning.
void output_fresh_line(struct output *output);
// The next bytes that lie together, without taking them; 0: none.
uint32_t output_peek(const struct output *output, const char **out_bytes);
void output_drop(struct output *output, uint32_t size);
