// SPDX-License-Identifier: Apache-2.0
// The disk's layout: superblock, the two areas, joined writes and page seals. What SQLite calls is
// in disk_vfs.c.
//
// Order is everything here. A run keeps neighbouring bytes until something else is read or written
// there, or until sync, which writes the run and then flushes the device. Nothing else is ever held
// back, so SQLite's own protocol (journal, barrier, count, barrier, pages, barrier, journal's end)
// reaches the medium as it was written.
#include "disk.h"

#include "base/codec.h"
#include "base/math.h"

#include <string.h>

#define SUPERBLOCK_MAGIC   0x0045524f5453584eull // "NXSTORE\0"
#define SUPERBLOCK_VERSION 1u
#define SUPERBLOCK_SEALED  504u // bytes before the checksum
#define JOURNAL_FIRST      16u
#define JOURNAL_MIN        128u   // sectors: 64 KiB
#define JOURNAL_MAX        32768u // sectors: 16 MiB
#define PAGE_SECTORS       (DISK_PAGE_BYTES / DISK_SECTOR_BYTES)
#define PAGE_SEALED        (DISK_PAGE_BYTES - 8u) // bytes before a page's checksum
#define BLANK_HEAD         2048u // sectors that must be zero at the start of a blank device …
#define BLANK_TAIL         128u  // … and at its end, where others keep their marks

static const uint64_t copy_sector[2] = {0, 8};

// What the superblock says.
struct layout {
    uint64_t sector_count, journal_first, journal_sectors, data_first, data_sectors;
    uint8_t id[16];
};

static status_t superblock_load(struct disk *disk, struct layout *out);
static status_t superblock_format(struct disk *disk, struct layout *out);
static status_t random_stir(struct disk *disk);
static status_t run_write(struct disk *disk, struct disk_area *area);

uint64_t disk_seal(const void *bytes, size_t size, uint64_t salt)
{
    const uint8_t *at = bytes;
    uint64_t hash = salt ^ 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word;
        memcpy(&word, at + i, 8); // little endian, as every target of ours is
        hash = (hash ^ word) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 29;
    }
    return (hash ^ hash >> 32) * 0xc4ceb9fe1a85ec53ull;
}

static status_t device_read(struct disk *disk, uint64_t first, uint32_t count, void *bytes)
{
    disk->reads++;
    return disk->device.read(disk->device.self, first, count, bytes);
}

static status_t device_write(struct disk *disk, uint64_t first, uint32_t count, const void *bytes)
{
    disk->writes++;
    return disk->device.write(disk->device.self, first, count, bytes);
}

#ifdef PLANTED_NO_FLUSH // the twin that forgets its barriers: the power-cut test must find lost
                        // changes
static status_t device_flush(struct disk *disk)
{
    disk->flushes++;
    return OK;
}
#else
static status_t device_flush(struct disk *disk)
{
    disk->flushes++;
    return disk->device.flush(disk->device.self);
}
#endif

status_t disk_mount(struct disk *disk, const struct disk_device *device)
{
    memset(disk, 0, sizeof *disk);
    disk->device = *device;
    disk->random = disk_seal(&device->seed, sizeof device->seed, 1);
    if (device->sector_count < DISK_SECTORS_MIN) {
        disk->message = "the device is too small to hold a store";
        return ERR_TOO_LARGE;
    }
    struct layout layout;
    status_t status = superblock_load(disk, &layout);
    if (status == ERR_NOT_FOUND) {
        status = superblock_format(disk, &layout);
    }
    if (status < 0) {
        return status;
    }
    disk->journal.first = layout.journal_first;
    disk->journal.capacity = layout.journal_sectors * DISK_SECTOR_BYTES;
    disk->journal.size = disk->journal.capacity;
    disk->data.first = layout.data_first;
    disk->data.capacity = align_down(layout.data_sectors * DISK_SECTOR_BYTES, DISK_PAGE_BYTES);
    memcpy(disk->id, layout.id, sizeof disk->id);
    status = disk_reload(disk);
    if (status == OK) {
        status = random_stir(disk);
    }
    return status < 0 ? status : disk_vfs_register(disk);
}

// The journal's salt must differ from that of every transaction whose records may still lie in it,
// also when two starts got the same seed: what lies there is mixed in.
static status_t random_stir(struct disk *disk)
{
    struct disk_area *journal = &disk->journal; // its run is unused before the first write
    uint32_t count = DISK_RUN_BYTES / DISK_SECTOR_BYTES;
    if (device_read(disk, journal->first, count, journal->run) < 0) {
        return ERR_IO;
    }
    disk->random = disk_seal(journal->run, DISK_RUN_BYTES, disk->random);
    return OK;
}

