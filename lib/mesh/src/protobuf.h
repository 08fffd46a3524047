// SPDX-License-Identifier: Apache-2.0
// As much of protobuf's wire format as libp2p's messages use: varints and length-delimited fields,
// unknown ones skipped.
#pragma once

#include "base/codec.h"

struct protobuf_field {
    uint64_t number;
    bool is_bytes;     // else a varint
    uint64_t value;    // of a varint
    struct span bytes; // of a length-delimited field, borrowed
};

// Reads the next field; false at the end or, with the reader failed, on malformed bytes.
// Fixed-width fields are skipped.
bool protobuf_next(struct reader *reader, struct protobuf_field *out_field);
void protobuf_bytes(struct writer *writer, uint32_t number, const void *bytes, size_t size);
void protobuf_varint(struct writer *writer, uint32_t number, uint64_t value);
