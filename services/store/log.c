// SPDX-License-Identifier: Apache-2.0
// The log's operations as transactions of prepared statements. Every writing function reads
//
//     status = change_begin(log);
//     if (status == OK) status = …;         // statements
//     return change_end(log, status);       // commits, or rolls back and passes the error on
//
// Freeing what compaction and removal leave behind is spread over later changes, so that no
// transaction outgrows the journal: readers cannot see it from the first moment.
#include "log_db.h"

#include "base/math.h"

#include <string.h>

#define NUMBER_BITS    40
#define SWEEP_MAX      256u                          // records freed by one change
#define SWEEP_SHARE    (8u * (DISK_PAGE_BYTES + 8u)) // journal bytes that freeing a record may need
#define CLIENT(number) ((sqlite3_int64)(number))

// A log as found in its table.
struct place {
    int64_t log;   // 0: none yet
    int64_t floor; // the lowest number that readers see
    int64_t last;  // the highest number, 0 when empty
};

static int64_t key_of(const struct place *place, int64_t number)
{
    return (int64_t)((uint64_t)place->log << NUMBER_BITS) | number;
}

static status_t sweep_step(struct log *log);

static status_t change_begin(struct log *log)
{
    status_t status = log_ready(log, true);
    return status < 0 ? status : log_run(log, log_statement(log, LOG_BEGIN));
}

static status_t change_end(struct log *log, status_t status)
{
    if (status == OK && log->sweeping) {
        status = min_i32(sweep_step(log), OK);
    }
    if (status == OK) {
        return log_run(log, log_statement(log, LOG_COMMIT));
    }
    if (log->database != NULL && !sqlite3_get_autocommit(log->database)) {
        log_run(log,
                log_statement(log, LOG_ROLLBACK)); // on failure it closed, which rolls back, too
    }
    return status;
}

// The number of the log's last record, so the next one's minus one.
static status_t place_last(struct log *log, struct place *place)
{
    sqlite3_stmt *find = log_statement(log, LOG_LAST);
    sqlite3_bind_int64(find, 1, key_of(place, 0));
    sqlite3_bind_int64(find, 2, key_of(place, LOG_NUMBER_MAX));
    status_t status = log_step(log, find);
    if (status == 1) {
        place->last = sqlite3_column_int64(find, 0) & LOG_NUMBER_MAX;
        sqlite3_reset(find);
    }
    return min_i32(status, OK);
}

// Finds a log; place->log stays 0 when it is absent.
static status_t place_find(struct log *log, struct log_client_id id, struct place *out)
{
    *out = (struct place){0};
    sqlite3_stmt *find = log_statement(log, LOG_FIND);
    sqlite3_bind_int64(find, 1, CLIENT(id.client));
    sqlite3_bind_blob(find, 2, id.bytes, LOG_ID_BYTES, SQLITE_STATIC);
    status_t status = log_step(log, find);
    if (status != 1) {
        return status;
    }
    out->log = sqlite3_column_int64(find, 0);
    out->floor = sqlite3_column_int64(find, 1);
    sqlite3_reset(find);
    return place_last(log, out);
}

static status_t place_find_or_create(struct log *log, struct log_client_id id, struct place *out)
{
    status_t status = place_find(log, id, out);
    if (status < 0 || out->log != 0) {
        return status;
    }
    sqlite3_stmt *create = log_statement(log, LOG_CREATE);
    sqlite3_bind_int64(create, 1, CLIENT(id.client));
    sqlite3_bind_blob(create, 2, id.bytes, LOG_ID_BYTES, SQLITE_STATIC);
    status = log_run(log, create);
    if (status == OK) {
        out->log = sqlite3_last_insert_rowid(log->database);
        out->floor = 1;
    }
    return status;
}

// Moves the bytes of a record that is too large for SQLite's memory, page by page, into the room
// made for it.
static status_t record_fill(struct log *log, int64_t key, struct span bytes)
{
    sqlite3_blob *blob = NULL;
    int code = sqlite3_blob_open(log->database, "main", "records", "bytes", key, 1, &blob);
    if (code == SQLITE_OK) {
        code = sqlite3_blob_write(blob, bytes.bytes, (int)bytes.size, 0);
    }
    int closed = sqlite3_blob_close(blob);
    code = code == SQLITE_OK ? closed : code;
    return code == SQLITE_OK ? OK : log_failed(log, sqlite3_extended_errcode(log->database));
}

