// SPDX-License-Identifier: Apache-2.0
// What init must know of the hardware to choose a form, beyond the device tree: whether a display
// is attached.
#pragma once

#include "devicetree.h"

#include "abi/types.h"

// Whether a virtio transport holds a GPU, or the firmware left a framebuffer.
bool hardware_has_display(const struct devicetree *tree, handle_t machine);
