// SPDX-License-Identifier: Apache-2.0
// Every virtio input device as one stream of events; see devices.h.
#include "devices.h"

#include "base/codec.h"
#include "base/math.h"
#include "os/time.h"

#include <string.h>

// Configuration space (Virtio 1.1, section 5.8.2): select, subselect, then a size and a union of
// 128 bytes.
enum { CONFIG_SELECT = 0, CONFIG_SUBSELECT = 1, CONFIG_SIZE = 2, CONFIG_UNION = 8 };
enum { SELECT_EVENT_BITS = 0x11, SELECT_ABSOLUTE = 0x12 };
enum { TYPE_KEY = 1, TYPE_ABSOLUTE = 3 };
enum { AXIS_X = 0, AXIS_Y = 1, SCALE = 65535, KEY_A = 30 };
enum { EVENT_BYTES = 8, QUEUE_SIZE = 64, OWN_BYTES = 4096 };

// Reads a selected item of the configuration; returns its size, at most `max`, 0 if there is none.
static status_t select(struct input_device *device, uint8_t select, uint8_t subselect, uint8_t *out,
                       uint32_t max)
{
    status_t status = bus_driver_config_write(&device->driver, CONFIG_SELECT, select);
    if (status == OK) {
        status = bus_driver_config_write(&device->driver, CONFIG_SUBSELECT, subselect);
    }
    uint8_t size = 0;
    if (status == OK) {
        status = bus_driver_config(&device->driver, CONFIG_SIZE, &size, 1);
    }
    uint32_t count = size < max ? size : max;
    if (status == OK && count > 0) {
        status = bus_driver_config(&device->driver, CONFIG_UNION, out, count);
    }
    return status < 0 ? status : (status_t)count;
}

static bool has_bit(const uint8_t *bits, status_t size_bytes, uint32_t bit)
{
    return (status_t)(bit / 8) < size_bytes && bits[bit / 8] & 1u << bit % 8;
}

// Learns what kind of device it is and the range of its axes.
static status_t identify(struct input_device *device)
{
    uint8_t bits[128];
    status_t size = select(device, SELECT_EVENT_BITS, TYPE_KEY, bits, sizeof bits);
    device->is_keyboard = size > 0 && has_bit(bits, size, KEY_A);
    if (size < 0) {
        return size;
    }
    size = select(device, SELECT_EVENT_BITS, TYPE_ABSOLUTE, bits, sizeof bits);
    device->is_pointer = size > 0 && has_bit(bits, size, AXIS_X) && has_bit(bits, size, AXIS_Y);
    if (size < 0 || !device->is_pointer) {
        return size < 0 ? size : OK;
    }
    for (uint8_t axis = AXIS_X; axis <= AXIS_Y; axis++) {
        size = select(device, SELECT_ABSOLUTE, axis, bits, 8);
        if (size < 8) {
            return size < 0 ? size : ERR_IO;
        }
        struct reader reader = reader_of(bits, 8);
        device->axes[axis].minimum = (int32_t)reader_le32(&reader);
        device->axes[axis].maximum = (int32_t)reader_le32(&reader);
    }
    return OK;
}

// Gives buffer number `index` to the device again.
static status_t offer(struct input_device *device, uint32_t index, bool notify)
{
    struct bus_submit_req req = {
        .cookie = index,
        .segment_count = 1,
        .segments = {{device->own.index, index * EVENT_BYTES, EVENT_BYTES, 1}},
        .address_at = UINT32_MAX,
        .notify = notify,
    };
    return bus_driver_submit(&device->driver, &req);
}

