// SPDX-License-Identifier: Apache-2.0
// A network interface, served by its driver: Ethernet frames in two rings (lib/ring) inside one
// memory of the client. Records are whole frames without FCS, 14 to NETDEV_FRAME_MAX bytes.
#pragma once

#include "abi/ipc/interface.h"

#define NETDEV_FRAME_MAX  1514u
#define NETDEV_RING_BYTES 65536u // each; receive ring first, transmit ring after it

IPC_EMPTY(netdev_info_req)
struct netdev_info_rep {
    uint8_t mac[6];
    uint8_t link_up; // 0 or 1
    uint8_t reserved;
    uint32_t mtu; // 1500
};

// Takes [0] the memory of 2 × NETDEV_RING_BYTES (both rings initialised by the client), [1] the
// client's signal; gives [0] the driver's signal. The driver raises `receive_bits` when frames
// arrived and `space_bits` when a full transmit ring has room; the client raises the driver's
// `transmit_bits` (in the reply) after it pushed frames.
struct netdev_attach_req {
    uint64_t receive_bits;
    uint64_t space_bits;
};
struct netdev_attach_rep {
    uint64_t transmit_bits;
};

#define NETDEV_METHODS(M)                                                                          \
    M(netdev, 1, info, IPC_RETRY)                                                                  \
    M(netdev, 2, attach, IPC_TAKES(2) | IPC_GIVES(1))
IPC_INTERFACE(netdev, NETDEV_METHODS)
