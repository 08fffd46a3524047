// SPDX-License-Identifier: Apache-2.0
// A virtio-mmio device as a model; see model.h.
#include "model.h"

#include "base/assert.h"

#include <string.h>

static uint8_t *at(struct model *model, uint64_t physical, uint64_t size)
{
    for (uint32_t i = 0; i < model->range_count; i++) {
        const struct model_range *range = &model->ranges[i];
        if (physical >= range->physical && physical - range->physical <= range->size_bytes &&
            size <= range->size_bytes - (physical - range->physical)) {
            return range->bytes + (physical - range->physical);
        }
    }
    model->strayed = true;
    return NULL;
}

void model_add_range(struct model *model, uint8_t *bytes, uint64_t physical, uint64_t size_bytes)
{
    assert(model->range_count < MODEL_RANGES_MAX);
    model->ranges[model->range_count++] = (struct model_range){bytes, physical, size_bytes};
}

void model_remove_range(struct model *model, uint64_t physical)
{
    for (uint32_t i = 0; i < model->range_count; i++) {
        if (model->ranges[i].physical == physical) {
            model->ranges[i] = model->ranges[--model->range_count];
            return;
        }
    }
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
    if (offset == 0x064) {
        model->registers[0x060 / 4] &= ~value;
        return;
    }
    if (offset == 0x070 && value == 0) {
        uint32_t kind = model->registers[0x008 / 4];
        memset(model->registers, 0, sizeof model->registers);
        model->registers[0x008 / 4] = kind;
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
        if (model->notified) {
            model->notified(model, value);
        }
        return;
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
    struct model *model = context;
    model->config[(offset - 0x100) % 64] = value;
    if (model->configured) {
        model->configured(model, offset - 0x100);
    }
}

struct transport model_transport(struct model *model)
{
    return (struct transport){model, read_register, write_register, read_config, write_config};
}

void model_finish(struct model *model, uint32_t queue, uint32_t head, uint32_t written)
{
    uint8_t *used = at(model, model->ring_address[queue][2], 4);
    uint16_t index = (uint16_t)load(used + 2, 2);
    uint8_t *element = used + 4 + 8 * (size_t)(index % model->queue_size[queue]);
    store(element, head, 4);
    store(element + 4, written, 4);
    store(used + 2, (uint16_t)(index + 1), 2);
    model->registers[0x060 / 4] |= 1;
}

bool model_take(struct model *model, uint32_t queue, struct model_request *out)
{
    const uint8_t *available = at(model, model->ring_address[queue][1], 4);
    if (!available || (uint16_t)load(available + 2, 2) == model->seen[queue]) {
        return false;
    }
    uint16_t slot = model->seen[queue]++ % model->queue_size[queue];
    uint32_t here = (uint32_t)load(available + 4 + 2 * slot, 2);
    *out = (struct model_request){.head = here};
    for (int i = 0; i < MODEL_PIECES_MAX; i++) {
        const uint8_t *descriptor = at(model, model->ring_address[queue][0] + 16ull * here, 16);
        uint32_t size = (uint32_t)load(descriptor + 8, 4);
        uint16_t flags = (uint16_t)load(descriptor + 12, 2);
        uint8_t *bytes = at(model, load(descriptor, 8), size);
        if (!bytes) {
            return false;
        }
        if (flags & 2) {
            out->out[out->out_count].bytes = bytes;
            out->out[out->out_count++].size_bytes = size;
        } else {
            size_t count =
                size < sizeof out->in - out->in_size ? size : sizeof out->in - out->in_size;
            memcpy(out->in + out->in_size, bytes, count);
            out->in_size += count;
        }
        if (!(flags & 1)) {
            return true;
        }
        here = (uint32_t)load(descriptor + 14, 2);
    }
    return false;
}

uint32_t model_answer(struct model_request *request, uint32_t skip, const void *bytes,
                      uint32_t size)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < request->out_count; i++) {
        for (uint32_t k = 0; k < request->out[i].size_bytes && done < size; k++) {
            if (skip > 0) {
                skip--;
            } else {
                request->out[i].bytes[k] = ((const uint8_t *)bytes)[done++];
            }
        }
    }
    return done;
}

bool model_echo(struct model *model, uint32_t queue, uint32_t lie)
{
    static struct model_request request;
    if (!model_take(model, queue, &request)) {
        return false;
    }
    uint32_t written = model_answer(&request, 0, request.in, (uint32_t)request.in_size);
    model_finish(model, queue, request.head, written + lie);
    return true;
}
