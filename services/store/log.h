// SPDX-License-Identifier: Apache-2.0
// What the store keeps: for every client a space of its own with update logs (records numbered from
// 1, appended in transactions) and small named values, as tables of one SQLite database on a disk.
// Every function is one transaction: when it answered OK the change is on the medium, when it did
// not nothing of it is there (after ERR_IO it may be there whole). One thread. Knows no IPC: the
// caller passes who asks as a number and where bytes lie as pointers.
//
// Damage: the first page that fails its check makes the log read-only (log_status tells); what can
// be read still is.
#pragma once

#include "disk.h"

#include "base/codec.h"

#define LOG_ID_BYTES       16u
#define LOG_KEY_MAX        64u   // bytes, NUL included
#define LOG_VALUE_MAX      2048u // bytes
#define LOG_RECORD_HEAD    12u   // number u64 and size u32 before each record that log_read writes
#define LOG_STATEMENTS_MAX 24u
#define LOG_NUMBER_MAX     ((1ll << 40) - 1)
#define LOG_APPEND_HEAD    20u // id[16] and size u32 before each record that log_append reads

// Bounds; zero means the default.
struct log_options {
    uint32_t cache_kib;      // SQLite's page cache, default 512
    uint32_t heap_bytes_max; // all of SQLite's memory, default 2 MiB: beyond it ERR_NO_MEMORY
};

struct log {
    struct disk *disk; // borrowed
    struct log_options options;
    sqlite3 *database; // NULL after an error, until the next call opens it again
    sqlite3_stmt *statements[LOG_STATEMENTS_MAX]; // log_db.h names them
    status_t damage;                              // OK, or why it is read-only
    bool sweeping; // records below some log's floor may still lie there
};

struct log_client_id {
    uint64_t client;      // who asks
    const uint8_t *bytes; // LOG_ID_BYTES
};

struct log_read_result {
    uint32_t size_bytes;   // written to the buffer
    uint32_t record_count; // whole records in it
    uint64_t last;         // number of the last of them; 0 when none
};

struct log_usage {
    uint64_t used_bytes, free_bytes;
    status_t damage;
};

// Opens, and on an empty disk creates, the database on a mounted disk. On error the log is still
// valid: every call tries to open again and answers that error while it cannot. ERR_NO_MEMORY,
// ERR_IO, ERR_CORRUPT, ERR_UNSUPPORTED (a newer schema).
status_t log_open(struct log *log, struct disk *disk, const struct log_options *options);

// Closes the database; accepts a zeroed log.
void log_close(struct log *log);

// Appends the records in `bytes` (id[16] | u32 size | bytes, one after another), all or none.
// `*out_last`: the number of the last one. ERR_BAD_MESSAGE (not whole records, or none),
// ERR_NO_SPACE, ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY.
status_t log_append(struct log *log, uint64_t client, struct span bytes, uint64_t *out_last);

// Writes records numbered above `after` to `out` (number u64 | size u32 | bytes), as many whole
// ones as fit in `out->size`. An absent log has no records. ERR_TOO_LARGE (the first does not fit),
// ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY.
struct log_target {
    uint8_t *bytes;
    uint32_t size;
};
status_t log_read(struct log *log, struct log_client_id id, uint64_t after,
                  struct log_target target, struct log_read_result *out);

// Replaces all records up to and including `upto` by one, numbered `upto`. ERR_INVALID (`upto` is 0
// or above the last number), ERR_NOT_FOUND (no such log), and as log_append.
status_t log_compact(struct log *log, struct log_client_id id, uint64_t upto, struct span bytes);

// Deletes the log; one that is absent is no error.
status_t log_remove(struct log *log, struct log_client_id id);

// The client's log ids in ascending order above `id.bytes`, LOG_ID_BYTES each, as many as fit.
status_t log_list(struct log *log, struct log_client_id id, struct log_target target,
                  uint32_t *out_count);

// A named value; `key` is NUL-terminated and shorter than LOG_KEY_MAX. get: ERR_NOT_FOUND,
// ERR_TOO_LARGE (does not fit in target). put: an empty value deletes; ERR_INVALID (empty key),
// ERR_TOO_LARGE, and as log_append.
status_t log_get(struct log *log, uint64_t client, const char *key, struct log_target target,
                 uint32_t *out_size);
status_t log_put(struct log *log, uint64_t client, const char *key, struct span bytes);

// Space and health. Fails only if the database cannot be opened, and then still fills `damage`.
status_t log_status(struct log *log, struct log_usage *out);

// Frees one portion of what compaction and removal left behind, in a transaction of its own; OK
// when nothing is left, 1 when there is more. Writes do the same along the way.
status_t log_sweep(struct log *log);
