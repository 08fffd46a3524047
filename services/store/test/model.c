// SPDX-License-Identifier: Apache-2.0
// The disk in memory and the fixtures: see model.h.
#include "model.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_BUFFER (256u << 10)

static status_t model_count(struct model *model)
{
    uint64_t number = ++model->operations;
    return number >= model->fail_from && number <= model->fail_upto && model->fail_from != 0
               ? ERR_IO
               : OK;
}

static void model_record(struct model *model, uint64_t first, uint32_t count, const void *bytes)
{
    if (!model->recording) {
        return;
    }
    if (model->event_count == model->event_capacity) {
        model->event_capacity = model->event_capacity * 2 + 64;
        model->events = realloc(model->events, model->event_capacity * sizeof *model->events);
    }
    struct model_event event = {.first = first, .count = count};
    if (count > 0) {
        event.bytes = malloc((size_t)count * DISK_SECTOR_BYTES);
        memcpy(event.bytes, bytes, (size_t)count * DISK_SECTOR_BYTES);
    }
    model->events[model->event_count++] = event;
}

static status_t model_read(void *self, uint64_t first, uint32_t count, void *bytes)
{
    struct model *model = self;
    if (first >= model->sector_count || count > model->sector_count - first) {
        return ERR_INVALID;
    }
    memcpy(bytes, model->bytes + first * DISK_SECTOR_BYTES, (size_t)count * DISK_SECTOR_BYTES);
    return model_count(model);
}

static status_t model_write(void *self, uint64_t first, uint32_t count, const void *bytes)
{
    struct model *model = self;
    if (first >= model->sector_count || count > model->sector_count - first) {
        return ERR_INVALID;
    }
    status_t status = model_count(model);
    if (status == OK) {
        memcpy(model->bytes + first * DISK_SECTOR_BYTES, bytes, (size_t)count * DISK_SECTOR_BYTES);
        model_record(model, first, count, bytes);
    }
    return status;
}

static status_t model_flush(void *self)
{
    struct model *model = self;
    status_t status = model_count(model);
    if (status == OK) {
        model_record(model, 0, 0, NULL);
    }
    return status;
}

void model_init(struct model *model, uint64_t sector_count)
{
    *model = (struct model){.sector_count = sector_count};
    model->bytes = calloc(sector_count, DISK_SECTOR_BYTES);
}

void model_forget(struct model *model)
{
    for (uint32_t i = 0; i < model->event_count; i++) {
        free(model->events[i].bytes);
    }
    free(model->events);
    model->events = NULL;
    model->event_count = model->event_capacity = 0;
}

void model_finish(struct model *model)
{
    model_forget(model);
    free(model->bytes);
    model->bytes = NULL;
}

struct disk_device model_device(struct model *model, uint64_t seed)
{
    return (struct disk_device){.read = model_read,
                                .write = model_write,
                                .flush = model_flush,
                                .self = model,
                                .sector_count = model->sector_count,
                                .seed = seed};
}

uint64_t model_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ull;
    return disk_seal(state, sizeof *state, 3);
}

void fixture_init(struct fixture *fixture, uint64_t sector_count)
{
    memset(fixture, 0, sizeof *fixture);
    model_init(&fixture->model, sector_count);
    fixture->disk = calloc(1, sizeof *fixture->disk);
}

void fixture_finish(struct fixture *fixture)
{
    log_close(&fixture->log);
    disk_unmount(fixture->disk);
    free(fixture->disk);
    model_finish(&fixture->model);
}

status_t fixture_restart(struct fixture *fixture)
{
    static uint64_t starts;
    log_close(&fixture->log);
    disk_unmount(fixture->disk);
    struct disk_device device = model_device(&fixture->model, ++starts);
    status_t status = disk_mount(fixture->disk, &device);
    struct log_options options = {.cache_kib = fixture->cache_kib};
    return status < 0 ? status : log_open(&fixture->log, fixture->disk, &options);
}

status_t fixture_append(struct fixture *fixture, uint64_t client, uint8_t name, uint32_t size,
                        uint8_t fill)
{
    uint32_t total = LOG_APPEND_HEAD + size;
    uint8_t *bytes = malloc(total);
    memset(bytes, name, LOG_ID_BYTES);
    struct writer writer = writer_of(bytes + LOG_ID_BYTES, 4);
    writer_le32(&writer, size);
    memset(bytes + LOG_APPEND_HEAD, fill, size);
    uint64_t last;
    status_t status =
        log_append(&fixture->log, client, (struct span){.bytes = bytes, .size = total}, &last);
    free(bytes);
    return status;
}

static void digest_add(uint64_t *digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        *digest = (*digest ^ at[i]) * 0x100000001b3ull;
    }
    *digest ^= size;
}

static status_t digest_log(struct log *log, struct log_client_id id, uint8_t *buffer,
                           uint64_t *digest)
{
    struct log_read_result part = {0};
    status_t status;
    do {
        struct log_target target = {.bytes = buffer, .size = DIGEST_BUFFER};
        status = log_read(log, id, part.last, target, &part);
        if (status == OK) {
            digest_add(digest, buffer, part.size_bytes);
        }
    } while (status == OK && part.record_count > 0);
    return status;
}

static status_t digest_client(struct log *log, uint64_t client, uint8_t *buffer, uint64_t *digest)
{
    uint8_t ids[32 * LOG_ID_BYTES] = {0};
    uint8_t zero[LOG_ID_BYTES] = {0};
    uint32_t count = 0;
    struct log_client_id from = {.client = client, .bytes = zero};
    struct log_target target = {.bytes = ids, .size = sizeof ids};
    status_t status = log_list(log, from, target, &count);
    digest_add(digest, ids, (size_t)count * LOG_ID_BYTES);
    for (uint32_t i = 0; status == OK && i < count; i++) {
        struct log_client_id id = {.client = client, .bytes = ids + (size_t)i * LOG_ID_BYTES};
        status = digest_log(log, id, buffer, digest);
    }
    for (char key = 'a'; status == OK && key <= 'h'; key++) {
        uint8_t value[LOG_VALUE_MAX];
        uint32_t size = 0;
        char name[2] = {key, '\0'};
        status = log_get(log, client, name, (struct log_target){value, sizeof value}, &size);
        digest_add(digest, value, size);
        status = status == ERR_NOT_FOUND ? OK : status;
    }
    return status;
}

status_t log_digest(struct log *log, uint64_t *out_digest)
{
    static uint8_t buffer[DIGEST_BUFFER];
    uint64_t digest = 14695981039346656037ull;
    status_t status = digest_client(log, 1, buffer, &digest);
    if (status == OK) {
        status = digest_client(log, 2, buffer, &digest);
    }
    if (status == OK) {
        *out_digest = digest;
    }
    return status;
}
