// SPDX-License-Identifier: Apache-2.0
// The DMA bus: wiring. Its start block names every virtio-mmio node ("mmio0", "irq0", …) and
// "physical", the machine handle with RIGHT_PHYSICAL alone.
#include "ops.h"

#include "abi/syscall.h"
#include "base/error.h"
#include "os/interrupt.h"
#include "os/log.h"
#include "os/machine.h"
#include "os/memory.h"
#include "os/start.h"

#include <stdio.h>

static struct ipc_server server;
static struct bus bus;
static handle_t interrupts[BUS_SLOTS_MAX];
static uint64_t interrupt_bits[BUS_SLOTS_MAX];

static uint32_t register_read(void *context, uint32_t offset_bytes)
{
    return *(volatile uint32_t *)((uintptr_t)context + offset_bytes);
}

static void register_write(void *context, uint32_t offset_bytes, uint32_t value)
{
    *(volatile uint32_t *)((uintptr_t)context + offset_bytes) = value;
}

static uint8_t register_read_byte(void *context, uint32_t offset_bytes)
{
    return *(volatile uint8_t *)((uintptr_t)context + offset_bytes);
}

static void register_write_byte(void *context, uint32_t offset_bytes, uint8_t value)
{
    *(volatile uint8_t *)((uintptr_t)context + offset_bytes) = value;
}

static status_t map(void *context, handle_t memory, struct device_memory *out_memory)
{
    struct device_memory mapped;
    status_t status = os_memory_size(memory, &mapped.size_bytes);
    if (status == OK) {
        status = os_memory_physical(memory, os_handle("physical"), &mapped.physical);
    }
    void *bytes;
    if (status == OK) {
        status = os_memory_map(memory, 0, mapped.size_bytes, PROTECT_READ | PROTECT_WRITE, &bytes);
    }
    if (status == OK) {
        mapped.bytes = bytes;
        *out_memory = mapped;
    }
    return status;
}

static void unmap(void *context, const struct device_memory *memory)
{
    os_memory_unmap(memory->bytes, memory->size_bytes);
}

// Fills the next slot with node `number` if a device is there.
static status_t probe(uint32_t number)
{
    volatile void *registers;
    uint64_t size_bytes;
    status_t status = os_registers_map(number, &registers, &size_bytes);
    if (status < 0) {
        return status;
    }
    struct bus_slot *slot = &bus.slots[bus.slot_count];
    slot->device.transport =
        (struct transport){(void *)(uintptr_t)registers, register_read, register_write,
                           register_read_byte, register_write_byte};
    status = transport_probe(&slot->device.transport, &slot->device.kind);
    if (status < 0) {
        log_printf("virtio node %u is not version 2: start the emulator with force-legacy=false",
                   number);
    }
    if (status < 0 || slot->device.kind == 0) {
        slot->device.kind = 0;
        os_memory_unmap((void *)(uintptr_t)registers, size_bytes);
        return OK;
    }
    transport_reset(&slot->device.transport); // whatever ran before us
    handle_t rings;
    status = os_memory_create(DEVICE_RING_BYTES, MEMORY_CONTIGUOUS, &rings);
    if (status == OK) {
        status = map(NULL, rings, &slot->device.rings);
    }
    if (status < 0) {
        return status;
    }
    char name[START_NAME_MAX];
    snprintf(name, sizeof name, "irq%u", (unsigned)number);
    interrupts[bus.slot_count] = os_handle(name);
    interrupt_bits[bus.slot_count] = 1ull << os_value(name, 0);
    bus.slot_count++;
    return OK;
}

static void on_interrupts(void *self, uint64_t bits)
{
    for (uint32_t i = 0; i < bus.slot_count; i++) {
        if (interrupt_bits[i] & bits) {
            bus_interrupt(&bus, i);
            os_interrupt_done(interrupts[i]);
        }
    }
}

int main(void)
{
    bus.platform = (struct bus_platform){.map = map, .unmap = unmap};
    bus_serve(&server, &bus);
    for (uint32_t number = 0; bus.slot_count < BUS_SLOTS_MAX; number++) {
        status_t status = probe(number);
        if (status == ERR_NOT_FOUND) {
            break;
        }
        if (status < 0) {
            log_printf("node %u: %s", number, error_text(status));
        }
    }
    for (uint32_t i = 0; i < bus.slot_count; i++) {
        ipc_server_on_bits(&server, interrupt_bits[i], on_interrupts, NULL);
        os_interrupt_done(interrupts[i]);
    }
    log_printf("%u devices", bus.slot_count);
    ipc_server_run(&server);
}
