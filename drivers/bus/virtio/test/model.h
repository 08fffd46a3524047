// SPDX-License-Identifier: Apache-2.0
// A virtio-mmio device as a model for the host tests: registers behind the transport's functions,
// "physical" memory as an array that starts at MODEL_BASE, and a device side that walks descriptor
// chains the way Virtio 1.1 says. Written from the standard, not from the bus; it can lie on
// purpose.
#pragma once

#include "../transport.h"

#include <stdbool.h>

#define MODEL_BASE  0x80000000ull
#define MODEL_BYTES (256u << 10)

struct model {
    uint8_t memory[MODEL_BYTES];
    uint32_t registers[64];
    uint8_t config[64];
    uint64_t features_offered, features_accepted;
    bool refuse_features;
    uint32_t generation_steps; // config generation changes so often before it holds still
    uint64_t ring_address[4][3];
    uint16_t queue_size[4];
    uint16_t seen[4]; // available index consumed
    uint32_t notifications;
};

struct transport model_transport(struct model *model);

// Serves the next request of a queue as an echo device: bytes of readable pieces are copied to the
// writable ones. Returns false if none waits or a descriptor leaves the model's memory. `lie` adds
// to the reported length.
bool model_serve(struct model *model, uint32_t queue, uint32_t lie);

// Publishes a used element without any request.
void model_forge(struct model *model, uint32_t queue, uint32_t head, uint32_t written);
