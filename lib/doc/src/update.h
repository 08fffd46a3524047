// SPDX-License-Identifier: Apache-2.0
// Updates as bytes: opened (checked whole, split into one section per client), merged, and cut at a
// state vector. Nothing here knows a document.
#pragma once

#include "heap.h"
#include "ranges.h"
#include "wire.h"

// The structs of one client; the reader stands at the next one, whose first unit is `clock`.
struct section {
    uint64_t client, clock, left;
    struct reader reader;
    struct section *below; // in the chain of sections that wait for each other
    bool in_chain, dead;
};

struct update {
    struct section *sections; // clients descending
    uint32_t count;
    uint64_t struct_count;
    struct reader deletes;
};

// Checks every byte and opens it. ERR_BAD_MESSAGE, ERR_TOO_LARGE, ERR_NO_MEMORY. The bytes are
// borrowed.
status_t update_open(struct heap *heap, struct span bytes, struct update *out_update);
void update_close(struct heap *heap, struct update *update);
// The section of a client, or NULL.
struct section *update_section(const struct update *update, uint64_t client);
// Reads the next struct without moving on; only while section->left > 0.
struct wire_item section_peek(const struct section *section);
// Moves past the struct that section_peek yielded.
void section_skip(struct section *section);

// A decoded state vector, clients ascending.
struct vector_entry {
    uint64_t client, clock;
};
struct vector {
    struct vector_entry *entries;
    uint32_t count;
};
// ERR_BAD_MESSAGE, ERR_NO_MEMORY; size 0 is an empty vector.
status_t vector_open(struct heap *heap, struct span bytes, struct vector *out_vector);
void vector_close(struct heap *heap, struct vector *vector);
uint64_t vector_clock(const struct vector *vector, uint64_t client);

// Appends one update that holds what both hold, from the vector's clocks on, with holes as Skip
// structs; `deletes` are further ranges (may be NULL). ERR_BAD_MESSAGE, ERR_NO_MEMORY.
struct merge_input {
    struct span first, second;
    const struct vector *vector;
    const struct range_list *deletes;
};
status_t update_merge(struct heap *heap, const struct merge_input *input, struct buffer *out);
