// SPDX-License-Identifier: Apache-2.0
// A bus with one modelled device; see board.h.
#include "board.h"

#include "base/assert.h"
#include "ipc/host.h"
#include "os/host.h"
#include "os/memory.h"

#include <stdlib.h>
#include <string.h>

#define RINGS_AT 0x80000000ull

static status_t map(void *context, handle_t memory, struct device_memory *out_memory)
{
    struct board *board = context;
    struct device_memory mapped;
    void *bytes;
    status_t status = os_memory_size(memory, &mapped.size_bytes);
    if (status == OK) {
        status = os_memory_map(memory, 0, mapped.size_bytes, PROTECT_READ | PROTECT_WRITE, &bytes);
    }
    if (status < 0) {
        return status;
    }
    mapped.bytes = bytes;
    mapped.physical = RINGS_AT + ((uint64_t)board->model.range_count << 28);
    model_add_range(&board->model, mapped.bytes, mapped.physical, mapped.size_bytes);
    *out_memory = mapped;
    return OK;
}

static void unmap(void *context, const struct device_memory *memory)
{
    struct board *board = context;
    model_remove_range(&board->model, memory->physical);
    os_memory_unmap(memory->bytes, memory->size_bytes);
}

void board_init(struct board *board, uint32_t kind, void (*serve)(struct model *, uint32_t queue))
{
    ipc_host_reset();
    free(board->rings);
    memset(board, 0, sizeof *board);
    board->rings = calloc(1, DEVICE_RING_BYTES);
    assert(board->rings);
    board->model.owner = board;
    board->model.notified = serve;
    board->model.features_offered = 1ull << 32;
    model_add_range(&board->model, board->rings, RINGS_AT, DEVICE_RING_BYTES);

    handle_t endpoint, signal;
    ipc_host_handles(&endpoint, &signal);
    os_host_start_entry("self", endpoint, 0);
    os_host_start_entry("system", signal, 0);
    board->bus.platform = (struct bus_platform){board, map, unmap};
    board->bus.slot_count = 1;
    board->bus.slots[0].device.kind = kind;
    board->bus.slots[0].device.transport = model_transport(&board->model);
    board->bus.slots[0].device.rings =
        (struct device_memory){board->rings, RINGS_AT, DEVICE_RING_BYTES};
    bus_serve(&board->server, &board->bus);
    os_host_start_entry("bus", ipc_host_client(&board->server, (uint64_t)kind << 32 | 3), 0);
    ipc_host_handles(&endpoint, &signal);
    os_host_start_entry("self", endpoint, 0);
    os_host_start_entry("system", signal, 0);
}

void board_interrupt(struct board *board)
{
    bus_interrupt(&board->bus, 0);
}
