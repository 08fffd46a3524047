// SPDX-License-Identifier: Apache-2.0
// The database engine as we build it: no file layer but the one that is registered, memory within a
// fixed heap, full-text search, and an error instead of a crash when the heap is full.
#include <sqlite3.h>

#include "base/test.h"

#define HEAP_BYTES (8 << 20)

static char heap[HEAP_BYTES];

static int no_random(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    memset(out, 0, (size_t)size);
    return size;
}

static int no_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 0;
    return SQLITE_OK;
}

static int no_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int no_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static sqlite3_vfs memory_only = {
    .iVersion = 1,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 64,
    .zName = "none",
    .xOpen = no_open,
    .xFullPathname = no_path,
    .xRandomness = no_random,
    .xCurrentTime = no_time,
};

int sqlite3_os_init(void)
{
    return sqlite3_vfs_register(&memory_only, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

static void sqlite_opens_no_file_without_a_file_layer(void)
{
    CHECK_EQ(sqlite3_config(SQLITE_CONFIG_HEAP, heap, HEAP_BYTES, 64), SQLITE_OK);
    sqlite3 *db = NULL;
    CHECK_EQ(sqlite3_open("notes.db", &db), SQLITE_CANTOPEN);
    sqlite3_close(db);
}

static void sqlite_finds_words_in_full_text(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    CHECK_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db,
                          "create virtual table note using fts5(body);"
                          "insert into note values('buy bread'),('call the plumber')",
                          NULL, NULL, NULL),
             SQLITE_OK);
    CHECK_EQ(sqlite3_prepare_v2(db, "select rowid from note where note match 'plumb*'", -1, &query,
                                NULL),
             SQLITE_OK);
    CHECK_EQ(sqlite3_step(query), SQLITE_ROW);
    CHECK_EQ(sqlite3_column_int(query, 0), 2);
    sqlite3_finalize(query);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

static void sqlite_says_so_when_its_heap_is_full(void)
{
    sqlite3 *db = NULL;
    CHECK_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "create table t(x); insert into t values(zeroblob(4000000));", NULL,
                          NULL, NULL),
             SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "insert into t values(zeroblob(6000000))", NULL, NULL, NULL),
             SQLITE_NOMEM);
    CHECK_EQ(sqlite3_exec(db, "select count(*) from t", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

TEST_MAIN(TEST(sqlite_opens_no_file_without_a_file_layer), TEST(sqlite_finds_words_in_full_text),
          TEST(sqlite_says_so_when_its_heap_is_full))