void disk_unmount(struct disk *disk)
{
    if (disk->vfs.zName != NULL) {
        sqlite3_vfs_unregister(&disk->vfs);
    }
    memset(&disk->vfs, 0, sizeof disk->vfs);
}

// The database's own header tells its length: page count at offset 28, big endian. A header torn by
// a power cut has a journal to repair it from, which cuts the file to the length it had; one that
// is damaged fails its seal when read.
status_t disk_reload(struct disk *disk)
{
    struct disk_area *data = &disk->data;
    disk->journal.run_size = data->run_size = 0;
    disk->journal.run_dirty = data->run_dirty = false;
    uint8_t head[DISK_SECTOR_BYTES];
    status_t status = device_read(disk, data->first, 1, head);
    if (status < 0) {
        return ERR_IO;
    }
    struct reader reader = reader_of(head + 28, 4);
    uint64_t pages = reader_be32(&reader);
    bool present = memcmp(head, "SQLite format 3", 16) == 0;
    data->size = present ? min_u64(pages * DISK_PAGE_BYTES, data->capacity) : 0;
    return OK;
}

status_t area_read(struct disk *disk, struct disk_area *area, uint64_t offset, void *bytes,
                   uint32_t size)
{
    if (offset > area->capacity || size > area->capacity - offset) {
        return ERR_IO;
    }
    uint64_t run_end = area->run_start + area->run_size;
    if (area->run_dirty && offset < run_end && offset + size > area->run_start) {
        status_t status = run_write(disk, area);
        if (status < 0) {
            return status;
        }
    }
    uint8_t *out = bytes;
    while (size > 0) {
        uint64_t sector = area->first + offset / DISK_SECTOR_BYTES;
        uint32_t skip = offset % DISK_SECTOR_BYTES;
        uint32_t part = (uint32_t)min_u64(size, DISK_RUN_BYTES);
        uint8_t bounce[DISK_SECTOR_BYTES];
        status_t status;
        if (skip == 0 && part >= DISK_SECTOR_BYTES) {
            part -= part % DISK_SECTOR_BYTES;
            status = device_read(disk, sector, part / DISK_SECTOR_BYTES, out);
        } else {
            part = (uint32_t)min_u64(size, DISK_SECTOR_BYTES - skip);
            status = device_read(disk, sector, 1, bounce);
            memcpy(out, bounce + skip, part);
        }
        if (status < 0) {
            return ERR_IO;
        }
        out += part;
        offset += part;
        size -= part;
    }
    return OK;
}

// Starts a run at the sector of `offset`, keeping what stands before it there.
static status_t run_begin(struct disk *disk, struct disk_area *area, uint64_t offset)
{
    status_t status = run_write(disk, area);
    if (status < 0) {
        return status;
    }
    area->run_start = align_down(offset, DISK_SECTOR_BYTES);
    area->run_size = 0;
    if (offset > area->run_start) {
        uint64_t sector = area->first + area->run_start / DISK_SECTOR_BYTES;
        if (device_read(disk, sector, 1, area->run) < 0) {
            return ERR_IO;
        }
        area->run_size = (uint32_t)(offset - area->run_start);
    }
    return OK;
}

status_t area_write(struct disk *disk, struct disk_area *area, uint64_t offset, const void *bytes,
                    uint32_t size)
{
    if (offset > area->capacity || size > area->capacity - offset) {
        return ERR_NO_SPACE;
    }
    const uint8_t *in = bytes;
    while (size > 0) {
        bool joins = offset >= area->run_start && offset <= area->run_start + area->run_size &&
                     offset < area->run_start + DISK_RUN_BYTES;
        status_t status = joins ? OK : run_begin(disk, area, offset);
        if (status < 0) {
            return status;
        }
        uint32_t place = (uint32_t)(offset - area->run_start);
        uint32_t part = (uint32_t)min_u64(size, DISK_RUN_BYTES - place);
        memcpy(area->run + place, in, part);
        area->run_size = (uint32_t)max_u64(area->run_size, place + part);
        area->run_dirty = true;
        in += part;
        offset += part;
        size -= part;
    }
    return OK;
}

// Writes the run; its last sector, when not full, is completed from the medium and stays as the
// start of the next run. After a failure the run is still there and is tried again.
static status_t run_write(struct disk *disk, struct disk_area *area)
{
    if (!area->run_dirty) {
        return OK;
    }
    uint64_t sector = area->first + area->run_start / DISK_SECTOR_BYTES;
    uint32_t tail = area->run_size % DISK_SECTOR_BYTES;
    uint32_t whole = area->run_size - tail;
    if (tail > 0) {
        uint8_t last[DISK_SECTOR_BYTES];
        if (device_read(disk, sector + whole / DISK_SECTOR_BYTES, 1, last) < 0) {
            return ERR_IO;
        }
        memcpy(area->run + area->run_size, last + tail, DISK_SECTOR_BYTES - tail);
    }
    uint32_t count = whole / DISK_SECTOR_BYTES + (tail > 0);
    if (device_write(disk, sector, count, area->run) < 0) {
        return ERR_IO;
    }
    memmove(area->run, area->run + whole, tail);
    area->run_start += whole;
    area->run_size = tail;
    area->run_dirty = false;
    return OK;
}

