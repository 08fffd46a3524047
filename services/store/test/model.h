// SPDX-License-Identifier: Apache-2.0
// A disk in memory for the store's tests: it keeps every write and flush in order (so that a power
// cut after any of them can be rebuilt), fails the n-th operation on request, and gives the
// fixtures that the tests share.
#pragma once

#include "disk.h"
#include "log.h"

// One device operation as it happened; a flush has count 0.
struct model_event {
    uint64_t first;
    uint32_t count;
    uint8_t *bytes; // owned by the model
};

struct model {
    uint8_t *bytes; // owned
    uint64_t sector_count;
    struct model_event *events; // owned; only while `recording`
    uint32_t event_count, event_capacity;
    bool recording;
    uint64_t operations;           // device calls so far
    uint64_t fail_from, fail_upto; // these calls (counted from 1) answer ERR_IO; 0: none
};

void model_init(struct model *model, uint64_t sector_count);
void model_finish(struct model *model);
void model_forget(struct model *model); // drops the recorded events
struct disk_device model_device(struct model *model, uint64_t seed);

// A small generator: same seed, same numbers.
uint64_t model_random(uint64_t *state);

// A model, a disk mounted on it and a log opened on that.
struct fixture {
    struct model model;
    struct disk *disk;  // owned
    uint32_t cache_kib; // 0: the default
    struct log log;
};

void fixture_init(struct fixture *fixture, uint64_t sector_count);
void fixture_finish(struct fixture *fixture);
// Closes and opens again, as a restart of the service does.
status_t fixture_restart(struct fixture *fixture);
// Appends one record of `size` bytes that are all `fill` to the log named `name` of `client`.
status_t fixture_append(struct fixture *fixture, uint64_t client, uint8_t name, uint32_t size,
                        uint8_t fill);

// A number that stands for everything readable: all logs of clients 1 and 2 and the values "a" to
// "h". ERR_* of the first read that failed.
status_t log_digest(struct log *log, uint64_t *out_digest);
