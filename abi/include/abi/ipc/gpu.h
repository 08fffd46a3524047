// SPDX-License-Identifier: Apache-2.0
// A display, served by its driver: one framebuffer, 32 bits a pixel 0xXXRRGGBB, rows without
// padding, in a contiguous memory of the client's.
#pragma once

#include "abi/ipc/interface.h"

#define GPU_RECTS_MAX 4u

IPC_EMPTY(gpu_info_req)
struct gpu_info_rep {
    uint32_t width, height; // pixels, as the display now wants
};

// Takes [0] the framebuffer (≥ width × height × 4 bytes, contiguous), [1] the client's signal.
// Raises `resize_bits` when the display wants another size, `done_bits` when a presented frame has
// been taken. ERR_INVALID wrong size.
struct gpu_attach_req {
    uint32_t width, height;
    uint64_t resize_bits;
    uint64_t done_bits;
};
IPC_EMPTY(gpu_attach_rep)

struct gpu_rect {
    uint32_t x, y, width, height;
};

// Shows those rectangles of the framebuffer: queues transfer and flush in one kick and returns.
// ERR_BAD_STATE: attach (again); ERR_AGAIN: the previous frame is still in flight, wait for
// done_bits; ERR_INVALID outside.
struct gpu_present_req {
    uint32_t rect_count;
    uint32_t reserved;
    struct gpu_rect rects[GPU_RECTS_MAX];
};
IPC_EMPTY(gpu_present_rep)

#define GPU_METHODS(M)                                                                             \
    M(gpu, 1, info, IPC_RETRY)                                                                     \
    M(gpu, 2, attach, IPC_TAKES(2))                                                                \
    M(gpu, 3, present, IPC_RETRY)
IPC_INTERFACE(gpu, GPU_METHODS)
