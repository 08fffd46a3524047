// SPDX-License-Identifier: Apache-2.0
// A store in memory; see memory_store.h.
#include "memory_store.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

static struct memory_log *log_of(struct memory_store *store, const uint8_t *id, bool make)
{
    for (unsigned i = 0; i < MEMORY_LOGS_MAX; i++)
        if (store->logs[i].used && memcmp(store->logs[i].id, id, STORAGE_ID_BYTES) == 0)
            return &store->logs[i];
    for (unsigned i = 0; i < MEMORY_LOGS_MAX && make; i++) {
        if (!store->logs[i].used) {
            store->logs[i].used = true;
            memcpy(store->logs[i].id, id, STORAGE_ID_BYTES);
            return &store->logs[i];
        }
    }
    assert(!make);
    return NULL;
}

static void put_le(struct buffer *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buffer_u8(out, (uint8_t)(value >> 8 * i));
}

static void record_put(struct buffer *out, uint64_t number, struct span bytes)
{
    put_le(out, number, 8);
    put_le(out, bytes.size, 4);
    buffer_bytes(out, bytes.bytes, bytes.size);
}

static status_t append(void *self, struct span records)
{
    struct memory_store *store = self;
    if (store->failure < 0)
        return store->failure;
    struct reader reader = reader_of(records.bytes, records.size);
    while (reader_left(&reader) > 0) {
        struct span id = reader_take(&reader, STORAGE_ID_BYTES);
        struct span bytes = reader_take(&reader, reader_le32(&reader));
        assert(reader_ok(&reader));
        struct memory_log *log = log_of(store, id.bytes, true);
        record_put(&log->records, ++log->last, bytes);
    }
    store->appends++;
    return OK;
}

// One record an answer, so that callers must ask on.
static status_t read(void *self, const uint8_t *id, uint64_t after, struct span *out_records)
{
    struct memory_store *store = self;
    const struct memory_log *log = log_of(store, id, false);
    buffer_clear(&store->answer);
    struct reader reader = reader_of(log ? log->records.bytes : NULL, log ? log->records.size : 0);
    while (reader_left(&reader) > 0 && store->answer.size == 0) {
        uint64_t number = reader_le64(&reader);
        struct span bytes = reader_take(&reader, reader_le32(&reader));
        if (number > after)
            record_put(&store->answer, number, bytes);
    }
    *out_records = buffer_span(&store->answer);
    return OK;
}

static status_t compact(void *self, const uint8_t *id, uint64_t upto, struct span bytes)
{
    struct memory_store *store = self;
    struct memory_log *log = log_of(store, id, false);
    if (store->failure < 0 || !log || upto == 0 || upto > log->last)
        return store->failure < 0 ? store->failure : ERR_INVALID;
    struct buffer kept = {0};
    record_put(&kept, upto, bytes);
    struct reader reader = reader_of(log->records.bytes, log->records.size);
    while (reader_left(&reader) > 0) {
        uint64_t number = reader_le64(&reader);
        struct span old = reader_take(&reader, reader_le32(&reader));
        if (number > upto)
            record_put(&kept, number, old);
    }
    buffer_finish(&log->records);
    log->records = kept;
    store->compactions++;
    return OK;
}

static status_t delete (void *self, const uint8_t *id)
{
    struct memory_store *store = self;
    struct memory_log *log = log_of(store, id, false);
    if (store->failure < 0)
        return store->failure;
    if (log) {
        buffer_finish(&log->records);
        *log = (struct memory_log){0};
    }
    return OK;
}

const struct storage_ops memory_store_ops = {
    .append = append, .read = read, .compact = compact, .remove = delete};

void memory_store_finish(struct memory_store *store)
{
    for (unsigned i = 0; i < MEMORY_LOGS_MAX; i++)
        buffer_finish(&store->logs[i].records);
    buffer_finish(&store->answer);
    *store = (struct memory_store){0};
}