status_t area_sync(struct disk *disk, struct disk_area *area)
{
    status_t status = run_write(disk, area);
    if (status < 0) {
        return status;
    }
    return device_flush(disk) < 0 ? ERR_IO : OK;
}

status_t disk_page_read(struct disk *disk, uint32_t number, void *bytes)
{
    status_t status =
        area_read(disk, &disk->data, (uint64_t)number * DISK_PAGE_BYTES, bytes, DISK_PAGE_BYTES);
    if (status < 0) {
        return status;
    }
    struct reader reader = reader_of((uint8_t *)bytes + PAGE_SEALED, 8);
    if (reader_le64(&reader) != disk_seal(bytes, PAGE_SEALED, number)) {
        disk->damaged = true;
        return ERR_CORRUPT;
    }
    return OK;
}

status_t disk_page_write(struct disk *disk, uint32_t number, const void *bytes)
{
    memcpy(disk->page, bytes, DISK_PAGE_BYTES - DISK_RESERVE_BYTES);
    memset(disk->page + DISK_PAGE_BYTES - DISK_RESERVE_BYTES, 0, DISK_RESERVE_BYTES);
    struct writer writer = writer_of(disk->page + PAGE_SEALED, 8);
    writer_le64(&writer, disk_seal(disk->page, PAGE_SEALED, number));
    uint64_t offset = (uint64_t)number * DISK_PAGE_BYTES;
    return area_write(disk, &disk->data, offset, disk->page, DISK_PAGE_BYTES);
}

static void superblock_encode(const struct layout *layout, uint64_t sector, uint8_t *out)
{
    memset(out, 0, DISK_SECTOR_BYTES);
    struct writer writer = writer_of(out, DISK_SECTOR_BYTES);
    writer_le64(&writer, SUPERBLOCK_MAGIC);
    writer_le32(&writer, SUPERBLOCK_VERSION);
    writer_le32(&writer, 0); // cipher: none yet
    writer_le64(&writer, layout->sector_count);
    writer_le64(&writer, layout->journal_first);
    writer_le64(&writer, layout->journal_sectors);
    writer_le64(&writer, layout->data_first);
    writer_le64(&writer, layout->data_sectors);
    writer_le32(&writer, DISK_PAGE_BYTES);
    writer_le32(&writer, DISK_RESERVE_BYTES);
    writer_bytes(&writer, layout->id, sizeof layout->id);
    writer = writer_of(out + SUPERBLOCK_SEALED, 8);
    writer_le64(&writer, disk_seal(out, SUPERBLOCK_SEALED, sector));
}

// ERR_NOT_FOUND: no magic; ERR_CORRUPT: ours but damaged; ERR_UNSUPPORTED: a version or cipher we
// do not know.
static status_t superblock_decode(const uint8_t *bytes, uint64_t sector, struct layout *out)
{
    struct reader reader = reader_of(bytes + SUPERBLOCK_SEALED, 8);
    bool sealed = reader_le64(&reader) == disk_seal(bytes, SUPERBLOCK_SEALED, sector);
    reader = reader_of(bytes, SUPERBLOCK_SEALED);
    if (reader_le64(&reader) != SUPERBLOCK_MAGIC) {
        return ERR_NOT_FOUND;
    }
    if (!sealed) {
        return ERR_CORRUPT;
    }
    if (reader_le32(&reader) != SUPERBLOCK_VERSION || reader_le32(&reader) != 0) {
        return ERR_UNSUPPORTED;
    }
    out->sector_count = reader_le64(&reader);
    out->journal_first = reader_le64(&reader);
    out->journal_sectors = reader_le64(&reader);
    out->data_first = reader_le64(&reader);
    out->data_sectors = reader_le64(&reader);
    uint32_t page_bytes = reader_le32(&reader);
    uint32_t reserve_bytes = reader_le32(&reader);
    struct span id = reader_take(&reader, sizeof out->id);
    memcpy(out->id, id.bytes, sizeof out->id);
    uint64_t end = out->sector_count;
    bool sane = page_bytes == DISK_PAGE_BYTES && reserve_bytes == DISK_RESERVE_BYTES &&
                out->journal_first == JOURNAL_FIRST && out->journal_sectors >= JOURNAL_MIN &&
                out->journal_sectors <= JOURNAL_MAX && out->data_first <= end &&
                out->data_first >= out->journal_first + out->journal_sectors &&
                out->data_sectors >= PAGE_SECTORS && out->data_sectors <= end - out->data_first;
    return sane ? OK : ERR_CORRUPT;
}

