// SPDX-License-Identifier: Apache-2.0
// The file layer below SQLite: exactly one database and its rollback journal on a raw block device.
//
//     sector 0     8     16                    journal_sectors later
//     +------+-----+-----+---------------------+---------------------------------- - - -+
//     | copy A | copy B  | journal (fixed)     | database pages, growing to the end     |
//     +------+-----+-----+---------------------+---------------------------------- - - -+
//
// The two copies of the superblock are written once, when a blank device is formatted. No size is
// stored: the journal is the whole area (its first byte says whether it is in use) and the
// database's length stands in its own header, which the journal protects. Every database page ends
// in a seal that is checked when the page is read. All that is assumed of the device: a 512-byte
// sector is written whole or not at all, and flush is a barrier. Byte-exact: see
// docs/protocols/store-layout.md. One thread. Knows no IPC: the device is a table of functions.
#pragma once

#include "abi/errors.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR_BYTES  512u
#define DISK_PAGE_BYTES    4096u
#define DISK_RESERVE_BYTES 40u    // of each page: nonce[24] and tag[16], where the cipher will live
#define DISK_RUN_BYTES     32768u // neighbouring writes are joined up to this
#define DISK_SECTORS_MIN   512u   // 256 KiB: less is refused
#define DISK_VFS_NAME_MAX  32u

// The block device below; all functions return status_t and block. `count` sectors never exceed
// DISK_RUN_BYTES.
struct disk_device {
    status_t (*read)(void *self, uint64_t first, uint32_t count, void *bytes);
    status_t (*write)(void *self, uint64_t first, uint32_t count, const void *bytes);
    status_t (*flush)(void *self); // every write that was answered is on the medium
    void *self;
    uint64_t sector_count;
    uint64_t seed; // another one at every start: salts the journal's checksums and names a new disk
};

// One file: a range of the device, and the run of neighbouring bytes not yet written.
struct disk_area {
    uint64_t first;     // device sector
    uint64_t capacity;  // bytes
    uint64_t size;      // bytes of the file
    uint64_t run_start; // bytes from the area's start, whole sectors
    uint32_t run_size;  // bytes of `run` in use
    bool run_dirty;
    uint8_t run[DISK_RUN_BYTES];
};

struct disk {
    struct disk_device device;
    struct disk_area journal, data;
    uint8_t id[16];
    uint64_t random;                 // state of the generator behind the journal's salt
    const char *message;             // why disk_mount refused, for a person; NULL when it did not
    bool damaged;                    // a seal did not match since mount
    uint64_t reads, writes, flushes; // device operations, for measurements
    uint8_t page[DISK_PAGE_BYTES];
    char vfs_name[DISK_VFS_NAME_MAX];
    sqlite3_vfs vfs;
};

// Reads or, on a blank device, writes the superblock. `disk` (caller's memory, about 70 KiB) must
// stay in place until disk_unmount. Errors: ERR_TOO_LARGE (fewer sectors than DISK_SECTORS_MIN, or
// than the superblock says: `message` tells), ERR_EXISTS (neither blank nor ours: left untouched),
// ERR_CORRUPT (both copies damaged), ERR_UNSUPPORTED (a newer version, or encrypted), ERR_IO. On
// success the layer is registered with SQLite under `vfs_name`.
status_t disk_mount(struct disk *disk, const struct disk_device *device);

// Forgets it; nothing is written. Accepts a zeroed or refused disk.
void disk_unmount(struct disk *disk);

// Forgets unwritten bytes and takes the database's length from the medium again, as after a start:
// for reopening the database after an error. ERR_IO.
status_t disk_reload(struct disk *disk);

// Random access to an area, in bytes; what lies beyond what was ever written reads as the medium
// has it. Writing may be delayed until area_sync. Errors: ERR_IO, ERR_NO_SPACE beyond the area's
// capacity (nothing is written).
status_t area_read(struct disk *disk, struct disk_area *area, uint64_t offset, void *bytes,
                   uint32_t size);
status_t area_write(struct disk *disk, struct disk_area *area, uint64_t offset, const void *bytes,
                    uint32_t size);

// Everything written to the area is on the medium. ERR_IO.
status_t area_sync(struct disk *disk, struct disk_area *area);

// One database page, sealed and unsealed; `number` counts from 0. `bytes` are DISK_PAGE_BYTES.
// page_read: ERR_CORRUPT (the seal does not match: `damaged` is set), ERR_IO; page_write: ERR_IO,
// ERR_NO_SPACE.
status_t disk_page_read(struct disk *disk, uint32_t number, void *bytes);
status_t disk_page_write(struct disk *disk, uint32_t number, const void *bytes);

// The checksum of pages and superblocks: `size` is a multiple of 8; a change in any one word is
// always seen.
uint64_t disk_seal(const void *bytes, size_t size, uint64_t salt);

// disk_vfs.c: fills disk->vfs and registers it. ERR_NO_MEMORY.
status_t disk_vfs_register(struct disk *disk);
