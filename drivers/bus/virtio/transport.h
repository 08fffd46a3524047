// SPDX-License-Identifier: Apache-2.0
// The registers of one virtio-mmio device, version 2 (Virtio 1.1, section 4.2.2). Register access
// is injected, so the host tests put a device model in its place.
#pragma once

#include "abi/errors.h"

#include <stddef.h>
#include <stdint.h>

struct transport {
    void *context;
    uint32_t (*read)(void *context, uint32_t offset_bytes);
    void (*write)(void *context, uint32_t offset_bytes, uint32_t value);
    uint8_t (*read_byte)(void *context, uint32_t offset_bytes);
    void (*write_byte)(void *context, uint32_t offset_bytes, uint8_t value);
};

enum { TRANSPORT_QUEUE_INTERRUPT = 1, TRANSPORT_CONFIG_INTERRUPT = 2 };

// The device id, 0 for an empty slot. ERR_UNSUPPORTED: not virtio-mmio, or the legacy version (QEMU
// needs virtio-mmio.force-legacy=false).
status_t transport_probe(const struct transport *transport, uint32_t *out_device_id);

// Resets the device: nothing of it touches memory afterwards.
void transport_reset(const struct transport *transport);

// Reset, acknowledge; returns the features the device offers.
uint64_t transport_open(const struct transport *transport);

// Accepts `features`. ERR_UNSUPPORTED if the device refuses them.
status_t transport_negotiate(const struct transport *transport, uint64_t features);

// Largest size of a queue, 0 if the device has none of that number.
uint32_t transport_queue_max(const struct transport *transport, uint32_t queue);

// Sets up a queue of `size` whose memory (queue.h's layout) lies at `physical`.
void transport_queue_set(const struct transport *transport, uint32_t queue, uint16_t size,
                         uint64_t physical);
void transport_run(const struct transport *transport);
void transport_notify(const struct transport *transport, uint32_t queue);

// The interrupt reasons, acknowledged: TRANSPORT_*_INTERRUPT bits.
uint32_t transport_interrupts(const struct transport *transport);

// Configuration space, bytes [offset, offset + size), all of one generation. ERR_AGAIN if it never
// held still.
status_t transport_config_read(const struct transport *transport, uint32_t offset_bytes,
                               uint8_t *out, uint32_t size_bytes);
void transport_config_write(const struct transport *transport, uint32_t offset_bytes,
                            uint8_t value);