// Writes copy B, then A, each followed by a barrier: at any instant one of them is whole or there
// is none yet.
static status_t superblock_write(struct disk *disk, const struct layout *layout)
{
    uint8_t bytes[DISK_SECTOR_BYTES];
    for (int copy = 1; copy >= 0; copy--) {
        superblock_encode(layout, copy_sector[copy], bytes);
        if (device_write(disk, copy_sector[copy], 1, bytes) < 0 || device_flush(disk) < 0) {
            return ERR_IO;
        }
    }
    return OK;
}

// Reads both copies, repairs one from the other. ERR_NOT_FOUND: neither has the magic.
static status_t superblock_load(struct disk *disk, struct layout *out)
{
    status_t found[2];
    struct layout layouts[2];
    for (int copy = 0; copy < 2; copy++) {
        uint8_t bytes[DISK_SECTOR_BYTES];
        if (device_read(disk, copy_sector[copy], 1, bytes) < 0) {
            disk->message = "the device cannot be read";
            return ERR_IO;
        }
        found[copy] = superblock_decode(bytes, copy_sector[copy], &layouts[copy]);
    }
    if (found[0] == ERR_NOT_FOUND && found[1] == ERR_NOT_FOUND) {
        return ERR_NOT_FOUND;
    }
    if (found[0] == ERR_UNSUPPORTED || found[1] == ERR_UNSUPPORTED) {
        disk->message = "the store was written by a newer version, or is encrypted";
        return ERR_UNSUPPORTED;
    }
    if (found[0] < 0 && found[1] < 0) {
        disk->message = "both copies of the store's superblock are damaged";
        return ERR_CORRUPT;
    }
    *out = layouts[found[0] < 0 ? 1 : 0];
    if (out->sector_count > disk->device.sector_count) {
        disk->message = "the device is smaller than the store on it";
        return ERR_TOO_LARGE;
    }
    bool repair = found[0] < 0 || found[1] < 0;
    return repair ? superblock_write(disk, out) : OK;
}

// OK if `count` sectors from `first` are all zero, ERR_EXISTS if not.
static status_t zero_check(struct disk *disk, uint64_t first, uint64_t count)
{
    uint8_t *bytes = disk->data.run; // nothing is in it before the mount is complete
    for (uint64_t done = 0; done < count;) {
        uint32_t part = (uint32_t)min_u64(count - done, DISK_RUN_BYTES / DISK_SECTOR_BYTES);
        if (device_read(disk, first + done, part, bytes) < 0) {
            disk->message = "the device cannot be read";
            return ERR_IO;
        }
        for (uint32_t i = 0; i < part * DISK_SECTOR_BYTES; i++) {
            if (bytes[i] != 0) {
                return ERR_EXISTS;
            }
        }
        done += part;
    }
    return OK;
}

static status_t superblock_format(struct disk *disk, struct layout *out)
{
    uint64_t end = disk->device.sector_count;
    status_t status = zero_check(disk, 0, min_u64(end, BLANK_HEAD));
    if (status == OK) {
        status = zero_check(disk, end - min_u64(end, BLANK_TAIL), min_u64(end, BLANK_TAIL));
    }
    if (status == ERR_EXISTS) {
        disk->message = "the device holds something that is not a store: it was left untouched";
    }
    if (status < 0) {
        return status;
    }
    struct layout layout = {.sector_count = end, .journal_first = JOURNAL_FIRST};
    layout.journal_sectors =
        align_down(min_u64(max_u64(end / 16, JOURNAL_MIN), JOURNAL_MAX), PAGE_SECTORS);
    layout.data_first = layout.journal_first + layout.journal_sectors;
    layout.data_sectors = align_down(end - layout.data_first, PAGE_SECTORS);
    for (int half = 0; half < 2; half++) {
        uint64_t part =
            disk_seal(&disk->device.seed, sizeof disk->device.seed, end + (uint64_t)half);
        memcpy(layout.id + 8 * half, &part, sizeof part);
    }
    // What may still lie where journal and database begin, past the part that was checked, must not
    // look like theirs.
    uint8_t zeros[DISK_SECTOR_BYTES] = {0};
    if (device_write(disk, layout.journal_first, 1, zeros) < 0 ||
        device_write(disk, layout.data_first, 1, zeros) < 0 || device_flush(disk) < 0) {
        return ERR_IO;
    }
    status = superblock_write(disk, &layout);
    if (status == OK) {
        *out = layout;
    }
    return status;
}
