// SPDX-License-Identifier: Apache-2.0
// A virtio-mmio device as a model; see model.h.
#include "model.h"

#include <string.h>

static uint8_t *at(struct model *model, uint64_t physical, uint64_t size)
{
    if (physical < MODEL_BASE || physical - MODEL_BASE > MODEL_BYTES ||
        size > MODEL_BYTES - (physical - MODEL_BASE)) {
        return NULL;
    }
    return model->memory + (physical - MODEL_BASE);
}

static uint64_t load(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = count; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static void store(uint8_t *bytes, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t read_register(void *context, uint32_t offset)
{
    struct model *model = context;
    switch (offset) {
    case 0x000:
        return 0x74726976;
    case 0x004:
        return 2;
    case 0x010:
        return (uint32_t)(model->features_offered >> (model->registers[0x014 / 4] ? 32 : 0));
    case 0x034:
        return model->registers[0x030 / 4] < 2 ? 64 : 0;
    case 0x0fc:
        if (model->generation_steps > 0) {
            model->generation_steps--;
        }
        return model->generation_steps;
    default:
        return offset / 4 < 64 ? model->registers[offset / 4] : 0;
    }
}

static void write_register(void *context, uint32_t offset, uint32_t value)
{
    struct model *model = context;
    uint32_t queue = model->registers[0x030 / 4] & 3;
    if (offset == 0x070 && value == 0) {
        memset(model->registers, 0, sizeof model->registers);
        memset(model->seen, 0, sizeof model->seen);
        memset(model->ring_address, 0, sizeof model->ring_address);
        return;
    }
    if (offset == 0x020) {
        bool high = model->registers[0x024 / 4] != 0;
        model->features_accepted |= (uint64_t)value << (high ? 32 : 0);
    } else if (offset == 0x038) {
        model->queue_size[queue] = (uint16_t)value;
    } else if (offset == 0x050) {
        model->notifications++;
    } else if (offset >= 0x080 && offset < 0x0b0) {
        uint64_t *address = &model->ring_address[queue][(offset - 0x080) / 0x10];
        bool high = offset & 4;
        *address = high ? (*address & 0xffffffff) | (uint64_t)value << 32 : value;
    }
    if (offset == 0x070 && model->refuse_features) {
        value &= ~8u;
    }
    model->registers[offset / 4] = value;
}

static uint8_t read_config(void *context, uint32_t offset)
{
    return ((struct model *)context)->config[(offset - 0x100) % 64];
}

static void write_config(void *context, uint32_t offset, uint8_t value)
{
    ((struct model *)context)->config[(offset - 0x100) % 64] = value;
}

struct transport model_transport(struct model *model)
{
    return (struct transport){model, read_register, write_register, read_config, write_config};
}

void model_forge(struct model *model, uint32_t queue, uint32_t head, uint32_t written)
{
    uint8_t *used = at(model, model->ring_address[queue][2], 4);
    uint16_t index = (uint16_t)load(used + 2, 2);
    uint8_t *element = used + 4 + 8 * (size_t)(index % model->queue_size[queue]);
    store(element, head, 4);
    store(element + 4, written, 4);
    store(used + 2, (uint16_t)(index + 1), 2);
}

bool model_serve(struct model *model, uint32_t queue, uint32_t lie)
{
    uint8_t *available = at(model, model->ring_address[queue][1], 4);
    if (!available || (uint16_t)load(available + 2, 2) == model->seen[queue]) {
        return false;
    }
    uint16_t slot = model->seen[queue]++ % model->queue_size[queue];
    uint32_t head = (uint32_t)load(available + 4 + 2 * slot, 2), here = head;
    uint8_t carried[8192];
    size_t held = 0, taken = 0;
    for (int i = 0; i < 64; i++) {
        const uint8_t *descriptor = at(model, model->ring_address[queue][0] + 16ull * here, 16);
        uint64_t size = load(descriptor + 8, 4);
        uint16_t flags = (uint16_t)load(descriptor + 12, 2);
        uint8_t *bytes = at(model, load(descriptor, 8), size);
        if (!bytes || size > sizeof carried - held) {
            return false;
        }
        if (flags & 2) {
            size_t count = held - taken < size ? held - taken : (size_t)size;
            memcpy(bytes, carried + taken, count);
            taken += count;
        } else {
            memcpy(carried + held, bytes, size);
            held += size;
        }
        if (!(flags & 1)) {
            break;
        }
        here = (uint32_t)load(descriptor + 14, 2);
    }
    model_forge(model, queue, head, (uint32_t)taken + lie);
    return true;
}
