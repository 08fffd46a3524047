// SPDX-License-Identifier: Apache-2.0
// A virtio 2D display; see display.h.
#include "display.h"

#include "base/codec.h"
#include "base/math.h"
#include "os/time.h"

enum {
    COMMAND_DISPLAY_INFO = 0x100,
    COMMAND_CREATE_2D = 0x101,
    COMMAND_SET_SCANOUT = 0x103,
    COMMAND_FLUSH = 0x104,
    COMMAND_TRANSFER = 0x105,
    COMMAND_ATTACH_BACKING = 0x106,
    ANSWER_OK = 0x1100,
    ANSWER_DISPLAY_INFO = 0x1101,
};

enum {
    HEADER_BYTES = 24,
    SLOT_BYTES = 128, // one command and, after ANSWER_AT, its short answer
    ANSWER_AT = 96,
    SLOT_COUNT = 2 * GPU_RECTS_MAX,
    INFO_AT = 2048, // the long answer to COMMAND_DISPLAY_INFO
    INFO_BYTES = HEADER_BYTES + 16 * 24,
    OWN_BYTES = 4096,
    BACKING_ADDRESS_AT = HEADER_BYTES + 8,
};

#define QUEUE_SIZE      64
#define RESOURCE        1u
#define FORMAT_B8G8R8X8 2u
#define EVENT_DISPLAY   1u
#define TIMEOUT_NS      (10 * OS_SECOND)
#define SIDE_MAX        8192u

static status_t start(struct display *display)
{
    struct bus_open_req open = {
        .kind = BUS_GPU, .queue_bits = display->queue_bits, .config_bits = display->config_bits};
    status_t status = bus_driver_open(&display->driver, display->bus, display->signal, &open);
    if (status < 0) {
        return status;
    }
    display->width = display->height = display->in_flight = 0;
    status = bus_driver_start(&display->driver, BUS_FEATURE_VERSION_1, 1, QUEUE_SIZE);
    return status < 0 ? status : bus_driver_memory(&display->driver, OWN_BYTES, &display->own);
}

status_t display_open(struct display *display, handle_t bus, handle_t signal, uint64_t queue_bits,
                      uint64_t config_bits)
{
    *display = (struct display){
        .bus = bus, .signal = signal, .queue_bits = queue_bits, .config_bits = config_bits};
    return start(display);
}

// Begins command number `slot` of `type`; the caller writes its fields.
static struct writer command(struct display *display, uint32_t slot, uint32_t type)
{
    struct writer writer = writer_of(display->own.bytes + slot * SLOT_BYTES, ANSWER_AT);
    writer_le32(&writer, type);
    for (int i = 0; i < 5; i++) {
        writer_le32(&writer, 0); // flags, fence (2), context, padding
    }
    return writer;
}

static struct bus_submit_req request(const struct display *display, uint32_t slot,
                                     size_t command_bytes)
{
    uint32_t at = slot * SLOT_BYTES;
    return (struct bus_submit_req){
        .segment_count = 2,
        .segments = {{display->own.index, at, (uint32_t)command_bytes, 0},
                     {display->own.index, at + ANSWER_AT, HEADER_BYTES, 1}},
        .address_at = UINT32_MAX,
    };
}

static uint32_t answer(const struct display *display, uint32_t offset)
{
    struct reader reader = reader_of(display->own.bytes + offset, 4);
    return reader_le32(&reader);
}

// Sends a setup command alone and checks its answer.
static status_t perform(struct display *display, struct bus_submit_req *req)
{
    status_t status = bus_driver_transact(&display->driver, req, TIMEOUT_NS);
    if (status < 0) {
        return status;
    }
    return answer(display, ANSWER_AT) == ANSWER_OK ? OK : ERR_IO;
}

static status_t read_info(struct display *display, uint32_t *out_width, uint32_t *out_height)
{
    struct writer writer = command(display, 0, COMMAND_DISPLAY_INFO);
    struct bus_submit_req req = request(display, 0, writer.size);
    req.segments[1] = (struct bus_segment){display->own.index, INFO_AT, INFO_BYTES, 1};
    status_t status = bus_driver_transact(&display->driver, &req, TIMEOUT_NS);
    if (status < 0) {
        return status;
    }
    struct reader reader = reader_of(display->own.bytes + INFO_AT, INFO_BYTES);
    uint32_t type = reader_le32(&reader);
    reader_take(&reader, HEADER_BYTES - 4 + 8); // rest of the header, x, y
    uint32_t width = reader_le32(&reader), height = reader_le32(&reader);
    if (type != ANSWER_DISPLAY_INFO || width == 0 || height == 0 || width > SIDE_MAX ||
        height > SIDE_MAX) {
        return ERR_IO;
    }
    *out_width = width;
    *out_height = height;
    return OK;
}

status_t display_size(struct display *display, uint32_t *out_width, uint32_t *out_height)
{
    // The command shares the queue with frames, so only between them.
    if (display->in_flight > 0) {
        return ERR_AGAIN;
    }
    return read_info(display, out_width, out_height);
}

