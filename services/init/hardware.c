// SPDX-License-Identifier: Apache-2.0
// A virtio transport tells which device it holds in two registers that reading does not change
// (virtio 1.2, 4.2.2).
#include "hardware.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/machine.h"
#include "os/memory.h"

#define VIRTIO_MAGIC      0x74726976u
#define VIRTIO_DEVICE_ID  2 // index of the 32-bit register
#define VIRTIO_DEVICE_GPU 16u

static bool is_gpu(const struct devicetree_device *device, handle_t machine)
{
    handle_t memory;
    void *address;
    uint64_t start = align_down(device->address, PAGE_SIZE);
    if (os_memory_device(machine, start, PAGE_SIZE, &memory) < 0)
        return false;
    bool found = false;
    if (os_memory_map(memory, 0, PAGE_SIZE, PROTECT_READ, &address) == OK) {
        const volatile uint32_t *registers =
            (const volatile uint32_t *)((uintptr_t)address + (device->address - start));
        found = registers[0] == VIRTIO_MAGIC && registers[VIRTIO_DEVICE_ID] == VIRTIO_DEVICE_GPU;
        os_memory_unmap(address, PAGE_SIZE);
    }
    os_handle_close(memory);
    return found;
}

bool hardware_has_display(const struct devicetree *tree, handle_t machine)
{
    struct devicetree_device devices[DEVICETREE_DEVICES_MAX];
    status_t count = devicetree_find(tree, "virtio,mmio", devices, DEVICETREE_DEVICES_MAX);
    for (status_t i = 0; i < count; i++)
        if (is_gpu(&devices[i], machine))
            return true;
    return devicetree_find(tree, "simple-framebuffer", devices, 1) > 0;
}