static status_t record_insert(struct log *log, int64_t key, struct span bytes)
{
    bool whole = bytes.size <= LOG_INLINE_MAX;
    sqlite3_stmt *insert = log_statement(log, LOG_INSERT);
    sqlite3_bind_int64(insert, 1, key);
    if (whole) {
        // An empty value is an empty blob, not NULL, whatever the pointer is.
        sqlite3_bind_blob(insert, 2, bytes.size > 0 ? (const void *)bytes.bytes : "",
                          (int)bytes.size, SQLITE_STATIC);
    } else {
        sqlite3_bind_zeroblob(insert, 2, (int)bytes.size);
    }
    status_t status = log_run(log, insert);
    return status < 0 || whole ? status : record_fill(log, key, bytes);
}

static status_t append_all(struct log *log, uint64_t client, struct reader *reader,
                           uint64_t *out_last)
{
    struct place place = {0};
    uint8_t id[LOG_ID_BYTES];    // copies: the client may change its bytes meanwhile
    uint8_t known[LOG_ID_BYTES]; // whose place that is, once place.log is set
    while (reader_left(reader) > 0) {
        struct span named = reader_take(reader, LOG_ID_BYTES);
        struct span bytes = reader_take(reader, reader_le32(reader));
        if (!reader_ok(reader)) {
            return ERR_BAD_MESSAGE;
        }
        memcpy(id, named.bytes, sizeof id);
        bool same = place.log != 0 && memcmp(known, id, sizeof id) == 0;
        struct log_client_id who = {.client = client, .bytes = id};
        status_t status = same ? OK : place_find_or_create(log, who, &place);
        if (status == OK && place.last == LOG_NUMBER_MAX) {
            status = ERR_FULL;
        }
        if (status == OK) {
            status = record_insert(log, key_of(&place, place.last + 1), bytes);
        }
        if (status < 0) {
            return status;
        }
        place.last++;
        memcpy(known, id, sizeof known);
    }
    *out_last = (uint64_t)place.last;
    return OK;
}

status_t log_append(struct log *log, uint64_t client, struct span bytes, uint64_t *out_last)
{
    if (bytes.size == 0) {
        return ERR_BAD_MESSAGE;
    }
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    uint64_t last = 0;
    status_t status = change_begin(log);
    if (status == OK) {
        status = append_all(log, client, &reader, &last);
    }
    status = change_end(log, status);
    if (status == OK) {
        *out_last = last;
    }
    return status;
}

// Copies the row's bytes to `out`; large ones are read piece by piece.
static status_t record_copy(struct log *log, sqlite3_stmt *row, uint8_t *out, uint32_t size)
{
    if (size <= LOG_INLINE_MAX) {
        const void *bytes = sqlite3_column_blob(row, 2);
        if (size > 0 && bytes == NULL) {
            return log_failed(log, SQLITE_NOMEM);
        }
        if (size > 0) {
            memcpy(out, bytes, size);
        }
        return OK;
    }
    sqlite3_blob *blob = NULL;
    int64_t key = sqlite3_column_int64(row, 0);
    int code = sqlite3_blob_open(log->database, "main", "records", "bytes", key, 0, &blob);
    if (code == SQLITE_OK) {
        code = sqlite3_blob_read(blob, out, (int)size, 0);
    }
    if (code != SQLITE_OK) {
        code = sqlite3_extended_errcode(log->database);
    }
    sqlite3_blob_close(blob);
    return code == SQLITE_OK ? OK : log_failed(log, code);
}

// Writes the rows that fit; the first that does not ends it.
static status_t read_rows(struct log *log, sqlite3_stmt *rows, struct log_target target,
                          struct log_read_result *out)
{
    struct writer writer = writer_of(target.bytes, target.size);
    status_t status;
    while ((status = log_step(log, rows)) == 1) {
        uint32_t size = (uint32_t)sqlite3_column_int(rows, 1);
        uint32_t left = target.size - (uint32_t)writer.size;
        if (left < LOG_RECORD_HEAD || size > left - LOG_RECORD_HEAD) {
            sqlite3_reset(rows);
            status = out->record_count > 0 ? OK : ERR_TOO_LARGE;
            break;
        }
        uint64_t number = (uint64_t)sqlite3_column_int64(rows, 0) & LOG_NUMBER_MAX;
        writer_le64(&writer, number);
        writer_le32(&writer, size);
        status = record_copy(log, rows, target.bytes + writer.size, size);
        if (status < 0) {
            break;
        }
        writer.size += size;
        out->record_count++;
        out->last = number;
    }
    out->size_bytes = (uint32_t)writer.size;
    return status;
}

