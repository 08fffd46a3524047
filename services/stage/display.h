// SPDX-License-Identifier: Apache-2.0
// The display of the device: a framebuffer shared with the gpu driver. One frame is in flight at a
// time; what is painted meanwhile is shown when it has landed. Survives a restart of the driver and
// a change of size.
#pragma once

#include "service.h"

#include "paint/damage.h"

struct display {
    struct stage_service *service;
    handle_t gpu, memory;
    uint32_t *pixels;
    uint64_t size_bytes, resize_bits, done_bits;
    bool is_attached, in_flight;
    instant_ns_t sent_ns;
    struct damage pending;
};

// Asks the driver for the size, sets the stage's form to it and attaches. ERR_* of the driver.
status_t display_init(struct display *display, struct stage_service *service, handle_t gpu);
// Presents, paints and shows what changed.
void display_show(struct display *display);