static status_t create_resource(struct display *display, uint32_t width, uint32_t height)
{
    struct writer writer = command(display, 0, COMMAND_CREATE_2D);
    writer_le32(&writer, RESOURCE);
    writer_le32(&writer, FORMAT_B8G8R8X8);
    writer_le32(&writer, width);
    writer_le32(&writer, height);
    struct bus_submit_req req = request(display, 0, writer.size);
    return perform(display, &req);
}

// Names the framebuffer as the resource's backing; the bus fills its address in.
static status_t attach_backing(struct display *display, uint32_t memory, uint32_t size_bytes)
{
    struct writer writer = command(display, 0, COMMAND_ATTACH_BACKING);
    writer_le32(&writer, RESOURCE);
    writer_le32(&writer, 1); // entries
    writer_le64(&writer, 0); // the address
    writer_le32(&writer, size_bytes);
    writer_le32(&writer, 0);
    struct bus_submit_req req = request(display, 0, writer.size);
    req.copy_bytes = (uint32_t)writer.size;
    req.address_at = BACKING_ADDRESS_AT;
    req.address_memory = memory;
    req.address_size = size_bytes;
    return perform(display, &req);
}

static void write_rect(struct writer *writer, uint32_t x, uint32_t y, uint32_t width,
                       uint32_t height)
{
    writer_le32(writer, x);
    writer_le32(writer, y);
    writer_le32(writer, width);
    writer_le32(writer, height);
}

static status_t set_scanout(struct display *display, uint32_t width, uint32_t height)
{
    struct writer writer = command(display, 0, COMMAND_SET_SCANOUT);
    write_rect(&writer, 0, 0, width, height);
    writer_le32(&writer, 0); // scan-out 0
    writer_le32(&writer, RESOURCE);
    struct bus_submit_req req = request(display, 0, writer.size);
    return perform(display, &req);
}

status_t display_attach(struct display *display, handle_t framebuffer, uint32_t width,
                        uint32_t height)
{
    if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX) {
        return ERR_INVALID;
    }
    status_t status = start(display);
    if (status < 0) {
        return status;
    }
    uint32_t memory;
    status = bus_driver_share(&display->driver, framebuffer, &memory);
    if (status == OK) {
        status = create_resource(display, width, height);
    }
    if (status == OK) {
        status = attach_backing(display, memory,
                                width * height * 4); // the bus refuses what does not fit
    }
    if (status == OK) {
        status = set_scanout(display, width, height);
    }
    if (status == OK) {
        display->width = width;
        display->height = height;
    }
    return status;
}

static status_t submit_rect(struct display *display, uint32_t slot, const struct gpu_rect *rect,
                            bool last)
{
    struct writer transfer = command(display, slot, COMMAND_TRANSFER);
    write_rect(&transfer, rect->x, rect->y, rect->width, rect->height);
    writer_le64(&transfer, ((uint64_t)rect->y * display->width + rect->x) * 4);
    writer_le32(&transfer, RESOURCE);
    writer_le32(&transfer, 0);
    struct bus_submit_req req = request(display, slot, transfer.size);
    status_t status = bus_driver_submit(&display->driver, &req);
    if (status < 0) {
        return status;
    }
    display->in_flight++;
    struct writer flush = command(display, slot + 1, COMMAND_FLUSH);
    write_rect(&flush, rect->x, rect->y, rect->width, rect->height);
    writer_le32(&flush, RESOURCE);
    writer_le32(&flush, 0);
    req = request(display, slot + 1, flush.size);
    req.notify = last;
    status = bus_driver_submit(&display->driver, &req);
    display->in_flight += status == OK;
    return status;
}

status_t display_present(struct display *display, const struct gpu_rect *rects, uint32_t count)
{
    if (display->width == 0) {
        return ERR_BAD_STATE;
    }
    if (count == 0 || count > GPU_RECTS_MAX) {
        return ERR_INVALID;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct gpu_rect *rect = &rects[i];
        if (rect->width == 0 || rect->height == 0 || rect->x >= display->width ||
            rect->y >= display->height || rect->width > display->width - rect->x ||
            rect->height > display->height - rect->y) {
            return ERR_INVALID;
        }
    }
    if (display->in_flight > 0) {
        return ERR_AGAIN;
    }
    status_t status = OK;
    for (uint32_t i = 0; i < count && status == OK; i++) {
        status = submit_rect(display, 2 * i, &rects[i], i + 1 == count);
    }
    return status;
}

status_t display_completed(struct display *display)
{
    struct bus_completion done[SLOT_COUNT];
    status_t count = bus_driver_reap(&display->driver, 0, done, SLOT_COUNT);
    if (count <= 0) {
        return count;
    }
    display->in_flight -= (uint32_t)min_i32(count, (int32_t)display->in_flight);
    return display->in_flight == 0;
}

bool display_changed(struct display *display)
{
    uint8_t bytes[4];
    if (bus_driver_config(&display->driver, 0, bytes, sizeof bytes) < 0) {
        return false;
    }
    struct reader reader = reader_of(bytes, sizeof bytes);
    if (!(reader_le32(&reader) & EVENT_DISPLAY)) {
        return false;
    }
    bus_driver_config_write(&display->driver, 4, EVENT_DISPLAY);
    return true;
}