status_t log_read(struct log *log, struct log_client_id id, uint64_t after,
                  struct log_target target, struct log_read_result *out)
{
    struct log_read_result result = {0};
    struct place place = {0};
    status_t status = log_ready(log, false);
    if (status == OK) {
        status = place_find(log, id, &place);
    }
    if (status == OK && place.log != 0 && after < (uint64_t)place.last) {
        sqlite3_stmt *rows = log_statement(log, LOG_READ);
        uint64_t from = max_u64(after, (uint64_t)place.floor - 1);
        sqlite3_bind_int64(rows, 1, key_of(&place, (int64_t)from));
        sqlite3_bind_int64(rows, 2, key_of(&place, LOG_NUMBER_MAX));
        status = read_rows(log, rows, target, &result);
    }
    if (status == OK) {
        *out = result;
    }
    return status;
}

// One attempt. Freeing before inserting is for a full disk only: pages freed and used again within
// one transaction go through the journal.
static status_t compact(struct log *log, struct log_client_id id, uint64_t upto, struct span bytes,
                        bool free_first)
{
    struct place place;
    status_t status = place_find(log, id, &place);
    if (status < 0) {
        return status;
    }
    if (place.log == 0) {
        return ERR_NOT_FOUND;
    }
    if (upto > (uint64_t)place.last || upto < (uint64_t)place.floor) {
        return ERR_INVALID;
    }
    sqlite3_stmt *raise = log_statement(log, LOG_RAISE);
    sqlite3_bind_int64(raise, 1, place.log);
    sqlite3_bind_int64(raise, 2, (int64_t)upto);
    status = log_run(log, raise);
    log->sweeping = true;
    if (status == OK && free_first) {
        status = min_i32(sweep_step(log), OK);
    }
    return status < 0 ? status : record_insert(log, key_of(&place, (int64_t)upto), bytes);
}

status_t log_compact(struct log *log, struct log_client_id id, uint64_t upto, struct span bytes)
{
    status_t status = ERR_NO_SPACE;
    for (int attempt = 0; attempt < 2 && status == ERR_NO_SPACE; attempt++) {
        status = change_begin(log);
        if (status == OK) {
            status = compact(log, id, upto, bytes, attempt > 0);
        }
        status = change_end(log, status);
    }
    return status;
}

status_t log_remove(struct log *log, struct log_client_id id)
{
    struct place place = {0};
    status_t status = change_begin(log);
    if (status == OK) {
        status = place_find(log, id, &place);
    }
    if (status == OK && place.log != 0) {
        sqlite3_stmt *forget = log_statement(log, LOG_FORGET);
        sqlite3_bind_int64(forget, 1, place.log);
        log->sweeping = true;
        status = log_run(log, forget);
    }
    return change_end(log, status);
}

// Frees one portion: 1 when there may be more, OK when nothing is left.
static status_t sweep_step(struct log *log)
{
    sqlite3_stmt *find = log_statement(log, LOG_SWEEP_FIND);
    status_t status = log_step(log, find);
    if (status != 1) {
        log->sweeping = status < 0;
        return status;
    }
    struct place place = {.log = sqlite3_column_int64(find, 0),
                          .floor = sqlite3_column_int64(find, 1)};
    bool forgotten = sqlite3_column_int(find, 2) != 0;
    sqlite3_reset(find);
    uint64_t portion = min_u64(max_u64(log->disk->journal.capacity / SWEEP_SHARE, 1), SWEEP_MAX);
    sqlite3_stmt *sweep = log_statement(log, LOG_SWEEP_RECORDS);
    sqlite3_bind_int64(sweep, 1, key_of(&place, 0));
    sqlite3_bind_int64(
        sweep, 2, forgotten ? key_of(&place, LOG_NUMBER_MAX) + 1 : key_of(&place, place.floor));
    sqlite3_bind_int64(sweep, 3, (int64_t)portion);
    status = log_run(log, sweep);
    if (status < 0 || (uint64_t)sqlite3_changes(log->database) == portion) {
        return status < 0 ? status : 1;
    }
    sqlite3_stmt *done = log_statement(log, forgotten ? LOG_SWEEP_DROP : LOG_SWEEP_DONE);
    sqlite3_bind_int64(done, 1, place.log);
    status = log_run(log, done);
    return status < 0 ? status : 1;
}

