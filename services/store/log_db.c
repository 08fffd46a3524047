// SPDX-License-Identifier: Apache-2.0
// Opening the database: settings, schema, prepared statements; and errors.
//
// Settings that durability rests on: synchronous=FULL (every barrier), journal_mode=PERSIST (the
// journal's place is fixed) and locking_mode=EXCLUSIVE (one connection, so nothing is read again
// between transactions). 40 bytes of every page stay out of SQLite's reach: the disk keeps its seal
// there.
#include "log_db.h"

#include "base/math.h"

#define SCHEMA_VERSION 1
#define CACHE_KIB      512u
#define HEAP_BYTES     (2u << 20)

// A record's key is its log in the high bits and its number in the low 40, so appending touches one
// leaf of one tree. A log's records below `floor` are gone for every reader; `sweep` says that some
// may still lie there. A removed log has no client, and lives until it is swept.
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE logs(log INTEGER PRIMARY KEY AUTOINCREMENT, client INTEGER, id BLOB,"
    " floor INTEGER NOT NULL, sweep INTEGER NOT NULL, UNIQUE(client, id));"
    "CREATE INDEX logs_sweep ON logs(log) WHERE sweep = 1;"
    "CREATE TABLE records(key INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE named(client INTEGER, key TEXT, bytes BLOB NOT NULL, PRIMARY KEY(client, key))"
    " WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT";

static const char *const sources[LOG_STATEMENT_COUNT] = {
    [LOG_BEGIN] = "BEGIN IMMEDIATE",
    [LOG_COMMIT] = "COMMIT",
    [LOG_ROLLBACK] = "ROLLBACK",
    [LOG_FIND] = "SELECT log, floor FROM logs WHERE client = ?1 AND id = ?2",
    [LOG_CREATE] = "INSERT INTO logs(client, id, floor, sweep) VALUES(?1, ?2, 1, 0)",
    [LOG_LAST] = "SELECT key FROM records WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1",
    [LOG_INSERT] = "INSERT OR REPLACE INTO records(key, bytes) VALUES(?1, ?2)",
    [LOG_READ] = "SELECT key, length(bytes), CASE WHEN length(bytes) <= 16384 THEN bytes END"
                 " FROM records WHERE key > ?1 AND key <= ?2 ORDER BY key",
    [LOG_RAISE] = "UPDATE logs SET floor = ?2, sweep = 1 WHERE log = ?1",
    [LOG_FORGET] = "UPDATE logs SET client = NULL, id = NULL, sweep = 1 WHERE log = ?1",
    [LOG_SWEEP_FIND] = "SELECT log, floor, client IS NULL FROM logs WHERE sweep = 1 LIMIT 1",
    [LOG_SWEEP_RECORDS] = "DELETE FROM records WHERE key IN"
                          " (SELECT key FROM records WHERE key >= ?1 AND key < ?2 LIMIT ?3)",
    [LOG_SWEEP_DONE] = "UPDATE logs SET sweep = 0 WHERE log = ?1",
    [LOG_SWEEP_DROP] = "DELETE FROM logs WHERE log = ?1",
    [LOG_LIST] = "SELECT id FROM logs WHERE client = ?1 AND id > ?2 ORDER BY id",
    [LOG_VALUE_GET] = "SELECT bytes FROM named WHERE client = ?1 AND key = ?2",
    [LOG_VALUE_PUT] = "INSERT OR REPLACE INTO named(client, key, bytes) VALUES(?1, ?2, ?3)",
    [LOG_VALUE_DELETE] = "DELETE FROM named WHERE client = ?1 AND key = ?2",
    [LOG_PAGES] = "PRAGMA page_count",
    [LOG_FREE_PAGES] = "PRAGMA freelist_count",
};
_Static_assert(LOG_INLINE_MAX == 16384, "stands in LOG_READ");

static status_t execute(struct log *log, const char *text)
{
    int code = sqlite3_exec(log->database, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : log_failed(log, code);
}

// Creates the schema in an empty database, refuses a newer one.
static status_t schema_ensure(struct log *log)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(log->database, "PRAGMA user_version", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    int version = code == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
    if (code != SQLITE_ROW) {
        code = sqlite3_extended_errcode(log->database);
    }
    sqlite3_finalize(statement);
    if (version < 0) {
        return log_failed(log, code);
    }
    if (version > SCHEMA_VERSION) {
        log_close(log);
        return ERR_UNSUPPORTED;
    }
    return version == SCHEMA_VERSION ? OK : execute(log, schema);
}

static status_t database_open(struct log *log)
{
    status_t status = disk_reload(log->disk);
    if (status < 0) {
        return status;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2("store", &log->database, flags, log->disk->vfs_name);
    if (code != SQLITE_OK) {
        return log_failed(log, code);
    }
    int reserve = DISK_RESERVE_BYTES;
    sqlite3_file_control(log->database, NULL, SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    char cache[48];
    uint32_t cache_kib = log->options.cache_kib;
    sqlite3_snprintf(sizeof cache, cache, "PRAGMA cache_size = -%u", cache_kib);
    status = execute(log, "PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE;"
                          "PRAGMA journal_mode = PERSIST; PRAGMA synchronous = FULL;"
                          "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF");
    if (status == OK) {
        status = execute(log, cache);
    }
    if (status == OK) {
        status = schema_ensure(log);
    }
    for (int i = 0; status == OK && i < LOG_STATEMENT_COUNT; i++) {
        code = sqlite3_prepare_v3(log->database, sources[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &log->statements[i], NULL);
        status = code == SQLITE_OK ? OK : log_failed(log, code);
    }
    return status;
}

status_t log_open(struct log *log, struct disk *disk, const struct log_options *options)
{
    *log = (struct log){.disk = disk, .sweeping = true};
    log->options.cache_kib = options->cache_kib != 0 ? options->cache_kib : CACHE_KIB;
    log->options.heap_bytes_max =
        options->heap_bytes_max != 0 ? options->heap_bytes_max : HEAP_BYTES;
    sqlite3_hard_heap_limit64(log->options.heap_bytes_max);
    return log_ready(log, false);
}

void log_close(struct log *log)
{
    for (int i = 0; i < LOG_STATEMENT_COUNT; i++) {
        sqlite3_finalize(log->statements[i]);
        log->statements[i] = NULL;
    }
    sqlite3_close(log->database);
    log->database = NULL;
}

status_t log_ready(struct log *log, bool writing)
{
    if (writing && log->damage < 0) {
        return log->damage;
    }
    return log->database != NULL ? OK : database_open(log);
}

static status_t status_of(int code)
{
    if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_CORRUPTFS) {
        return ERR_CORRUPT;
    }
    if (code == SQLITE_IOERR_NOMEM) {
        return ERR_NO_MEMORY;
    }
    switch (code & 0xff) {
    case SQLITE_FULL:
        return ERR_NO_SPACE;
    case SQLITE_NOMEM:
        return ERR_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    default:
        return ERR_IO;
    }
}

status_t log_failed(struct log *log, int code)
{
    status_t status = log->disk->damaged ? ERR_CORRUPT : status_of(code);
    log->disk->damaged = false;
    if (status == ERR_CORRUPT) {
        log->damage = ERR_CORRUPT;
    }
    log->sweeping = true;
    log_close(log);
    return status;
}

sqlite3_stmt *log_statement(struct log *log, enum log_statement which)
{
    sqlite3_stmt *statement = log->statements[which];
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
}

status_t log_step(struct log *log, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        return 1;
    }
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement);
        return OK;
    }
    return log_failed(log, sqlite3_extended_errcode(log->database));
}

status_t log_run(struct log *log, sqlite3_stmt *statement)
{
    status_t status = log_step(log, statement);
    if (status == 1) {
        sqlite3_reset(statement);
        status = OK;
    }
    return status;
}
