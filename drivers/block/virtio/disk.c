// SPDX-License-Identifier: Apache-2.0
// A virtio block device; see disk.h.
#include "disk.h"

#include "base/codec.h"
#include "os/signal.h"
#include "os/time.h"

enum { FEATURE_READ_ONLY = 1 << 5, FEATURE_FLUSH = 1 << 9 };
enum { REQUEST_READ = 0, REQUEST_WRITE = 1, REQUEST_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_IO_ERROR = 1 };
enum { HEADER_BYTES = 16, STATUS_AT = HEADER_BYTES, OWN_BYTES = 4096 };

#define QUEUE_SIZE 8
#define QUEUE_BIT  1ull
#define TIMEOUT_NS (10 * OS_SECOND) // a loaded host may be slow; past that the device is stuck

static status_t start(struct disk *disk)
{
    struct bus_open_req open = {.kind = BUS_BLOCK, .queue_bits = QUEUE_BIT};
    status_t status = bus_driver_open(&disk->driver, disk->bus, disk->signal, &open);
    if (status < 0) {
        return status;
    }
    uint64_t wanted = BUS_FEATURE_VERSION_1 | FEATURE_FLUSH | FEATURE_READ_ONLY;
    uint64_t features = disk->driver.features & wanted;
    disk->read_only = features & FEATURE_READ_ONLY;
    disk->can_flush = features & FEATURE_FLUSH;
    status = bus_driver_start(&disk->driver, features, 1, QUEUE_SIZE);
    if (status < 0) {
        return status;
    }
    uint8_t capacity[8];
    status = bus_driver_config(&disk->driver, 0, capacity, sizeof capacity);
    if (status < 0) {
        return status;
    }
    struct reader reader = reader_of(capacity, sizeof capacity);
    disk->sector_count = reader_le64(&reader);
    disk->client_bytes = 0;
    return bus_driver_memory(&disk->driver, OWN_BYTES, &disk->own);
}

status_t disk_open(struct disk *disk, handle_t bus)
{
    *disk = (struct disk){.bus = bus};
    status_t status = os_signal_create(&disk->signal);
    return status < 0 ? status : start(disk);
}

status_t disk_attach(struct disk *disk, handle_t memory, uint64_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > BLOCK_BUFFER_MAX) {
        return ERR_INVALID;
    }
    status_t status = start(disk);
    if (status < 0) {
        return status;
    }
    status = bus_driver_share(&disk->driver, memory, &disk->client_index);
    if (status == OK) {
        disk->client_bytes = size_bytes;
    }
    return status;
}

// Sends one request whose header says `type` and `sector`; `data` is the piece between header and
// status, or NULL.
static status_t request(struct disk *disk, uint32_t type, uint64_t sector,
                        const struct bus_segment *data)
{
    struct writer header = writer_of(disk->own.bytes, HEADER_BYTES);
    writer_le32(&header, type);
    writer_le32(&header, 0);
    writer_le64(&header, sector);
    disk->own.bytes[STATUS_AT] = 0xff;

    struct bus_submit_req req = {.address_at = UINT32_MAX};
    req.segments[req.segment_count++] = (struct bus_segment){disk->own.index, 0, HEADER_BYTES, 0};
    if (data) {
        req.segments[req.segment_count++] = *data;
    }
    req.segments[req.segment_count++] = (struct bus_segment){disk->own.index, STATUS_AT, 1, 1};
    status_t status = bus_driver_transact(&disk->driver, &req, TIMEOUT_NS);
    if (status < 0) {
        disk->client_bytes =
            0; // the request may still be under way: only attaching resets the device
        return status;
    }
    return *(volatile uint8_t *)&disk->own.bytes[STATUS_AT] == STATUS_OK ? OK : ERR_IO;
}

status_t disk_transfer(struct disk *disk, bool write, const struct block_transfer_req *transfer)
{
    if (disk->client_bytes == 0) {
        return ERR_BAD_STATE;
    }
    if (write && disk->read_only) {
        return ERR_DENIED;
    }
    uint64_t size_bytes = (uint64_t)transfer->count * BLOCK_SECTOR_BYTES;
    if (transfer->count == 0 || transfer->first > disk->sector_count ||
        transfer->count > disk->sector_count - transfer->first || size_bytes > disk->client_bytes ||
        transfer->offset_bytes > disk->client_bytes - size_bytes ||
        transfer->offset_bytes % BLOCK_SECTOR_BYTES != 0) {
        return ERR_INVALID;
    }
    struct bus_segment data = {disk->client_index, transfer->offset_bytes, (uint32_t)size_bytes,
                               !write};
    return request(disk, write ? REQUEST_WRITE : REQUEST_READ, transfer->first, &data);
}

status_t disk_flush(struct disk *disk)
{
    if (disk->client_bytes == 0) {
        return ERR_BAD_STATE;
    }
    return disk->can_flush ? request(disk, REQUEST_FLUSH, 0, NULL) : OK;
}