status_t log_sweep(struct log *log)
{
    if (!log->sweeping) {
        return OK;
    }
    status_t status = change_begin(log);
    status = change_end(log, status);
    return status < 0 ? status : log->sweeping;
}

status_t log_list(struct log *log, struct log_client_id id, struct log_target target,
                  uint32_t *out_count)
{
    status_t status = log_ready(log, false);
    if (status < 0) {
        return status;
    }
    sqlite3_stmt *rows = log_statement(log, LOG_LIST);
    sqlite3_bind_int64(rows, 1, CLIENT(id.client));
    sqlite3_bind_blob(rows, 2, id.bytes, LOG_ID_BYTES, SQLITE_STATIC);
    uint32_t count = 0;
    uint32_t count_max = target.size / LOG_ID_BYTES;
    while (count < count_max && (status = log_step(log, rows)) == 1) {
        const void *bytes = sqlite3_column_blob(rows, 0);
        if (bytes == NULL || sqlite3_column_bytes(rows, 0) != LOG_ID_BYTES) {
            return log_failed(log, bytes == NULL ? SQLITE_NOMEM : SQLITE_CORRUPT);
        }
        memcpy(target.bytes + (size_t)count * LOG_ID_BYTES, bytes, LOG_ID_BYTES);
        count++;
    }
    if (status < 0) {
        return status;
    }
    sqlite3_reset(rows);
    *out_count = count;
    return OK;
}

status_t log_get(struct log *log, uint64_t client, const char *key, struct log_target target,
                 uint32_t *out_size)
{
    status_t status = log_ready(log, false);
    if (status < 0) {
        return status;
    }
    sqlite3_stmt *find = log_statement(log, LOG_VALUE_GET);
    sqlite3_bind_int64(find, 1, CLIENT(client));
    sqlite3_bind_text(find, 2, key, -1, SQLITE_STATIC);
    status = log_step(log, find);
    if (status != 1) {
        return status < 0 ? status : ERR_NOT_FOUND;
    }
    const void *bytes = sqlite3_column_blob(find, 0);
    uint32_t size = (uint32_t)sqlite3_column_bytes(find, 0);
    if (bytes == NULL) {
        return log_failed(log, SQLITE_NOMEM);
    }
    status = size > target.size ? ERR_TOO_LARGE : OK;
    if (status == OK) {
        memcpy(target.bytes, bytes, size);
        *out_size = size;
    }
    sqlite3_reset(find);
    return status;
}

status_t log_put(struct log *log, uint64_t client, const char *key, struct span bytes)
{
    if (key[0] == '\0') {
        return ERR_INVALID;
    }
    if (bytes.size > LOG_VALUE_MAX || strlen(key) >= LOG_KEY_MAX) {
        return ERR_TOO_LARGE;
    }
    status_t status = change_begin(log);
    if (status == OK) {
        sqlite3_stmt *put = log_statement(log, bytes.size > 0 ? LOG_VALUE_PUT : LOG_VALUE_DELETE);
        sqlite3_bind_int64(put, 1, CLIENT(client));
        sqlite3_bind_text(put, 2, key, -1, SQLITE_STATIC);
        if (bytes.size > 0) {
            sqlite3_bind_blob(put, 3, bytes.bytes, (int)bytes.size, SQLITE_STATIC);
        }
        status = log_run(log, put);
    }
    return change_end(log, status);
}

static status_t pages_count(struct log *log, enum log_statement which, uint64_t *out)
{
    sqlite3_stmt *count = log_statement(log, which);
    status_t status = log_step(log, count);
    if (status == 1) {
        *out = (uint64_t)sqlite3_column_int64(count, 0);
        sqlite3_reset(count);
    }
    return min_i32(status, OK);
}

status_t log_status(struct log *log, struct log_usage *out)
{
    uint64_t pages = 0;
    uint64_t free_pages = 0;
    status_t status = log_ready(log, false);
    if (status == OK) {
        status = pages_count(log, LOG_PAGES, &pages);
    }
    if (status == OK) {
        status = pages_count(log, LOG_FREE_PAGES, &free_pages);
    }
    out->damage = log->damage;
    out->used_bytes = (pages - free_pages) * DISK_PAGE_BYTES;
    out->free_bytes = log->disk->data.capacity - out->used_bytes;
    return status;
}