static status_t open_one(struct input_device *device, handle_t bus, handle_t signal,
                         const struct bus_open_req *req)
{
    status_t status = bus_driver_open(&device->driver, bus, signal, req);
    if (status == OK) {
        status = identify(device);
    }
    if (status == OK) {
        status = bus_driver_start(&device->driver, BUS_FEATURE_VERSION_1, 1, QUEUE_SIZE);
    }
    if (status == OK) {
        status = bus_driver_memory(&device->driver, OWN_BYTES, &device->own);
    }
    for (uint32_t i = 0; i < QUEUE_SIZE && status == OK; i++) {
        status = offer(device, i, i + 1 == QUEUE_SIZE);
    }
    return status;
}

status_t devices_open(struct devices *devices, handle_t bus, handle_t signal,
                      const uint64_t queue_bits[DEVICES_MAX])
{
    *devices = (struct devices){0};
    for (uint32_t i = 0; i < DEVICES_MAX; i++) {
        struct bus_open_req req = {.kind = BUS_INPUT, .index = i, .queue_bits = queue_bits[i]};
        status_t status = open_one(&devices->device[i], bus, signal, &req);
        if (status == ERR_NOT_FOUND) {
            break;
        }
        if (status < 0) {
            return status;
        }
        devices->count++;
    }
    return OK;
}

// An absolute value of that axis as 0…SCALE.
static int32_t scale(const struct device_axis *axis, int32_t value)
{
    int64_t range = (int64_t)axis->maximum - axis->minimum;
    if (range <= 0) {
        return 0;
    }
    int64_t scaled = ((int64_t)value - axis->minimum) * SCALE / range;
    return (int32_t)(scaled < 0 ? 0 : scaled > SCALE ? SCALE : scaled);
}

static void push(struct devices *devices, uint16_t number, const uint8_t *bytes)
{
    const struct input_device *device = &devices->device[number];
    struct reader reader = reader_of(bytes, EVENT_BYTES);
    struct input_event event = {.time_ns = os_clock(), .device = number};
    event.type = reader_le16(&reader);
    event.code = reader_le16(&reader);
    event.value = (int32_t)reader_le32(&reader);
    if (event.type == TYPE_ABSOLUTE && event.code <= AXIS_Y) {
        event.value = scale(&device->axes[event.code], event.value);
    }
    if (!devices->has_client || ring_push(&devices->ring, &event, sizeof event) < 0) {
        devices->lost++;
    }
}

void devices_carry_over(void *from, struct ring *to)
{
    struct ring left;
    struct input_event event;
    if (ring_open(&left, from, INPUT_RING_BYTES, RING_CONSUMER) < 0) {
        return;
    }
    for (uint32_t i = 0; i < INPUT_RING_BYTES / sizeof event; i++) {
        if (ring_pop(&left, &event, sizeof event) != (status_t)sizeof event) {
            return;
        }
        bool was_front = i == 0;
        if (was_front && event.repeated) {
            continue; // two clients died with it: perhaps of it
        }
        event.repeated = was_front;
        if (ring_push(to, &event, sizeof event) < 0) {
            return;
        }
    }
}

static status_t collect_one(struct devices *devices, uint16_t number)
{
    struct input_device *device = &devices->device[number];
    struct bus_completion done[QUEUE_SIZE];
    status_t count = bus_driver_reap(&device->driver, 0, done, QUEUE_SIZE);
    for (status_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)done[i].cookie;
        uint8_t bytes[EVENT_BYTES];
        memcpy(bytes, device->own.bytes + index * EVENT_BYTES, sizeof bytes);
        if (done[i].written_bytes == EVENT_BYTES) {
            push(devices, number, bytes);
        }
        status_t status = offer(device, index, i + 1 == count);
        if (status < 0) {
            return status;
        }
    }
    return count;
}

status_t devices_collect(struct devices *devices, uint64_t bits, bool *out_wake)
{
    uint16_t number = 0;
    for (; number < devices->count; number++) {
        if (devices->device[number].driver.queue_bits & bits) {
            status_t status = collect_one(devices, number);
            if (status < 0) {
                return status;
            }
        }
    }
    *out_wake = devices->has_client && ring_should_wake(&devices->ring);
    return OK;
}
