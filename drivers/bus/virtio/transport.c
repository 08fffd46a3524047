// SPDX-License-Identifier: Apache-2.0
// The registers of one virtio-mmio device; see transport.h.
#include "transport.h"

#include "queue.h"

enum {
    REGISTER_MAGIC = 0x000,
    REGISTER_VERSION = 0x004,
    REGISTER_DEVICE_ID = 0x008,
    REGISTER_DEVICE_FEATURES = 0x010,
    REGISTER_DEVICE_FEATURES_SELECT = 0x014,
    REGISTER_DRIVER_FEATURES = 0x020,
    REGISTER_DRIVER_FEATURES_SELECT = 0x024,
    REGISTER_QUEUE_SELECT = 0x030,
    REGISTER_QUEUE_SIZE_MAX = 0x034,
    REGISTER_QUEUE_SIZE = 0x038,
    REGISTER_QUEUE_READY = 0x044,
    REGISTER_QUEUE_NOTIFY = 0x050,
    REGISTER_INTERRUPT_STATUS = 0x060,
    REGISTER_INTERRUPT_ACKNOWLEDGE = 0x064,
    REGISTER_STATUS = 0x070,
    REGISTER_QUEUE_DESCRIPTORS = 0x080, // low word, high word after it; likewise the next two
    REGISTER_QUEUE_AVAILABLE = 0x090,
    REGISTER_QUEUE_USED = 0x0a0,
    REGISTER_CONFIG_GENERATION = 0x0fc,
    REGISTER_CONFIG = 0x100,
};

enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
};

#define MAGIC        0x74726976u // "virt"
#define VERSION      2u
#define RESET_SPINS  100000
#define CONFIG_TRIES 16
#define CONFIG_BYTES 0xf00u // to the end of the device's page

static uint32_t get(const struct transport *transport, uint32_t offset)
{
    return transport->read(transport->context, offset);
}

static void set(const struct transport *transport, uint32_t offset, uint32_t value)
{
    transport->write(transport->context, offset, value);
}

status_t transport_probe(const struct transport *transport, uint32_t *out_device_id)
{
    if (get(transport, REGISTER_MAGIC) != MAGIC || get(transport, REGISTER_VERSION) != VERSION) {
        return ERR_UNSUPPORTED;
    }
    *out_device_id = get(transport, REGISTER_DEVICE_ID);
    return OK;
}

void transport_reset(const struct transport *transport)
{
    set(transport, REGISTER_STATUS, 0);
    for (int i = 0; i < RESET_SPINS && get(transport, REGISTER_STATUS) != 0; i++) {
    }
}

uint64_t transport_open(const struct transport *transport)
{
    transport_reset(transport);
    set(transport, REGISTER_STATUS, STATUS_ACKNOWLEDGE);
    set(transport, REGISTER_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    set(transport, REGISTER_DEVICE_FEATURES_SELECT, 0);
    uint64_t features = get(transport, REGISTER_DEVICE_FEATURES);
    set(transport, REGISTER_DEVICE_FEATURES_SELECT, 1);
    return features | (uint64_t)get(transport, REGISTER_DEVICE_FEATURES) << 32;
}

status_t transport_negotiate(const struct transport *transport, uint64_t features)
{
    set(transport, REGISTER_DRIVER_FEATURES_SELECT, 0);
    set(transport, REGISTER_DRIVER_FEATURES, (uint32_t)features);
    set(transport, REGISTER_DRIVER_FEATURES_SELECT, 1);
    set(transport, REGISTER_DRIVER_FEATURES, (uint32_t)(features >> 32));
    uint32_t status = get(transport, REGISTER_STATUS) | STATUS_FEATURES_OK;
    set(transport, REGISTER_STATUS, status);
    return get(transport, REGISTER_STATUS) & STATUS_FEATURES_OK ? OK : ERR_UNSUPPORTED;
}

uint32_t transport_queue_max(const struct transport *transport, uint32_t queue)
{
    set(transport, REGISTER_QUEUE_SELECT, queue);
    return get(transport, REGISTER_QUEUE_SIZE_MAX);
}

static void set_address(const struct transport *transport, uint32_t offset, uint64_t physical)
{
    set(transport, offset, (uint32_t)physical);
    set(transport, offset + 4, (uint32_t)(physical >> 32));
}

void transport_queue_set(const struct transport *transport, uint32_t queue, uint16_t size,
                         uint64_t physical)
{
    set(transport, REGISTER_QUEUE_SELECT, queue);
    set(transport, REGISTER_QUEUE_SIZE, size);
    set_address(transport, REGISTER_QUEUE_DESCRIPTORS, physical);
    set_address(transport, REGISTER_QUEUE_AVAILABLE, physical + QUEUE_AVAILABLE_AT);
    set_address(transport, REGISTER_QUEUE_USED, physical + QUEUE_USED_AT);
    set(transport, REGISTER_QUEUE_READY, 1);
}

void transport_run(const struct transport *transport)
{
    set(transport, REGISTER_STATUS, get(transport, REGISTER_STATUS) | STATUS_DRIVER_OK);
}

void transport_notify(const struct transport *transport, uint32_t queue)
{
    set(transport, REGISTER_QUEUE_NOTIFY, queue);
}

uint32_t transport_interrupts(const struct transport *transport)
{
    uint32_t reasons = get(transport, REGISTER_INTERRUPT_STATUS);
    set(transport, REGISTER_INTERRUPT_ACKNOWLEDGE, reasons);
    return reasons;
}

status_t transport_config_read(const struct transport *transport, uint32_t offset_bytes,
                               uint8_t *out, uint32_t size_bytes)
{
    if (offset_bytes > CONFIG_BYTES || size_bytes > CONFIG_BYTES - offset_bytes) {
        return ERR_INVALID;
    }
    for (int try = 0; try < CONFIG_TRIES; try++) {
        uint32_t generation = get(transport, REGISTER_CONFIG_GENERATION);
        for (uint32_t i = 0; i < size_bytes; i++) {
            out[i] = transport->read_byte(transport->context, REGISTER_CONFIG + offset_bytes + i);
        }
        if (get(transport, REGISTER_CONFIG_GENERATION) == generation) {
            return OK;
        }
    }
    return ERR_AGAIN;
}

void transport_config_write(const struct transport *transport, uint32_t offset_bytes, uint8_t value)
{
    if (offset_bytes < CONFIG_BYTES) {
        transport->write_byte(transport->context, REGISTER_CONFIG + offset_bytes, value);
    }
}
