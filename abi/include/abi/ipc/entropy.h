// SPDX-License-Identifier: Apache-2.0
// Random bytes from the entropy device.
#pragma once

#include "abi/ipc/interface.h"

#define ENTROPY_BYTES_MAX 256u

// The reply's tail holds exactly `size` bytes (1 to ENTROPY_BYTES_MAX). Blocks until the device
// gave them. ERR_IO.
struct entropy_read_req {
    uint32_t size;
    uint32_t reserved;
};
IPC_EMPTY(entropy_read_rep)

#define ENTROPY_METHODS(M) M(entropy, 1, read, IPC_RETRY | IPC_REPLY_TAIL)
IPC_INTERFACE(entropy, ENTROPY_METHODS)
