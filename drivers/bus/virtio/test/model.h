// SPDX-License-Identifier: Apache-2.0
// A virtio-mmio device as a model for the host tests: registers behind the transport's functions,
// "physical" memory as an array that starts at MODEL_BASE, and a device side that walks descriptor
// chains the way Virtio 1.1 says. Written from the standard, not from the bus; it can lie on
// purpose.
#pragma once

#include "../transport.h"

#include <stdbool.h>

#define MODEL_RANGES_MAX 16
#define MODEL_PIECES_MAX 16

// A piece of "physical" memory the device may reach.
struct model_range {
    uint8_t *bytes;
    uint64_t physical, size_bytes;
};

// A request as the device sees it: what it may read, gathered, and the pieces it may write.
struct model_request {
    uint32_t head;
    uint8_t in[8192];
    size_t in_size;
    struct {
        uint8_t *bytes;
        uint32_t size_bytes;
    } out[MODEL_PIECES_MAX];
    uint32_t out_count;
};

struct model {
    struct model_range ranges[MODEL_RANGES_MAX];
    uint32_t range_count;
    bool strayed; // the device was told to touch memory outside every range
    uint32_t registers[64];
    uint8_t config[64];
    void (*configured)(struct model *model,
                       uint32_t offset); // after a byte of config was written, or NULL
    uint64_t features_offered, features_accepted;
    bool refuse_features;
    uint32_t generation_steps; // config generation changes so often before it holds still
    uint64_t ring_address[4][3];
    uint16_t queue_size[4];
    uint16_t seen[4]; // available index consumed
    uint32_t notifications;
    void (*notified)(struct model *model, uint32_t queue); // or NULL: the test serves by hand
    void *owner;                                           // the test's
};

struct transport model_transport(struct model *model);
void model_add_range(struct model *model, uint8_t *bytes, uint64_t physical, uint64_t size_bytes);
void model_remove_range(struct model *model, uint64_t physical);

// Takes the next request of a queue; false if none waits or a descriptor strays.
bool model_take(struct model *model, uint32_t queue, struct model_request *out);
// Writes `size` answer bytes into the request's pieces from byte `skip` of them on; returns how
// many fit.
uint32_t model_answer(struct model_request *request, uint32_t skip, const void *bytes,
                      uint32_t size);
// Publishes a used element (also without any request: a lie) and sets the interrupt reason.
void model_finish(struct model *model, uint32_t queue, uint32_t head, uint32_t written);

// Serves the next request as an echo device. `lie` adds to the reported length.
bool model_echo(struct model *model, uint32_t queue, uint32_t lie);
