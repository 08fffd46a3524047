// SPDX-License-Identifier: Apache-2.0
// The database under the log, for log.c only: opening and its settings, the schema, the prepared
// statements, and what an error of SQLite means. The rule that keeps it simple: after any error of
// SQLite's the connection is closed, which rolls the transaction back, and the next call opens it
// again, which recovers whatever the medium holds.
#pragma once

#include "log.h"

enum log_statement {
    LOG_BEGIN,
    LOG_COMMIT,
    LOG_ROLLBACK,
    LOG_FIND,   // client, id → log, floor
    LOG_CREATE, // client, id
    LOG_LAST,   // first key, last key → key
    LOG_INSERT, // key, bytes
    LOG_READ,   // key (exclusive), key → key, size, bytes or NULL when LOG_INLINE_MAX is exceeded
    LOG_RAISE,  // log, floor
    LOG_FORGET, // log
    LOG_SWEEP_FIND,    // → log, floor, forgotten
    LOG_SWEEP_RECORDS, // first key, last key (exclusive), count
    LOG_SWEEP_DONE,    // log
    LOG_SWEEP_DROP,    // log
    LOG_LIST,          // client, id → id
    LOG_VALUE_GET,     // client, key → bytes
    LOG_VALUE_PUT,     // client, key, bytes
    LOG_VALUE_DELETE,  // client, key
    LOG_PAGES,         // → pages
    LOG_FREE_PAGES,    // → pages
    LOG_STATEMENT_COUNT,
};
_Static_assert(LOG_STATEMENT_COUNT <= LOG_STATEMENTS_MAX, "the log's table holds all");

#define LOG_INLINE_MAX                                                                             \
    16384 // bytes: larger records are moved piece by piece, never whole in SQLite's memory

// Opens the database if it is closed; refuses writing while damaged. Errors as log_open.
status_t log_ready(struct log *log, bool writing);

// What went wrong in SQLite's last call, which answered `code`. Closes the connection and notes
// damage. Never OK.
status_t log_failed(struct log *log, int code);

// A statement, reset and without values. Bind, then log_step. The database is open.
sqlite3_stmt *log_statement(struct log *log, enum log_statement which);

// 1: a row is there; OK: no more rows, the statement is reset; else an error as log_failed.
status_t log_step(struct log *log, sqlite3_stmt *statement);

// Steps once and resets: for statements whose rows nobody reads.
status_t log_run(struct log *log, sqlite3_stmt *statement);
