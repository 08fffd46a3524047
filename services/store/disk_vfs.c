// SPDX-License-Identifier: Apache-2.0
// What SQLite calls: a sqlite3_vfs with two files, the database and its journal, over one disk.
//
// The journal is never deleted: "exists" always holds, its length is the whole area, and a zero
// first byte means "not in use" (SQLite's own rule, journal_mode=PERSIST). Bytes that an earlier
// transaction left in it are visible, as SQLite expects in that mode: it guards against them
// itself. Locks are no business of ours: one process, one connection.
#include "disk.h"

#include "base/math.h"

#include <stdio.h>
#include <string.h>

// SQLite allocates szOsFile bytes for it.
struct file {
    sqlite3_file base;
    struct disk *disk;
    struct disk_area *area;
};

static struct file *file_of(sqlite3_file *base)
{
    return CONTAINER_OF(base, struct file, base);
}

static int file_close(sqlite3_file *base)
{
    (void)base;
    return SQLITE_OK;
}

static int read_error(status_t status)
{
    return status == ERR_CORRUPT ? SQLITE_IOERR_DATA : SQLITE_IOERR_READ;
}

static int file_read(sqlite3_file *base, void *bytes, int amount, sqlite3_int64 offset)
{
    struct file *file = file_of(base);
    uint64_t at = (uint64_t)offset;
    uint32_t size = (uint32_t)amount;
    if (at >= file->area->size || size > file->area->size - at) {
        uint32_t part = at < file->area->size ? (uint32_t)(file->area->size - at) : 0;
        status_t status =
            area_read(file->disk, file->area, min_u64(at, file->area->size), bytes, part);
        memset((uint8_t *)bytes + part, 0, size - part);
        return status < 0 ? read_error(status) : SQLITE_IOERR_SHORT_READ;
    }
    status_t status;
    if (file->area == &file->disk->data && size == DISK_PAGE_BYTES && at % DISK_PAGE_BYTES == 0) {
        status = disk_page_read(file->disk, (uint32_t)(at / DISK_PAGE_BYTES), bytes);
    } else {
        status = area_read(file->disk, file->area, at, bytes, size);
    }
    return status < 0 ? read_error(status) : SQLITE_OK;
}

static int file_write(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 offset)
{
    struct file *file = file_of(base);
    uint64_t at = (uint64_t)offset;
    status_t status;
    if (file->area == &file->disk->journal) {
        status = area_write(file->disk, file->area, at, bytes, (uint32_t)amount);
    } else if (amount == (int)DISK_PAGE_BYTES && at % DISK_PAGE_BYTES == 0) {
        status = disk_page_write(file->disk, (uint32_t)(at / DISK_PAGE_BYTES), bytes);
    } else {
        status = ERR_INVALID; // the database is written in whole pages only
    }
    if (status < 0) {
        return status == ERR_NO_SPACE ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    file->area->size = max_u64(file->area->size, at + (uint32_t)amount);
    return SQLITE_OK;
}

// The database's length stands in its first page, which SQLite rewrites itself, except when a first
// transaction is rolled back to an empty file: then the page must go. Cutting the journal to
// nothing is ending it; its length stays.
static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *file = file_of(base);
    static const uint8_t zeros[DISK_SECTOR_BYTES];
    if (size == 0 && area_write(file->disk, file->area, 0, zeros, sizeof zeros) < 0) {
        return SQLITE_IOERR_TRUNCATE;
    }
    if (file->area == &file->disk->data) {
        file->area->size = min_u64(file->area->size, (uint64_t)size);
    }
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct file *file = file_of(base);
    (void)flags;
    return area_sync(file->disk, file->area) < 0 ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out_size)
{
    *out_size = (sqlite3_int64)file_of(base)->area->size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out_reserved)
{
    (void)base;
    *out_reserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return DISK_SECTOR_BYTES;
}

// A write never disturbs bytes beside it, as sectors are atomic and partial ones are completed from
// the medium.
static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_ATOMIC512;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                    int *out_flags)
{
    struct disk *disk = CONTAINER_OF(vfs, struct disk, vfs);
    struct file *file = file_of(base);
    memset(file, 0, sizeof *file);
    (void)name;
    if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL)) == 0) {
        return SQLITE_CANTOPEN; // temporary things stay in memory
    }
    file->disk = disk;
    file->area = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? &disk->data : &disk->journal;
    file->base.pMethods = &methods;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

// Only the journal is ever deleted: its first sector is zeroed.
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    struct disk *disk = CONTAINER_OF(vfs, struct disk, vfs);
    static const uint8_t zeros[DISK_SECTOR_BYTES];
    (void)name;
    (void)sync_directory;
    if (area_write(disk, &disk->journal, 0, zeros, sizeof zeros) < 0 ||
        area_sync(disk, &disk->journal) < 0) {
        return SQLITE_IOERR_DELETE;
    }
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out_exists)
{
    (void)vfs;
    (void)flags;
    // The database and "…-journal" exist; a write-ahead log left by somebody else does not.
    size_t length = strlen(name);
    *out_exists = length < 4 || strcmp(name + length - 4, "-wal") != 0;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    struct disk *disk = CONTAINER_OF(vfs, struct disk, vfs);
    for (int i = 0; i < size; i++) {
        disk->random = disk_seal(&disk->random, sizeof disk->random, 2);
        out[i] = (char)(disk->random >> 24);
    }
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

// No statement of ours asks for the time of day.
static int vfs_time(sqlite3_vfs *vfs, double *out_days)
{
    (void)vfs;
    *out_days = 2461041.5; // 2026-01-01, as a Julian day
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

status_t disk_vfs_register(struct disk *disk)
{
    snprintf(disk->vfs_name, sizeof disk->vfs_name, "disk-%llx", (unsigned long long)disk->random);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct file),
        .mxPathname = 64,
        .zName = disk->vfs_name,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    if (sqlite3_vfs_register(&disk->vfs, 1) != SQLITE_OK) {
        disk->vfs.zName = NULL;
        return ERR_NO_MEMORY;
    }
    return OK;
}

// SQLite is built for "another operating system" and calls these two. It wants some layer to exist
// before the first disk is mounted, so there is one that opens nothing.
static int none_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                     int *out_flags)
{
    (void)vfs;
    (void)name;
    (void)flags;
    (void)out_flags;
    base->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static sqlite3_vfs none = {
    .iVersion = 1,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 64,
    .zName = "none",
    .xOpen = none_open,
    .xFullPathname = vfs_full_path,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
};

int sqlite3_os_init(void)
{
    return sqlite3_vfs_register(&none, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}
