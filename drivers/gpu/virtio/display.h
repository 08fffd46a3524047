// SPDX-License-Identifier: Apache-2.0
// A virtio 2D display (Virtio 1.1, section 5.7) reached through the bus: one scan-out backed by the
// client's framebuffer. Setting up is synchronous; presenting queues transfer and flush of every
// rectangle in one kick and returns.
#pragma once

#include "bus/driver.h"

#include "abi/ipc/gpu.h"

#include <stdbool.h>

struct display {
    struct bus_driver driver;
    handle_t bus;
    handle_t signal; // the loop's own; setting up waits for its queue_bits itself
    uint64_t queue_bits, config_bits;
    struct bus_region own;  // commands and answers
    uint32_t width, height; // of the attached framebuffer, 0: none
    uint32_t in_flight;     // requests of the frame under way
};

// Opens the device. `signal` is borrowed and gets the bits. ERR_NOT_FOUND.
status_t display_open(struct display *display, handle_t bus, handle_t signal, uint64_t queue_bits,
                      uint64_t config_bits);

// The size the display now wants. ERR_IO when it has no scan-out.
status_t display_size(struct display *display, uint32_t *out_width, uint32_t *out_height);

// Shows `framebuffer` (borrowed; width × height × 4 bytes, contiguous) from now on, starting the
// device over.
status_t display_attach(struct display *display, handle_t framebuffer, uint32_t width,
                        uint32_t height);

// As gpu.present. ERR_BAD_STATE, ERR_AGAIN, ERR_INVALID.
status_t display_present(struct display *display, const struct gpu_rect *rects, uint32_t count);

// After queue_bits: takes completions. Returns 1 when the frame under way is shown, else 0.
status_t display_completed(struct display *display);

// After config_bits: true when the display wants another size (and clears the event).
bool display_changed(struct display *display);
